// The page's side of the boundary: calls as promises, and what becomes of them when the worker dies.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LastLayerError } from "../../../www/lib/errors.js";
import { WorkerClient } from "../../../www/lib/worker-client.js";
import { delivered, FakeWorker } from "../support/fake-worker.mjs";
import { gate, rejection } from "../support/gate.mjs";

/** @import { CallTable } from "../../../www/lib/types/calls.d.ts" */

/** With calls of the test's own. @param {FakeWorker} worker @returns {WorkerClient<CallTable>} */
const clientOf = (worker) => new WorkerClient(worker);

test("answers find their calls, events their listeners", async () => {
  const client = clientOf(
    new FakeWorker({
      echo: (args) => args,
      async *count() {
        yield "one";
        yield "two";
        return "end";
      },
    }),
  );
  /** @type {string[]} */
  const events = [];
  const answers = await Promise.all([
    client.call("count", {}, { onEvent: (event) => events.push(event) }),
    client.call("echo", "a"),
    client.call("echo", "b"),
  ]);
  assert.deepEqual(answers, ["end", "a", "b"]);
  assert.deepEqual(events, ["one", "two"]);
});

test("errors arrive as LastLayerError with code and params", async () => {
  const client = clientOf(
    new FakeWorker({
      fail: () => {
        throw new LastLayerError("image-too-large", "30000 px wide", { width: 30000 });
      },
    }),
  );
  const error = await rejection(client.call("fail", {}));
  assert.ok(error instanceof LastLayerError);
  assert.equal(error.code, "image-too-large");
  assert.deepEqual(error.params, { width: 30000 });
  assert.equal(client.death, null, "one failed call is not the end of the worker");
});

test("an aborted signal reaches the worker, and the promise waits for its answer", async () => {
  const hold = gate();
  const worker = new FakeWorker({
    async *train() {
      await hold.opened;
      yield 1;
      yield 2;
    },
  });
  const client = clientOf(worker);
  const controller = new AbortController();
  let settled = false;
  const training = rejection(client.call("train", {}, { signal: controller.signal })).finally(() => (settled = true));
  await delivered();
  controller.abort();
  await delivered();
  await delivered();
  assert.deepEqual(worker.log.at(-1), { cancel: 1 });
  assert.equal(settled, false, "the batch is still being computed");
  hold.open(undefined);
  const error = await training;
  assert.equal(error.code, "cancelled");
  assert.equal(error.name, "AbortError");
});

test("a signal that is aborted already sends nothing; one aborted afterwards neither", async () => {
  const worker = new FakeWorker({ echo: (args) => args });
  const client = clientOf(worker);
  assert.equal((await rejection(client.call("echo", 1, { signal: AbortSignal.abort() }))).code, "cancelled");
  const controller = new AbortController();
  await client.call("echo", 1, { signal: controller.signal });
  controller.abort();
  await delivered();
  assert.equal(worker.log.filter((message) => "cancel" in message).length, 0);
});

test("a listener that throws is reported and stops nothing", async () => {
  /** @type {unknown[]} */
  const reported = [];
  globalThis.reportError = (error) => reported.push(error);
  const client = clientOf(
    new FakeWorker({
      async *count() {
        yield 1;
        return "end";
      },
    }),
  );
  const fault = new Error("the page's own");
  const answer = await client.call(
    "count",
    {},
    {
      onEvent: () => {
        throw fault;
      },
    },
  );
  assert.equal(answer, "end");
  assert.deepEqual(reported, [fault]);
});

for (const { name, kill, code } of [
  {
    name: "an uncaught error",
    kill: (/** @type {FakeWorker} */ worker) => worker.crash("RuntimeError: unreachable"),
    code: "worker-crashed",
  },
  {
    name: "an unreadable message",
    kill: (/** @type {FakeWorker} */ worker) => worker.dispatchEvent(new Event("messageerror")),
    code: "worker-crashed",
  },
  {
    name: "a lost device",
    kill: (/** @type {FakeWorker} */ worker) =>
      worker.dispatchEvent(
        Object.assign(new Event("message"), { data: { fatal: { code: "device-lost", message: "gone", params: {} } } }),
      ),
    code: "device-lost",
  },
]) {
  test(`${name} rejects the open calls and all later ones`, async () => {
    const worker = new FakeWorker({ never: () => new Promise(() => {}), echo: (args) => args });
    const client = clientOf(worker);
    await client.call("echo", 1);
    const open = [rejection(client.call("never", {})), rejection(client.call("echo", {}))];
    kill(worker);
    assert.deepEqual(
      (await Promise.all(open)).map((error) => error.code),
      [code, code],
    );
    assert.equal((await rejection(client.call("echo", 2))).code, code);
    assert.equal(client.death?.code, code);
    assert.ok(worker.terminated, "a worker that is given up must not go on computing");
  });
}

test("a trap reported as the answer to one call is the end of all", async () => {
  const worker = new FakeWorker({
    trap: () => {
      throw new WebAssembly.RuntimeError("unreachable");
    },
    never: () => new Promise(() => {}),
  });
  const client = clientOf(worker);
  const [first, second] = await Promise.all([rejection(client.call("trap", {})), rejection(client.call("never", {}))]);
  assert.deepEqual([first.code, second.code], ["worker-crashed", "worker-crashed"]);
});

test("a worker whose script does not load is a failed download", async () => {
  const worker = new FakeWorker({});
  const client = clientOf(worker);
  const call = rejection(client.call("start", {}));
  worker.dispatchEvent(new Event("error"));
  assert.equal((await call).code, "download-failed");
});
