/** @import { Decoded, Files } from "./decode.js" */
/** @import { Expected } from "./types/calls.d.ts" */
import { decode, inspect } from "./decode.js";

/**
 * Files that are decoded before their turn. The browser does that on other threads, and it takes longer than the core's
 * part: so the next ones are under way while the core works on one.
 *
 * Decoded photos are large, so few of them wait at a time. What fails is told when its turn comes.
 */
export class Ahead {
  #core;
  #most;
  #pixels = 0;
  /** @type {Expected[]} */
  #waiting = [];
  /** @type {Map<number, { pixels: number, decoded: Promise<Decoded> }>} */
  #begun = new Map();
  #beginning = false;

  /**
   * @param {() => Files} core
   * @param {{ files: number, pixels: number }} most  `files` files at a time, and no further one where `pixels` pixels
   *   are decoded already.
   */
  constructor(core, most) {
    this.#core = core;
    this.#most = most;
  }

  /**
   * These will be asked for, after those that were named before.
   * @param {Expected[]} files
   */
  expect(files) {
    this.#waiting.push(...files);
    void this.#begin();
  }

  /** Whether files are to come. */
  get expects() {
    return this.#waiting.length > 0 || this.#begun.size > 0;
  }

  /**
   * The turn of a file, whether it was expected or not.
   * @param {Expected} file
   * @returns {Promise<Decoded>}
   */
  async take({ id, blob }) {
    const begun = this.#begun.get(id);
    this.#waiting = this.#waiting.filter((file) => file.id !== id);
    if (!begun) return decode(this.#core(), await this.#inspect(blob));
    this.#begun.delete(id);
    try {
      return await begun.decoded;
    } finally {
      // It is no longer ahead.
      this.#pixels -= begun.pixels;
      void this.#begin();
    }
  }

  /**
   * Those will not be asked for, as far as they have not been.
   * @param {number[]} ids
   */
  forget(ids) {
    const gone = new Set(ids);
    this.#waiting = this.#waiting.filter(({ id }) => !gone.has(id));
    for (const id of gone) {
      const begun = this.#begun.get(id);
      if (!begun) continue;
      this.#begun.delete(id);
      this.#pixels -= begun.pixels;
      begun.decoded.then(({ bitmap }) => bitmap.close(), ignored);
    }
    void this.#begin();
  }

  async #begin() {
    // One after the other, since only its header says how large a photo is.
    if (this.#beginning) return;
    this.#beginning = true;
    for (
      let file;
      this.#begun.size < this.#most.files && this.#pixels < this.#most.pixels && (file = this.#waiting.shift());
    ) {
      await this.#beginWith(file);
    }
    this.#beginning = false;
  }

  /** @param {Expected} file */
  async #beginWith({ id, blob }) {
    const inspected = this.#inspect(blob);
    const begun = { pixels: 0, decoded: inspected.then((file) => decode(this.#core(), file)) };
    begun.decoded.catch(ignored); // told to whom it concerns, by `take`
    this.#begun.set(id, begun);
    const pixels = await inspected.then(
      ({ width, height }) => width * height,
      () => 0,
    );
    if (this.#begun.get(id) !== begun) return; // taken or forgotten meanwhile
    begun.pixels = pixels;
    this.#pixels += pixels;
  }

  /** @param {Blob} blob */
  async #inspect(blob) {
    return inspect(this.#core(), blob);
  }
}

/**
 * How much a device bears.
 * @param {number | undefined} cores
 * @param {number | undefined} memory  In GB, as browsers round it, 8 at most; where they do not say, we assume little.
 */
export function aheadOf(cores, memory) {
  // Two or three photos of 12 megapixels, 48 MB each; one of them where memory is short.
  const pixels = memory === undefined || memory < 8 ? 4e6 : (cores ?? 1) < 4 ? 16e6 : 32e6;
  return { files: 4, pixels };
}

function ignored() {}
