// A training that stops and goes on, in the same worker, in another FineTuner or in the worker after a dead one, ends
// as one that never stopped: the same bytes of the model, the same report. All on the CPU, where arithmetic repeats
// itself bit for bit.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";
import { drawn } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

/** @import { LastLayer } from "../../www/element/last-layer.js" */

const bed = testBed();
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lastlayer-pause-"));
  for (const kind of ["stripes", "discs"]) {
    await mkdir(join(folder, kind), { recursive: true });
    for (let index = 0; index < 6; index += 1)
      await writeFile(join(folder, kind, `${kind}-${index}.png`), drawn(kind, index));
  }
});

after(() => rm(folder, { recursive: true, force: true }));

/** @typedef {Record<string, number | string>} Config */

/** @type {{ what: string, config: Config, pauseAt: { phase: string, epoch: number, batch: number } }[]} */
const TRAININGS = [
  {
    what: "the head",
    config: { regime: "head", augment: 1, epochs: 60, patience: 60, batchSize: 5, dropout: 0.2 },
    pauseAt: { phase: "holdout", epoch: 7, batch: 2 },
  },
  {
    what: "the last stage, measuring",
    config: { lastStages: 1, augment: 0, epochs: 3, batchSize: 4 },
    pauseAt: { phase: "holdout", epoch: 2, batch: 1 },
  },
  {
    what: "the last stage, on all photos",
    config: { lastStages: 1, augment: 0, epochs: 3, batchSize: 4 },
    pauseAt: { phase: "refit", epoch: 1, batch: 2 },
  },
];

for (const { what, config, pauseAt } of TRAININGS) {
  test(`${what}: paused, the tuner closed, resumed in a new one`, async () => {
    const page = await bed.lab();
    const seen = await page.evaluate(
      async ({ config, pauseAt }) => {
        const withPhotos = async () => {
          // The reports are compared, and they say what was read.
          const tuner = await lab.tuner({ readAhead: false });
          await tuner.add(await lab.photos("stripes", 0, 6), "stripes");
          await tuner.add(await lab.photos("discs", 0, 6), "discs");
          return tuner;
        };
        const image = await lab.photo("discs", 30);
        const result = async (/** @type {import("../../www/lib/fine-tuner.js").FineTuner} */ tuner) => {
          const model = [...new Uint8Array(await (await tuner.export()).arrayBuffer())].join(" ");
          const report = JSON.stringify({ ...tuner.report, seconds: 0, embedSeconds: 0 });
          return { model, report, answers: JSON.stringify(await tuner.predict(image)) };
        };
        const whole = await withPhotos();
        await whole.train(config);
        const expected = await result(whole);
        whole.close();

        const first = await withPhotos();
        /** @type {Promise<Blob | null> | null} */
        let pausing = null;
        const code = await lab.outcome(
          first.train(config, {
            onEvent(event) {
              if (
                event.type === "batch" &&
                event.phase === pauseAt.phase &&
                event.epoch === pauseAt.epoch &&
                event.batch === pauseAt.batch
              )
                pausing ??= first.pause();
            },
          }),
        );
        const checkpoint = await pausing;
        if (!checkpoint) throw new Error("nothing was paused");
        // Between: predictions of the source model, and nothing under way.
        const answers = await first.predict(image);
        const trained = await lab.outcome(first.predict(image, { model: "trained" }));
        const nothing = await first.pause();
        first.close();

        const second = await withPhotos();
        /** @type {any[]} */
        const events = [];
        await second.resume(checkpoint, { onEvent: (event) => void events.push(event) });
        const resumed = await result(second);
        const kept = second.checkpoint;
        second.close();
        const [begun] = events;
        const again = events.filter(
          ({ type, phase, epoch }) =>
            type === "epoch" &&
            begun.history.some((/** @type {any} */ past) => past.phase === phase && past.epoch === epoch),
        );
        return {
          code,
          answers: answers.length,
          trained,
          nothing,
          kept,
          begun: { type: begun.type, phase: begun.phase, epoch: begun.epoch },
          again: again.length,
          same: { model: resumed.model === expected.model, answers: resumed.answers === expected.answers },
          report: resumed.report,
          expected: expected.report,
        };
      },
      { config, pauseAt },
    );
    assert.equal(seen.code, "paused");
    assert.deepEqual([seen.answers, seen.trained, seen.nothing, seen.kept], [2 + 3, "no-classifier", null, null]);
    // The event of a batch is sent when the next one is done at the latest.
    assert.equal(seen.begun.type, "resumed");
    assert.equal(seen.begun.phase, pauseAt.phase);
    assert.equal(seen.again, 0, "no epoch comes twice");
    assert.equal(seen.report, seen.expected);
    assert.deepEqual(seen.same, { model: true, answers: true });
  });
}

test("paused in the same worker: other calls are served, changed photos are refused with words, and the old ones go on", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    await tuner.add(await lab.photos("stripes", 0, 4), "stripes");
    await tuner.add(await lab.photos("discs", 0, 4), "discs");
    const pausedAt = async (/** @type {string} */ type, /** @type {number} */ lastStages) => {
      /** @type {Promise<Blob | null> | null} */
      let pausing = null;
      const training = tuner.train(
        { lastStages, augment: 0, epochs: 2 },
        { onEvent: (event) => void (event.type === type && (pausing ??= tuner.pause())) },
      );
      return [await lab.outcome(training), (await pausing) === tuner.checkpoint];
    };
    const first = await pausedAt("batch", 1);
    const { added } = await tuner.add(await lab.photos("discs", 20, 1), "discs");
    const refusal = await tuner.resume().catch((error) => ({ code: error.code, params: error.params }));
    const keptThrough = tuner.checkpoint !== null;
    await tuner.remove(added.map(({ id }) => id));
    /** @type {string[]} */
    const types = [];
    const report = await tuner.resume(undefined, { onEvent: ({ type }) => void types.push(type) });
    const second = await pausedAt("embed", 2);
    // Cancelled after it has gone on.
    const controller = new AbortController();
    const cancelled = await lab.outcome(
      tuner.resume(undefined, { signal: controller.signal, onEvent: () => controller.abort() }),
    );
    const gone = [tuner.checkpoint, await lab.outcome(tuner.resume())];
    const damaged = await lab.outcome(tuner.resume(new Blob(["not a checkpoint"])));
    const result = {
      first,
      refusal,
      keptThrough,
      embeds: types.filter((type) => type === "embed").length,
      trained: report.trainImages,
      second,
      cancelled,
      gone,
      damaged,
    };
    tuner.close();
    return result;
  });
  assert.deepEqual(seen.first, ["paused", true]);
  assert.deepEqual(seen.refusal, {
    code: "checkpoint-mismatch",
    params: { missing: "0", moved: "0", added: "1", detail: /** @type {any} */ (seen.refusal).params.detail },
  });
  assert.equal(seen.keptThrough, true);
  assert.equal(seen.embeds, 0, "what was embedded before the pause is not embedded again");
  assert.equal(seen.trained, 8);
  assert.deepEqual([seen.second, seen.cancelled, seen.gone], [["paused", true], "cancelled", [null, "no-checkpoint"]]);
  assert.equal(seen.damaged, "checkpoint-corrupt");
});

test("a worker that is killed in the middle of a training: the next one goes on from the last epoch kept", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const { startWorker, crash, workers } = lab.mortal();
    const config = { lastStages: 1, augment: 0, epochs: 12, batchSize: 4 };
    const withPhotos = async (/** @type {object} */ options) => {
      const tuner = await lab.tuner(options);
      await tuner.add(await lab.photos("stripes", 0, 6), "stripes");
      await tuner.add(await lab.photos("discs", 0, 6), "discs");
      return tuner;
    };
    const model = async (/** @type {import("../../www/lib/fine-tuner.js").FineTuner} */ tuner) =>
      [...new Uint8Array(await (await tuner.export()).arrayBuffer())].join(" ");
    const whole = await withPhotos({});
    await whole.train(config);
    const tuner = await withPhotos({ startWorker });
    /** @type {any[]} */
    const events = [];
    /** @type {string[]} */
    const restarts = [];
    tuner.addEventListener("restart", (event) => restarts.push(/** @type {CustomEvent} */ (event).detail.code));
    tuner.addEventListener("checkpoint", crash, { once: true });
    const report = await tuner.train(config, { onEvent: (event) => void events.push(event) });
    const strip = (/** @type {any} */ { seconds: _, embedSeconds: __, ...rest }) => JSON.stringify(rest);
    const resumed = events.find(({ type }) => type === "resumed");
    const result = {
      restarts,
      workers: workers.length,
      from: resumed?.history.length,
      report: strip(report),
      expected: strip(whole.report),
      same: (await model(tuner)) === (await model(whole)),
      checkpoint: tuner.checkpoint,
    };
    tuner.close();
    whole.close();
    return result;
  });
  assert.deepEqual([seen.restarts, seen.workers], [["worker-crashed"], 2]);
  assert.ok(seen.from > 0, "not from the start");
  assert.equal(seen.report, seen.expected);
  assert.equal(seen.same, true, "the same model, byte for byte");
  assert.equal(seen.checkpoint, null);
});

test("on the page: Pause, Continue and Discard, by keyboard, in both languages", async () => {
  const page = await RealPage.open(bed, {
    attributes: { device: "cpu", "last-stages": "1", augment: "0", epochs: "40" },
    context: { viewport: { width: 360, height: 740 } },
  });
  await page.addFolder(folder, 12);
  const focused = () =>
    page.page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element?.getAttribute("data-testid");
    });
  const pauseFrom = async (/** @type {string} */ button) => {
    await page.hook(button).focus();
    await page.page.keyboard.press("Enter");
    await page.page.locator('[data-testid="train-progress"][data-stage="holdout"]').waitFor();
    assert.equal(await focused(), "cancel-button");
    await page.page.keyboard.press("Shift+Tab");
    assert.equal(await focused(), "train-pause");
    await page.page.keyboard.press("Enter");
    await page.hook("train-paused").waitFor();
    assert.equal(await focused(), "train-resume", "the focus stays where the button was");
  };
  await page.page.locator('[data-testid="train-button"]:not([disabled])').waitFor();
  await pauseFrom("train-button");
  assert.deepEqual(await violations(page.page), []);
  const overflow = await page.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(overflow, 0, "nothing sticks out on a narrow screen");
  assert.equal(
    (await page.predictions({ name: "a.png", mimeType: "image/png", buffer: drawn("discs", 300) })).length,
    5,
    "the page answers while paused",
  );
  await pauseFrom("train-resume");
  await page.page.getByRole("button", { name: "中文" }).click();
  assert.equal(await page.hook("train-resume").innerText(), "继续");
  // A photo more: refused in words, and the training is still there.
  await page.page
    .locator('[data-testid="class-card"][data-label="discs"] input[type=file]')
    .setInputFiles([{ name: "new.png", mimeType: "image/png", buffer: drawn("discs", 77) }]);
  await page.page.waitForFunction(
    () => /** @type {LastLayer} */ (document.querySelector("last-layer")).fineTuner?.photos.length === 13,
  );
  await page.hook("train-resume").click();
  await page.page.locator('[data-testid="problem"][data-code="checkpoint-mismatch"]').waitFor();
  assert.ok((await page.hook("problem").innerText()).includes("新增 1 张"));
  await page.hook("train-discard").focus();
  await page.page.keyboard.press("Enter");
  await page.hook("train-button").waitFor();
  assert.equal(await focused(), "train-button");
  assert.equal(await page.hook("train-paused").count(), 0);
  assert.deepEqual(page.complaints, []);
});
