// Workers that help: who gets what, and what happens when they fail.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { helperCount, Helpers, stepsLeft } from "../../../www/lib/helpers.js";
import { delivered } from "../support/fake-worker.mjs";

/** @import { Core, CoreLoan, StepEvent } from "../../../www/lib/types/core.d.ts" */

/** A core that lends as many loans as it has, and notes what it gets back. @param {number} loans */
function coreWith(loans) {
  /** @type {number[]} */
  const accepted = [];
  let next = 0;
  const lend = async () => (next < loans ? { id: next++, lastStages: 0, pictures: new Uint8Array(3) } : undefined);
  const accept = (/** @type {number} */ id) => void accepted.push(id);
  return { core: /** @type {Core} */ (/** @type {unknown} */ ({ lend, accept })), accepted, lent: () => next };
}

/** Helpers that answer when they are told to. */
function fakes() {
  /**
   * @type {{
   *   loans: CoreLoan[],
   *   answers: { resolve: (value: Float32Array) => void, reject: (error: Error) => void }[],
   *   ended: boolean,
   * }[]}
   */
  const made = [];
  const start = async () => {
    const helper = { loans: /** @type {CoreLoan[]} */ ([]), answers: /** @type {any[]} */ ([]), ended: false };
    made.push(helper);
    return {
      work: (/** @type {CoreLoan} */ loan) => {
        helper.loans.push(loan);
        return new Promise((resolve, reject) => helper.answers.push({ resolve, reject }));
      },
      end: () => void (helper.ended = true),
    };
  };
  return { made, start };
}

/**
 * Helpers that have been started, all with as many loans as they take.
 * @param {Core} core
 * @param {number} count
 * @param {"feed" | "share"} [what]  Photos to read, or steps.
 */
async function started(core, count, what = "feed") {
  const { made, start } = fakes();
  const helpers = new Helpers(count, start);
  await helpers[what](core, 100, noPixels);
  await delivered();
  await helpers[what](core, 100, noPixels);
  return { helpers, made };
}

const noPixels = () => Promise.reject(new Error("no pixels were asked for"));

test("as many helpers as the device bears", () => {
  assert.deepEqual(
    [1, 2, 4, 16, undefined].map((cores) => helperCount(cores, 8)),
    [0, 1, 3, 7, 0],
  );
  assert.deepEqual(
    [0.5, 1, 2, 4, 8, undefined].map((memory) => helperCount(16, memory)),
    [0, 0, 1, 3, 7, 3],
  );
});

test("none are started for a few photos, and four loans go to each in turn", async () => {
  const { core, lent } = coreWith(10);
  const { made, start } = fakes();
  const helpers = new Helpers(2, start);
  await helpers.feed(core, 31, noPixels);
  await delivered();
  assert.equal(made.length, 0);
  await helpers.feed(core, 32, noPixels);
  await delivered();
  assert.equal(made.length, 2);
  await helpers.feed(core, 30, noPixels); // as many as before, but they are there now
  assert.deepEqual(
    made.map(({ loans }) => loans.map(({ id }) => id)),
    [
      [0, 2, 4, 6],
      [1, 3, 5, 7],
    ],
  );
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
  const { made, start } = fakes();
  const helpers = new Helpers(1, start);
  await helpers.feed(core, 100, noPixels);
  await delivered();
  let missing = true;
  const { lend } = core;
  Object.assign(core, {
    lend: async (/** @type {number} */ workers) => (missing ? { needPhotos: [7, 8] } : lend(workers)),
  });
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
  const { made, start } = fakes();
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

/**
 * A core in the middle of a step of `parts` parts, each of which is lent by itself. It keeps one, and notes for how
 * many workers it was to share.
 * @param {number} parts
 */
function coreInStep(parts) {
  /** @type {number[]} */
  const accepted = [];
  /** @type {number[]} */
  const shares = [];
  let [own, lent, id] = [parts, 0, 0];
  const core = {
    parts: () => parts,
    waits: () => own === 0 && lent > 0,
    async lend(/** @type {number} */ workers) {
      if (own < 2) return undefined;
      shares.push(workers);
      own -= 1;
      lent += 1;
      return { id: id++, lastStages: 2, parameters: new Float32Array(1) };
    },
    accept(/** @type {number} */ number, /** @type {Float32Array} */ values) {
      if (values.length === 0) throw new Error("too few values");
      accepted.push(number);
      lent -= 1;
    },
  };
  return {
    core: /** @type {Core} */ (/** @type {unknown} */ (core)),
    accepted,
    shares,
    begin: () => void (own = parts),
    compute: () => void (own -= 1),
  };
}

test("steps are shared by those who have nothing to do, and helpers started where many steps are left", async () => {
  const { core, shares, begin } = coreInStep(4);
  const { made, start } = fakes();
  const helpers = new Helpers(2, start);
  await helpers.share(core, 31, noPixels);
  await delivered();
  assert.equal(made.length, 0);
  await helpers.share(core, 32, noPixels);
  await delivered();
  assert.equal(made.length, 2);
  await helpers.share(core, 1, noPixels);
  assert.deepEqual(shares, [3, 2]);
  made[1]?.answers[0]?.resolve(new Float32Array(1));
  await delivered();
  begin();
  await helpers.share(core, 1, noPixels);
  assert.deepEqual(shares, [3, 2, 2], "one loan at a time, and the first is still at work");
  assert.deepEqual(
    made.map(({ loans }) => loans.map(({ id }) => id)),
    [[0], [1, 2]],
  );
  helpers.rest();
});

test("where steps are not shared nothing is lent and nobody started", async () => {
  const { core, shares } = coreInStep(1);
  const { helpers, made } = await started(core, 2, "share");
  assert.deepEqual([shares, made], [[], []]);
  helpers.rest();
});

test("parts that are out are waited for", async () => {
  const { core, accepted, compute } = coreInStep(2);
  const { helpers, made } = await started(core, 1, "share");
  assert.equal(made[0]?.loans.length, 1);
  compute();
  let waiting = true;
  const shared = helpers.share(core, 100, noPixels).then(() => (waiting = false));
  await delivered();
  assert.ok(waiting);
  made[0]?.answers[0]?.resolve(new Float32Array(1));
  await shared;
  assert.deepEqual(accepted, [0]);
  helpers.rest();
});

test("but not for long", async (context) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(() => mock.timers.reset());
  const { core, accepted, compute } = coreInStep(2);
  const { helpers, made } = await started(core, 1, "share");
  compute();
  const shared = helpers.share(core, 100, noPixels);
  await delivered();
  mock.timers.tick(60_000);
  await shared;
  assert.deepEqual([accepted, made[0]?.ended], [[], false], "it may still answer");
  helpers.rest();
});

test("one that dies or answers with something else is let go of, and not waited for", async () => {
  for (const answer of [undefined, new Float32Array(0)]) {
    const { core, accepted, compute } = coreInStep(2);
    const { helpers, made } = await started(core, 1, "share");
    compute();
    const warned = mock.method(console, "warn", () => {});
    const shared = helpers.share(core, 100, noPixels);
    await delivered();
    if (answer) made[0]?.answers[0]?.resolve(answer);
    else made[0]?.answers[0]?.reject(new Error("died"));
    await shared;
    warned.mock.restore();
    assert.deepEqual([accepted, made[0]?.ended, warned.mock.callCount()], [[], true, answer ? 1 : 0]);
    helpers.rest();
  }
});

test("how many steps are left", () => {
  const left = (/** @type {object} */ event) => stepsLeft(/** @type {StepEvent} */ (event));
  assert.equal(left({ type: "batch", epoch: 3, epochs: 4, batch: 2, batches: 5 }), 8);
  assert.equal(left({ type: "fold", fold: 2, folds: 3, epoch: 4, epochs: 4, batch: 5, batches: 5 }), 20);
  assert.equal(left({ type: "epoch", epoch: 3, epochs: 4 }), 0);
});

test("what comes back next is waited for, for a moment, and nothing where nothing is lent", async () => {
  const { core, accepted } = coreWith(2);
  const { helpers, made } = await started(core, 1);
  assert.equal(made[0]?.loans.length, 2);
  const waiting = helpers.next(core);
  made[0]?.answers[0]?.resolve(new Float32Array(1));
  assert.deepEqual([await waiting, accepted], [true, [0]]);
  assert.deepEqual([await helpers.next(core), accepted], [true, [0]], "it does not answer for a moment");
  made[0]?.answers[1]?.resolve(new Float32Array(1));
  await delivered();
  assert.deepEqual([await helpers.next(core), accepted], [false, [0, 1]]);
});
