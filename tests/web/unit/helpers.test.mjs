// Workers that read photos along: who gets what, and what happens when they fail.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { helperCount, Helpers } from "../../../www/lib/helpers.js";
import { delivered } from "../support/fake-worker.mjs";

/** @import { Core, CoreLoan } from "../../../www/lib/types.d.ts" */

/** A core that lends as many loans as it has, and notes what it gets back. @param {number} loans */
function coreWith(loans) {
  /** @type {number[]} */
  const accepted = [];
  let next = 0;
  const lend = () => (next < loans ? { ticket: next++, lastStages: 0, pictures: new Uint8Array(3) } : undefined);
  const accept = (/** @type {number} */ ticket) => void accepted.push(ticket);
  return { core: /** @type {Core} */ (/** @type {unknown} */ ({ lend, accept })), accepted, lent: () => next };
}

/** Readers that answer when they are told to. */
function readers() {
  /** @type {{ loans: CoreLoan[], answers: { resolve: (value: Float32Array) => void, reject: (error: Error) => void }[], ended: boolean }[]} */
  const made = [];
  const start = async () => {
    const reader = { loans: /** @type {CoreLoan[]} */ ([]), answers: /** @type {any[]} */ ([]), ended: false };
    made.push(reader);
    return {
      embed: (/** @type {CoreLoan} */ loan) => {
        reader.loans.push(loan);
        return new Promise((resolve, reject) => reader.answers.push({ resolve, reject }));
      },
      end: () => void (reader.ended = true),
    };
  };
  return { made, start };
}

/** Helpers that have been started, all with as many loans as they take. @param {Core} core @param {number} count */
async function started(core, count) {
  const { made, start } = readers();
  const helpers = new Helpers(count, start);
  await helpers.feed(core, 100, noPixels);
  await delivered();
  await helpers.feed(core, 100, noPixels);
  return { helpers, made };
}

const noPixels = () => Promise.reject(new Error("no pixels were asked for"));

test("as many helpers as the device bears", () => {
  assert.deepEqual([1, 2, 4, 16, undefined].map((cores) => helperCount(cores, 8)), [0, 1, 3, 7, 0]);
  assert.deepEqual([0.5, 1, 2, 4, 8, undefined].map((memory) => helperCount(16, memory)), [0, 0, 1, 3, 7, 3]);
});

test("none are started for a few photos, and four loans go to each in turn", async () => {
  const { core, lent } = coreWith(10);
  const { made, start } = readers();
  const helpers = new Helpers(2, start);
  await helpers.feed(core, 31, noPixels);
  await delivered();
  assert.equal(made.length, 0);
  await helpers.feed(core, 32, noPixels);
  await delivered();
  assert.equal(made.length, 2);
  await helpers.feed(core, 30, noPixels); // as many as before, but they are there now
  assert.deepEqual(made.map(({ loans }) => loans.map(({ ticket }) => ticket)), [[0, 2, 4, 6], [1, 3, 5, 7]]);
  await helpers.feed(core, 30, noPixels);
  assert.equal(lent(), 8, "nobody has answered");
  helpers.rest();
});

test("what comes back is accepted between two steps, and makes room for more", async () => {
  const { core, accepted } = coreWith(5);
  const { helpers, made } = await started(core, 1);
  made[0]?.answers[1]?.resolve(new Float32Array(1));
  await delivered();
  assert.deepEqual(accepted, [], "not while the core may be at work");
  await helpers.feed(core, 100, noPixels);
  assert.deepEqual(accepted, [1]);
  assert.equal(made[0]?.loans.length, 5);
  helpers.rest();
});

test("one that fails is let go of, the others go on", async () => {
  const { core, accepted } = coreWith(10);
  const { helpers, made } = await started(core, 2);
  made[0]?.answers[0]?.reject(new Error("died"));
  made[1]?.answers[0]?.resolve(new Float32Array(1));
  await delivered();
  await helpers.feed(core, 100, noPixels);
  assert.equal(made[0]?.ended, true);
  assert.equal(made[0]?.loans.length, 4, "nothing more for it");
  assert.equal(made[1]?.loans.length, 5);
  assert.deepEqual(accepted, [1]);
  helpers.rest();
});

test("photos whose pixels are gone are supplied first", async () => {
  const { core } = coreWith(1);
  const { made, start } = readers();
  const helpers = new Helpers(1, start);
  await helpers.feed(core, 100, noPixels);
  await delivered();
  let missing = true;
  const { lend } = core;
  Object.assign(core, { lend: () => (missing ? { needPhotos: [7, 8] } : lend()) });
  /** @type {number[]} */
  const supplied = [];
  await helpers.feed(core, 100, async (ids) => {
    supplied.push(...ids);
    missing = false;
  });
  assert.deepEqual(supplied, [7, 8]);
  assert.equal(made[0]?.loans.length, 1);
  helpers.rest();
});

test("without work they end after half a minute", async (context) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(() => mock.timers.reset());
  const { core } = coreWith(0);
  const { made, start } = readers();
  const helpers = new Helpers(1, start);
  await helpers.feed(core, 100, noPixels);
  await delivered();
  helpers.rest();
  mock.timers.tick(29_000);
  await helpers.feed(core, 10, noPixels); // the next training
  mock.timers.tick(60_000);
  assert.equal(made[0]?.ended, false);
  helpers.rest();
  mock.timers.tick(30_000);
  assert.equal(made[0]?.ended, true);
});
