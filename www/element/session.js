import { FineTuner, LastLayerError } from "../lib/index.js";
import { carryOver } from "./carry-over.js";
import { Collection } from "./collection.js";
import { Comparing } from "./comparing.js";
import { Evaluating } from "./evaluating.js";
import { Keep } from "./keep.js";
import { Looking } from "./looking.js";
import { namesAt } from "./names-at.js";
import { Networks } from "./networks.js";
import { paced } from "./paced.js";
import { Testing } from "./testing.js";
import { Training } from "./training.js";

/**
 * @typedef {{
 *   device: "auto" | "webgpu" | "cpu",
 *   baseUrl: string | undefined,
 *   backbone: string | Blob | undefined,
 *   labels: string | readonly string[] | undefined,
 *   options: Record<string, number | string>,
 *   persist: string | null,
 *   language: import("../ui/types.d.ts").PanelLanguage,
 * }} Settings
 * `persist`: in which space the work is kept; null where it is not.
 */
/** @typedef {import("../ui/messages.js").MessageKey} MessageKey */

/**
 * @typedef {object} UnreadablePhotos
 * @property {readonly { id: number, name: string }[]} photos
 * @property {boolean} resuming  What failed was to go on with a paused training, which has to be begun anew without
 *   them.
 * @property {() => Promise<unknown>} again  The run that failed, from its start.
 */

/**
 * What a FineTuner is made with: see `Networks`.
 * @typedef {Pick<import("./networks.js").Choice, "backbone" | "labels">} Network
 */

/** Milliseconds between two drawings of what changes all the time: a progress bar still moves smoothly. */
const BETWEEN_DRAWINGS = 100;

/**
 * What one element is doing: its FineTuner and, in `networks`, `collection`, `training`, `evaluating`, `comparing` and
 * `testing`, what the panels show. The FineTuner is made at the first need and not before, so that a reader who only scrolls
 * by downloads nothing.
 */
export class Session {
  /**
   * @param {object} owner
   * @param {() => Settings} owner.settings        read when they are needed, so that attributes can be set in any order
   * @param {() => void} owner.changed             something to show has changed
   * @param {(type: string, detail: unknown) => void} owner.notify   an event for the host page
   * @param {(key: MessageKey, parameters?: import("../ui/localize.js").Parameters) => void} owner.announce  a line for
   *   screen readers
   */
  constructor({ settings, changed, notify, announce }) {
    this.settings = settings;
    this.changed = () => {
      this.keep.look();
      changed();
    };
    /**
     * As `changed`, for what comes photo by photo or batch by batch: drawing the panels again for each of a thousand
     * photos would take longer than reading them.
     */
    this.changedBit = paced(this.changed, BETWEEN_DRAWINGS);
    this.notify = notify;
    this.announce = announce;
    /** @type {FineTuner | null} */ this.tuner = null;
    /** @type {Promise<FineTuner> | null} */ this.starting = null;
    /** @type {LastLayerError | null} */ this.problem = null;
    /** Photos whose files can no longer be read, and what to do without them. @type {UnreadablePhotos | null} */
    this.unreadable = null;
    /** @type {import("../ui/types.d.ts").LoadingView} */
    this.loading = { state: "idle", bytes: null, device: null, problem: null, restarted: false };
    this.abort = new AbortController();
    this.networks = new Networks(this);
    this.collection = new Collection(this);
    this.looking = new Looking(this);
    this.training = new Training(this);
    this.testing = new Testing(this);
    this.evaluating = new Evaluating(this);
    this.comparing = new Comparing(this);
    this.keep = new Keep(this);
  }

  /**
   * The FineTuner, downloaded and started at the first call. After a failure the next call tries again.
   * @returns {Promise<FineTuner>}
   */
  ready() {
    this.starting ??= this.#start().catch((error) => {
      this.starting = null;
      throw error;
    });
    return this.starting;
  }

  /**
   * Runs one thing the reader asked for. What goes wrong is shown and sent as `error`; a cancellation was asked for too
   * and is neither.
   * @template Result
   * @param {(tuner: FineTuner) => Promise<Result>} action
   * @param {{ again: () => Promise<unknown>, resuming?: boolean }} [run]  Of a run that reads photos: how it is begun
   *        again without those whose files can no longer be read.
   * @returns {Promise<Result | undefined>}
   */
  async attempt(action, run) {
    // What went wrong before has been read, or is past.
    this.problem = null;
    if (run) this.unreadable = null;
    /** @type {FineTuner | null} */ let tuner = null;
    try {
      tuner = await this.ready();
      return await action(tuner);
    } catch (thrown) {
      // What was asked of a network that has been replaced meanwhile is past.
      const past = tuner !== null && tuner !== this.tuner && isClosed(thrown);
      if (!past && !(run && (await this.#offerWithout(thrown, run)))) this.fail(thrown);
      return undefined;
    } finally {
      this.changed();
    }
  }

  /** @param {unknown} thrown */
  fail(thrown) {
    const error =
      thrown instanceof LastLayerError
        ? thrown
        : new LastLayerError("internal", String(thrown), { detail: String(thrown) });
    if (error.code === "cancelled" || error.code === "paused" || (isClosed(error) && this.abort.signal.aborted)) return;
    // A failed start has its own place, with a button to try again.
    if (error !== this.loading.problem) this.problem = error;
    this.notify("error", { code: error.code, message: error.message, params: error.params });
    this.changed();
  }

  /** Removes the photos whose files can no longer be read, and begins again what they stopped. */
  async goOnWithout() {
    const { unreadable } = this;
    if (!unreadable) return;
    this.unreadable = null;
    const removed = await this.attempt(async (tuner) => {
      const there = new Set(tuner.photos.map(({ id }) => id));
      await tuner.remove(unreadable.photos.map(({ id }) => id).filter((id) => there.has(id)));
      return true;
    });
    if (removed) await unreadable.again();
  }

  /** They stay, and nothing is begun: the files may come back. */
  keepUnreadable() {
    this.unreadable = null;
    this.changed();
  }

  /**
   * Where the files of photos were changed, moved or deleted since: names all of them, and offers to go on without.
   * @param {unknown} thrown
   * @param {{ again: () => Promise<unknown>, resuming?: boolean }} run
   * @returns {Promise<boolean>} false where it was something else
   */
  async #offerWithout(thrown, { again, resuming = false }) {
    const { tuner } = this;
    if (!tuner || !(thrown instanceof LastLayerError) || thrown.code !== "photo-unreadable") return false;
    const { id, name } = thrown.params;
    const first = { id: Number(id), name: String(name) };
    // A look at all the files fails only where the worker does; the one that is known is named all the same.
    const found = await tuner.checkFiles().catch(() => []);
    const photos = found.length > 0 ? found : [first];
    this.unreadable = { photos, resuming, again };
    this.notify("error", { code: thrown.code, message: thrown.message, params: thrown.params });
    this.changed();
    return true;
  }

  dismissProblem() {
    this.problem = null;
    this.changed();
  }

  /** Ends the worker and gives its memory back. This session cannot be used afterwards. */
  close() {
    this.abort.abort();
    this.tuner?.close();
    this.keep.close();
  }

  /** Whether there is a FineTuner, or one is on its way. */
  get begun() {
    return this.starting !== null;
  }

  /**
   * Another network in place of the one there is, with the photos as they are, from their files. The classifier goes.
   * Where the new one cannot be used, it rejects, and the old one works on.
   * @param {Network} network
   * @param {{
   *   signal: AbortSignal,
   *   onDownload: (bytes: import("../ui/types.d.ts").Count) => void,
   *   onPhotos: (done: number, total: number) => void,
   *   fill?: (tuner: FineTuner) => Promise<string[]>,
   * }} following  `fill`: gives it other photos than those there are, and tells the names of those that it could not read.
   */
  async useNetwork(network, { signal: cancelled, onDownload, onPhotos, fill }) {
    const signal = AbortSignal.any([cancelled, this.abort.signal]);
    const old = await unlessAborted(this.starting?.catch(() => null) ?? null, signal);
    const fresh = await this.#create(network, signal, onDownload);
    /** @type {string[]} */ let lost = [];
    try {
      if (fill) lost = await fill(fresh);
      else if (old) lost = await carryOver(old, fresh, { signal, onProgress: onPhotos });
      if (signal.aborted) throw signal.reason;
    } catch (thrown) {
      fresh.close();
      throw isAbort(thrown) ? new LastLayerError("cancelled", "The change of the network was cancelled.") : thrown;
    }
    this.testing.cancel();
    void this.looking.at(null);
    this.tuner = fresh;
    this.starting = Promise.resolve(fresh);
    old?.close();
    for (const part of [this.training, this.evaluating, this.comparing]) part.forget();
    this.#noteLost(lost);
    this.#began(fresh);
    this.notify("change", null);
    this.changed();
  }

  async #start() {
    this.loading = { ...this.loading, state: "loading", bytes: null, problem: null };
    this.announce("status.preparing");
    this.changed();
    const signal = AbortSignal.any([this.abort.signal, this.networks.abort.signal]);
    const create = (/** @type {Network} */ network) =>
      this.#create(network, signal, (bytes) => {
        this.loading = { ...this.loading, bytes };
        this.changed();
      });
    try {
      await this.keep.prepare();
      const network = await this.networks.first();
      const tuner = await create(network).catch((thrown) => {
        if (!this.networks.unusable(network, thrown)) throw thrown;
        return create(this.networks.current);
      });
      this.tuner = tuner;
      this.announce("status.ready");
      this.#began(tuner);
      await this.keep.begin();
      return tuner;
    } catch (thrown) {
      const problem = thrown instanceof LastLayerError ? thrown : null;
      this.loading = { ...this.loading, state: problem?.code === "cancelled" ? "idle" : "failed", problem };
      throw thrown;
    } finally {
      this.changed();
    }
  }

  /**
   * @param {Network} network
   * @param {AbortSignal} signal
   * @param {(bytes: import("../ui/types.d.ts").Count) => void} onDownload
   */
  async #create({ backbone, labels }, signal, onDownload) {
    const { device, baseUrl } = this.settings();
    const names = typeof labels === "string" ? await namesAt(labels, signal) : labels;
    return FineTuner.create({
      device,
      signal,
      onProgress: this.#downloadProgress(onDownload),
      ...(baseUrl ? { baseUrl } : {}),
      ...(backbone ? { backbone } : {}),
      ...(names ? { labels: names } : {}),
    });
  }

  /** @param {FineTuner} tuner */
  #began(tuner) {
    this.#listen(tuner);
    this.loading = { ...this.loading, state: "ready", device: tuner.info, problem: null };
    this.notify("load", tuner.info);
  }

  /**
   * Several downloads as one bar. A total becomes known only when its download answers, which would move the bar back:
   * the share shown never falls.
   * @param {(bytes: import("../ui/types.d.ts").Count) => void} show
   */
  #downloadProgress(show) {
    /** @type {Map<string, { done: number, total: number }>} */ const downloads = new Map();
    let share = 0;
    return (/** @type {import("../lib/types/public.d.ts").Progress} */ progress) => {
      this.notify("progress", progress);
      downloads.set(progress.stage, progress);
      const sum = (/** @type {"done" | "total"} */ of) =>
        [...downloads.values()].reduce((bytes, download) => bytes + download[of], 0);
      const total = sum("total");
      share = Math.max(share, total > 0 ? Math.min(1, sum("done") / total) : 0);
      show({ done: share * total, total });
    };
  }

  /** @param {readonly string[]} names  Of photos whose files can no longer be read. */
  #noteLost(names) {
    this.collection.note({
      failures: names.map((name) => ({ name, problem: { code: "unreadable", message: name } })),
    });
  }

  /** @param {FineTuner} tuner */
  #listen(tuner) {
    tuner.addEventListener("change", () => {
      this.keep.look();
      this.notify("change", null);
      this.changedBit();
    });
    for (const type of ["progress", "train"]) {
      tuner.addEventListener(type, (event) => this.notify(type, /** @type {CustomEvent} */ (event).detail));
    }
    tuner.addEventListener("provisional", (event) => {
      this.notify("provisional", /** @type {CustomEvent} */ (event).detail);
      this.testing.impressed();
    });
    tuner.addEventListener("restart", (event) => {
      /** @type {{ lost: { name: string }[] }} */ const { lost } = /** @type {CustomEvent} */ (event).detail;
      this.#noteLost(lost.map(({ name }) => name));
      this.loading = { ...this.loading, restarted: true, device: tuner.info };
      this.announce("status.restarted");
      this.changed();
    });
  }
}

/** @param {unknown} thrown */
function isClosed(thrown) {
  return thrown instanceof LastLayerError && thrown.code === "closed";
}

/** @param {unknown} thrown */
function isAbort(thrown) {
  return thrown instanceof DOMException && thrown.name === "AbortError";
}

/**
 * @template T
 * @param {T | Promise<T>} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
async function unlessAborted(wanted, signal) {
  const settled = new AbortController();
  const aborted = new Promise((_, reject) => {
    const cancelled = () => reject(new LastLayerError("cancelled", "The change of the network was cancelled."));
    if (signal.aborted) cancelled();
    signal.addEventListener("abort", cancelled, { signal: settled.signal });
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([wanted, aborted]));
  } finally {
    settled.abort();
  }
}
