// The worker's side of the boundary, with handlers held by the test: so the order of answers is known, not a matter of
// time.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { CallQueue } from "../../../www/lib/call-queue.js";
import { LastLayerError } from "../../../www/lib/errors.js";
import { delivered } from "../support/fake-worker.mjs";
import { gate } from "../support/gate.mjs";

/** @param {Record<string, import("../../../www/lib/types/calls.d.ts").Handler>} handlers */
function queueOf(handlers) {
  /** @type {any[]} */
  const sent = [];
  const queue = new CallQueue(
    (response) => sent.push(response),
    handlers,
    async () => void (await delivered()),
  );
  return { queue, sent };
}

/**
 * A training of three batches, each of which the test lets go on.
 */
function heldTraining() {
  const batches = [gate(), gate(), gate()];
  const state = { started: 0, ended: "" };
  async function* train() {
    try {
      for (const batch of batches) {
        state.started++;
        await batch.opened;
        yield { batch: state.started };
      }
      state.ended = "done";
      return "report";
    } finally {
      state.ended ||= "cancelled";
    }
  }
  return { train, batches, state };
}

test("a prediction that arrives during a batch is answered before the event of that batch", async () => {
  const { train, batches } = heldTraining();
  const { queue, sent } = queueOf({ train, predict: () => "rose" });
  const idle = queue.receive({ id: 1, call: "train", args: {} });
  await delivered();
  await queue.receive({ id: 2, call: "predict", args: {} });
  assert.deepEqual(sent, [], "the first batch is still being computed");
  batches.forEach(({ open }) => open(undefined));
  await idle;
  assert.deepEqual(sent, [
    { id: 2, ok: "rose" },
    { id: 1, event: { batch: 1 } },
    { id: 1, event: { batch: 2 } },
    { id: 1, event: { batch: 3 } },
    { id: 1, ok: "report" },
  ]);
});

test("a training that is cancelled during a batch says no more, and has given up when it answers", async () => {
  const { train, batches, state } = heldTraining();
  const { queue, sent } = queueOf({ train, predict: () => "rose" });
  const idle = queue.receive({ id: 1, call: "train", args: {} });
  batches[0]?.open(undefined);
  while (state.started < 2) await delivered();
  await queue.receive({ cancel: 1 });
  batches[1]?.open(undefined);
  await idle;
  assert.equal(sent.length, 2);
  assert.deepEqual(sent[0], { id: 1, event: { batch: 1 } });
  assert.equal(sent[1].error.code, "cancelled");
  assert.equal(state.ended, "cancelled");

  await queue.receive({ id: 3, call: "predict", args: {} });
  assert.deepEqual(sent.at(-1), { id: 3, ok: "rose" }, "after a cancellation everything works on");
});

test("one thing at a time, in the order of the calls", async () => {
  let inside = 0;
  const { queue, sent } = queueOf({
    async slow(args) {
      assert.equal(++inside, 1);
      await delivered();
      inside--;
      return args;
    },
  });
  const idle = queue.receive({ id: 1, call: "slow", args: "a" });
  await queue.receive({ id: 2, call: "slow", args: "b" });
  await queue.receive({ id: 3, call: "slow", args: "c" });
  await idle;
  assert.deepEqual(
    sent.map(({ ok }) => ok),
    ["a", "b", "c"],
  );
});

test("a call that is cancelled while it waits is never begun", async () => {
  const hold = gate();
  /** @type {string[]} */
  const begun = [];
  const { queue, sent } = queueOf({
    async call(name) {
      begun.push(name);
      await hold.opened;
    },
  });
  const idle = queue.receive({ id: 1, call: "call", args: "first" });
  await queue.receive({ id: 2, call: "call", args: "second" });
  await queue.receive({ cancel: 2 });
  assert.equal(sent[0].error.code, "cancelled");
  hold.open(undefined);
  await idle;
  assert.deepEqual(begun, ["first"]);
});

test("a call in progress sees its cancellation through its signal", async () => {
  const { queue, sent } = queueOf({
    start: (_, { signal }) =>
      new Promise((__, reject) =>
        signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError"))),
      ),
  });
  const idle = queue.receive({ id: 1, call: "start", args: {} });
  await delivered();
  await queue.receive({ cancel: 1 });
  await idle;
  assert.deepEqual(
    sent.map(({ error }) => error.code),
    ["cancelled"],
  );
});

test("cancelling what has been answered already changes nothing", async () => {
  const { queue, sent } = queueOf({ call: () => 1 });
  await queue.receive({ id: 1, call: "call", args: {} });
  await queue.receive({ cancel: 1 });
  assert.deepEqual(sent, [{ id: 1, ok: 1 }]);
});

test("every failure becomes a code", async () => {
  const { queue, sent } = queueOf({
    ours: () => {
      throw new LastLayerError("image-empty", "no pixels", { width: 0 });
    },
    core: () => {
      throw { code: "busy", message: "a training runs", params: {} };
    },
    trap: () => {
      throw new WebAssembly.RuntimeError("unreachable");
    },
    bug: () => {
      throw new TypeError("x is undefined");
    },
  });
  for (const call of ["ours", "core", "trap", "bug", "nothing"]) await queue.receive({ id: 1, call, args: {} });
  assert.deepEqual(
    sent.map(({ error }) => error.code),
    ["image-empty", "busy", "worker-crashed", "internal", "internal"],
  );
  assert.deepEqual(sent[0].error, { code: "image-empty", message: "no pixels", params: { width: 0 } });
});

test("two long calls take turns", async () => {
  async function* count() {
    yield 1;
    yield 2;
  }
  const { queue, sent } = queueOf({ count });
  const idle = queue.receive({ id: 1, call: "count", args: {} });
  await queue.receive({ id: 2, call: "count", args: {} });
  await idle;
  assert.deepEqual(
    sent.filter(({ event }) => event).map(({ id, event }) => `${id}:${event}`),
    ["1:1", "2:1", "1:2", "2:2"],
  );
});

test("numbers and bytes are handed over, alone or in an object, without a look at each of them", async () => {
  const answers = {
    alone: new Float32Array(3),
    among: { bytes: new Uint8Array(2), name: "two" },
    nothing: null,
    text: "abc",
  };
  /** @type {Transferable[][]} */
  const transferred = [];
  const handlers = Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, () => answer]));
  const queue = new CallQueue(
    (_, transfer) => transferred.push(transfer),
    handlers,
    async () => void (await delivered()),
  );
  const looked = mock.method(Object, "values");
  for (const [id, call] of Object.keys(answers).entries()) await queue.receive({ id, call, args: undefined });
  const spread = looked.mock.calls.filter(({ arguments: [value] }) => ArrayBuffer.isView(value));
  looked.mock.restore();
  assert.deepEqual(transferred, [[answers.alone.buffer], [answers.among.bytes.buffer], [], []]);
  assert.equal(spread.length, 0, "an array of millions would be a second's work");
});
