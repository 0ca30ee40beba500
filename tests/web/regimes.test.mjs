// Every regime in Chromium: on the CPU with predict, pause and cancel in the middle, and at small size on WebGPU.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

/** @typedef {Partial<import("../../www/lib/types/public.d.ts").TrainConfig>} Config */

/** On four photos, long enough for a page to get a word in. @type {Record<string, Config>} */
const SMALL = {
  head: { regime: "head", epochs: 400 },
  "last-k": { regime: "last-k", lastStages: 1, epochs: 30 },
  full: { regime: "full", epochs: 6 },
  scratch: { regime: "scratch", inputSize: 64, epochs: 20 },
};
/** @type {Config} */
const ALL = { augment: 1, holdout: 0, batchSize: 4, seed: 3 };

for (const [name, config] of Object.entries(SMALL)) {
  test(`${name} on the CPU: predicted in the middle, cancelled, paused and gone on with, to the result of one that was left alone`, async () => {
    const page = await bed.lab();
    const seen = await page.evaluate(
      async (config) => {
        const tuner = await lab.tuner({ device: "cpu" });
        for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 2), kind);
        const image = await lab.photo("discs", 70);
        const losses = (/** @type {import("../../www/lib/types/public.d.ts").Report} */ { history }) =>
          history.map(({ trainLoss }) => trainLoss);
        const alone = await tuner.train(config);

        const controller = new AbortController();
        /** @type {Promise<void> | undefined} */ let predicted;
        const cancelled = await lab.outcome(
          tuner.train(
            { ...config },
            {
              signal: controller.signal,
              onEvent: ({ type }) => {
                if (type === "batch") predicted ??= tuner.predict(image).then(() => controller.abort());
              },
            },
          ),
        );
        await predicted;

        /** @type {Promise<Blob | null> | undefined} */ let pausing;
        const paused = await lab.outcome(
          tuner.train(
            { ...config },
            {
              onEvent: ({ type }) => {
                if (type === "batch") pausing ??= tuner.pause();
              },
            },
          ),
        );
        const checkpoint = await pausing;
        const resumed = paused === "paused" ? await tuner.resume(checkpoint ?? null) : null;
        const [best] = await tuner.predict(image);
        tuner.close();
        return {
          alone: losses(alone),
          regime: alone.config.regime,
          cancelled,
          paused,
          resumed: resumed && losses(resumed),
          best: best?.label,
        };
      },
      { ...ALL, ...config },
    );
    assert.equal(seen.regime, config.regime);
    assert.equal(seen.alone.length, config.epochs);
    assert.ok(seen.alone.every(Number.isFinite));
    assert.equal(seen.cancelled, "cancelled");
    assert.equal(seen.paused, "paused");
    assert.deepEqual(seen.resumed, seen.alone);
    assert.ok(seen.best === "stripes" || seen.best === "discs");
  });

  test(`${name} on WebGPU`, async () => {
    const page = await bed.lab();
    const seen = await page.evaluate(
      async (config) => {
        const tuner = await lab.tuner({ device: "webgpu" });
        for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 1), kind);
        const { history, device, config: used } = await tuner.train(config);
        const predictions = await tuner.predict(await lab.photo("discs", 0));
        tuner.close();
        return {
          losses: history.map(({ trainLoss }) => trainLoss),
          device,
          regime: used.regime,
          sum: predictions.reduce((sum, { probability }) => sum + probability, 0),
        };
      },
      { ...ALL, ...config, augment: 0, epochs: 1 },
    );
    assert.equal(seen.device, "webgpu");
    assert.equal(seen.regime, config.regime);
    assert.equal(seen.losses.length, 1);
    assert.ok(seen.losses.every(Number.isFinite), `${seen.losses}`);
    assert.ok(Math.abs(seen.sum - 1) < 1e-3);
  });
}
