import { CoreWorker } from "../../../www/lib/core-worker.js";
import { WorkerClient } from "../../../www/lib/worker-client.js";
import { FakeWorker } from "./fake-worker.mjs";

/** @import { Core, StepEvent, ProvisionalStep } from "../../../www/lib/types/core.d.ts" */
/** @import { Helper } from "../../../www/lib/helpers.js" */

/** Where a run stands still until the test lets it go on. @typedef {() => StepEvent | Promise<StepEvent>} Step */

/**
 * A core that computes nothing: its steps are those of the test, and it notes what it is told to do.
 */
export class FalseCore {
  /** The methods that were called, with what is worth knowing of their arguments. @type {string[]} */
  log = [];
  /** @type {(StepEvent | Step)[]} */
  steps = [];
  /** Pieces that can be read ahead. */
  pieces = 0;
  /** What the next pieces of the first classifier come to. @type {ProvisionalStep[]} */
  impressions = [];
  needs = false;

  info() {
    return {};
  }
  inspect() {
    return { width: 2, height: 1, orientation: 1, turnedByBrowsers: false, rare: null };
  }
  examine() {
    return { note: null, repaired: null };
  }
  setReaders() {}
  photoToAdd = () => ({ push() {}, free() {} });
  photoToAsk = this.photoToAdd;
  add(/** @type {number} */ id) {
    this.log.push(`add ${id}`);
  }
  supply(/** @type {number} */ id) {
    this.log.push(`supply ${id}`);
  }
  /** By photo. @type {Map<number, Uint16Array<ArrayBuffer>>} */
  kept = new Map();
  features(/** @type {number} */ id) {
    return this.kept.get(id);
  }
  restoreFeatures(/** @type {number} */ id, /** @type {Uint16Array<ArrayBuffer>} */ features) {
    this.kept.set(id, features);
  }
  needsAdvice() {
    return this.needs;
  }
  startAdvice() {
    this.log.push("startAdvice");
  }
  startTraining(/** @type {object} */ config) {
    this.log.push(`startTraining ${JSON.stringify(config)}`);
  }
  startEvaluation() {
    this.log.push("startEvaluation");
  }
  startComparison() {
    this.log.push("startComparison");
  }
  resume() {
    this.log.push("resume");
    return { config: {}, epochsChosen: true, phase: "refit", epoch: 2, epochs: 3, history: [] };
  }
  async step() {
    const step = this.steps.shift();
    if (!step) throw new Error("the test has no further step");
    this.log.push("step");
    return typeof step === "function" ? step() : step;
  }
  async pause() {
    this.log.push("pause");
    return new Uint8Array([9]);
  }
  async checkpoint() {
    this.log.push("checkpoint");
    return new Uint8Array([7]);
  }
  cancelTraining() {
    this.log.push("cancelTraining");
  }
  /** Photos that a run needs to see again. @type {number[]} */
  wanted = [];
  wantedFiles() {
    return Uint32Array.from(this.wanted);
  }
  leftAhead() {
    return this.pieces;
  }
  unread() {
    return 0;
  }
  async readAhead() {
    if (this.pieces === 0) return false;
    this.log.push("readAhead");
    this.pieces -= 1;
    return true;
  }
  /** @returns {ProvisionalStep} */
  goOnProvisionally() {
    return this.impressions.shift() ?? { type: "upToDate" };
  }
  async predict() {
    this.log.push("predict");
    return [{ label: "a", index: 0, probability: 1 }];
  }
  async exportModel() {
    return new Uint8Array([1]);
  }
}

/**
 * The worker over a false core, and the page's side of it: calls as promises. Its clock is the test's.
 * @param {{ workers?: number, startHelper?: () => Promise<Helper> }} [options]
 */
export async function workerOver({
  workers = 1,
  startHelper = () => Promise.reject(new Error("no helper is asked for")),
} = {}) {
  const core = new FalseCore();
  const clock = { now: 0 };
  const { handlers } = new CoreWorker({
    open: async () => ({
      core: /** @type {Core} */ (/** @type {unknown} */ (core)),
      loaded: { glue: "", module: /** @type {WebAssembly.Module} */ ({}) },
      info: {
        device: "cpu",
        adapter: "",
        reason: "requested",
        backbone: "b",
        inputSize: 224,
        stages: 7,
        layers: ["0", "1", "2", "3", "4", "5", "6", "conv_head"],
        sourceClasses: 1000,
        version: "0",
        warnings: [],
      },
    }),
    openCopy: () => Promise.reject(new Error("no copy is asked for")),
    startHelper,
    now: () => clock.now,
    device: { hardwareConcurrency: 2, deviceMemory: 8 },
  });
  const client = /** @type {WorkerClient} */ (new WorkerClient(new FakeWorker(handlers)));
  await client.call("start", { baseUrl: "", device: "cpu", backbone: "b", readAhead: true, workers });
  return { core, clock, client };
}

/** Decodes every file to two white pixels. Ends with `undo`. */
export function fakePixels() {
  class Canvas {
    getContext() {
      const getImageData = (/** @type {number[]} */ ...[, , width = 1, height = 1]) => ({
        data: new Uint8ClampedArray(4 * width * height).fill(255),
      });
      return { drawImage() {}, getImageData };
    }
  }
  const createImageBitmap = async () => ({ width: 2, height: 1, close() {} });
  Object.assign(globalThis, { createImageBitmap, OffscreenCanvas: Canvas });
  return () => ["createImageBitmap", "OffscreenCanvas"].forEach((name) => Reflect.deleteProperty(globalThis, name));
}
