// The public API before a worker that the test plays: what is kept on the page, and what a new worker is given.

import assert from "node:assert/strict";
import { test } from "node:test";
import { InterruptedError, LastLayerError } from "../../../www/lib/errors.js";
import { FineTuner } from "../../../www/lib/fine-tuner.js";
import { FakeWorker } from "../support/fake-worker.mjs";
import { rejection } from "../support/gate.mjs";

const INFO = {
  device: "cpu",
  adapter: "",
  reason: "requested",
  backbone: "b",
  inputSize: 224,
  version: "0",
  warnings: [],
};

/**
 * Workers that remember what they were told, each with the handlers of the test.
 * @param {Record<string, import("../../../www/lib/types/calls.d.ts").Handler>} [handlers]
 */
async function tunerWith(handlers = {}) {
  /** @type {FakeWorker[]} */
  const workers = [];
  const startWorker = () => {
    const worker = new FakeWorker({
      start: () => INFO,
      addClass: () => {},
      addPhoto: () => ({}),
      openModel: () => ({ labels: ["a", "b"] }),
      predict: () => [{ label: "a", index: 0, probability: 1 }],
      ...handlers,
    });
    workers.push(worker);
    return worker;
  };
  const tuner = await FineTuner.create({ baseUrl: "https://example.org/somewhere", startWorker });
  return {
    tuner,
    workers,
    calls: (index = workers.length - 1) =>
      workers[index]?.log.flatMap(({ call, args }) => (call ? [{ call, args }] : [])) ?? [],
  };
}

const photo = (/** @type {string} */ name) => new File([name], name);

test("starting tells the worker where things lie; a base without its slash is a folder all the same", async () => {
  const { calls } = await tunerWith();
  const baseUrl = "https://example.org/somewhere/";
  assert.deepEqual(calls(), [
    {
      call: "start",
      args: {
        device: "auto",
        backbone: "efficientnet_lite0",
        labels: undefined,
        workers: undefined,
        readAhead: true,
        baseUrl,
      },
    },
  ]);
});

test("names for a network's classes go to the worker; what cannot be names is refused in words, and starts none", async () => {
  /** @type {FakeWorker[]} */
  const workers = [];
  const startWorker = () => {
    const worker = new FakeWorker({ start: () => INFO });
    workers.push(worker);
    return worker;
  };
  const create = (/** @type {string | Blob} */ backbone, /** @type {any} */ labels) =>
    FineTuner.create({ baseUrl: "https://example.org", startWorker, backbone, labels });
  (await create(new Blob(["weights"]), ["rose", "tulip"])).close();
  assert.deepEqual(workers[0]?.log.map(({ args }) => args?.labels).slice(0, 1), [["rose", "tulip"]]);
  for (const [backbone, labels, message] of /** @type {const} */ ([
    ["efficientnet_lite0", ["rose"], /“efficientnet_lite0” of the site has names/],
    [new Blob(), [], /a list of names/],
    [new Blob(), "rose", /a list of names/],
    [new Blob(), ["rose", " "], /number 2 is none/],
    [new Blob(), ["rose", 5], /number 2 is none/],
  ])) {
    const error = await rejection(create(backbone, labels));
    assert.deepEqual([error.code, error.params.name], ["invalid-option", "labels"]);
    assert.match(error.message, message);
  }
  assert.equal(workers.length, 1);
});

test("photos that come class by class are read ahead once, when all are there", async () => {
  const { tuner, calls } = await tunerWith({ readAhead: () => {} });
  const asked = () => calls().filter(({ call }) => call === "readAhead").length;
  for (let label = 0; label < 40; label++) await tuner.add([photo(`${label}.jpg`)], `class ${label}`);
  assert.equal(asked(), 0, "reading would be in the way");
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(asked(), 1);
  await tuner.add([photo("last.jpg")], "last");
  tuner.close();
});

test("photos whose files are gone are listed", async () => {
  const { tuner } = await tunerWith();
  const [kept, gone] = [photo("kept.jpg"), photo("gone.jpg")];
  await tuner.add([kept, gone], "rose");
  assert.deepEqual(await tuner.checkFiles(), []);
  gone.slice = () =>
    Object.assign(new Blob(), { arrayBuffer: () => Promise.reject(new DOMException("gone", "NotReadableError")) });
  assert.deepEqual(
    (await tuner.checkFiles()).map(({ name }) => name),
    ["gone.jpg"],
  );
  tuner.close();
});

test("every file of an add ends up in exactly one list", async () => {
  const { tuner } = await tunerWith({
    addPhoto: ({ name }) => {
      if (name === "bad.jpg") throw new LastLayerError("not-an-image", "text");
      return name === "same.jpg" ? { duplicateOf: 1 } : { note: name === "1.jpg" ? "nearly-whole" : null };
    },
  });
  let changes = 0;
  tuner.addEventListener("change", () => changes++);
  const report = await tuner.add([photo("1.jpg"), photo("bad.jpg"), photo("same.jpg"), new Blob(["x"])], " rose ");
  assert.deepEqual(
    report.added.map(({ name }) => name),
    ["1.jpg", "image 4"],
  );
  assert.deepEqual(
    report.failed.map(({ name, error }) => [name, error.code]),
    [["bad.jpg", "not-an-image"]],
  );
  assert.deepEqual(
    report.duplicates.map(({ name, of }) => [name, of.name]),
    [["same.jpg", "1.jpg"]],
  );
  assert.deepEqual(report.notes, [{ name: "1.jpg", code: "nearly-whole" }], "and one that was added may have a note");
  assert.deepEqual(tuner.classes, ["rose"]);
  assert.equal(changes, 2);
});

test("a fault that is not the file's own ends the add; what had gone in stays", async () => {
  const { tuner } = await tunerWith({
    addPhoto: ({ name }) => {
      if (name === "2.jpg") throw { code: "busy", message: "a training runs", params: {} };
      return {};
    },
  });
  assert.equal((await rejection(tuner.add([photo("1.jpg"), photo("2.jpg"), photo("3.jpg")], "rose"))).code, "busy");
  assert.deepEqual(
    tuner.photos.map(({ name }) => name),
    ["1.jpg"],
  );
});

for (const how of /** @type {const} */ (["cancelled", "worker-crashed"])) {
  test(`an add that ends early (${how}) tells what became of the files before, and predictAll its rows`, async () => {
    const dies = () => {
      if (how === "worker-crashed") throw new WebAssembly.RuntimeError("unreachable");
    };
    let answers = 0;
    const { tuner } = await tunerWith({
      addPhoto: ({ name }) => {
        if (name === "4.jpg") dies();
        if (name === "bad.jpg") throw new LastLayerError("not-an-image", "text");
        return name === "same.jpg" ? { duplicateOf: 1 } : {};
      },
      answer: () => {
        if (++answers === 3) dies();
        return {
          predictions: [{ label: "rose", index: 0, probability: 1 }],
          unknown: false,
          similarity: null,
          threshold: null,
        };
      },
      forgetNext: () => {},
      readAhead: () => {},
    });
    const files = ["1.jpg", "bad.jpg", "same.jpg", "4.jpg", "5.jpg"].map(photo);
    const controller = new AbortController();
    const onProgress = (/** @type {any} */ { done }) => void (how === "cancelled" && done === 3 && controller.abort());
    const error = await rejection(tuner.add(files, "rose", { signal: controller.signal, onProgress }));
    assert.equal(error.code, how);
    assert.equal(error.name, how === "cancelled" ? "AbortError" : "LastLayerError");
    const { added, duplicates, failed } = error.report;
    assert.deepEqual(
      [added, duplicates, failed].map((list) => list.map((/** @type {any} */ { name }) => name)),
      [["1.jpg"], ["same.jpg"], ["bad.jpg"]],
    );

    const again = new AbortController();
    const onResult = (/** @type {any} */ _, /** @type {number} */ done) =>
      void (how === "cancelled" && done === 2 && again.abort());
    const tested = await rejection(tuner.predictAll(files, { signal: again.signal, onResult }));
    assert.deepEqual([tested.code, tested.report.rows.length], [how, 2]);
  });
}

test("a new worker gets classes, photos and classifier, in this order; files that are gone are told", async () => {
  let gone = "";
  const { tuner, workers, calls } = await tunerWith({
    addPhoto: ({ name }) => {
      if (name === gone) throw new LastLayerError("image-truncated", "the file can no longer be read");
      return {};
    },
  });
  await tuner.addClass("empty");
  await tuner.add([photo("1.jpg"), photo("2.jpg")], "rose");
  await tuner.open(new Blob(["a model"]));
  /** @type {any[]} */
  const restarts = [];
  tuner.addEventListener("restart", (event) => restarts.push(/** @type {CustomEvent} */ (event).detail));
  gone = "1.jpg";
  workers[0]?.crash("out of memory");
  await tuner.predict(new Blob());
  assert.deepEqual(
    calls(1).map(({ call }) => call),
    ["start", "addClass", "addClass", "addPhoto", "addPhoto", "openModel", "predict"],
  );
  assert.deepEqual(
    restarts.map(({ code, lost }) => [code, lost.map((/** @type {any} */ { name }) => name)]),
    [["worker-crashed", ["1.jpg"]]],
  );
  assert.deepEqual(
    tuner.photos.map(({ name }) => name),
    ["2.jpg"],
  );
  assert.deepEqual(
    calls(1)
      .filter(({ call }) => call === "addPhoto")
      .map(({ args }) => args.id),
    [1, 2],
    "with the ids they had",
  );
});

test("a new worker that dies as well: the call rejects, and the next one begins again", async () => {
  let broken = false;
  const { tuner, workers } = await tunerWith({
    addClass: () => {
      if (broken) throw new WebAssembly.RuntimeError("unreachable");
    },
  });
  await tuner.addClass("rose");
  workers[0]?.crash("first");
  broken = true;
  assert.equal((await rejection(tuner.predict(new Blob()))).code, "worker-crashed");
  broken = false;
  assert.equal((await tuner.predict(new Blob())).length, 1);
  assert.equal(workers.length, 3);
  assert.deepEqual(tuner.classes, ["rose"]);
});

test("accuracy counts the rows whose label is a class of the classifier", async () => {
  const ranked = ["a", "b", "c", "d", "e", "f"];
  const { tuner } = await tunerWith({
    openModel: () => ({ labels: ranked }),
    answer: ({ topK }) => ({
      predictions: ranked.slice(0, topK).map((label, index) => ({ label, index, probability: 1 / (index + 2) })),
      unknown: true,
      similarity: 0.3,
      threshold: { similarity: 0.5, wantedRejectRate: 0.05, rejectRate: 0.06 },
    }),
  });
  await tuner.open(new Blob(["a model"]));
  const labels = ["a", "b", "f", "holiday", null];
  const files = labels.map((_, index) => photo(`${index}.jpg`));
  const report = await tuner.predictAll(files, { labels, topK: 2 });
  assert.deepEqual({ ...report, rows: report.rows.length }, { rows: 5, scored: 3, top1: 1 / 3, top5: 2 / 3 });
  assert.ok(
    report.rows.every(({ unknown, threshold }) => unknown && threshold?.rejectRate === 0.06),
    "“none of these” takes nothing from the score",
  );
  assert.ok(
    report.rows.every(({ predictions }) => predictions.length === 2),
    "a row shows as many as were asked for",
  );
  const source = await tuner.predictAll(files, { labels, model: "source" });
  assert.deepEqual([source.scored, source.top1, source.top5], [0, null, null], "the source model knows other labels");
});

/** A report as far as these tests look into it. */
const LEARNT = { classes: ["a", "b"], epochs: 3 };
const ADVICE = { plan: { regime: "head" } };
const REPORT = { ...LEARNT, advice: ADVICE };
const RESULT = { report: LEARNT, model: new Uint8Array([1]) };

/** A training that keeps a state and then stands still; one that goes on ends at once where the test says so. */
function interruptible() {
  // A fake worker that is terminated goes on: `over` ends it with its test.
  const state = { finishes: false, keeps: true, over: false };
  /** @type {Uint8Array[]} */
  const resumedFrom = [];
  const stand = async function* (/** @type {number} */ mark, /** @type {any} */ { emit }) {
    emit({ type: "batch" });
    if (state.keeps) emit({ type: "checkpoint", checkpoint: new Uint8Array([mark]) });
    while (!state.over) yield;
    throw new Error("the test is over");
  };
  return {
    state,
    resumedFrom,
    handlers: {
      train: (/** @type {any} */ _, /** @type {any} */ context) => {
        context.emit({ type: "advised", advice: ADVICE });
        return stand(1, context);
      },
      resume: (/** @type {any} */ { checkpoint }, /** @type {any} */ context) => {
        resumedFrom.push(checkpoint);
        return state.finishes ? RESULT : stand(1 + checkpoint[0], context);
      },
    },
  };
}

const once = (/** @type {EventTarget} */ target, /** @type {string} */ type) =>
  new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));

test("a training goes on in a new worker from the last checkpoint, through as many deaths as it takes", async (t) => {
  const { state, resumedFrom, handlers } = interruptible();
  t.after(() => (state.over = true));
  const { tuner, workers, calls } = await tunerWith(handlers);
  await tuner.addClass("rose");
  const training = tuner.train();
  for (const death of [0, 1]) {
    await once(tuner, "checkpoint");
    state.finishes = death === 1;
    workers[death]?.crash("out of memory");
  }
  assert.deepEqual(await training, REPORT);
  assert.deepEqual(resumedFrom, [new Uint8Array([1]), new Uint8Array([2])]);
  assert.deepEqual(
    calls(2).map(({ call }) => call),
    ["start", "addClass", "resume"],
  );
  assert.equal(tuner.checkpoint, null, "what has ended cannot be continued");
});

test("a training that dies again before it has got any further is not tried for ever; it can still be continued", async (t) => {
  const { state, resumedFrom, handlers } = interruptible();
  t.after(() => (state.over = true));
  const { tuner, workers } = await tunerWith(handlers);
  const training = rejection(tuner.train());
  await once(tuner, "checkpoint");
  state.keeps = false;
  workers[0]?.crash("first");
  await once(tuner, "train"); // of the second worker
  workers[1]?.crash("second");
  assert.equal((await training).code, "worker-crashed");
  assert.equal(workers.length, 2);
  state.finishes = true;
  assert.deepEqual(await tuner.resume(), REPORT);
  assert.deepEqual(resumedFrom, [new Uint8Array([1]), new Uint8Array([1])]);
});

test("a training that was paused keeps its advice; one that was told what to do, and one of an earlier tab, have none", async (t) => {
  const { state, handlers } = interruptible();
  t.after(() => (state.over = true));
  let standing = true;
  const pausable = async function* (/** @type {any} */ args, /** @type {any} */ context) {
    if (args.config.regime !== "head") context.emit({ type: "advised", advice: ADVICE });
    context.emit({ type: "batch" });
    while (standing) yield;
    throw new LastLayerError("paused", "text");
  };
  const pause = () => ((standing = false), new Uint8Array([9]));
  const { tuner } = await tunerWith({ ...handlers, train: pausable, pause });
  state.finishes = true;
  for (const [config, advice] of /** @type {const} */ ([
    [{}, ADVICE],
    [{ regime: "head" }, null],
  ])) {
    standing = true;
    const begun = once(tuner, "train");
    const training = rejection(tuner.train(config));
    await begun;
    await new Promise((resolve) => setTimeout(resolve)); // for the events sent with the first
    const checkpoint = await tuner.pause();
    assert.equal((await training).code, "paused");
    assert.deepEqual((await tuner.resume()).advice, advice);
    assert.deepEqual(tuner.report?.advice, advice);
    assert.equal((await tuner.resume(new Blob([/** @type {Blob} */ (checkpoint)]))).advice, null);
  }
});

test("what is paused is kept until it is continued, cancelled, discarded, or another training has begun", async (t) => {
  const { state, handlers } = interruptible();
  t.after(() => (state.over = true));
  let refuse = false;
  const { tuner } = await tunerWith({
    ...handlers,
    pause: () => new Uint8Array([9]),
    discard: () => {},
    train: (_, context) => {
      if (refuse) throw new LastLayerError("empty-class", "text");
      return handlers.train(_, context);
    },
  });
  assert.equal((await rejection(tuner.resume())).code, "no-checkpoint");
  const checkpoint = await tuner.pause();
  assert.ok(checkpoint);
  assert.equal(tuner.checkpoint, checkpoint);
  refuse = true;
  assert.equal((await rejection(tuner.train())).code, "empty-class");
  assert.equal(tuner.checkpoint, checkpoint, "a training that does not begin takes no place");
  await tuner.discard();
  assert.equal(tuner.checkpoint, null);

  await tuner.pause();
  const controller = new AbortController();
  const resumed = rejection(tuner.resume(undefined, { signal: controller.signal }));
  await once(tuner, "train");
  controller.abort();
  assert.equal((await resumed).code, "cancelled");
  assert.equal(tuner.checkpoint, null);
});

test("a training or its continuation that is cancelled before it begins leaves the one that is paused", async (t) => {
  const { state, handlers } = interruptible();
  t.after(() => (state.over = true));
  const { tuner } = await tunerWith({ ...handlers, pause: () => new Uint8Array([9]) });
  const checkpoint = await tuner.pause();
  const signal = AbortSignal.abort();
  assert.equal((await rejection(tuner.train({}, { signal }))).code, "cancelled");
  assert.equal(tuner.checkpoint, checkpoint);
  assert.equal((await rejection(tuner.resume(undefined, { signal }))).code, "cancelled");
  assert.equal(tuner.checkpoint, checkpoint);
});

test("the event at the end of a training has the report that train() resolves with, its advice included", async () => {
  const { tuner } = await tunerWith({
    train: (_, { emit }) => {
      emit({ type: "advised", advice: ADVICE });
      emit({ type: "done", report: LEARNT });
      return RESULT;
    },
  });
  /** @type {any[]} */
  const events = [];
  const report = await tuner.train({}, { onEvent: (event) => events.push(event) });
  assert.deepEqual(events.at(-1), { type: "done", report });
  assert.deepEqual(report, REPORT);
});

/** A comparison of which some runs are over. @param {string[]} names */
const compared = (names) => ({ runs: names.map((name) => ({ name })) });

test("runs of a comparison that are over outlive what ends it: a photo that is gone, a change of mind, a crash", async (t) => {
  t.mock.method(console, "warn", () => {});
  const runs = ["head", "full", "scratch"].map((name) => ({ name }));
  for (const code of ["photo-unreadable", "cancelled", "worker-crashed"]) {
    const controller = new AbortController();
    let over = false;
    const { tuner, workers } = await tunerWith({
      async *compare() {
        yield { type: "comparedSoFar", comparison: compared(["head"]) };
        yield { type: "comparedSoFar", comparison: compared(["head", "full"]) };
        // Until the page has heard of them.
        for (let turn = 0; turn < 3; turn++) yield { type: "embed", done: 0, total: 1 };
        if (code === "photo-unreadable") throw new LastLayerError(code, "changed since");
        if (code === "cancelled") controller.abort();
        else workers.at(-1)?.crash("out of memory");
        while (!over) yield { type: "embed", done: 0, total: 1 };
      },
    });
    /** @type {string[]} */
    const events = [];
    const onEvent = (/** @type {{ type: string }} */ { type }) => events.push(type);
    const error = await rejection(tuner.compare(runs, { signal: controller.signal, onEvent }));
    over = true;
    assert.ok(error instanceof InterruptedError, code);
    assert.deepEqual([error.code, error.report], [code, compared(["head", "full"])]);
    assert.equal(events.filter((type) => type === "comparedSoFar").length, 2);
    tuner.close();
  }
});

test("a comparison that ends before any of its runs is over has nothing to report", async () => {
  const { tuner } = await tunerWith({
    compare: () => Promise.reject(new LastLayerError("too-few-photos", "nothing to hold out")),
  });
  const error = await rejection(tuner.compare([{ name: "a" }, { name: "b" }]));
  assert.ok(!(error instanceof InterruptedError) && error.code === "too-few-photos");
});

test("a first classifier is there as soon as the worker tells, and photos that are tested count by its classes", async () => {
  const impression = { classes: ["rose", "tulip"], photos: 2, scores: null };
  const { tuner, workers } = await tunerWith({
    addPhoto: (_, { emit }) => {
      emit({ type: "provisional", impression });
      return {};
    },
    readAhead: () => {},
    answer: ({ model }) => {
      assert.equal(model, "provisional");
      return {
        predictions: [{ label: "rose", index: 0, probability: 1 }],
        unknown: false,
        similarity: null,
        threshold: null,
      };
    },
  });
  /** @type {unknown[]} */
  const told = [];
  tuner.addEventListener("provisional", (event) => told.push(/** @type {CustomEvent} */ (event).detail));
  await tuner.add([photo("1.jpg")], "rose");
  assert.deepEqual([tuner.provisional, told], [impression, [impression]]);
  const labels = ["rose", "tulip", "other"];
  const report = await tuner.predictAll([photo("2.jpg"), photo("3.jpg"), photo("4.jpg")], {
    labels,
    model: "provisional",
  });
  assert.deepEqual([report.scored, report.top1], [2, 0.5]);
  // A new worker has none.
  workers[0]?.crash("out of memory");
  await tuner.predict(new Blob());
  assert.equal(tuner.provisional, null);
  tuner.close();
});

test("work is taken up by another FineTuner as it was: photos with their ids, classifier, report and checkpoint", async () => {
  const first = await tunerWith({
    train: () => ({ report: { classes: ["a", "b"] }, model: new Uint8Array([1, 2]) }),
    pause: () => new Uint8Array([3]),
    remove: () => {},
  });
  await first.tuner.add([photo("1"), photo("2")], "a");
  await first.tuner.add([photo("3")], "b");
  await first.tuner.addClass("empty");
  await first.tuner.train({ regime: "head" });
  await first.tuner.remove([2]);
  await first.tuner.pause();
  const work = first.tuner.snapshot();
  const { model, checkpoint, ...plain } = first.tuner.snapshot();
  assert.equal(model?.bytes, work.model?.bytes, "what has not changed is the same object");
  assert.equal(checkpoint?.file, first.tuner.checkpoint);
  assert.ok(plain.stale && plain.report);

  const second = await tunerWith();
  const progress = /** @type {number[]} */ ([]);
  const restored = await second.tuner.restore(work, { onProgress: ({ done }) => progress.push(done) });
  assert.deepEqual(
    { ...restored, unread: restored.unread.map(({ id }) => id) },
    { lost: [], unread: [1, 3], refused: null },
  );
  assert.deepEqual(second.tuner.snapshot(), work);
  assert.deepEqual(progress, [1, 2]);
  assert.deepEqual(
    second.calls().map(({ call, args }) => [call, args?.label ?? args?.own ?? args?.id]),
    [
      ["start", undefined],
      ["addClass", "a"],
      ["addClass", "b"],
      ["addClass", "empty"],
      ["addPhoto", "a"],
      ["addPhoto", "b"],
      ["openModel", ["a", "b"]],
    ],
  );
  const { added } = await second.tuner.add([photo("4")], "a");
  assert.equal(added[0]?.id, 4, "no id is given twice");
  assert.equal((await rejection(second.tuner.restore(work))).code, "class-exists");
});

test("what was read in photos goes along with them, and those that have to be read again are named", async () => {
  const first = await tunerWith();
  await first.tuner.add([photo("1"), photo("2"), photo("3")], "a");
  const features = Uint16Array.of(1, 2);
  const impression = { classes: ["a"], photos: 2, scores: null };
  const second = await tunerWith({
    addPhoto: ({ id, features: known }, { emit }) => {
      if (id === 2) emit({ type: "provisional", impression });
      return known ? { read: id !== 2 } : {};
    },
  });
  const { unread } = await second.tuner.restore(first.tuner.snapshot(), {
    features: async ({ id }) => (id === 3 ? null : features),
  });
  assert.deepEqual(
    unread.map(({ id }) => id),
    [2, 3],
    "those of other weights, and those of which nothing was kept",
  );
  assert.deepEqual(second.tuner.provisional, impression, "what was made of them meanwhile is told when all is there");
  const given = second.calls().filter(({ call }) => call === "addPhoto");
  assert.deepEqual(
    given.map(({ args }) => args.features),
    [features, features, undefined],
  );
});

test("of work that is damaged the rest is taken up: without a photo it is stale, without its file there is no classifier", async () => {
  const first = await tunerWith({ train: () => ({ report: { classes: ["a", "b"] }, model: new Uint8Array([1, 2]) }) });
  await first.tuner.add([photo("1"), photo("2")], "a");
  await first.tuner.add([photo("3")], "b");
  await first.tuner.train({ regime: "head" });
  const work = first.tuner.snapshot();
  assert.equal(work.stale, false);

  const without = await tunerWith({
    addPhoto: ({ id }) => {
      if (id === 2) throw { code: "image-truncated", message: "half of it", params: {} };
      return {};
    },
  });
  const { lost } = await without.tuner.restore(work);
  assert.deepEqual(
    lost.map(({ id }) => id),
    [2],
  );
  assert.deepEqual([without.tuner.photos.length, without.tuner.stale], [2, true]);
  assert.equal(without.tuner.report, work.report);

  const impression = { classes: ["a", "b"], photos: 3, scores: null };
  const unopened = await tunerWith({
    addPhoto: ({ id }, { emit }) => {
      if (id === 3) emit({ type: "provisional", impression });
      return {};
    },
    openModel: () => {
      throw { code: "model-corrupt", message: "not a model", params: {} };
    },
  });
  const { refused } = await unopened.tuner.restore(work);
  assert.equal(refused?.code, "model-corrupt");
  assert.deepEqual(unopened.tuner.provisional, impression, "the first classifier answers in its place");
  const { photos, report, model, stale } = unopened.tuner.snapshot();
  assert.deepEqual([photos.length, report, model, stale], [3, null, null, false]);
  assert.equal((await rejection(unopened.tuner.export())).code, "no-classifier");
});
