/** @import { StoreFailure } from "./failure.js" */
/** @import { Content, Project } from "./project.js" */
import { asFailure } from "./failure.js";

/**
 * What the network has read in photos: `mark` is another one wherever it has read more, null as long as nothing is read.
 * @typedef {{ mark: unknown, features: (ids: number[]) => Promise<(Uint16Array<ArrayBuffer> | null)[]> }} Reading
 */

/**
 * Keeps a project as it changes, one attempt after another. However often it changes while one is being made, the next
 * one keeps it as it is then.
 */
export class Keeper {
  #project;
  #take;
  #changed;
  /** What was to be kept last, kept or not. @type {readonly unknown[]} */ #seen = [];
  /** The mark of what was read when that was kept last. @type {unknown} */ #read = null;
  #again = false;
  /** @type {Promise<void> | null} */ #running = null;
  /** Why not all of it is kept. @type {StoreFailure | null} */ failure = null;
  /** Photos that cannot be kept, since their files cannot be read any more. */ unreadable = 0;

  /**
   * @param {Project} project
   * @param {() => Content & { mark: readonly unknown[], reading: Reading }} take  What is to be kept now. `mark`: values
   *   of which one is another one wherever something is to be written.
   * @param {() => void} changed  More is kept, or it is known that it is not.
   */
  constructor(project, take, changed) {
    this.#project = project;
    this.#take = take;
    this.#changed = changed;
    // As it was opened, or empty: that is kept.
    this.#seen = take().mark;
  }

  get busy() {
    return this.#running !== null;
  }

  /** Something may have changed. */
  look() {
    const { mark } = this.#take();
    if (mark.length === this.#seen.length && mark.every((value, index) => value === this.#seen[index])) return;
    this.retry();
  }

  /** Tries again to keep what is not kept. */
  retry() {
    this.#again = true;
    this.#running ??= this.#run();
  }

  /** Resolves when there is nothing left to be done. */
  async settled() {
    while (this.#running) await this.#running;
  }

  async #run() {
    // What is announced in the same turn of the page belongs together.
    await Promise.resolve();
    while (this.#again) {
      this.#again = false;
      const { mark, reading, ...content } = this.#take();
      this.#seen = mark;
      try {
        const { unreadable, failure } = await this.#project.keep(content, this.#changed);
        Object.assign(this, { unreadable, failure });
        if (!failure) await this.#keepRead(reading);
      } catch (error) {
        this.failure = asFailure(error);
      }
      if (this.failure) console.warn("lastlayer: not everything is kept.", this.failure);
      this.#changed();
    }
    this.#running = null;
    this.#changed();
  }

  /** It can all be read again: where it cannot be kept, nothing is missing. @param {Reading} reading */
  async #keepRead({ mark, features }) {
    if (mark === null || mark === this.#read || this.#again) return;
    try {
      await this.#project.keepFeatures(features, () => this.#again);
      if (!this.#again) this.#read = mark;
    } catch (error) {
      console.warn("lastlayer: what was read in photos is not kept.", error);
    }
  }
}
