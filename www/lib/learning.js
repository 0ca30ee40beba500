/** @import { Advice, Report, TrainConfig, TrainEvent } from "./types/public.d.ts" */
/** @import { Caller, CallOptions, LearningEvent, Learnt } from "./types/calls.d.ts" */
/** @import { Mirror } from "./mirror.js" */
import { isDeath, LastLayerError } from "./errors.js";

/**
 * @typedef {object} LearningOptions
 * @property {AbortSignal} [signal]
 * @property {(event: TrainEvent) => void} [onEvent]
 *
 * @typedef {CallOptions<LearningEvent>} Following
 *
 * What it tells: see the events of `FineTuner`.
 * @typedef {object} Listeners
 * @property {(apply: () => void) => void} change  Applies a change of the mirror.
 * @property {(type: "train" | "checkpoint", detail: unknown) => void} dispatch
 */

/**
 * Trainings, through the deaths of their workers: with the checkpoints from which they go on, and the advice they were
 * begun with.
 */
export class Learning {
  #connection;
  #mirror;
  #listeners;
  /** Why the training under way was begun as it was. @type {Advice | null} */
  #advice = null;
  /** The same of trainings that can be continued, by their checkpoints. @type {WeakMap<Blob, Advice>} */
  #advised = new WeakMap();

  /**
   * @param {Caller} connection
   * @param {Mirror} mirror
   * @param {Listeners} listeners
   */
  constructor(connection, mirror, listeners) {
    this.#connection = connection;
    this.#mirror = mirror;
    this.#listeners = listeners;
  }

  /**
   * @param {Partial<TrainConfig>} config
   * @param {LearningOptions} options
   */
  async train(config, options) {
    const begin = (/** @type {Following} */ following) => this.#connection.call("train", { config }, following);
    // A training that has begun takes the place of one that was paused.
    return this.#run(begin, options, null, () => (this.#mirror.checkpoint = null));
  }

  /**
   * @param {Blob} checkpoint
   * @param {LearningOptions} options
   */
  async resume(checkpoint, options) {
    return this.#run(await this.#from(checkpoint), options, this.advised(checkpoint));
  }

  /**
   * What the training was begun with that a checkpoint goes on with.
   * @param {Blob} checkpoint
   */
  advised(checkpoint) {
    return this.#advised.get(checkpoint) ?? null;
  }

  /**
   * The same of a checkpoint of an earlier tab.
   * @param {Blob} checkpoint
   * @param {Advice | null} advice
   */
  advise(checkpoint, advice) {
    if (advice) this.#advised.set(checkpoint, advice);
  }

  /**
   * A checkpoint of the training under way, for later.
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  keep(bytes) {
    const checkpoint = new Blob([bytes], { type: "application/octet-stream" });
    this.advise(checkpoint, this.#advice);
    this.#listeners.change(() => (this.#mirror.checkpoint = checkpoint));
    this.#listeners.dispatch("checkpoint", checkpoint);
    return checkpoint;
  }

  /**
   * @param {(following: Following) => Promise<Learnt>} begin  Has a worker train; another one may have to take it up.
   * @param {LearningOptions} options
   * @param {Advice | null} advice  What it was begun with, where it goes on.
   * @param {() => void} [onBegun]
   * @returns {Promise<Report>}
   */
  async #run(begin, { signal, onEvent }, advice, onBegun) {
    /** What this training has kept since its worker began. @type {Blob | null} */
    let kept = null;
    let begun = false;
    const follow = (/** @type {LearningEvent} */ event) => {
      if (event.type === "checkpoint") {
        kept = this.keep(event.checkpoint);
        return;
      }
      if (!begun) onBegun?.();
      begun = true;
      if (event.type === "advised") advice = event.advice;
      this.#advice = advice;
      // No worker knows the advice that has taken the training up.
      const told = event.type === "done" ? { ...event, report: { ...event.report, advice } } : event;
      this.#listeners.dispatch("train", told);
      onEvent?.(told);
    };
    for (;;) {
      try {
        const { report: learnt, model } = await begin({ signal, onEvent: follow });
        const report = { ...learnt, advice };
        this.#listeners.change(() => this.#mirror.trained(report, model));
        return report;
      } catch (error) {
        // One that was cancelled before it began has nothing to give up: what was paused before is still there.
        const cancelled = error instanceof LastLayerError && error.code === "cancelled";
        if (cancelled && begun) this.#listeners.change(() => (this.#mirror.checkpoint = null));
        if (!kept || !isDeath(error) || signal?.aborted) throw error;
        begin = await this.#from(kept);
        // A worker that dies before it has got any further is not replaced for ever.
        kept = null;
      }
    }
  }

  /**
   * Goes on from a checkpoint.
   * @param {Blob} checkpoint
   * @returns {Promise<(following: Following) => Promise<Learnt>>}
   */
  async #from(checkpoint) {
    const bytes = new Uint8Array(await checkpoint.arrayBuffer());
    return (following) => this.#connection.call("resume", { checkpoint: bytes }, following);
  }
}
