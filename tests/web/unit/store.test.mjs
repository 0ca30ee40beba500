// What keeps the work, as far as it needs no browser: what is written of a change, what is believed of an entry, and in
// which order attempts are made.

import assert from "node:assert/strict";
import { test } from "node:test";
import { difference } from "../../../www/store/difference.js";
import { asFailure, StoreFailure } from "../../../www/store/failure.js";
import { Keeper } from "../../../www/store/keeper.js";
import { FORMAT, isPhotoRecord, isProjectRecord } from "../../../www/store/records.js";
import { delivered } from "../support/fake-worker.mjs";
import { gate } from "../support/gate.mjs";

/** @import { PhotoRecord } from "../../../www/store/records.js" */
/** @import { Outcome, Project } from "../../../www/store/project.js" */

/** @param {string} file @param {Partial<PhotoRecord>} [more] @returns {PhotoRecord} */
const photo = (file, more = {}) => ({
  ...{ project: "p", file, bytes: 3, id: 1, name: file, type: "", label: "a", order: 0, features: null },
  ...more,
});

/** The index after a change, and how many entries it cost. @param {PhotoRecord[]} kept @param {PhotoRecord[]} wanted */
function apply(kept, wanted) {
  const index = new Map(kept.map((record) => [record.file, record]));
  const { put, gone } = difference(index, wanted);
  for (const { file } of gone) index.delete(file);
  for (const record of put) index.set(record.file, record);
  const records = [...index.values()].toSorted((a, b) => a.order - b.order);
  return { records, files: records.map(({ file }) => file).join(""), written: put.length, removed: gone.length };
}

test("of the index only what has changed is written, and the order is that of the photos", () => {
  const three = apply(
    [],
    ["x", "y", "z"].map((file) => photo(file)),
  );
  assert.deepEqual([three.files, three.written], ["xyz", 3]);
  const again = apply(
    three.records,
    ["x", "y", "z"].map((file) => photo(file)),
  );
  assert.deepEqual([again.written, again.removed], [0, 0], "nothing has changed");
  const without = apply(
    three.records,
    ["x", "z", "w"].map((file) => photo(file)),
  );
  assert.deepEqual([without.files, without.written, without.removed], ["xzw", 1, 1]);
  const moved = apply(three.records, [photo("x"), photo("y", { label: "b" }), photo("z")]);
  assert.deepEqual([moved.files, moved.written, moved.records[1]?.label], ["xyz", 1, "b"]);
  const turned = apply(
    three.records,
    ["z", "y", "x"].map((file) => photo(file)),
  );
  assert.equal(turned.files, "zyx");
  const anew = apply(three.records, [photo("z", { id: 1 }), photo("x", { id: 2 }), photo("y", { id: 3 })]);
  assert.deepEqual([anew.files, anew.records.map(({ id }) => id)], ["zxy", [1, 2, 3]], "ids that begin anew");
});

test("an entry is believed only where it is whole", () => {
  const project = {
    ...{ id: "p", format: FORMAT, name: "n", created: 1, changed: 2, photos: 0, bytes: 0, unread: [], page: null },
    ...{ classes: ["a"], report: null, stale: false, evaluation: null, model: null, checkpoint: null, network: null },
  };
  assert.ok(isProjectRecord(project));
  assert.ok(isProjectRecord({ ...project, model: { file: "m", bytes: 3, labels: ["a"], own: [true] } }));
  for (const broken of [
    null,
    {},
    { ...project, format: FORMAT + 1 },
    { ...project, classes: [1] },
    { ...project, name: 3 },
    { ...project, model: {} },
    { ...project, model: { file: "m", bytes: 3 } },
    { ...project, checkpoint: { file: 3, bytes: 3 } },
    { ...project, report: {} },
    { ...project, evaluation: 7 },
    { ...project, unread: undefined },
  ])
    assert.equal(isProjectRecord(broken), false, JSON.stringify(broken));
  assert.ok(isPhotoRecord(photo("x")));
  for (const broken of [
    undefined,
    { ...photo("x"), id: "1" },
    { ...photo("x"), label: null },
    { ...photo("x"), bytes: NaN },
  ])
    assert.equal(isPhotoRecord(broken), false);
});

test("what browsers throw has a word of ours", () => {
  const of = (/** @type {string} */ name) => asFailure(new DOMException("", name)).code;
  assert.deepEqual(["QuotaExceededError", "VersionError", "SecurityError", "UnknownError"].map(of), [
    "full",
    "newer",
    "denied",
    "failed",
  ]);
  assert.equal(asFailure(new TypeError("no storage"), "denied").code, "denied");
  const ours = new StoreFailure("elsewhere");
  assert.equal(asFailure(ours, "denied"), ours);
});

/** A project whose attempts the test ends. */
function slowProject() {
  /** @type {{ content: any, end: (outcome: Outcome | Error) => void }[]} */ const attempts = [];
  const keep = async (/** @type {unknown} */ content) => {
    /** @type {ReturnType<typeof gate<Outcome | Error>>} */ const ended = gate();
    attempts.push({ content, end: ended.open });
    const outcome = await ended.opened;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { attempts, project: /** @type {Project} */ (/** @type {unknown} */ ({ keep })) };
}

const NOTHING_READ = { mark: null, features: async () => [] };

test("what was read in photos is kept once, after all else, and is not missed where that fails", async () => {
  const { attempts, project } = slowProject();
  let [now, read] = [0, /** @type {object | null} */ (null)];
  let fails = true;
  let times = 0;
  project.keepFeatures = async () => {
    times += 1;
    if (fails) throw new DOMException("", "QuotaExceededError");
  };
  const take = () => /** @type {any} */ ({ mark: [now, read], reading: { ...NOTHING_READ, mark: read } });
  const keeper = new Keeper(project, take, () => {});
  const { warn } = console;
  console.warn = () => {};
  const change = async () => {
    now += 1;
    keeper.look();
    await delivered();
    attempts.at(-1)?.end({ unreadable: 0, failure: null });
    await delivered();
    return times;
  };
  assert.equal(await change(), 0, "nothing is read");
  read = {};
  assert.equal(await change(), 1);
  assert.deepEqual([keeper.failure, keeper.busy], [null, false]);
  fails = false;
  assert.equal(await change(), 2, "it is tried again");
  assert.equal(await change(), 2, "nothing more is read");
  read = {};
  assert.equal(await change(), 3);
  console.warn = warn;
});

test("attempts follow one another, each of what there is then; what has not changed is not kept again", async () => {
  const { attempts, project } = slowProject();
  let now = 0;
  const take = () => /** @type {any} */ ({ work: now, mark: [now], reading: NOTHING_READ });
  const keeper = new Keeper(project, take, () => {});
  const done = { unreadable: 0, failure: null };
  keeper.look();
  assert.equal(keeper.busy, false, "as it was opened");
  now = 1;
  keeper.look();
  await delivered();
  now = 2;
  keeper.look();
  now = 3;
  keeper.look();
  keeper.look();
  await delivered();
  assert.deepEqual(
    attempts.map(({ content }) => content.work),
    [1],
    "one at a time",
  );
  attempts[0]?.end(done);
  await delivered();
  assert.deepEqual(
    attempts.map(({ content }) => content.work),
    [1, 3],
    "what was there between is past",
  );
  let settled = false;
  void keeper.settled().then(() => (settled = true));
  await delivered();
  assert.equal(settled, false);
  attempts[1]?.end(done);
  await delivered();
  assert.ok(settled && !keeper.busy);
  keeper.look();
  await delivered();
  assert.equal(attempts.length, 2);
});

test("after a failure the next change is kept, or what was not, where that is asked for", async () => {
  const { attempts, project } = slowProject();
  let now = 0;
  const keeper = new Keeper(
    project,
    () => /** @type {any} */ ({ work: now, mark: [now], reading: NOTHING_READ }),
    () => {},
  );
  now = 1;
  keeper.look();
  await delivered();
  attempts[0]?.end(new DOMException("", "QuotaExceededError"));
  await delivered();
  assert.equal(keeper.failure?.code, "full");
  keeper.look();
  await delivered();
  assert.equal(attempts.length, 1, "nothing has changed");
  keeper.retry();
  await delivered();
  attempts[1]?.end({ unreadable: 2, failure: null });
  await delivered();
  assert.deepEqual([keeper.failure, keeper.unreadable], [null, 2]);
});
