// Comparing ways to train: through the library, on the page, and what scratch is worth on drawn and on real photos.

import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";
import { classesOf, dataFolder, skipWithout } from "./support/data.mjs";
import { drawFolders, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

/** @import { Comparison } from "../../www/lib/types/public.d.ts" */
/** @import { LastLayer } from "../../www/element/last-layer.js" */

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-compare-"));
before(() => drawFolders(join(folder, "drawn"), ["stripes", "checks"], range(0, 6)));
after(() => rm(folder, { recursive: true }));

/** @param {Comparison} comparison @param {string} name */
function runOf(comparison, name) {
  const index = comparison.runs.findIndex((run) => run.name === name);
  const run = comparison.runs[index];
  assert.ok(run, `no run ${name}`);
  return { ...run, index };
}

/** Of `b` against `a`. @param {Comparison} comparison @param {string} a @param {string} b */
function differenceOf(comparison, a, b) {
  const [first, second] = [runOf(comparison, a).index, runOf(comparison, b).index];
  const difference = comparison.differences.find((pair) => pair.a === first && pair.b === second);
  assert.ok(difference, `${a} comes before ${b}`);
  return difference;
}

test("a run that is left to advice is advised first, and says what was decided", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["stripes", "checks"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
    /** @type {string[]} */ const types = [];
    const runs = [
      { name: "advised", config: { augment: 1, timeLimit: 600 } },
      { name: "head", config: { regime: /** @type {const} */ ("head"), augment: 0, epochs: 3 } },
    ];
    const { runs: compared } = await tuner.compare(runs, { seed: 5, onEvent: ({ type }) => types.push(type) });
    tuner.close();
    return { configs: compared.map(({ config }) => config), types };
  });
  const [advised, head] = seen.configs;
  assert.ok(seen.types.includes("advised") && seen.types.indexOf("advised") < seen.types.indexOf("run"));
  assert.ok(advised && head && advised.regime !== "auto" && advised.epochs > 0, JSON.stringify(advised));
  assert.deepEqual([advised.augment, advised.seed, head.seed, head.epochs], [1, 5, 5, 3]);
});

test("a comparison says whose every event is, adds up, and leaves the classifier alone", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["stripes", "checks"]) await tuner.add(await lab.photos(kind, 0, 6), kind);
    await tuner.train({ regime: "head", augment: 0, epochs: 5 });
    const photo = await lab.photo("stripes", 60);
    const { report } = tuner;
    const before = await tuner.predict(photo);
    /** @type {import("../../www/lib/types/public.d.ts").TrainEvent[]} */ const events = [];
    /** @type {Promise<unknown>[]} */ const asked = [];
    const comparison = await tuner.compare(
      [
        { name: "head", config: { regime: "head", augment: 0 } },
        { name: "one stage", config: { regime: "last-k", lastStages: 1, augment: 1, epochs: 2 } },
        { name: "scratch", config: { regime: "scratch", augment: 0, epochs: 1, inputSize: 64 } },
      ],
      {
        seed: 2,
        onEvent: (event) => {
          events.push(event);
          if (asked.length < 3 && event.type === "run" && event.run === asked.length + 1)
            asked.push(tuner.predict(photo), lab.outcome(tuner.addClass("x")));
        },
      },
    );
    const meanwhile = await Promise.all(asked);
    const after = await tuner.predict(photo);
    const refused = [
      await lab.outcome(tuner.compare([{ name: "alone" }])),
      await lab.outcome(
        tuner.compare([
          { name: "a", config: { regime: "head" } },
          { name: "a", config: { regime: "head" } },
        ]),
      ),
      await lab.outcome(
        tuner.compare(
          [
            { name: "a", config: { regime: "head" } },
            { name: "b", config: { regime: "head" } },
          ],
          { holdout: 0.7 },
        ),
      ),
    ];
    const result = {
      comparison,
      events,
      meanwhile,
      before,
      after,
      same: tuner.report === report,
      classes: tuner.classes,
      refused,
      ids: tuner.photos.map(({ id }) => id),
    };
    tuner.close();
    return result;
  });
  const { comparison, events } = seen;
  assert.deepEqual([comparison.heldOut.length, comparison.trainImages, comparison.seed], [4, 8, 2]);
  assert.ok(comparison.heldOut.every((id) => seen.ids.includes(id)));
  assert.deepEqual(
    comparison.runs.map(({ name, config, history }) => [name, config.epochs, history.length, config.seed]),
    [
      ["head", 200, 200, 2],
      ["one stage", 2, 2, 2],
      ["scratch", 1, 1, 2],
    ],
  );
  for (const { val, predicted, accuracy } of comparison.runs) {
    const right = predicted.filter((label, index) => label === comparison.labels[index]).length;
    assert.deepEqual([predicted.length, val.count], [4, 4]);
    assert.ok(Math.abs(val.top1 - right / 4) < 1e-9 && accuracy.low <= val.top1 && val.top1 <= accuracy.high);
  }
  assert.deepEqual(
    comparison.differences.map(({ a, b }) => [a, b]),
    [
      [0, 1],
      [0, 2],
      [1, 2],
    ],
  );
  for (const { a, b, bothRight, onlyA, onlyB, bothWrong, difference, low, high } of comparison.differences) {
    assert.equal(bothRight + onlyA + onlyB + bothWrong, 4);
    assert.ok(
      Math.abs(difference - ((comparison.runs[b]?.val.top1 ?? 0) - (comparison.runs[a]?.val.top1 ?? 0))) < 1e-9,
    );
    assert.ok(low < difference && difference < high && low >= -1 && high <= 1);
  }
  const runs = events.flatMap((event) => (event.type === "run" ? [`${event.run} of ${event.runs} ${event.name}`] : []));
  assert.deepEqual([...new Set(runs)], ["1 of 3 head", "2 of 3 one stage", "3 of 3 scratch"]);
  assert.equal(events.at(-1)?.type, "compared");
  const epochs = events.flatMap((event) => (event.type === "run" && event.event.type === "epoch" ? [event.event] : []));
  assert.deepEqual(
    epochs.map(({ type, ...scores }) => scores),
    comparison.runs.flatMap(({ history }) => history),
  );

  assert.ok(seen.meanwhile.length >= 3);
  seen.meanwhile.forEach((answer, index) => assert.deepEqual(answer, index % 2 === 0 ? seen.before : "busy"));
  assert.deepEqual([seen.after, seen.same, seen.classes], [seen.before, true, ["stripes", "checks"]]);
  assert.deepEqual(seen.refused, ["invalid-option", "invalid-option", "invalid-option"]);
});

test("cancelled in each of its runs: those that were over are kept, and everything works on", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["stripes", "checks"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
    const codes = [];
    const kept = [];
    for (const until of [1, 2]) {
      const controller = new AbortController();
      const runs = [
        { name: "scratch", config: /** @type {const} */ ({ regime: "scratch", augment: 0, epochs: 2, inputSize: 64 }) },
        { name: "head", config: /** @type {const} */ ({ regime: "head", augment: 0, epochs: 500 }) },
      ];
      const error = await tuner
        .compare(runs, {
          signal: controller.signal,
          onEvent: (event) => event.type === "run" && event.run === until && controller.abort(),
        })
        .then(
          () => null,
          (error) => error,
        );
      codes.push(error?.code);
      kept.push(error?.report?.runs.map((/** @type {{ name: string }} */ { name }) => name) ?? null);
    }
    const report = await tuner.train({ regime: "head", augment: 0, epochs: 3 });
    tuner.close();
    return { codes, kept, epochs: report.epochsTried };
  });
  assert.deepEqual(seen, { codes: ["cancelled", "cancelled"], kept: [null, ["scratch"]], epochs: 3 });
});

test("on drawn photos scratch learns well above chance", async () => {
  const page = await bed.lab();
  const comparison = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["stripes", "checks", "cross"]) await tuner.add(await lab.photos(kind, 0, 30), kind);
    const compared = await tuner.compare([
      { name: "head", config: { regime: "head", augment: 0 } },
      { name: "scratch", config: { regime: "scratch", augment: 0, inputSize: 64 } },
    ]);
    tuner.close();
    return compared;
  });
  const { val, accuracy } = runOf(comparison, "scratch");
  assert.ok(comparison.heldOut.length >= 20, `${comparison.heldOut.length} photos held out`);
  assert.ok(accuracy.low > 0.45, `${val.top1} of ${val.count}, chance is a third`);
});

test("on twenty real photos a class scratch is far below fine-tuning", { skip: skipWithout("flowers5") }, async () => {
  const source = join(dataFolder("flowers5") ?? "", "train");
  const copy = join(folder, "flowers");
  const classes = await classesOf(source);
  for (const label of classes)
    for (const name of (await readdir(join(source, label))).sort().slice(0, 20))
      await cp(join(source, label, name), join(copy, label, name));
  const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
  await page.addFolder(copy, classes.length * 20);
  // The whole lesson, with full fine-tuning and the usual epochs, is `tests/bench/compare_page.mjs`; it takes minutes.
  const comparison = await page.page.evaluate(async () => {
    const { fineTuner } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
    return fineTuner?.compare([
      { name: "scratch", config: { regime: "scratch", augment: 0, epochs: 10, inputSize: 64 } },
      { name: "last stage", config: { regime: "last-k", lastStages: 1, augment: 0, epochs: 3 } },
      { name: "head", config: { regime: "head", augment: 0 } },
    ]);
  });
  assert.ok(comparison);
  for (const name of ["last stage", "head"]) {
    const { difference, low } = differenceOf(comparison, "scratch", name);
    assert.ok(difference > 0.2 && low > 0, `${name}: ${difference}, at least ${low}`);
  }
});

test("on the page: chosen, cancelled, compared, by keyboard on a phone", async () => {
  const page = await RealPage.open(bed, {
    attributes: { device: "cpu", regime: "head", augment: "0" },
    context: { reducedMotion: "reduce", viewport: { width: 360, height: 900 } },
  });
  await page.addFolder(join(folder, "drawn"), 12);
  await page.hook("compare-summary").focus();
  await page.page.keyboard.press("Enter");
  const box = (/** @type {string} */ run) => page.page.locator(`[data-testid=compare-run][data-run="${run}"]`);
  for (const run of ["full", "scratch"]) {
    await box(run).focus();
    await page.page.keyboard.press("Space");
  }
  assert.ok(await page.hook("compare-button").isDisabled(), "one way alone is no comparison");
  await box("head-augmented").check();
  await page.hook("compare-button").focus();
  await page.page.keyboard.press("Enter");
  await page.hook("compare-cancel").waitFor();
  assert.ok(await page.hook("train-button").isDisabled());
  await page.page.waitForFunction(() => {
    const find = (/** @type {Document | ShadowRoot} */ root, /** @type {string} */ selector) => {
      /** @type {Element | null} */ let found = root.querySelector(selector);
      for (const host of root.querySelectorAll("*")) found ??= host.shadowRoot ? find(host.shadowRoot, selector) : null;
      return found;
    };
    return find(document, "[data-testid=compare-cancel]")?.matches(":focus");
  });
  await page.page.keyboard.press("Enter");
  await page.page.locator(".notice", { hasText: "Comparison cancelled." }).waitFor();
  assert.ok(
    await page.hook("compare-button").evaluate((button) => button.matches(":focus")),
    "the focus is where it was",
  );

  await page.page.keyboard.press("Enter");
  await page.hook("compared-difference").waitFor();
  assert.deepEqual(
    await page
      .hook("compared-run")
      .evaluateAll((rows) => rows.map((row) => /** @type {HTMLElement} */ (row).dataset.run)),
    ["head", "head-augmented"],
  );
  // Four held-out photos tell nothing apart, and the page says so.
  assert.equal(await page.hook("compared-difference").getAttribute("data-clear"), "false");
  assert.match(await page.hook("compared-difference").innerText(), /Too few photos to tell/);
  await page.page.locator("last-layer-comparison-curves canvas").first().waitFor();
  assert.equal(await page.page.locator("last-layer-comparison-curves canvas").count(), 2);
  assert.match(
    (await page.page.locator("last-layer-comparison-curves #top1").getAttribute("aria-label")) ?? "",
    /Output layer only \d+%/,
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
  await page.page.locator('[data-language="zh"]').click();
  await page.page.getByText("照片太少，无法判断").waitFor();
  assert.equal((await page.state()).report, null, "nothing was trained");
  assert.deepEqual(page.complaints, []);
});
