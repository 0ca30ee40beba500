// The public API from a plain module script, without the element: the whole way on the CPU.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

test("photos in, a classifier and its answers out", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    /** @type {string[]} */
    const stages = [];
    const tuner = await lab.tuner({ readAhead: false, onProgress: ({ stage }) => stages.push(stage) });
    const source = await tuner.predict(await lab.photo("stripes", 99));
    await tuner.add(await lab.photos("stripes", 0, 5), "stripes");
    await tuner.add(await lab.photos("discs", 0, 5), "discs");
    /** @type {import("../../www/lib/types/public.d.ts").TrainEvent[]} */
    const events = [];
    /** @type {string[]} */
    const dispatched = [];
    tuner.addEventListener("train", (event) => dispatched.push(/** @type {CustomEvent} */ (event).detail.type));
    const report = await tuner.train(
      { regime: "head", augment: 0, epochs: 20 },
      { onEvent: (event) => events.push(event) },
    );
    const files = [...(await lab.photos("stripes", 50, 4)), ...(await lab.photos("discs", 50, 4))];
    const tested = await tuner.predictAll(files, { labels: files.map((file) => file.name.split("-")[0] ?? null) });
    const result = {
      stages: [...new Set(stages)],
      info: tuner.info,
      source,
      report,
      events,
      dispatched,
      tested,
      stale: tuner.stale,
      classes: tuner.classes,
    };
    tuner.close();
    return result;
  });
  assert.deepEqual(seen.stages.toSorted(), ["wasm", "weights"]);
  assert.equal(seen.info.device, "cpu");
  assert.equal(seen.info.reason, "requested");
  assert.equal(seen.info.inputSize, 224);
  assert.equal(seen.info.backbone, "efficientnet_lite0");
  assert.deepEqual(seen.info.warnings, []);

  assert.equal(seen.source.length, 5, "before a training, the source model answers");
  assert.ok(
    seen.source.every(
      ({ probability }, index) => index === 0 || probability <= (seen.source[index - 1]?.probability ?? 0),
    ),
  );

  assert.deepEqual(seen.report.classes, ["discs", "stripes"]);
  assert.equal(seen.report.trainImages, 10);
  assert.equal(seen.report.heldOut, 2);
  assert.equal(seen.report.photosRead, 10);
  assert.equal(seen.stale, false);
  const kinds = seen.events.map(({ type }) => type);
  assert.equal(kinds[0], "embed");
  assert.equal(kinds.at(-1), "done");
  assert.ok(kinds.includes("batch") && kinds.includes("epoch"));
  assert.deepEqual(seen.dispatched, kinds, "the events are dispatched, too");

  assert.equal(seen.tested.scored, 8);
  assert.equal(seen.tested.top1, 1);
  for (const { predictions } of seen.tested.rows) {
    assert.equal(predictions.length, 2, "all classes where there are fewer than five");
    const sum = predictions.reduce((total, { probability }) => total + probability, 0);
    assert.ok(Math.abs(sum - 1) < 1e-4, `probabilities add up to ${sum}`);
  }
});
