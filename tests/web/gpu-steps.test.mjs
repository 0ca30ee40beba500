// What is done on WebGPU and when: a learning step is the same numbers as on the CPU in few launches, and what takes a
// driver long is done while the browser waits for something else. The adapter is a software one, so nothing here is
// about time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";
import { gate } from "./support/gate.mjs";

const bed = testBed();

/** Counts in the worker what it asks of the graphics card, and tells it with every event. */
const COUNTING = `
  const gpu = { launches: 0, uploads: 0, readbacks: 0 };
  const count = (prototype, method, name) => {
    const original = prototype[method];
    prototype[method] = function (...args) {
      gpu[name] += 1;
      return original.apply(this, args);
    };
  };
  count(GPUComputePassEncoder.prototype, "dispatchWorkgroups", "launches");
  count(GPUQueue.prototype, "writeBuffer", "uploads");
  count(GPUBuffer.prototype, "mapAsync", "readbacks");
  const post = self.postMessage.bind(self);
  self.postMessage = (message, ...rest) => {
    if (message.event) message.event.gpu = { ...gpu };
    post(message, ...rest);
  };`;

/** @typedef {{ launches: number, uploads: number, readbacks: number }} Counts */

for (const [name, options, most] of /** @type {const} */ ([
  ["the output layer", { regime: "head" }, 12],
  ["the last stage", { regime: "last-k", lastStages: 1 }, 72],
])) {
  test(`${name} learns in few launches, and nothing is read back but the scores of an epoch`, async () => {
    const page = await bed.lab();
    const events = await page.evaluate(
      async ({ script, options }) => {
        const tuner = await lab.tuner({ device: "webgpu", startWorker: lab.workerAfter(script) });
        await tuner.add(await lab.photos("stripes", 0, 2), "stripes");
        await tuner.add(await lab.photos("discs", 0, 2), "discs");
        /** @type {{ type: string, gpu: Counts }[]} */
        const events = [];
        const config = { ...options, augment: 0, epochs: 5, holdout: 0, batchSize: 2 };
        await tuner.train(config, { onEvent: (event) => events.push(/** @type {any} */ (event)) });
        tuner.close();
        return events
          .filter(({ type }) => ["batch", "epoch", "done"].includes(type))
          .map(({ type, gpu }) => ({ type, gpu }));
      },
      { script: COUNTING, options },
    );

    // A launch is counted when it is submitted, which may be a step later: so whole epochs are compared, of two steps
    // each. In the first everything is made for the first time, and after some a checkpoint is read back: the leanest
    // tells what learning takes.
    const ends = events.flatMap(({ type, gpu }) => (type === "epoch" || type === "done" ? [gpu] : []));
    assert.equal(ends.length, 5, JSON.stringify(events));
    const spent = (/** @type {keyof Counts} */ what) =>
      Math.min(...ends.slice(2).map((after, index) => after[what] - (ends[index + 1]?.[what] ?? NaN)));
    assert.ok(
      spent("launches") > 0 && spent("launches") <= 2 * most + 4,
      `${spent("launches")} launches in an epoch of two steps`,
    );
    assert.ok(spent("uploads") <= 2 * most + 4, `${spent("uploads")} uploads in an epoch of two steps`);
    assert.equal(spent("readbacks"), 1, "the logits, at the end");
  });
}

for (const [name, options] of /** @type {const} */ ([
  ["the output layer", { regime: "head", epochs: 6 }],
  ["the last stage", { regime: "last-k", lastStages: 1, epochs: 3 }],
  [
    "the last two stages, windows of 5 × 5 and strides of 2 among them,",
    { regime: "last-k", lastStages: 2, epochs: 2, seed: 5 },
  ],
  ["everything, with long sums over many pixels,", { regime: "full", epochs: 2, seed: 0 }],
])) {
  test(`${name} learns on WebGPU what it learns on the CPU, with weighed classes and smoothed labels`, async () => {
    const page = await bed.lab();
    const histories = await page.evaluate(async (options) => {
      /** @param {"webgpu" | "cpu"} device */
      const history = async (device) => {
        const tuner = await lab.tuner({ device });
        await tuner.add(await lab.photos("stripes", 0, 3), "stripes");
        await tuner.add(await lab.photos("discs", 0, 1), "discs");
        const config = {
          seed: 3,
          ...options,
          augment: 0,
          holdout: 0,
          batchSize: 2,
          labelSmoothing: 0.1,
          weightDecay: 0.1,
          learningRate: 0.01,
        };
        const { history } = await tuner.train(config);
        tuner.close();
        return history.map(({ trainLoss }) => trainLoss);
      };
      return { gpu: await history("webgpu"), cpu: await history("cpu") };
    }, options);
    assert.equal(histories.cpu.length, options.epochs);
    const [first, last] = [histories.cpu[0] ?? 0, histories.cpu.at(-1) ?? 0];
    assert.ok(last < 0.9 * first, `it learns: ${histories.cpu}`);
    for (const [epoch, loss] of histories.gpu.entries()) {
      const other = histories.cpu[epoch] ?? NaN;
      assert.ok(Math.abs(loss - other) < 2e-3, `epoch ${epoch + 1}: ${loss} on WebGPU, ${other} on the CPU`);
    }
  });
}

test("a device of no more than WebGPU's default limits learns everything", async () => {
  const page = await bed.lab();
  const { history, told } = await page.evaluate(async () => {
    const startWorker = lab.workerAfter(`
      // The least that a device has, by the specification: this one is asked for no more.
      const least = { maxStorageBuffersPerShaderStage: 8, maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28,
        maxComputeWorkgroupStorageSize: 16384, maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupSizeX: 256,
        maxComputeWorkgroupSizeY: 256, maxComputeWorkgroupSizeZ: 64, maxComputeWorkgroupsPerDimension: 65535 };
      const { get } = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, "limits");
      const limited = (limits) => new Proxy(limits, { get: (target, name) => least[name] ?? Reflect.get(target, name) });
      Object.defineProperty(GPUAdapter.prototype, "limits", { get() { return limited(get.call(this)); } });
      const request = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        const device = await request.apply(this, args);
        const told = new BroadcastChannel("limits");
        told.postMessage(Object.keys(least).filter((name) => device.limits[name] > least[name]).join() || "the least");
        return device;
      };`);
    const told = new Promise((resolve) => {
      new BroadcastChannel("limits").onmessage = ({ data }) => resolve(data);
    });
    const tuner = await lab.tuner({ device: "webgpu", startWorker });
    await tuner.add(await lab.photos("stripes", 0, 2), "stripes");
    await tuner.add(await lab.photos("discs", 0, 2), "discs");
    const { history } = await tuner.train({
      regime: "full",
      seed: 0,
      augment: 0,
      epochs: 2,
      holdout: 0,
      batchSize: 2,
      learningRate: 0.01,
    });
    tuner.close();
    return { history: history.map(({ trainLoss }) => trainLoss), told: await told };
  });
  assert.equal(told, "the least");
  assert.ok((history[1] ?? NaN) < (history[0] ?? NaN), `it learns: ${history}`);
});

test("what reading, predicting and teaching the output layer need is compiled while the weights are on their way", async () => {
  const page = await bed.lab();
  const compiled = gate();
  await page.exposeFunction("compiled", (/** @type {number} */ count) => {
    if (count >= 20) compiled.open(undefined); // The test of the device alone compiles fewer.
  });
  bed.site.intercept = (request, response) =>
    (request.url ?? "").endsWith(".safetensors") && bed.site.hold(compiled.opened, request, response);
  const counts = await page.evaluate(async () => {
    const channel = new BroadcastChannel("pipelines");
    let last = 0;
    channel.onmessage = ({ data }) => {
      last = data;
      /** @type {any} */ (window).compiled(data);
    };
    const startWorker = lab.workerAfter(`
      const channel = new BroadcastChannel("pipelines");
      const original = GPUDevice.prototype.createComputePipeline;
      let count = 0;
      GPUDevice.prototype.createComputePipeline = function (...args) {
        channel.postMessage(++count);
        return original.apply(this, args);
      };`);
    const tuner = await lab.tuner({ device: "webgpu", startWorker });
    const started = last;
    await tuner.predict(await lab.photo("discs", 1));
    const predicted = last;
    await tuner.add(await lab.photos("stripes", 0, 2), "stripes");
    await tuner.add(await lab.photos("discs", 0, 2), "discs");
    await tuner.train({ regime: "head", augment: 0, epochs: 1, holdout: 0, batchSize: 2 });
    tuner.close();
    return { started, predicted, trained: last };
  });
  assert.equal(counts.predicted, counts.started, "a prediction finds everything compiled");
  // The end of an epoch puts its logits together, which takes two.
  assert.ok(
    counts.trained <= counts.started + 2,
    `and so does a training but for the end of an epoch: ${JSON.stringify(counts)}`,
  );
});
