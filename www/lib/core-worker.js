/** @import { Info } from "./types/public.d.ts" */
/** @import { Core } from "./types/core.d.ts" */
/** @import { Calls, CoreCopy, Handlers, StartOptions } from "./types/calls.d.ts" */
/** @import { Helper } from "./helpers.js" */
import { aheadOf } from "./ahead.js";
import { namesSoftware } from "./device.js";
import { LastLayerError } from "./errors.js";
import { helperCount, Helpers } from "./helpers.js";
import { PhotoFiles } from "./photo-files.js";
import { Questions } from "./questions.js";
import { ReadingAhead } from "./reading-ahead.js";
import { Runs } from "./runs.js";

/**
 * What the parts of the worker share.
 * @typedef {object} Bench
 * @property {Core} core  Throws before it has been started.
 * @property {Helpers | null} helpers  On the CPU, where the device bears more than one worker.
 *
 * A core, and what other workers need to have the same.
 * @typedef {object} Opened
 * @property {Core} core
 * @property {Pick<CoreCopy, "glue" | "module">} loaded
 * @property {Omit<Info, "workers">} info
 *
 * What the worker needs of the world around it.
 * @typedef {object} Surroundings
 * @property {(
 *   options: StartOptions,
 *   emit: (event: Calls["start"]["event"]) => void,
 *   signal: AbortSignal,
 * ) => Promise<Opened>} open
 * @property {(copy: CoreCopy) => Promise<Core>} openCopy
 * @property {(baseUrl: string, core: Core, wasm: Pick<CoreCopy, "glue" | "module">) => Promise<Helper>} startHelper
 * @property {() => number} now  Milliseconds from any fixed point.
 * @property {{ hardwareConcurrency?: number, deviceMemory?: number }} device  As `navigator` tells it.
 */

/**
 * The worker: one core, and what answers the calls of the page. The core is made by the first call, and dies with the
 * worker.
 * @implements {Bench}
 */
export class CoreWorker {
  /** @type {Helpers | null} */
  helpers = null;
  #surroundings;
  /** @type {Core | null} */
  #core = null;
  #files;
  #reading;
  /** @type {Handlers} */
  handlers;

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    const { device, now } = surroundings;
    this.#surroundings = surroundings;
    this.#files = new PhotoFiles(this, aheadOf(device.hardwareConcurrency, device.deviceMemory));
    const runs = new Runs(this, this.#files, now);
    this.#reading = new ReadingAhead(this, this.#files, runs, now);
    const questions = new Questions(this, this.#files);
    this.handlers = {
      ...this.#own,
      ...this.#files.handlers,
      ...runs.handlers,
      ...this.#reading.handlers,
      ...questions.handlers,
    };
  }

  get core() {
    if (!this.#core) throw new LastLayerError("internal", "The core has not been started.");
    return this.#core;
  }

  #own = /** @satisfies {Partial<Handlers>} */ ({
    start: async (options, { emit, signal }) => {
      const { core, loaded, info } = await this.#surroundings.open(options, emit, signal);
      this.#core = core;
      this.#reading.allowed = options.readAhead && !namesSoftware(info.adapter);
      const count = info.device === "cpu" ? this.#helpersOf(options) : 0;
      const wasm = { glue: loaded.glue, module: loaded.module };
      if (count > 0)
        this.helpers = new Helpers(count, () => this.#surroundings.startHelper(options.baseUrl, core, wasm));
      core.setReaders(count + 1);
      return { ...info, workers: count + 1 };
    },
    startCopy: async (copy) => {
      this.#core = await this.#surroundings.openCopy(copy);
    },
    weights: () => this.core.weights(),
    embed: ({ lastStages, pictures }) => this.core.embed(lastStages, pictures),
    learn: (parts) => this.core.learn(parts),
    addPhoto: async (photo, { emit }) => {
      const added = await this.#files.add(photo);
      // While the next one is decoded.
      if (added.duplicateOf === undefined) await this.#reading.added(emit);
      return added;
    },
  });

  /** @param {StartOptions} options */
  #helpersOf({ workers }) {
    const { hardwareConcurrency, deviceMemory } = this.#surroundings.device;
    return workers === undefined ? helperCount(hardwareConcurrency, deviceMemory) : workers - 1;
  }
}
