// A comparison as the page has it: what is shown where it ends early.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Comparing } from "../../../www/element/comparing.js";
import { InterruptedError, LastLayerError } from "../../../www/lib/index.js";

/** @import { Session } from "../../../www/element/session.js" */
/** @import { Comparison, ErrorCode } from "../../../www/lib/types/public.d.ts" */

const EPOCH = { type: "epoch", epoch: 1, epochs: 1, trainTop1: 1 };

/** @param {string[]} names */
function compared(names) {
  const run = (/** @type {string} */ name) => ({
    name,
    config: { epochs: 1, inputSize: 0 },
    reduced: null,
    val: { top1: 0.5 },
    accuracy: { low: 0.25, high: 0.75 },
    history: [EPOCH],
    overfitting: null,
    seconds: 1,
  });
  const comparison = {
    runs: names.map(run),
    differences: [],
    heldOut: [1],
    neverHeldOut: [],
    trainImages: 2,
    seconds: 1,
  };
  return /** @type {Comparison} */ (/** @type {unknown} */ (comparison));
}

/**
 * A session whose comparisons tell of an epoch of each run that they begin, and end as the test says.
 * @param {(signal: AbortSignal) => Promise<Comparison>} end
 * @param {string[]} begun
 */
function comparing(end, begun) {
  const tuner = {
    photos: [],
    /** @param {unknown} _ @param {{ signal: AbortSignal, onEvent: (event: object) => void }} options */
    async compare(_, { signal, onEvent }) {
      for (const [index, name] of begun.entries())
        onEvent({ type: "run", run: index + 1, runs: 3, name, event: EPOCH });
      return end(signal);
    },
  };
  /** @type {string[]} */
  const announced = [];
  const session = {
    tuner,
    settings: () => ({ options: {} }),
    announce: (/** @type {string} */ key) => announced.push(key),
    changed() {},
    changedBit() {},
    attempt: (/** @type {(of: typeof tuner) => Promise<unknown>} */ work) => work(tuner).catch(() => undefined),
  };
  return { comparing: new Comparing(/** @type {Session} */ (/** @type {unknown} */ (session))), announced };
}

/** @param {ErrorCode} code @param {string[]} names */
const interrupted = (code, names) => new InterruptedError(new LastLayerError(code, code), compared(names));

test("runs that are over are shown where a photo of a later one is gone, and which ones are missing", async () => {
  const end = () => Promise.reject(interrupted("photo-unreadable", ["head", "full"]));
  const { comparing: page } = comparing(end, ["head", "full", "scratch"]);
  await page.compare();
  const { result, curves, stage, cancelled } = page.view;
  assert.deepEqual(
    result?.runs.map(({ run }) => run),
    ["head", "full"],
  );
  assert.deepEqual([result?.missing, stage, cancelled], [["scratch"], null, false]);
  assert.deepEqual(
    curves.map(({ run }) => run),
    ["head", "full"],
  );
});

test("cancelled in its second run, a comparison shows its first", async () => {
  const end = async (/** @type {AbortSignal} */ signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw interrupted("cancelled", ["head"]);
  };
  const { comparing: page, announced } = comparing(end, ["head", "full"]);
  const over = page.compare();
  page.cancel();
  await over;
  assert.deepEqual([page.view.result?.runs.length, page.view.result?.missing], [1, ["full", "scratch"]]);
  assert.deepEqual([page.view.cancelled, announced.at(-1)], [true, "comparison.cancelled"]);
});

test("one that is cancelled before any run is over leaves the result before it as it was", async () => {
  /** @type {(() => Promise<Comparison>)[]} */
  const ends = [
    async () => compared(["head", "full", "scratch"]),
    () => Promise.reject(new LastLayerError("cancelled", "cancelled")),
  ];
  const { comparing: page } = comparing(
    () => /** @type {() => Promise<Comparison>} */ (ends.shift())(),
    ["head", "full", "scratch"],
  );
  await page.compare();
  const { result, curves } = page.view;
  assert.deepEqual([result?.runs.length, result?.missing.length, curves.length], [3, 0, 3]);
  await page.compare();
  assert.deepEqual([page.view.result, page.view.curves], [result, curves]);
});
