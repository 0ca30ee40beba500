// The worker over a core that the test plays: in which order things happen, and what the core is told when they end
// otherwise.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { delivered } from "../support/fake-worker.mjs";
import { fakePixels, workerOver } from "../support/false-core.mjs";
import { gate, rejection } from "../support/gate.mjs";

/** @import { StepEvent } from "../../../www/lib/types/core.d.ts" */

let undo = () => {};
before(() => (undo = fakePixels()));
after(() => undo());

/** As much of an event as the worker looks at. @param {object} event */
const told = (event) => /** @type {StepEvent} */ (event);
const BATCH = told({ type: "batch", epoch: 1, epochs: 1, batch: 1, batches: 2 });
const EPOCH = told({ type: "epoch", epoch: 1 });
const DONE = told({ type: "done", report: { epochs: 3 } });

/** A step that the test holds. */
function held() {
  const begun = gate();
  /** @type {ReturnType<typeof gate<StepEvent>>} */
  const end = gate();
  const step = () => {
    begun.open(undefined);
    return end.opened;
  };
  return { step, begun: begun.opened, end: end.open };
}

/** @param {number} id */
const photo = (id) => ({ id, name: `${id}.jpg`, label: "rose", blob: new File([String(id)], `${id}.jpg`) });

/** @param {Awaited<ReturnType<typeof workerOver>>} worker @param {number[]} ids */
async function addPhotos({ client, core }, ids) {
  for (const id of ids) await client.call("addPhoto", photo(id));
  core.log = [];
}

test("a training that is left to advice is advised first, tells each step, and ends with its report and its model", async () => {
  const { core, client } = await workerOver();
  core.needs = true;
  const advice = { plan: { config: { regime: "head" } } };
  core.steps = [
    told({ type: "advising" }),
    told({ type: "advised", advice }),
    told({ type: "embed", done: 1, total: 2 }),
    BATCH,
    EPOCH,
    DONE,
  ];
  core.log = [];
  /** @type {string[]} */
  const events = [];
  const result = await client.call("train", { config: {} }, { onEvent: ({ type }) => events.push(type) });
  assert.deepEqual(events, ["advising", "advised", "embed", "batch", "epoch", "done"]);
  assert.deepEqual(result, { report: { epochs: 3 }, model: new Uint8Array([1]) });
  assert.deepEqual(core.log, [
    "startAdvice",
    "step",
    "step",
    'startTraining {"regime":"head"}',
    "step",
    "step",
    "step",
    "step",
  ]);
});

test("a checkpoint is kept after an epoch, once two seconds have passed", async () => {
  const { core, clock, client } = await workerOver();
  const epochAfter = (/** @type {number} */ milliseconds) => () => ((clock.now += milliseconds), EPOCH);
  core.steps = [epochAfter(1500), epochAfter(1000), DONE];
  /** @type {string[]} */
  const events = [];
  await client.call("train", { config: {} }, { onEvent: ({ type }) => events.push(type) });
  assert.deepEqual(events, ["epoch", "checkpoint", "epoch", "done"]);
});

test("a training that is paused in the middle ends there, and the core keeps what it needs to go on", async () => {
  const { core, client } = await workerOver();
  const second = held();
  core.steps = [BATCH, second.step, DONE];
  core.log = [];
  const training = rejection(client.call("train", { config: {} }));
  await second.begun;
  const pause = client.call("pause");
  second.end(BATCH);
  assert.deepEqual(await pause, new Uint8Array([9]));
  assert.equal((await training).code, "paused");
  assert.deepEqual(core.log, ["startTraining {}", "step", "step", "pause"]);
  assert.equal(await client.call("pause"), null, "nothing is left to pause");
  core.steps = [DONE];
  assert.deepEqual((await client.call("resume", { checkpoint: new Uint8Array([9]) })).report, { epochs: 3 });
});

test("a training that is cancelled is ended in the core", async () => {
  const { core, client } = await workerOver();
  const second = held();
  core.steps = [BATCH, second.step, DONE];
  core.log = [];
  const controller = new AbortController();
  const training = rejection(client.call("train", { config: {} }, { signal: controller.signal }));
  await second.begun;
  controller.abort();
  await delivered();
  second.end(BATCH);
  assert.equal((await training).code, "cancelled");
  assert.deepEqual(core.log, ["startTraining {}", "step", "step", "cancelTraining"]);
});

for (const { call, begin, first } of [
  { call: "train", begin: "startTraining {}", first: BATCH },
  { call: "advise", begin: "startAdvice", first: told({ type: "advising" }) },
]) {
  test(`${call}: a step that throws ends its run in the core, and its error is what the caller hears`, async () => {
    const { core, client } = await workerOver();
    core.log = [];
    const failing = () => {
      throw { code: "internal", message: "out of memory", params: {} };
    };
    core.steps = [first, failing];
    const error = await rejection(client.call(/** @type {"train"} */ (call), { config: {} }));
    assert.deepEqual([error.code, error.message], ["internal", "out of memory"]);
    assert.deepEqual(core.log, [begin, "step", "step", "cancelTraining"]);
  });
}

test("a fault on the way out does not hide the one that ended the run", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { core, client } = await workerOver();
  core.steps = [
    () => {
      throw { code: "internal", message: "the first", params: {} };
    },
  ];
  core.cancelTraining = () => {
    throw { code: "busy", message: "the second", params: {} };
  };
  assert.equal(
    (await rejection(client.call("evaluate", { folds: 2, rejectRate: undefined, train: undefined, epochs: 1 })))
      .message,
    "the first",
  );
});

test("after a trap the core is asked for nothing more", async () => {
  const { core, client } = await workerOver();
  core.log = [];
  core.steps = [
    () => {
      throw new WebAssembly.RuntimeError("unreachable");
    },
  ];
  assert.equal((await rejection(client.call("train", { config: {} }))).code, "worker-crashed");
  assert.deepEqual(core.log, ["startTraining {}", "step"]);
});

test("photos whose pixels are gone are decoded again, one at a time; in between questions are answered", async () => {
  const worker = await workerOver();
  const { core, client } = worker;
  await addPhotos(worker, [1, 2]);
  core.steps = [told({ type: "needPhotos", ids: [2, 1] }), DONE];
  /** @type {Promise<unknown> | undefined} */
  let question;
  const supply = core.supply.bind(core);
  core.supply = (id) => {
    question ??= client.call("predict", { image: new File(["?"], "?.jpg"), topK: 5, model: "auto" });
    supply(id);
  };
  await client.call("train", { config: {} });
  await question;
  assert.deepEqual(core.log, ["startTraining {}", "step", "supply 2", "predict", "supply 1", "step"]);
});

test("a photo that can no longer be read is named, and the training that needs it is ended in the core", async () => {
  const worker = await workerOver();
  const { core, client } = worker;
  await addPhotos(worker, [1]);
  core.steps = [told({ type: "needPhotos", ids: [1] })];
  core.supply = () => {
    throw { code: "image-truncated", message: "It is cut short.", params: {} };
  };
  const error = await rejection(client.call("train", { config: {} }));
  assert.match(error.message, /“1\.jpg” can no longer be read: .* Remove the photo/);
  assert.deepEqual([error.code, error.params], ["photo-unreadable", { id: 1, name: "1.jpg", count: 1 }]);
  assert.equal(core.log.at(-1), "cancelTraining");
  core.steps = [told({ type: "needPhotos", ids: [7] })];
  assert.equal((await rejection(client.call("train", { config: {} }))).code, "unknown-photo");
});

for (const { call, args, begin } of [
  { call: "train", args: { config: {} }, begin: "startTraining {}" },
  { call: "advise", args: { config: {} }, begin: "startAdvice" },
  { call: "resume", args: { checkpoint: new Uint8Array() }, begin: "resume" },
  { call: "evaluate", args: {}, begin: "startEvaluation" },
  { call: "compare", args: { runs: [] }, begin: "startComparison" },
]) {
  test(`${call}: a photo whose file is gone is named before anything is paid for, where it is needed`, async () => {
    const worker = await workerOver();
    const { core, client } = worker;
    const files = [1, 2, 3].map((id) => photo(id));
    for (const file of files) await client.call("addPhoto", file);
    core.log = [];
    for (const { blob } of files.slice(1))
      blob.slice = () =>
        Object.assign(new Blob(), { arrayBuffer: () => Promise.reject(new DOMException("gone", "NotReadableError")) });
    const begun = () => client.call(/** @type {"train"} */ (call), /** @type {any} */ (args));
    core.wanted = [1, 2, 3];
    const error = await rejection(begun());
    assert.deepEqual([error.code, error.params], ["photo-unreadable", { id: 2, name: "2.jpg", count: 2 }]);
    assert.deepEqual(core.log, [begin, "cancelTraining"]);
    core.wanted = [1];
    core.steps = [told({ type: "advising" })];
    assert.notEqual((await rejection(begun())).code, "photo-unreadable");
    assert.equal(core.log.filter((what) => what === "step").length, 1, "it went on to its first step");
  });
}

test("features of an earlier visit go to the core with their photo, and those of other weights are left out", async () => {
  const { core, client } = await workerOver();
  const first = await client.call("addPhoto", { ...photo(1), features: Uint16Array.of(1, 2) });
  core.restoreFeatures = () => {
    throw { code: "weights-mismatch", message: "expected features by these weights, got others", params: {} };
  };
  const second = await client.call("addPhoto", { ...photo(2), features: Uint16Array.of(1, 2, 3) });
  const third = await client.call("addPhoto", photo(3));
  assert.deepEqual(
    [first, second, third].map(({ read }) => read),
    [true, false, undefined],
  );
  const kept = await client.call("features", { ids: [1, 2] });
  assert.deepEqual(kept, [Uint16Array.of(1, 2), null], "it is read when it is needed");
});

test("a training in whose midst a file goes bad leaves a checkpoint of what there was until then", async () => {
  const worker = await workerOver();
  const { core, client } = worker;
  await addPhotos(worker, [1]);
  core.steps = [BATCH, told({ type: "needPhotos", ids: [1] })];
  core.supply = () => {
    throw { code: "image-truncated", message: "It is cut short.", params: {} };
  };
  /** @type {unknown[]} */
  const events = [];
  const error = await rejection(client.call("train", { config: {} }, { onEvent: (event) => events.push(event) }));
  assert.equal(error.code, "photo-unreadable");
  assert.deepEqual(events.at(-1), { type: "checkpoint", checkpoint: new Uint8Array([7]) });
  assert.deepEqual(core.log, ["startTraining {}", "step", "step", "checkpoint", "cancelTraining"]);
});

test("a photo that is added ends reading ahead, which is in the way of the next one", async () => {
  const { core, client } = await workerOver();
  /** @type {Promise<unknown>[]} */
  const adding = [];
  let pieces = 0;
  core.readAhead = async () => {
    pieces += 1;
    if (pieces === 3) adding.push(client.call("addPhoto", photo(1)));
    return pieces < 50;
  };
  await client.call("readAhead");
  await Promise.all(adding);
  assert.ok(pieces <= 4, `${pieces} pieces were read`);
});

test("reading ahead stops where a training begins, and goes on when it is asked to again", async () => {
  const { core, client } = await workerOver();
  core.pieces = 3;
  core.log = [];
  const first = held();
  core.steps = [first.step, DONE];
  const reading = client.call("readAhead");
  const training = client.call("train", { config: {} });
  await first.begun;
  const readBefore = core.log.filter((name) => name === "readAhead").length;
  assert.ok(readBefore < 3, `${readBefore} pieces of three`);
  first.end(BATCH);
  await Promise.all([training, reading]);
  assert.equal(core.log.filter((name) => name === "readAhead").length, readBefore);
  await client.call("readAhead");
  assert.equal(core.pieces, 0);
});

test("two slow pieces in a row switch reading ahead off; one does not", async () => {
  const { core, clock, client } = await workerOver();
  const took = [1500, 200, 1500, 1500, 200];
  core.pieces = took.length;
  const readAhead = core.readAhead.bind(core);
  core.readAhead = async () => {
    clock.now += took[took.length - core.pieces] ?? 0;
    return readAhead();
  };
  core.log = [];
  await client.call("readAhead");
  assert.equal(core.log.length, 4);
  await client.call("readAhead");
  assert.equal(core.log.length, 4, "for good");
});

test("reading ahead lets files be taken in first", async () => {
  const worker = await workerOver();
  const { core, client } = worker;
  core.pieces = 2;
  core.log = [];
  await client.call("addPhoto", { ...photo(1), next: [photo(2)] });
  await client.call("readAhead");
  assert.deepEqual(core.log, ["add 1"], "the second one is still to come");
  await client.call("forgetNext", { ids: [2] });
  await client.call("readAhead");
  assert.deepEqual(core.log, ["add 1", "readAhead", "readAhead"]);
});

/** @param {number} photos @returns {{ type: "made", impression: import("../../../www/lib/types/public.d.ts").Impression }} */
const made = (photos) => ({ type: "made", impression: { classes: ["rose", "tulip"], photos, scores: null } });

test("a first classifier is told while photos are added, between the pieces that are read, and to its end", async () => {
  const { core, client } = await workerOver();
  /** @type {number[]} */
  const told = [];
  const onEvent = (/** @type {import("../../../www/lib/types/calls.d.ts").ProvisionalEvent} */ event) =>
    told.push(event.impression.photos);
  core.impressions = [{ type: "upToDate" }, made(2)];
  await client.call("addPhoto", photo(1), { onEvent });
  await client.call("addPhoto", photo(2), { onEvent });
  assert.deepEqual(told, [2]);
  core.pieces = 2;
  core.impressions = [{ type: "more" }, made(4), { type: "more" }, made(5), { type: "upToDate" }, made(9)];
  await client.call("readAhead", undefined, { onEvent });
  assert.deepEqual(told, [2, 4, 5]);
});
