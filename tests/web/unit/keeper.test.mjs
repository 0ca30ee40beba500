// When a training is kept: with a clock of the test's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Keeper } from "../../../www/lib/keeper.js";

test("keeping waits two seconds, and then costs at most a twentieth of the time", async () => {
  let now = 0;
  let costs = 1;
  const keeper = new Keeper(() => now);
  /** @type {number[]} */
  const keptAt = [];
  const epochEnds = async (/** @type {number} */ time) => {
    now = time;
    return keeper.afterEpoch(async () => {
      keptAt.push(now);
      now += costs;
      return "kept";
    });
  };
  assert.equal(await epochEnds(1999), undefined);
  assert.equal(await epochEnds(2000), "kept");
  await epochEnds(3999);
  costs = 500; // of a large network
  await epochEnds(4001);
  await epochEnds(14500); // 9999 ms after the last one was done
  await epochEnds(14501);
  assert.deepEqual(keptAt, [2000, 4001, 14501]);
});

test("a failure to keep is the caller's to see", async () => {
  let now = 0;
  const keeper = new Keeper(() => now);
  now = 5000;
  await assert.rejects(
    keeper.afterEpoch(() => Promise.reject(new Error("lost"))),
    /lost/,
  );
});
