/** @import { Advice, CheckpointEvent, Report, TrainEvent } from "./types.d.ts" */
/** @import { Connection } from "./connection.js" */
/** @import { Mirror } from "./mirror.js" */
import { isDeath, LastLayerError } from "./errors.js";

/**
 * @typedef {object} LearningOptions
 * @property {AbortSignal} [signal]
 * @property {(event: TrainEvent) => void} [onEvent]
 *
 * What it tells: see the events of `FineTuner`.
 * @typedef {object} Listeners
 * @property {(apply: () => void) => void} change  Applies a change of the mirror.
 * @property {(type: "train" | "checkpoint", detail: unknown) => void} dispatch
 */

/** Trainings, through the deaths of their workers: with the checkpoints from which they go on, and the advice they were begun with. */
export class Learning {
  #connection;
  #mirror;
  #listeners;
  /** Why the training under way was begun as it was. @type {Advice | null} */
  #advice = null;
  /** The same of trainings that can be continued, by their checkpoints. @type {WeakMap<Blob, Advice>} */
  #advised = new WeakMap();

  /**
   * @param {Connection} connection
   * @param {Mirror} mirror
   * @param {Listeners} listeners
   */
  constructor(connection, mirror, listeners) {
    this.#connection = connection;
    this.#mirror = mirror;
    this.#listeners = listeners;
  }

  /**
   * @param {object} config
   * @param {LearningOptions} options
   */
  train(config, options) {
    return this.#run("train", { config }, options, null);
  }

  /**
   * @param {Blob} checkpoint
   * @param {LearningOptions} options
   */
  async resume(checkpoint, options) {
    return this.#run("resume", { checkpoint: await bytesOf(checkpoint) }, options, this.#advised.get(checkpoint) ?? null);
  }

  /**
   * A checkpoint of the training under way, for later.
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  keep(bytes) {
    const checkpoint = new Blob([bytes], { type: "application/octet-stream" });
    if (this.#advice) this.#advised.set(checkpoint, this.#advice);
    this.#listeners.change(() => (this.#mirror.checkpoint = checkpoint));
    this.#listeners.dispatch("checkpoint", checkpoint);
    return checkpoint;
  }

  /**
   * @param {"train" | "resume"} call
   * @param {unknown} args
   * @param {LearningOptions} options
   * @param {Advice | null} advice  What it was begun with, where it goes on.
   * @returns {Promise<Report>}
   */
  async #run(call, args, { signal, onEvent }, advice) {
    /** What this training has kept since its worker began. @type {Blob | null} */
    let kept = null;
    let begun = call === "resume";
    const follow = (/** @type {TrainEvent | CheckpointEvent} */ event) => {
      if (event.type === "checkpoint") {
        kept = this.keep(event.checkpoint);
      } else {
        // A training that has begun takes the place of one that was paused.
        if (!begun) this.#mirror.checkpoint = null;
        begun = true;
        if (event.type === "advised") advice = event.advice;
        this.#advice = advice;
        this.#listeners.dispatch("train", event);
        onEvent?.(event);
      }
    };
    for (;;) {
      try {
        const { report: learnt, model } = await this.#connection.call(call, args, { signal, onEvent: follow });
        // No worker knows it that has taken the training up.
        const report = { ...learnt, advice };
        this.#listeners.change(() => this.#mirror.trained(report, model));
        return report;
      } catch (error) {
        if (error instanceof LastLayerError && error.code === "cancelled") this.#listeners.change(() => (this.#mirror.checkpoint = null));
        if (!kept || !isDeath(error) || signal?.aborted) throw error;
        [call, args] = ["resume", { checkpoint: await bytesOf(kept) }];
        // A worker that dies before it has got any further is not replaced for ever.
        kept = null;
      }
    }
  }
}

/** @param {Blob} blob */
async function bytesOf(blob) {
  return new Uint8Array(await blob.arrayBuffer());
}
