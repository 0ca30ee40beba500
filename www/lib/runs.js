/** @import { ComparisonOptions, RunningEvent, StepEvent } from "./types/core.d.ts" */
/** @import { CallContext, Calls, Handlers, LearningEvent } from "./types/calls.d.ts" */
/** @import { Bench } from "./core-worker.js" */
/** @import { PhotoFiles } from "./photo-files.js" */
import { LastLayerError, paused } from "./errors.js";
import { stepsLeft } from "./helpers.js";
import { Keeper } from "./keeper.js";

/**
 * @template {StepEvent["type"]} Type
 * @typedef {Extract<StepEvent, { type: Type }>} EventOf
 */

/**
 * What takes longer than a batch: advice, trainings, cross-validations, comparisons. The core does it step by step, and
 * between two steps whatever was asked meanwhile is answered. Each is an async generator: one `yield` for each step.
 */
export class Runs {
  #bench;
  #files;
  #now;
  /** Runs between their start and their end. */
  #count = 0;
  /**
   * The training under way, from its first step on: to tell it that it is paused.
   * @type {{ paused: boolean } | null}
   */
  #training = null;

  /**
   * @param {Bench} bench
   * @param {PhotoFiles} files
   * @param {() => number} now  Milliseconds from any fixed point.
   */
  constructor(bench, files, now) {
    this.#bench = bench;
    this.#files = files;
    this.#now = now;
  }

  /** Whether the core has something to do that is not to wait for reading ahead. */
  get underWay() {
    return this.#count > 0;
  }

  handlers = /** @satisfies {Partial<Handlers>} */ ({
    advise: (args, context) => this.#advise(args, context),
    train: (args, context) => this.#train(args, context),
    resume: (args, context) => this.#resume(args, context),
    pause: async () => {
      const stopped = this.#training;
      if (!stopped) return null;
      const checkpoint = await this.#bench.core.pause();
      stopped.paused = true;
      return checkpoint;
    },
    discard: () => {
      if (!this.underWay) this.#bench.core.cancelTraining();
    },
    evaluate: (args, context) => this.#evaluate(args, context),
    compare: (args, context) => this.#compare(args, context),
  });

  /**
   * @param {Calls["advise"]["args"]} args
   * @param {Pick<CallContext<RunningEvent>, "emit">} context
   */
  async *#advise({ config }, { emit }) {
    this.#bench.helpers?.take(this.#bench.core);
    await this.#begin(() => this.#bench.core.startAdvice(config));
    const { advice } = yield* this.#untilIts("advised", emit);
    return advice;
  }

  /**
   * @param {Calls["train"]["args"]} args
   * @param {CallContext<LearningEvent>} context
   */
  async *#train({ config }, context) {
    const advice = this.#bench.core.needsAdvice(config) ? yield* this.#advise({ config }, context) : null;
    this.#bench.helpers?.take(this.#bench.core);
    await this.#begin(() => this.#bench.core.startTraining(advice?.plan.config ?? config));
    return yield* this.#learn(context);
  }

  /**
   * @param {Calls["resume"]["args"]} args
   * @param {CallContext<LearningEvent>} context
   */
  async *#resume({ checkpoint }, context) {
    const resumed = await this.#begin(() => this.#bench.core.resume(checkpoint));
    context.emit({ type: "resumed", ...resumed });
    return yield* this.#learn(context);
  }

  /**
   * Carries the training that was begun to its end, and keeps a checkpoint now and then.
   * @param {CallContext<LearningEvent>} context
   */
  async *#learn({ emit }) {
    const { core } = this.#bench;
    const run = { paused: false };
    const keeper = new Keeper(this.#now);
    this.#training = run;
    try {
      const { report } = yield* this.#untilIts("done", emit, {
        stopped: () => (run.paused ? paused() : null),
        after: async ({ type }) => {
          if (type !== "epoch") return;
          const checkpoint = await keeper.afterEpoch(() => core.checkpoint());
          if (checkpoint) emit({ type: "checkpoint", checkpoint });
        },
        // What was paid for is not lost: it goes on once the photo is there again.
        failed: async () => emit({ type: "checkpoint", checkpoint: await core.checkpoint() }),
      });
      return { report, model: await core.exportModel() };
    } finally {
      if (this.#training === run) this.#training = null;
    }
  }

  /**
   * @param {Calls["evaluate"]["args"]} options
   * @param {CallContext<RunningEvent>} context
   */
  async *#evaluate(options, { emit }) {
    await this.#begin(() => this.#bench.core.startEvaluation(options));
    const { evaluation } = yield* this.#untilIts("evaluated", emit);
    return { evaluation, model: await this.#bench.core.exportModel() };
  }

  /**
   * @param {Calls["compare"]["args"]} options
   * @param {CallContext<RunningEvent>} context
   */
  async *#compare(options, context) {
    /** @type {ComparisonOptions["runs"]} */
    const runs = [];
    for (const run of options.runs) {
      const wish = { seed: options.seed ?? 0, ...run.config };
      const advice = this.#bench.core.needsAdvice(wish) ? yield* this.#advise({ config: wish }, context) : null;
      runs.push({ ...run, config: advice?.plan.config ?? wish });
    }
    await this.#begin(() => this.#bench.core.startComparison({ ...options, runs }));
    const { comparison } = yield* this.#untilIts("compared", context.emit);
    return comparison;
  }

  /**
   * Carries on what was started until its last event, which is returned. However it ends before that, the core lets go
   * of it: of its loans to helpers, and of the activations that only it needed.
   * @template {StepEvent["type"]} Last
   * @param {Last} last
   * @param {(event: EventOf<Last>) => void} emit
   * @param {{ stopped: () => Error | null, after: (event: StepEvent) => Promise<void>, failed: () => Promise<void> }}
   *        [watch] `stopped`: why it was ended from outside, asked before each step; `after`: done after each step but
   *        the last; `failed`: done before it ends because a photo's file can no longer be read
   * @returns {AsyncGenerator<RunningEvent | undefined, EventOf<Last>, void>}
   */
  async *#untilIts(
    last,
    emit,
    { stopped, after, failed } = { stopped: () => null, after: async () => {}, failed: async () => {} },
  ) {
    const { core, helpers } = this.#bench;
    const { supplyAll } = this.#files;
    let ended = false;
    this.#count += 1;
    try {
      for (;;) {
        const why = stopped();
        if (why) throw why;
        const event = await core.step();
        if (event.type === last) {
          ended = true;
          // Sent from within the piece: what is done can no longer be cancelled.
          emit(/** @type {EventOf<Last>} */ (event));
          return /** @type {EventOf<Last>} */ (event);
        }
        await after(event);
        if (event.type === "needPhotos") {
          for await (const _ of this.#files.supplied(event.ids)) {
            if (stopped()) break;
            yield;
          }
        } else {
          const what = event.type === "run" ? event.event : event;
          if (what.type === "embed") await helpers?.feed(core, what.total - what.done, supplyAll);
          else await helpers?.share(core, stepsLeft(what), supplyAll);
          yield /** @type {RunningEvent} */ (event);
        }
      }
    } catch (error) {
      // After a trap there is no core to be told anything.
      if (error instanceof WebAssembly.RuntimeError) ended = true;
      if (error instanceof LastLayerError && error.code === "photo-unreadable") await failed();
      throw error;
    } finally {
      this.#count -= 1;
      helpers?.rest();
      if (!ended && !stopped()) this.#giveUp();
    }
  }

  /**
   * Begins a run, unless a photo that it will or may need to see again can no longer be read: that is told before
   * anything is paid for.
   * @template T
   * @param {() => T} start
   */
  async #begin(start) {
    const { core } = this.#bench;
    const begun = start();
    this.#count += 1; // nothing is read ahead meanwhile
    try {
      await this.#files.check(core.wantedFiles());
    } catch (error) {
      this.#giveUp();
      throw error;
    } finally {
      this.#count -= 1;
    }
    return begun;
  }

  /** What made the run end is what its caller is to hear, not a fault on the way out. */
  #giveUp() {
    try {
      this.#bench.core.cancelTraining();
    } catch (error) {
      console.warn("lastlayer: a run that has failed or was cancelled could not be ended in the core.", error);
    }
  }
}
