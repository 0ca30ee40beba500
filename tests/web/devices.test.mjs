// WebGPU and the CPU. The adapter here is a software one: far slower than our CPU path, and so the work is tiny.
// This browser has an adapter (see FLAGS in support/browser.mjs): where it does not answer, these tests fail.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

test("auto refuses a software adapter and says so", async () => {
  const page = await bed.lab();
  const info = await page.evaluate(async () => {
    const tuner = await lab.tuner({ device: "auto" });
    tuner.close();
    return tuner.info;
  });
  assert.equal(info.device, "cpu");
  assert.equal(info.reason, "software-adapter");
});

test("training on WebGPU; the CPU answers the same with the same classifier", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const gpu = await lab.tuner({ device: "webgpu" });
    await gpu.add(await lab.photos("stripes", 0, 3), "stripes");
    await gpu.add(await lab.photos("discs", 0, 3), "discs");
    const report = await gpu.train({ regime: "head", augment: 0, epochs: 8 });
    const image = await lab.photo("discs", 30);
    const cpu = await lab.tuner({ device: "cpu" });
    await cpu.open(await gpu.export());
    /** @param {typeof gpu} tuner */
    const answers = async (tuner) => ({
      trained: await tuner.predict(image),
      source: await tuner.predict(image, { model: "source" }),
    });
    const result = { info: gpu.info, report, gpu: await answers(gpu), cpu: await answers(cpu) };
    gpu.close();
    cpu.close();
    return result;
  });
  assert.equal(seen.info.device, "webgpu");
  assert.equal(seen.info.reason, "requested");
  assert.ok(seen.info.adapter.length > 0, "the adapter tells its name");
  assert.equal(seen.report.device, "webgpu");
  assert.equal(seen.report.trainImages, 6);
  assert.ok(Number.isFinite(seen.report.train.loss));
  for (const model of /** @type {const} */ (["trained", "source"])) {
    assert.deepEqual(
      seen.gpu[model].map(({ label }) => label),
      seen.cpu[model].map(({ label }) => label),
      model,
    );
    for (const [index, { probability }] of seen.gpu[model].entries()) {
      const other = seen.cpu[model][index]?.probability ?? NaN;
      assert.ok(Math.abs(probability - other) < 1e-3, `${model}: ${probability} on WebGPU, ${other} on the CPU`);
    }
  }
});

test("webgpu fails with words where there is none; auto goes to the CPU", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const startWorker = lab.workerAfter(`Object.defineProperty(navigator, "gpu", { value: undefined });`);
    const code = await lab.outcome(lab.tuner({ device: "webgpu", startWorker }));
    const tuner = await lab.tuner({ device: "auto", startWorker });
    tuner.close();
    return { code, info: tuner.info };
  });
  assert.equal(seen.code, "webgpu-unavailable");
  assert.equal(seen.info.device, "cpu");
  assert.equal(seen.info.reason, "no-webgpu");
});

test("an adapter that answers and then fails: auto goes to the CPU, webgpu says so", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    // Looks like hardware, and makes no device.
    const startWorker = lab.workerAfter(`
      Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { value: false });
      for (const name of ["vendor", "architecture", "device", "description"])
        Object.defineProperty(GPUAdapterInfo.prototype, name, { value: "toaster" });
      GPUAdapter.prototype.requestDevice = async () => { throw new TypeError("out of order"); };`);
    const code = await lab.outcome(lab.tuner({ device: "webgpu", startWorker }));
    const tuner = await lab.tuner({ device: "auto", startWorker });
    const answers = await tuner.predict(await lab.photo("discs", 1));
    tuner.close();
    return { code, info: tuner.info, answers: answers.length };
  });
  assert.equal(seen.code, "webgpu-unavailable");
  assert.equal(seen.info.device, "cpu");
  assert.equal(seen.info.reason, "webgpu-failed");
  assert.equal(seen.answers, 5);
});

test("an adapter that never answers: auto goes to the CPU after twenty seconds, webgpu says so, and a cancellation waits for nothing", async () => {
  const page = await bed.lab();
  await page.clock.install();
  await page.evaluate(() => {
    const state = {
      waiting: 0,
      outcomes: /** @type {Record<string, string>} */ ({}),
      controller: new AbortController(),
    };
    const start = lab.workerAfter(`GPU.prototype.requestAdapter = () => new Promise(() => {});`);
    const startWorker = (/** @type {string} */ url) => {
      const worker = start(url);
      worker.addEventListener("message", ({ data }) => (state.waiting += data.event?.stage === "device" ? 1 : 0));
      return worker;
    };
    /** @type {[string, "auto" | "webgpu", AbortSignal?][]} */
    const starts = [
      ["auto", "auto"],
      ["webgpu", "webgpu"],
      ["cancelled", "auto", state.controller.signal],
    ];
    for (const [name, device, signal] of starts) {
      void lab.tuner({ device, startWorker, ...(signal && { signal }) }).then(
        (tuner) => {
          state.outcomes[name] = `${tuner.info.device}: ${tuner.info.reason}`;
          tuner.close();
        },
        (error) => (state.outcomes[name] = error.code),
      );
    }
    Object.assign(window, { state });
  });
  const outcomes = () => page.evaluate(() => /** @type {any} */ (window).state.outcomes);
  await page.waitForFunction(() => /** @type {any} */ (window).state.waiting === 3);
  await page.evaluate(() => /** @type {any} */ (window).state.controller.abort());
  assert.deepEqual(await outcomes(), { cancelled: "cancelled" });
  await page.clock.runFor(20_000);
  await page.waitForFunction(() => Object.keys(/** @type {any} */ (window).state.outcomes).length === 3);
  assert.deepEqual(await outcomes(), {
    cancelled: "cancelled",
    webgpu: "webgpu-unavailable",
    auto: "cpu: webgpu-timeout",
  });
});

test("a device that is lost in the middle of a training is replaced, and the training goes on", async () => {
  const page = await bed.lab();
  const devtools = await page.context().browser()?.newBrowserCDPSession();
  assert.ok(devtools);
  await page.evaluate(async () => {
    const tuner = await lab.tuner({ device: "webgpu" });
    await tuner.add(await lab.photos("stripes", 0, 2), "stripes");
    await tuner.add(await lab.photos("discs", 0, 2), "discs");
    /** @type {unknown[]} */
    const restarts = [];
    tuner.addEventListener("restart", (event) => restarts.push(/** @type {CustomEvent} */ (event).detail));
    const controller = new AbortController();
    const state = { tuner, restarts, kept: false, resumed: 0, outcome: "" };
    Object.assign(window, { state });
    tuner.addEventListener("checkpoint", () => (state.kept = true));
    const onEvent = (/** @type {import("../../www/lib/types/public.d.ts").TrainEvent} */ event) => {
      if (event.type === "resumed") state.resumed = event.epoch;
      if (event.type === "batch" && state.resumed > 0) controller.abort();
    };
    const training = tuner.train(
      { regime: "head", augment: 0, epochs: 1000, patience: 1000 },
      { signal: controller.signal, onEvent },
    );
    void lab.outcome(training).then((outcome) => (state.outcome = outcome));
  });
  await page.waitForFunction(() => /** @type {any} */ (window).state.kept);
  await devtools.send("Browser.crashGpuProcess").catch(() => {
    // It answers with the connection to the process it has just ended.
  });
  await page.waitForFunction(() => /** @type {any} */ (window).state.outcome !== "");
  const seen = await page.evaluate(async () => {
    const { tuner, restarts, resumed, outcome } = /** @type {any} */ (window).state;
    const answers = await tuner.predict(await lab.photo("discs", 1));
    const { photos, info } = tuner;
    tuner.close();
    return { outcome, restarts, resumed, answers: answers.length, photos: photos.length, device: info.device };
  });
  assert.equal(seen.outcome, "cancelled", "by the test, once it went on");
  assert.ok(seen.resumed > 1, `it went on in epoch ${seen.resumed}`);
  assert.deepEqual(seen.restarts, [{ code: "device-lost", lost: [] }]);
  assert.deepEqual(
    { answers: seen.answers, photos: seen.photos, device: seen.device },
    { answers: 5, photos: 4, device: "webgpu" },
  );
});
