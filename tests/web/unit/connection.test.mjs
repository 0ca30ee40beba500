// Starting a worker: what never answers is not waited for without end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../../../www/lib/connection.js";
import { START_LIMIT } from "../../../www/lib/start-limit.js";
import { delivered, FakeWorker } from "../support/fake-worker.mjs";
import { rejection } from "../support/gate.mjs";

/** @import { DeviceChoice } from "../../../www/lib/types/public.d.ts" */
/** @import { Handler } from "../../../www/lib/types/calls.d.ts" */

const INFO = {
  device: "cpu",
  adapter: "",
  reason: "requested",
  backbone: "b",
  inputSize: 224,
  stages: 7,
  workers: 1,
  version: "0",
  warnings: [],
};

/** A clock whose seconds the test lets pass. */
function falseClock() {
  /** @type {Set<() => void>} */
  const ticking = new Set();
  const every = (/** @type {number} */ milliseconds, /** @type {() => void} */ tick) => {
    assert.equal(milliseconds, 1000);
    ticking.add(tick);
    return () => void ticking.delete(tick);
  };
  const pass = async (/** @type {number} */ seconds) => {
    for (let second = 0; second < seconds; second++) [...ticking].forEach((tick) => tick());
    await delivered();
    await delivered();
  };
  return { every, pass, ticking };
}

/**
 * @param {DeviceChoice} device
 * @param {Handler} start  What the worker does when it is started.
 * @param {Record<string, Handler>} [others]
 */
function connection(device, start, others = {}) {
  /** @type {FakeWorker[]} */
  const workers = [];
  const time = falseClock();
  const startWorker = () => {
    const worker = new FakeWorker({ start, ...others });
    workers.push(worker);
    return worker;
  };
  const options = { baseUrl: "https://example.org/", device, backbone: "b", readAhead: true };
  return { workers, time, connection: new Connection(options, startWorker, async () => {}, time) };
}

const never = () => new Promise(() => {});

/** A graphics process that hangs: on the CPU the worker starts. @type {Handler} */
const hangs = ({ device }, { emit }) => {
  if (device === "cpu") return INFO;
  emit({ stage: "wasm", done: 1, total: 2 });
  emit({ stage: "device", waiting: true });
  return never();
};

test("a graphics device that does not answer: auto goes to the CPU and says why, in this worker and in later ones", async () => {
  const { connection: it, workers, time } = connection("auto", hangs, { discard: () => {} });
  /** @type {unknown[]} */
  const progress = [];
  const opening = it.open(undefined, (event) => progress.push(event));
  await delivered();
  await delivered();
  await time.pass(START_LIMIT - 1);
  assert.equal(workers.length, 1, "not yet");
  await time.pass(1);
  await opening;
  assert.deepEqual([it.info?.device, it.info?.reason], ["cpu", "webgpu-timeout"]);
  assert.deepEqual(
    workers.map(({ terminated }) => terminated),
    [true, false],
  );
  assert.deepEqual(progress, [{ stage: "wasm", done: 1, total: 2 }], "the wait is nothing for a progress bar");
  assert.equal(time.ticking.size, 0);
  workers[1]?.crash("out of memory");
  await it.call("discard");
  assert.deepEqual(workers[2]?.log[0].args.device, "cpu");
  assert.equal(it.info?.reason, "webgpu-timeout");
});

test("a graphics device that was asked for and does not answer: that is said", async () => {
  const { connection: it, workers, time } = connection("webgpu", hangs);
  const opening = rejection(it.open());
  await delivered();
  await delivered();
  await time.pass(START_LIMIT);
  const error = await opening;
  assert.equal(error.code, "webgpu-unavailable");
  assert.match(error.message, /20 seconds.*“cpu”/);
  assert.equal(workers.length, 1);
  assert.ok(workers[0]?.terminated);
});

test("a download that is slow, and a device after whose answer something else takes long, have all the time", async () => {
  /** @type {(event: unknown) => void} */
  let tell = () => {};
  /** @type {(info: unknown) => void} */
  let end = () => {};
  const { connection: it, time } = connection("auto", (_, { emit }) => {
    tell = emit;
    return new Promise((resolve) => (end = resolve));
  });
  const opening = it.open();
  await delivered();
  await time.pass(1000);
  tell({ stage: "device", waiting: true });
  await delivered();
  await time.pass(START_LIMIT - 1);
  tell({ stage: "weights", done: 1, total: 2 });
  await delivered();
  await time.pass(START_LIMIT - 1);
  tell({ stage: "device", waiting: false });
  await delivered();
  await time.pass(1000);
  end(INFO);
  await opening;
  assert.equal(it.info?.reason, "requested");
});

test("an abort of the start is answered at once, and ends the worker", async () => {
  const { connection: it, workers, time } = connection("auto", hangs);
  const controller = new AbortController();
  const opening = rejection(it.open(controller.signal));
  await delivered();
  controller.abort();
  assert.equal((await opening).code, "cancelled");
  assert.ok(workers[0]?.terminated);
  assert.equal(time.ticking.size, 0);
  assert.equal((await rejection(connection("auto", hangs).connection.open(AbortSignal.abort()))).code, "cancelled");
});

test("a call that is cancelled while a new worker starts does not wait for it", async () => {
  let hung = false;
  const { connection: it, workers } = connection("cpu", () => (hung ? never() : INFO), { advise: never });
  await it.open();
  hung = true;
  workers[0]?.crash("out of memory");
  const controller = new AbortController();
  const call = rejection(it.call("advise", { config: {} }, { signal: controller.signal }));
  await delivered();
  controller.abort();
  assert.equal((await call).code, "cancelled");
});
