/** @import { Device, DeviceChoice, Info } from "./types/public.d.ts" */
/** @import { Core } from "./types/core.d.ts" */
/** @import { Calls, StartOptions } from "./types/calls.d.ts" */
/** @import { LoadedWasm } from "./wasm.js" */
import { BroughtWeights, imagenetLabels } from "./brought-weights.js";
import { checkLabelCount, isAddress } from "./create-options.js";
import { chooseDevice, webgpuUnavailable } from "./device.js";
import { throwIfAborted, toMessage } from "./errors.js";
import { canvasAddsNoise } from "./rows.js";
import { isServed, loadWasm } from "./wasm.js";
import { Weights } from "./weights.js";

/** What is wrong with the weights or the network is wrong on every device: no reason to try the other one. */
const SAME_ON_EVERY_DEVICE = new Set([
  "download-failed",
  "weights-corrupt",
  "weights-mismatch",
  "weights-unsupported",
  "cancelled",
  "invalid-option",
]);

/**
 * @typedef {Calls["start"]["event"]} StartEvent
 *
 * @typedef {object} Opened
 * @property {Core} core
 * @property {LoadedWasm} loaded
 */

/**
 * Everything between nothing and a core that can predict: device, WebAssembly, weights.
 *
 * @param {StartOptions} options
 * @param {(event: StartEvent) => void} emit
 * @param {AbortSignal} outer
 * @returns {Promise<Opened & { info: Omit<Info, "workers"> }>}
 */
export async function start({ baseUrl, device, backbone, labels }, emit, outer) {
  // Of several downloads, one that fails must not leave the others running.
  const stop = new AbortController();
  const loader = new Loader({ baseUrl, backbone, labels }, emit, AbortSignal.any([outer, stop.signal]));
  try {
    let chosen = await loader.waiting(device, () => chooseDevice(device, navigator.gpu, isServed("webgpu")));
    let opened;
    try {
      opened = await trapsRejected(loader.open(chosen.device));
    } catch (error) {
      const { code, message } = toMessage(error);
      if (chosen.device === "cpu" || SAME_ON_EVERY_DEVICE.has(code)) throw error;
      if (device === "webgpu") throw code === "webgpu-unavailable" ? error : webgpuUnavailable(message);
      console.warn("lastlayer: starting on WebGPU failed, the CPU takes over.", error);
      chosen = { device: "cpu", reason: "webgpu-failed", adapter: "" };
      emit({ stage: "device", waiting: false }); // after a trap, nobody else says so
      opened = await loader.open("cpu");
    }
    const { adapterType: _, ...info } = opened.core.info();
    checkLabelCount(labels, info.sourceClasses);
    const adapter = info.adapter || chosen.adapter;
    return {
      ...opened,
      info: { ...info, adapter, reason: chosen.reason, warnings: canvasAddsNoise() ? ["canvas-noise"] : [] },
    };
  } catch (error) {
    stop.abort();
    throwIfAborted(outer);
    throw error;
  }
}

/** Gets together what a core is made of. The weights are read once, also when a second device has to be tried. */
class Loader {
  /** @type {Promise<Weights | BroughtWeights> | undefined} */
  #card;
  /** @type {Promise<string[]> | undefined} */
  #labels;
  /** @type {Promise<Uint8Array<ArrayBuffer>> | undefined} */
  #bytes;

  /**
   * @param {Pick<StartOptions, "baseUrl" | "backbone" | "labels">} options
   * @param {(event: StartEvent) => void} emit
   * @param {AbortSignal} signal
   */
  constructor({ baseUrl, backbone, labels }, emit, signal) {
    this.baseUrl = baseUrl;
    this.backbone = backbone;
    this.labels = labels;
    this.emit = emit;
    this.signal = signal;
  }

  /**
   * @param {Device} device
   * @returns {Promise<Opened>}
   */
  async open(device) {
    this.#card ??= this.#find();
    this.#bytes ??= this.#card.then((card) => this.#read(card));
    // Compiling takes as long as a download does, for the processor and for a graphics card: all at once.
    const [{ loaded, opened }, card, bytes, labels] = await Promise.all([
      this.#openDevice(device, this.#card),
      this.#card,
      this.#bytes,
      this.#labels ?? [],
    ]);
    try {
      const core = await this.waiting(device, () => loaded.wasm.Core.open(opened, bytes, card.sha256, labels));
      await card.keep(bytes);
      return { core, loaded };
    } catch (error) {
      if (!card.fromCache || toMessage(error).code !== "weights-corrupt") throw error;
    }
    // The copy in the browser's cache was damaged. A fresh one is given one try.
    await card.forget();
    this.#bytes = this.#download(card);
    const fresh = await this.#bytes;
    const core = await this.waiting(device, () => loaded.wasm.Core.open(opened, fresh, card.sha256, labels));
    await card.keep(fresh);
    return { core, loaded };
  }

  /**
   * @param {Device} device
   * @param {Promise<Weights | BroughtWeights>} card
   */
  async #openDevice(device, card) {
    const loaded = await loadWasm(
      this.baseUrl,
      device,
      (done, total) => this.emit({ stage: "wasm", done, total }),
      this.signal,
    );
    const opened = await this.waiting(device, () => loaded.wasm.OpenDevice.open(device));
    opened.warmUp((await card).name);
    return { loaded, opened };
  }

  /**
   * Tells when a graphics device is waited for, which may be for ever: see `StartLimit`.
   * @template T
   * @param {DeviceChoice} device
   * @param {() => T | Promise<T>} answer
   */
  async waiting(device, answer) {
    if (device === "cpu") return answer();
    this.emit({ stage: "device", waiting: true });
    try {
      return await answer();
    } finally {
      this.emit({ stage: "device", waiting: false });
    }
  }

  /** The weights of the site, or those that were brought, whose file may have outputs that want names: ImageNet's, unless told. */
  async #find() {
    if (typeof this.backbone === "string" && !isAddress(this.backbone))
      return Weights.find(this.baseUrl, this.backbone, this.signal);
    this.#labels = this.labels ? Promise.resolve(this.labels) : imagenetLabels(this.baseUrl, this.signal);
    return new BroughtWeights(this.backbone);
  }

  /** @param {Weights | BroughtWeights} card */
  async #read(card) {
    try {
      return await this.#download(card);
    } catch (error) {
      // A cached copy that has the wrong length is as damaged as one with the wrong hash.
      if (!card.fromCache || this.signal.aborted) throw error;
      await card.forget();
      return this.#download(card);
    }
  }

  /** @param {Weights | BroughtWeights} card */
  #download(card) {
    return card.read((done, total) => this.emit({ stage: "weights", done, total }), this.signal);
  }
}

/**
 * A trap in asynchronous WebAssembly leaves its promise open for ever and shows only as an uncaught error: this makes
 * it a rejection.
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
async function trapsRejected(promise) {
  /** @type {(event: ErrorEvent) => void} */
  let onTrap = () => {};
  const trap = new Promise((_, reject) => {
    onTrap = (event) => {
      if (!(event.error instanceof WebAssembly.RuntimeError)) return;
      event.preventDefault(); // handled here, so the page need not give the worker up
      reject(event.error);
    };
  });
  addEventListener("error", onTrap);
  try {
    return /** @type {T} */ (await Promise.race([promise, trap]));
  } finally {
    removeEventListener("error", onTrap);
  }
}
