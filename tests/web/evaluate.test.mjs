// Cross-validation: through the library, and on the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

test("an evaluation adds up, lasts until the photos change, and calibrates the classifier", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const untrained = await lab.outcome(tuner.evaluate());
    await tuner.add(await lab.photos("stripes", 0, 6), "stripes");
    await tuner.add(await lab.photos("discs", 0, 5), "discs");
    await tuner.add(await lab.photos("checks", 0, 4), "checks");
    await tuner.train({ epochs: 20 });
    const before = await tuner.answer(await lab.photo("stripes", 60));
    const none = tuner.evaluation;
    /** @type {import("../../www/lib/types.d.ts").TrainEvent[]} */
    const events = [];
    const evaluation = await tuner.evaluate({ folds: 3, rejectRate: 0.1, onEvent: (event) => events.push(event) });
    const kept = tuner.evaluation === evaluation;
    const after = await tuner.answer(await lab.photo("stripes", 60));
    const foreign = await tuner.answer(await lab.photo("cross", 60));
    const outOfRange = [await lab.outcome(tuner.evaluate({ folds: 99 })), await lab.outcome(tuner.evaluate({ rejectRate: 2 })), await lab.outcome(tuner.evaluate({ folds: 2.5 }))];
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

    const [added] = (await tuner.add(await lab.photos("discs", 30, 1), "dots")).added;
    const afterAdding = tuner.evaluation;
    const partial = await tuner.evaluate();
    await tuner.remove([added?.id ?? -1]);
    const afterRemoving = tuner.evaluation;
    await tuner.evaluate();
    await tuner.train({ epochs: 3 });
    const result = {
      untrained, before, none, kinds: [...new Set(events.map(({ type }) => type))], folds: events.flatMap((event) => (event.type === "fold" ? [event.fold] : [])),
      evaluation, kept, after, foreign, outOfRange, automatic, renamed, opened, openedEvaluation, fromFile, calibrated, afterAdding, partial, afterRemoving,
      afterTraining: tuner.evaluation, ids: tuner.photos.map(({ id }) => id),
    };
    tuner.close();
    return result;
  });
  assert.equal(seen.untrained, "no-classifier");
  assert.deepEqual([seen.before.unknown, seen.before.similarity, seen.none], [false, null, null]);
  assert.deepEqual(seen.kinds, ["fold", "evaluated"], "nothing is embedded again");
  assert.deepEqual([...new Set(seen.folds)], [1, 2, 3]);

  const { evaluation } = seen;
  assert.deepEqual(evaluation.classes, ["stripes", "discs", "checks"]);
  assert.deepEqual([evaluation.method.folds, evaluation.method.photos, evaluation.applied], [3, 15, true]);
  assert.equal(evaluation.scores.count + evaluation.method.neverHeldOut.length, 15);
  assert.deepEqual(evaluation.photos.map(({ id }) => id).toSorted((a, b) => a - b), seen.ids);
  assert.deepEqual(evaluation.perClass.map(({ support }) => support), [6, 5, 4]);
  const sum = (/** @type {number[]} */ numbers) => numbers.reduce((total, number) => total + number, 0);
  assert.deepEqual(evaluation.confusion.map(sum), [6, 5, 4]);
  const right = sum(evaluation.confusion.map((row, index) => row[index] ?? 0));
  assert.ok(Math.abs(evaluation.scores.top1 - right / 15) < 1e-9);
  assert.ok(evaluation.accuracy.low <= evaluation.scores.top1 && evaluation.scores.top1 <= evaluation.accuracy.high);
  assert.ok(evaluation.photos.every(({ loss }, index) => loss <= (evaluation.photos[index - 1]?.loss ?? Infinity)));
  assert.equal(evaluation.unknown.wantedRejectRate, 0.1);
  assert.ok(seen.kept);

  assert.ok((seen.after.similarity ?? -1) > (seen.foreign.similarity ?? 1), "its own kind is more like it than another");
  assert.ok(!seen.after.unknown && seen.foreign.unknown, JSON.stringify([seen.after, seen.foreign]));
  assert.deepEqual(seen.outOfRange, ["invalid-option", "invalid-option", "invalid-option"]);
  assert.equal(seen.automatic, 4, "as many as the smallest class has photos");
  assert.deepEqual(seen.renamed, [["stripes", "dots", "checks"], ["stripes", "dots", "checks"]]);
  assert.deepEqual(seen.opened, seen.calibrated, "the file carries temperature and threshold");
  assert.deepEqual([seen.openedEvaluation, seen.fromFile], [null, "no-classifier"]);
  assert.deepEqual([seen.afterAdding, seen.afterRemoving, seen.afterTraining], [null, null, null]);
  assert.deepEqual([seen.partial.applied, seen.partial.scores.count], [false, 16], "the photos there are, though another set was trained on");
});

test("predict and cancel in the middle of an evaluation, and everything works on", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 6), kind);
    await tuner.train({ epochs: 60 });
    const photo = await lab.photo("stripes", 70);
    const before = await tuner.answer(photo);
    const controller = new AbortController();
    /** @type {Promise<unknown> | undefined} */ let asked;
    /** @type {string[]} */ const happened = [];
    /** @type {Promise<string> | undefined} */ let meanwhile;
    const code = await lab.outcome(tuner.evaluate({
      signal: controller.signal,
      onEvent: ({ type }) => {
        happened.push(type);
        meanwhile ??= lab.outcome(tuner.addClass("another"));
        asked ??= tuner.predict(photo).then((best) => {
          happened.push(`predicted ${best.length}`);
          controller.abort();
        });
      },
    }));
    await asked;
    const result = { code, happened, meanwhile: await meanwhile, evaluation: tuner.evaluation, classes: tuner.classes, before, after: await tuner.answer(photo), again: (await tuner.evaluate()).scores.count };
    tuner.close();
    return result;
  });
  assert.equal(seen.code, "cancelled");
  assert.ok(seen.happened.includes("predicted 2") && !seen.happened.includes("evaluated"), seen.happened.join(" "));
  assert.equal(seen.meanwhile, "busy");
  assert.deepEqual(seen.classes, ["stripes", "discs"]);
  assert.equal(seen.evaluation, null);
  assert.deepEqual(seen.after, seen.before, "a cancelled evaluation leaves the classifier as it was");
  assert.equal(seen.again, 12);
});

test("photos of which none can be held out", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 1), kind);
    await tuner.train({ epochs: 5 });
    const code = await lab.outcome(tuner.evaluate());
    const [best] = await tuner.predict(await lab.photo("discs", 0));
    tuner.close();
    return { code, best: best?.label };
  });
  assert.deepEqual(seen, { code: "too-few-photos", best: "discs" });
});
