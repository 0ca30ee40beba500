// A training never keeps a visitor waiting: what is asked in the middle of it is answered before the next batch ends.
// By order of events, not by time: the calls are made from within an event, and the events that follow are counted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

/**
 * Trains, and at the first event of the kind asks for a prediction and then cancels. Tells what happened, in order.
 * @param {import("playwright-core").Page} page
 * @param {"embed" | "batch"} when
 */
function interrupt(page, when) {
  return page.evaluate(async (kind) => {
    // The training is to have something to read.
    const tuner = await lab.tuner({ readAhead: false });
    await tuner.add(await lab.photos("stripes", 0, 40), "stripes");
    await tuner.add(await lab.photos("discs", 0, 40), "discs");
    const image = await lab.photo("stripes", 99);
    const controller = new AbortController();
    /** @type {string[]} */
    const happened = [];
    /** @type {Promise<unknown>[]} */
    const asked = [];
    const ask = () => {
      happened.push("asked");
      asked.push(tuner.predict(image).then((best) => happened.push(`predicted ${best.length}`)));
      asked.push(
        tuner.predict(image).then(() => {
          happened.push("cancelled");
          controller.abort();
        }),
      );
    };
    const training = tuner.train(
      { regime: "head", augment: 0, epochs: 500, patience: 500, batchSize: 80 },
      {
        signal: controller.signal,
        onEvent({ type }) {
          happened.push(type);
          if (type === kind && asked.length === 0) ask();
        },
      },
    );
    const code = await lab.outcome(training);
    happened.push(code);
    await Promise.all(asked);
    // And everything works on: the photos are there, the source model answers, a second training goes to its end.
    const photos = tuner.photos.length;
    const [best] = await tuner.predict(image, { model: "source" });
    const trained = await lab.outcome(tuner.predict(image, { model: "trained" }));
    const report = await tuner.train({ regime: "head", augment: 0, epochs: 3 });
    tuner.close();
    return { happened, code, photos, best, trained, epochs: report.epochsTried, photosRead: report.photosRead };
  }, when);
}

for (const when of /** @type {const} */ (["embed", "batch"])) {
  test(`predict and cancel in the middle of a training, at its first “${when}”`, async () => {
    const { happened, photos, best, trained, epochs, photosRead } = await interrupt(await bed.lab(), when);
    const asked = happened.indexOf("asked");
    const between = (/** @type {string} */ from, /** @type {string} */ to) =>
      happened
        .slice(happened.indexOf(from) + 1, happened.indexOf(to))
        .filter((name) => name === "embed" || name === "batch" || name === "epoch");
    assert.ok(asked > 0 && happened.includes("predicted 5"), happened.join(" "));
    // The event of one batch may have been on its way already when the question was asked; the next one must not be
    // over before the answer. (That it is none where none was on its way, call-queue.test.mjs shows.)
    assert.ok(between("asked", "predicted 5").length <= 1, happened.join(" "));
    assert.ok(between("cancelled", happened.at(-1) ?? "").length <= 1, happened.join(" "));
    assert.equal(happened.filter((name) => name === "done").length, 0);
    assert.equal(photos, 80);
    assert.ok(best && best.probability > 0);
    assert.equal(trained, "no-classifier", "a cancelled training leaves no classifier behind");
    assert.equal(epochs, 3);
    if (when === "batch") assert.equal(photosRead, 0, "what the cancelled training had embedded is not embedded again");
    else assert.ok(photosRead > 0 && photosRead < 80, `${photosRead} photos were left to embed`);
  });
}

test("adding many photos can be cancelled; those already in stay", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const files = await lab.photos("stripes", 0, 20);
    const controller = new AbortController();
    const code = await lab.outcome(
      tuner.add(files, "stripes", {
        signal: controller.signal,
        onProgress: ({ done }) => void (done === 7 && controller.abort()),
      }),
    );
    const kept = tuner.photos.map(({ name }) => name);
    const rest = await tuner.add(files, "stripes");
    tuner.close();
    return {
      code,
      kept,
      expected: files.slice(0, 7).map(({ name }) => name),
      duplicates: rest.duplicates.length,
      added: rest.added.length,
    };
  });
  assert.equal(seen.code, "cancelled");
  assert.deepEqual(seen.kept, seen.expected);
  assert.equal(seen.duplicates, 7);
  assert.equal(seen.added, 13);
});

test("testing many photos can be cancelled between two of them", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const controller = new AbortController();
    /** @type {number[]} */
    const rows = [];
    const onResult = (/** @type {unknown} */ _, /** @type {number} */ done) => {
      rows.push(done);
      if (done === 3) controller.abort();
    };
    const code = await lab.outcome(
      tuner.predictAll(await lab.photos("discs", 0, 10), { signal: controller.signal, onResult }),
    );
    tuner.close();
    return { code, rows };
  });
  assert.deepEqual(seen, { code: "cancelled", rows: [1, 2, 3] });
});

test("starting can be cancelled, and begun again", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const controller = new AbortController();
    const first = await lab.outcome(lab.tuner({ signal: controller.signal, onProgress: () => controller.abort() }));
    const second = await lab.tuner();
    const { device } = second.info;
    second.close();
    return { first, device };
  });
  assert.deepEqual(seen, { first: "cancelled", device: "cpu" });
});
