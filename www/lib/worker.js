/** @import { ComparisonOptions, Core, CoreCopy, CoreParts, EvaluationOptions, ModelChoice, Picture, Request, Response, StepEvent, TrainConfig } from "./types.d.ts" */
/** @import { Expected } from "./ahead.js" */
/** @import { CallContext, Handler } from "./call-queue.js" */
import { Ahead, aheadOf } from "./ahead.js";
import { CallQueue } from "./call-queue.js";
import { openCopy, startHelper } from "./copy.js";
import { photoOf, photoOfFile } from "./decode.js";
import { namesSoftware, watchDevices } from "./device.js";
import { LastLayerError, paused, toMessage } from "./errors.js";
import { helperCount, Helpers, stepsLeft } from "./helpers.js";
import { Keeper } from "./keeper.js";
import { start } from "./start.js";

/** The one core of this worker. It is made by the first call, and dies with the worker. */
/** @type {Core | null} */
let opened = null;

/** The files of the photos, for when the core wants to see one again. A blob is a handle: its bytes stay with the browser. */
/** @type {Map<number, { name: string, blob: Blob }>} */
const photos = new Map();

/** The training under way, from its first piece on: to tell it that it is paused. */
/** @type {{ paused: boolean } | null} */
let training = null;

/** On the CPU, where the device bears more than one worker. @type {Helpers | null} */
let helpers = null;

/** Files that are decoded while the core is busy with others. */
const ahead = new Ahead(core, deviceBears(aheadOf));

/** Whether anything is read before a training asks for it. */
let readsAhead = true;

let readingAhead = false;

/** A piece of reading ahead that takes more milliseconds keeps a question waiting for too long: after two in a row nothing is read ahead any more. */
const LONGEST_PIECE = 1000;

let slowPieces = 0;

/** Whether a training or a cross-validation is under way. */
let underWay = false;

function core() {
  if (!opened) throw new LastLayerError("internal", "The core has not been started.");
  return opened;
}

/** @type {Record<string, Handler>} */
const handlers = {
  /**
   * @param {import("./start.js").StartOptions} options
   * @param {CallContext} context
   */
  async start(options, { emit, signal }) {
    const { core, loaded, info } = await start(options, emit, signal);
    opened = core;
    readsAhead = options.readAhead && !namesSoftware(info.adapter);
    const count = info.device === "cpu" ? helpersOf(options) : 0;
    if (count > 0) helpers = new Helpers(count, () => startHelper(options.baseUrl, core, { glue: loaded.glue, module: loaded.module }));
    core.setReaders(count + 1);
    return { ...info, workers: count + 1 };
  },

  /** In a worker that only helps another one. @param {CoreCopy} copy */
  async startCopy(copy) {
    opened = await openCopy(copy);
  },

  /** @param {{ lastStages: number, pictures: Uint8Array }} args */
  embed({ lastStages, pictures }) {
    return core().embed(lastStages, pictures);
  },

  /** Parts of a step of that other one. @param {CoreParts} parts */
  learn(parts) {
    return core().learn(parts);
  },

  /** @param {{ label: string }} args */
  addClass({ label }) {
    core().addClass(label);
  },

  /**
   * Adds one photo, and its class where that is new. The answer is the id of the photo with the same bytes where there is one already, and what
   * the person should know of the file.
   * @param {{ id: number, name: string, label: string, blob: Blob, next?: Expected[] }} args  `next`: files that will follow.
   */
  async addPhoto({ id, name, label, blob, next = [] }) {
    ahead.expect(next);
    const { photo, sha256, note } = await photoOfFile(await ahead.take({ id, blob }), toAdd);
    const duplicateOf = core().add(id, name, label, sha256, photo);
    if (duplicateOf !== undefined) return { duplicateOf };
    photos.set(id, { name, blob });
    // While the next one is decoded.
    if (readsAhead && !underWay) await helpers?.feed(core(), core().unread(), supplyAll);
    return { note };
  },

  /** Files that were to follow will not. @param {{ ids: number[] }} args */
  forgetNext({ ids }) {
    ahead.forget(ids);
  },

  /** @param {{ ids: number[] }} args */
  remove({ ids }) {
    core().remove(Uint32Array.from(ids));
    for (const id of ids) photos.delete(id);
  },

  /** @param {{ label: string, ids: number[] }} args  `ids`: the photos that go with the class. */
  removeClass({ label, ids }) {
    core().removeClass(label);
    for (const id of ids) photos.delete(id);
  },

  /** @param {{ from: string, to: string }} args */
  rename({ from, to }) {
    core().rename(from, to);
  },

  /** @param {{ ids: number[], label: string }} args */
  move({ ids, label }) {
    core().move(Uint32Array.from(ids), label);
  },

  readAhead,
  advise,
  train,
  resume,

  /** Ends the training under way; the answer is its checkpoint, or null where there is none. */
  async pause() {
    const stopped = training;
    if (!stopped) return null;
    const checkpoint = await core().pause();
    stopped.paused = true;
    return checkpoint;
  },

  /** A paused training will not be resumed: what is kept for it alone can go. */
  discard() {
    if (!underWay) core().cancelTraining();
  },

  evaluate,
  compare,

  /** @param {{ image: Blob | ImageBitmap | ImageData, topK: number, model: ModelChoice }} args */
  async predict({ image, topK, model }) {
    const { photo } = await photoOf(core(), image, toAsk(model));
    return core().predict(photo, topK, model);
  },

  /**
   * @param {{ image: Blob | ImageBitmap | ImageData, topK: number, model: ModelChoice, id?: number, next?: Expected[] }} args
   *        `id`: of one of many files, and `next` those that will follow.
   */
  async answer({ image, topK, model, id, next = [] }) {
    ahead.expect(next);
    const expected = id !== undefined && image instanceof Blob;
    const { photo } = expected ? await photoOfFile(await ahead.take({ id, blob: image }), toAsk(model)) : await photoOf(core(), image, toAsk(model));
    return core().answer(photo, topK, model);
  },

  /** @param {{ image: Blob | ImageBitmap | ImageData, label: string | undefined, against: string | undefined, model: ModelChoice }} args */
  async explain({ image, label, against, model }) {
    const { photo } = await photoOf(core(), image, toAsk(model));
    const { seen, overlay, ...numbers } = await core().explain(photo, label, against, model);
    return { ...numbers, seen: imageData(seen), overlay: imageData(overlay) };
  },

  /** @param {{ image: number | Blob | ImageBitmap | ImageData, count: number, config: Partial<TrainConfig> }} args  `image`: or the id of a photo. */
  async draws({ image, count, config }) {
    const source = typeof image === "number" ? fileOf(image).blob : image;
    const { photo, width, height, sha256 = "" } = await photoOf(core(), source, (width, height) => core().photoToDraw(width, height, config));
    const { seen, crop, draws } = core().draws(photo, sha256, count, config);
    return { width, height, crop, seen: imageData(seen), draws: draws.map(imageData) };
  },

  /** @param {{ image: Blob | ImageBitmap | ImageData, stage: string, channels: number, model: ModelChoice }} args */
  async featureMaps({ image, stage, channels, model }) {
    const { photo } = await photoOf(core(), image, toAsk(model));
    const { channels: found, seen, sheet, ...rest } = await core().featureMaps(photo, stage, channels, model);
    return { ...rest, channels: found.map(({ picture, ...channel }) => ({ ...channel, picture: imageData(picture) })), seen: imageData(seen), sheet: imageData(sheet) };
  },

  /** @param {{ image: Blob | ImageBitmap | ImageData, count: number, model: ModelChoice }} args */
  async nearest({ image, count, model }) {
    const { photo } = await photoOf(core(), image, toAsk(model));
    return core().nearest(photo, count, model);
  },

  exportModel() {
    return core().exportModel();
  },

  /** @param {{ bytes: Uint8Array }} args */
  openModel({ bytes }) {
    return core().openModel(bytes);
  },
};

/**
 * Reads photos and the draws that a training is likely to ask for, one piece at a time, until there is something better to do: a training, or
 * files to take in, after which it is called again.
 */
async function* readAhead() {
  if (!readsAhead || readingAhead) return;
  readingAhead = true;
  try {
    const left = core().leftAhead();
    while (!underWay && !ahead.expects) {
      const begun = performance.now();
      if (!(await core().readAhead())) break;
      // The first of all may be slow because it is the first.
      slowPieces = performance.now() - begun > LONGEST_PIECE ? slowPieces + 1 : 0;
      readsAhead = slowPieces < 2;
      if (!readsAhead) break;
      await helpers?.feed(core(), left, supplyAll);
      yield;
    }
  } finally {
    readingAhead = false;
    if (!underWay) helpers?.rest();
  }
}

/**
 * Advice, one piece at a time.
 * @param {{ config: Partial<TrainConfig> }} args
 * @param {CallContext} context
 */
async function* advise({ config }, { emit }) {
  helpers?.take(core());
  core().startAdvice(config);
  const { advice } = yield* untilIts("advised", emit);
  return advice;
}

/**
 * A training, one piece at a time: a batch, or a photo that has to be decoded again.
 * @param {{ config: Partial<TrainConfig> }} args
 * @param {CallContext} context
 */
async function* train({ config }, context) {
  const advice = core().needsAdvice(config) ? yield* advise({ config }, context) : null;
  helpers?.take(core());
  core().startTraining(advice?.plan.config ?? config);
  return yield* learn(context.emit);
}

/**
 * A training that goes on where its checkpoint was taken; what was left to advice was decided before.
 * @param {{ checkpoint: Uint8Array }} args
 * @param {CallContext} context
 */
async function* resume({ checkpoint }, { emit }) {
  emit({ type: "resumed", ...core().resume(checkpoint) });
  return yield* learn(emit);
}

/**
 * Carries the training that was begun to its end, and keeps a checkpoint now and then.
 * @param {CallContext["emit"]} emit
 */
async function* learn(emit) {
  const run = { paused: false };
  const keeper = new Keeper();
  training = run;
  try {
    const { report } = yield* untilIts("done", emit, {
      stopped: () => (run.paused ? paused() : null),
      async after({ type }) {
        if (type !== "epoch") return;
        const checkpoint = await keeper.afterEpoch(() => core().checkpoint());
        if (checkpoint) emit({ type: "checkpoint", checkpoint });
      },
    });
    return { report, model: await core().exportModel() };
  } finally {
    if (training === run) training = null;
  }
}

/**
 * A cross-validation, one piece at a time. The model file is a new one: it carries the temperature and the threshold from now on.
 * @param {EvaluationOptions} options
 * @param {CallContext} context
 */
async function* evaluate(options, { emit }) {
  core().startEvaluation(options);
  const { evaluation } = yield* untilIts("evaluated", emit);
  return { evaluation, model: await core().exportModel() };
}

/**
 * A comparison of trainings, one piece at a time; those that are left to advice are advised first. The classifier stays as it is.
 * @param {ComparisonOptions} options
 * @param {CallContext} context
 */
async function* compare(options, context) {
  const runs = [];
  for (const run of options.runs) {
    const wish = { seed: options.seed ?? 0, ...run.config };
    const advice = core().needsAdvice(wish) ? yield* advise({ config: wish }, context) : null;
    runs.push({ ...run, config: advice?.plan.config ?? wish });
  }
  core().startComparison({ ...options, runs });
  const { comparison } = yield* untilIts("compared", context.emit);
  return comparison;
}

/**
 * Carries on what was started until its last event, which is returned.
 * @template {"done" | "evaluated" | "advised" | "compared"} Last
 * @param {Last} last
 * @param {CallContext["emit"]} emit
 * @param {{ stopped: () => LastLayerError | null, after: (event: StepEvent) => Promise<void> }} [watch]
 *        `stopped`: why it was ended from outside, asked before each step; `after`: done after each step but the last
 * @returns {AsyncGenerator<StepEvent | undefined, Extract<StepEvent, { type: Last }>, void>}
 */
async function* untilIts(last, emit, { stopped, after } = { stopped: () => null, after: async () => {} }) {
  // True while it has to be ended by us: one whose step throws has ended by itself.
  let running = true;
  underWay = true;
  try {
    for (;;) {
      running = false;
      const why = stopped();
      if (why) throw why;
      const event = await core().step();
      if (event.type === last) {
        // Sent from within the piece: what is done can no longer be cancelled.
        emit(event);
        return /** @type {Extract<StepEvent, { type: Last }>} */ (event);
      }
      running = true;
      await after(event);
      if (event.type === "needPhotos") {
        for await (const _ of supplied(event.ids)) {
          if (stopped()) break;
          yield;
        }
      } else {
        const what = event.type === "run" ? event.event : event;
        if (what.type === "embed") await helpers?.feed(core(), what.total - what.done, supplyAll);
        else await helpers?.share(core(), stepsLeft(what), supplyAll);
        yield event;
      }
    }
  } finally {
    underWay = false;
    helpers?.rest();
    if (running && !stopped()) core().cancelTraining();
  }
}

/** @param {import("./start.js").StartOptions} options */
function helpersOf({ workers }) {
  return workers === undefined ? deviceBears(helperCount) : workers - 1;
}

/**
 * @template T
 * @param {(cores: number | undefined, memory: number | undefined) => T} what
 */
function deviceBears(what) {
  const { hardwareConcurrency, deviceMemory } = /** @type {Navigator & { deviceMemory?: number }} */ (navigator);
  return what(hardwareConcurrency, deviceMemory);
}

/** @param {number[]} ids */
async function supplyAll(ids) {
  for await (const _ of supplied(ids));
}

/**
 * Supplies photos, one at a time.
 * @param {number[]} ids
 */
async function* supplied(ids) {
  ahead.expect(ids.map((id) => ({ id, blob: fileOf(id).blob })));
  try {
    for (const id of ids) {
      await supply(id);
      yield;
    }
  } finally {
    ahead.forget(ids);
  }
}

/**
 * @param {number} width
 * @param {number} height
 */
function toAdd(width, height) {
  return core().photoToAdd(width, height);
}

/** @param {ModelChoice} model */
function toAsk(model) {
  return (/** @type {number} */ width, /** @type {number} */ height) => core().photoToAsk(width, height, model);
}

/** @param {Picture} picture */
function imageData({ data, width, height }) {
  return new ImageData(data, width, height);
}

/** @param {number} id */
function fileOf(id) {
  const photo = photos.get(id);
  if (!photo) throw new LastLayerError("unknown-photo", `There is no photo ${id}.`, { id });
  return photo;
}

/** @param {number} id */
async function supply(id) {
  const { name, blob } = fileOf(id);
  try {
    const { photo } = await photoOfFile(await ahead.take({ id, blob }), toAdd);
    core().supply(id, photo);
  } catch (error) {
    // It was fine when it was added: say which one is not any more.
    const { code, message, params } = toMessage(error);
    throw new LastLayerError(code, `${name}: ${message}`, { ...params, name, id });
  }
}

/**
 * @param {Response} response
 * @param {Transferable[]} [transfer]
 */
function post(response, transfer = []) {
  self.postMessage(response, { transfer });
}

watchDevices((error) => post({ fatal: toMessage(error) }));

// A rejection that nobody handles is as fatal as an error that nobody catches: the page hears of both in the same way.
addEventListener("unhandledrejection", (event) => reportError(event.reason));

const queue = new CallQueue(post, handlers);
addEventListener("message", (/** @type {MessageEvent<Request>} */ { data }) => void queue.receive(data));
