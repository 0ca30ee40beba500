/** @import { Comparison, TrainConfig, TrainEvent } from "../lib/types/public.d.ts" */
/** @typedef {import("../ui/types.d.ts").PreparedRun} PreparedRun */
import { InterruptedError } from "../lib/index.js";

/**
 * What a reader can choose from. Epochs and the input size of `scratch` are left to the library.
 * @type {Record<PreparedRun, Partial<TrainConfig>>}
 */
const PREPARED = {
  head: { regime: "head", augment: 0 },
  "head-augmented": { regime: "head", augment: -1 },
  "last-k": { regime: "last-k", augment: 0 },
  "last-k-augmented": { regime: "last-k", augment: -1 },
  full: { regime: "full", augment: 0 },
  "full-augmented": { regime: "full", augment: -1 },
  scratch: { regime: "scratch", augment: 0 },
  "scratch-augmented": { regime: "scratch", augment: -1 },
};
const ORDER = /** @type {PreparedRun[]} */ (Object.keys(PREPARED));

/** Of the reader's own options, those that mean the same in every run. @type {readonly string[]} */
const KEPT = [
  "batchSize",
  "learningRate",
  "weightDecay",
  "features",
  "framing",
  "flip",
  "flipAverage",
  "labelSmoothing",
  "dropout",
  "balance",
  "seed",
];

/** A comparison of ways to train, as the train panel shows and starts it. */
export class Comparing {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    /** @type {PreparedRun[]} */ this.chosen = ["head", "full", "scratch"];
    /** @type {import("../ui/types.d.ts").ComparisonStage | null} */ this.stage = null;
    /** @type {import("../ui/types.d.ts").RunCurvesView[]} */ this.curves = [];
    /** @type {import("../ui/types.d.ts").ComparisonResultView | null} */ this.result = null;
    /** The photos it was of: an array that is another one after every change. @type {readonly unknown[] | null} */
    this.photos = null;
    this.cancelled = false;
    this.abort = new AbortController();
  }

  /** @returns {import("../ui/types.d.ts").ComparisonView} */
  get view() {
    const { chosen, stage, curves, result, cancelled } = this;
    return {
      chosen,
      stage,
      curves,
      result,
      cancelled,
      stale: result !== null && this.photos !== this.session.tuner?.photos,
    };
  }

  /** @param {readonly PreparedRun[]} chosen */
  choose(chosen) {
    this.chosen = ORDER.filter((run) => chosen.includes(run));
    this.session.changed();
  }

  async compare() {
    const before = this.curves;
    Object.assign(this, { stage: { stage: "starting" }, curves: [], cancelled: false, abort: new AbortController() });
    this.session.announce("comparison.starting");
    this.session.changed();
    const { signal } = this.abort;
    const { options } = this.session.settings();
    const shared = Object.fromEntries(Object.entries(options).filter(([name]) => KEPT.includes(name)));
    const asked = this.chosen;
    const runs = asked.map((run) => ({ name: run, config: { ...shared, ...PREPARED[run] } }));
    const seed = typeof shared.seed === "number" ? { seed: shared.seed } : {};
    const photos = this.session.tuner?.photos ?? null;
    const following = { ...seed, signal, onEvent: (/** @type {TrainEvent} */ event) => this.#follow(event) };
    let soFar = /** @type {Comparison | null} */ (null);
    const comparison = await this.session.attempt(
      async (tuner) => {
        try {
          return await tuner.compare(runs, following);
        } catch (error) {
          if (error instanceof InterruptedError) soFar = error.report;
          throw error;
        }
      },
      { again: () => this.compare() },
    );
    const found = comparison ?? soFar;
    Object.assign(this, { stage: null, cancelled: signal.aborted && !comparison });
    if (found) Object.assign(this, { result: drawnUp(found, asked), photos });
    const shown = this.curves.filter(({ run }) => found?.runs.some(({ name }) => name === run));
    this.curves = found ? shown : before;
    if (comparison) this.session.announce("comparison.done");
    else if (this.cancelled) this.session.announce("comparison.cancelled");
    this.session.changed();
  }

  cancel() {
    this.abort.abort();
  }

  /** It was of another network. */
  forget() {
    Object.assign(this, { curves: [], result: null, photos: null, cancelled: false });
  }

  /** @param {TrainEvent} event */
  #follow(event) {
    if (event.type === "embed") this.stage = { stage: "embed", done: event.done, total: event.total };
    if (event.type === "run") this.#followRun(event);
    this.session.changedBit();
  }

  /** @param {import("../lib/types/public.d.ts").RunEvent} event */
  #followRun({ run: number, runs, name, event }) {
    const run = /** @type {PreparedRun} */ (name);
    if (this.curves.length < number) this.curves = [...this.curves, { run, history: [] }];
    const about = { run, number, runs };
    if (event.type === "embed") {
      this.stage = { stage: "run", ...about, pictures: event, epoch: 0, epochs: 0, share: (number - 1) / runs };
    } else {
      const { epoch, epochs } = event;
      const within = event.type === "batch" ? event.batch / event.batches : 1;
      this.stage = {
        stage: "run",
        ...about,
        pictures: null,
        epoch,
        epochs,
        share: (number - 1 + (epoch - 1 + within) / epochs) / runs,
      };
    }
    if (event.type === "epoch")
      this.curves = this.curves.map((curve) =>
        curve.run === run ? { run, history: [...curve.history, event] } : curve,
      );
  }
}

/**
 * @param {Comparison} comparison
 * @param {readonly PreparedRun[]} asked  What was to be compared: where it ended early, not all of it was.
 * @returns {import("../ui/types.d.ts").ComparisonResultView}
 */
function drawnUp({ runs, differences, heldOut, neverHeldOut, trainImages, seconds }, asked) {
  const against = (/** @type {number} */ run) => {
    const found = differences.find(({ a, b }) => a === 0 && b === run);
    return found
      ? { value: found.difference, low: found.low, high: found.high, onlyThis: found.onlyB, onlyFirst: found.onlyA }
      : null;
  };
  return {
    heldOut: heldOut.length,
    neverHeldOut,
    trainImages,
    seconds,
    missing: asked.filter((run) => !runs.some(({ name }) => name === run)),
    runs: runs.map(({ name, config, reduced, val, accuracy, history, overfitting, seconds: took }, index) => ({
      run: /** @type {PreparedRun} */ (name),
      accuracy: val.top1,
      ...accuracy,
      train: history.at(-1)?.trainTop1 ?? 0,
      epochs: config.epochs,
      inputSize: config.inputSize,
      reduced,
      seconds: took,
      overfitting,
      difference: against(index),
    })),
  };
}
