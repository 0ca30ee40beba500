// Cross-validation: through the library, and on the page.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";
import { drawFolders, drawn, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

const bed = testBed();

/** Stripes and checks, and one drawing of stripes among the checks. */
const folder = await mkdtemp(join(tmpdir(), "lastlayer-evaluate-"));
before(async () => {
  await drawFolders(folder, ["stripes", "checks"], range(0, 7));
  await writeFile(join(folder, "checks", "77.png"), drawn("stripes", 77));
});
after(() => rm(folder, { recursive: true }));

test("an evaluation adds up, lasts until the photos change, and calibrates the classifier", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const untrained = await lab.outcome(tuner.evaluate());
    await tuner.add(await lab.photos("stripes", 0, 6), "stripes");
    await tuner.add(await lab.photos("checks", 0, 5), "checks");
    // So much alike, as drawings, that the core takes them for one and the same.
    await tuner.add(await lab.photos("discs", 0, 4), "discs");
    await tuner.train({ regime: "head", augment: 0, epochs: 20 });
    const before = await tuner.answer(await lab.photo("stripes", 60));
    const none = tuner.evaluation;
    /** @type {import("../../www/lib/types/public.d.ts").TrainEvent[]} */
    const events = [];
    const evaluation = await tuner.evaluate({ folds: 3, rejectRate: 0.1, onEvent: (event) => events.push(event) });
    const kept = tuner.evaluation === evaluation;
    const after = await tuner.answer(await lab.photo("stripes", 60));
    const foreign = await tuner.answer(await lab.photo("cross", 60));
    const outOfRange = [
      await lab.outcome(tuner.evaluate({ folds: 99 })),
      await lab.outcome(tuner.evaluate({ rejectRate: 2 })),
      await lab.outcome(tuner.evaluate({ folds: 2.5 })),
    ];
    const automatic = (await tuner.evaluate({ folds: null })).method.folds;
    await tuner.rename("discs", "dots");
    const renamed = [tuner.evaluation?.classes, tuner.evaluation?.perClass.map(({ label }) => label)];
    const file = await tuner.export();

    const other = await lab.tuner();
    await other.open(file);
    const opened = await other.answer(await lab.photo("stripes", 60));
    const openedEvaluation = other.evaluation;
    const fromFile = await lab.outcome(other.evaluate());
    other.close();
    const calibrated = await tuner.answer(await lab.photo("stripes", 60));

    const [added] = (await tuner.add(await lab.photos("checks", 30, 1), "checks")).added;
    const afterAdding = tuner.evaluation;
    const partial = await tuner.evaluate();
    await tuner.remove([added?.id ?? -1]);
    const afterRemoving = tuner.evaluation;
    await tuner.evaluate();
    await tuner.train({ regime: "head", augment: 0, epochs: 3 });
    const result = {
      untrained,
      before,
      none,
      kinds: [...new Set(events.map(({ type }) => type))],
      folds: events.flatMap((event) => (event.type === "fold" ? [event.fold] : [])),
      evaluation,
      kept,
      after,
      foreign,
      outOfRange,
      automatic,
      renamed,
      opened,
      openedEvaluation,
      fromFile,
      calibrated,
      afterAdding,
      partial,
      afterRemoving,
      afterTraining: tuner.evaluation,
      ids: tuner.photos.map(({ id }) => id),
    };
    tuner.close();
    return result;
  });
  assert.equal(seen.untrained, "no-classifier");
  assert.deepEqual([seen.before.unknown, seen.before.similarity, seen.none], [false, null, null]);
  assert.deepEqual(seen.kinds, ["fold", "evaluated"], "nothing is embedded again");
  assert.deepEqual([...new Set(seen.folds)], [1, 2, 3]);

  const { evaluation } = seen;
  assert.deepEqual(evaluation.classes, ["checks", "discs", "stripes"], "in natural order, whatever was added first");
  assert.deepEqual([evaluation.method.folds, evaluation.method.photos, evaluation.applied], [3, 15, true]);
  assert.deepEqual(
    [evaluation.method.neverHeldOut, evaluation.method.nearDuplicates.map((group) => group.toSorted((a, b) => a - b))],
    [["discs"], [seen.ids.slice(11)]],
  );
  assert.equal(evaluation.scores.count, 11);
  assert.deepEqual(
    evaluation.photos.map(({ id }) => id).toSorted((a, b) => a - b),
    seen.ids.slice(0, 11),
    "every other photo once",
  );
  assert.deepEqual(
    evaluation.perClass.map(({ support }) => support),
    [5, 0, 6],
  );
  const sum = (/** @type {number[]} */ numbers) => numbers.reduce((total, number) => total + number, 0);
  assert.deepEqual(evaluation.confusion.map(sum), [5, 0, 6]);
  const right = sum(evaluation.confusion.map((row, index) => row[index] ?? 0));
  assert.ok(Math.abs(evaluation.scores.top1 - right / 11) < 1e-9);
  assert.ok(evaluation.accuracy.low <= evaluation.scores.top1 && evaluation.scores.top1 <= evaluation.accuracy.high);
  assert.ok(evaluation.photos.every(({ loss }, index) => loss <= (evaluation.photos[index - 1]?.loss ?? Infinity)));
  assert.equal(evaluation.unknown.wantedRejectRate, 0.1);
  assert.ok(seen.kept);

  assert.ok(
    (seen.after.similarity ?? -1) > (seen.foreign.similarity ?? 1),
    "its own kind is more like it than another",
  );
  assert.ok(!seen.after.unknown && seen.foreign.unknown, JSON.stringify([seen.after, seen.foreign]));
  assert.deepEqual(seen.outOfRange, ["invalid-option", "invalid-option", "invalid-option"]);
  assert.equal(seen.automatic, 5, "as many as the smallest class has photos");
  assert.deepEqual(seen.renamed, [
    ["checks", "dots", "stripes"],
    ["checks", "dots", "stripes"],
  ]);
  assert.deepEqual(seen.opened, seen.calibrated, "the file carries temperature and threshold");
  assert.deepEqual([seen.openedEvaluation, seen.fromFile], [null, "no-classifier"]);
  assert.deepEqual([seen.afterAdding, seen.afterRemoving, seen.afterTraining], [null, null, null]);
  assert.deepEqual(
    [seen.partial.applied, seen.partial.scores.count],
    [false, 12],
    "the photos there are, though another set was trained on",
  );
});

test("predict and cancel in the middle of an evaluation, and everything works on", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["stripes", "checks"]) await tuner.add(await lab.photos(kind, 0, 6), kind);
    await tuner.train({ regime: "head", augment: 0, epochs: 60 });
    const photo = await lab.photo("stripes", 70);
    const before = await tuner.answer(photo);
    const controller = new AbortController();
    /** @type {Promise<unknown> | undefined} */ let asked;
    /** @type {string[]} */ const happened = [];
    /** @type {Promise<string> | undefined} */ let meanwhile;
    const code = await lab.outcome(
      tuner.evaluate({
        signal: controller.signal,
        onEvent: ({ type }) => {
          happened.push(type);
          meanwhile ??= lab.outcome(tuner.addClass("another"));
          asked ??= tuner.predict(photo).then((best) => {
            happened.push(`predicted ${best.length}`);
            controller.abort();
          });
        },
      }),
    );
    await asked;
    const result = {
      code,
      happened,
      meanwhile: await meanwhile,
      evaluation: tuner.evaluation,
      classes: tuner.classes,
      before,
      after: await tuner.answer(photo),
      again: (await tuner.evaluate()).scores.count,
    };
    tuner.close();
    return result;
  });
  assert.equal(seen.code, "cancelled");
  assert.ok(seen.happened.includes("predicted 2") && !seen.happened.includes("evaluated"), seen.happened.join(" "));
  assert.equal(seen.meanwhile, "busy");
  assert.deepEqual(seen.classes, ["stripes", "checks"]);
  assert.equal(seen.evaluation, null);
  assert.deepEqual(seen.after, seen.before, "a cancelled evaluation leaves the classifier as it was");
  assert.equal(seen.again, 12);
});

test("a new worker evaluates what the one before it trained, and leaves the classifier alone", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const { startWorker, crash, died } = lab.mortal();
    const tuner = await lab.tuner({ startWorker });
    for (const kind of ["stripes", "checks"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
    const { epochs } = await tuner.train({ regime: "head", augment: 0, epochs: 12 });
    const death = died();
    crash();
    await death;
    const { applied, method, scores } = await tuner.evaluate();
    tuner.close();
    return { applied, epochs, method, count: scores.count };
  });
  assert.deepEqual([seen.applied, seen.count, seen.method.epochs], [false, 8, seen.epochs]);
});

test("photos of which none can be held out", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 1), kind);
    await tuner.train({ regime: "head", augment: 0, epochs: 5 });
    const code = await lab.outcome(tuner.evaluate());
    const [best] = await tuner.predict(await lab.photo("discs", 0));
    tuner.close();
    return { code, best: best?.label };
  });
  assert.deepEqual(seen, { code: "too-few-photos", best: "discs" });
});

test("on the page: the score with its interval, the tables, and labels put right", async () => {
  const page = await RealPage.open(bed, {
    attributes: { device: "cpu", regime: "head", augment: "0", epochs: "20" },
    context: { reducedMotion: "reduce", viewport: { width: 360, height: 900 } },
  });
  await page.addFolder(folder, 15);
  assert.equal(await page.hook("evaluate-button").count(), 0, "there is nothing to judge yet");
  await page.train();
  await page.hook("evaluate-button").focus();
  await page.page.keyboard.press("Enter");
  await page.hook("evaluation-accuracy").waitFor();
  const [accuracy, low, high] = [
    await page.fraction("evaluation-accuracy"),
    ...(await page.hook("evaluation-interval").evaluate(({ dataset }) => [Number(dataset.low), Number(dataset.high)])),
  ];
  assert.ok(accuracy < 1 && (low ?? 1) < accuracy && accuracy < (high ?? 0), `${low} < ${accuracy} < ${high}`);
  const cells = await page.hook("confusion-matrix").locator("tbody td").allInnerTexts();
  assert.equal(
    cells.reduce((sum, text) => sum + parseInt(text), 0),
    15,
  );
  assert.equal(await page.hook("confusion-matrix").locator("tbody th").count(), 2);
  assert.ok(
    await page.hook("evaluate-button").evaluate((button) => button.matches(":focus")),
    "the focus is where it was",
  );

  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page.page), [], colorScheme);
  }
  assert.equal(
    await page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    0,
    "the page scrolls sideways",
  );

  // The stripes among the checks are found, and go where they belong.
  const suspicious = await page
    .hook("suspicious-photo")
    .evaluateAll((rows) => rows.map((row) => /** @type {HTMLElement} */ (row).dataset));
  const intruder = suspicious.findIndex(({ name, looksLike }) => name === "77.png" && looksLike === "stripes");
  assert.ok(intruder >= 0, JSON.stringify(suspicious));
  await page.hook("suspicious-photo").nth(intruder).getByRole("button", { name: "Move to “stripes”" }).press("Enter");
  await page.hook("evaluation-stale").waitFor();
  await page.page.locator('[data-testid="suspicious-photo"][data-name="77.png"]').waitFor({ state: "detached" });
  assert.equal((await page.state()).photos.find(({ name }) => name === "77.png")?.label, "stripes");
  const focused = await page.page
    .locator("last-layer-suspicious")
    .evaluate((list) => list.shadowRoot?.activeElement?.matches("button, h5"));
  assert.ok(focused, "the focus goes on to the next photo, or to the heading after the last");

  // Once more, and given up: what was found before stays.
  await page.page.evaluate(async () => {
    // Both clicks in one task of the page, only microtasks between them: a dozen photos are judged sooner than a busy
    // page handles its next event.
    const inside = (/** @type {Element | null | undefined} */ element, /** @type {string} */ selector) =>
      /** @type {HTMLElement | null | undefined} */ (element?.shadowRoot?.querySelector(selector));
    const element = document.querySelector("last-layer");
    const panel = () => inside(inside(element, "last-layer-train-panel"), "last-layer-evaluation");
    inside(panel(), "[data-testid=evaluate-button]")?.click();
    for (let turn = 0; turn < 100 && !inside(panel(), "[data-testid=evaluate-cancel]"); turn += 1)
      await Promise.resolve();
    inside(panel(), "[data-testid=evaluate-cancel]")?.click();
  });
  await page.page.locator(".notice", { hasText: "Cross-validation cancelled." }).waitFor();
  assert.equal(await page.hook("evaluation-accuracy").count(), 1);
  assert.deepEqual(page.complaints, []);
});
