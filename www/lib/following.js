/** @import { Expected } from "./types/calls.d.ts" */

/** How many files the worker knows of before their turn. */
const KNOWN = 4;

/**
 * Names the files of a list to the worker before their turn, so that it can begin with them: each once, a few at a
 * time.
 */
export class Following {
  #files;
  #position = 0;
  #named = 0;

  /** @param {readonly Expected[]} files */
  constructor(files) {
    this.#files = files;
  }

  /**
   * Those that are to be named along with the file at a position, whose turn it is.
   * @param {number} position
   */
  after(position) {
    const from = Math.max(this.#named, position + 1);
    [this.#position, this.#named] = [position, position + 1 + KNOWN];
    // What is no file at all is told when its turn comes.
    const files = this.#files.slice(from, this.#named).filter(({ blob }) => blob instanceof Blob);
    return files.map(({ id, blob }) => ({ id, blob }));
  }

  /** The ids of those that were named and have perhaps not been asked for. */
  get open() {
    return this.#files.slice(this.#position, this.#named).map(({ id }) => id);
  }
}
