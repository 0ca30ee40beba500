/** @import { Core, CoreLoan } from "./types.d.ts" */
import { LastLayerError } from "./errors.js";

/**
 * A worker with a core of its own that can read photos.
 * @typedef {object} Reader
 * @property {(loan: CoreLoan) => Promise<Float32Array>} embed  Activations of the pictures lent.
 * @property {() => void} end
 */

/** Photos that are left to be read and for which it pays to start helpers: about the time that starting them takes. */
export const WORTHWHILE = 32;
/**
 * Loans out to each helper: one that it works on, and the others for the time until it is served again, which may take two steps of the core.
 * On two cores two workers were 1.60, 1.77 and 1.85 times as fast as one with two, three and four.
 */
const LOANS = 4;
/** How long helpers without work live, in milliseconds: each holds a copy of the weights. */
const REST = 30_000;
/** More of them are not fed fast enough by one. */
const MOST_HELPERS = 7;

/**
 * How many helpers a device bears: one for each core but the first, fewer where memory is short.
 * @param {number | undefined} cores
 * @param {number | undefined} memory  In GB, as browsers round it; where they do not say, we assume little.
 */
export function helperCount(cores, memory) {
  const byMemory = memory === undefined ? 3 : memory <= 1 ? 0 : memory - 1;
  return Math.floor(Math.max(0, Math.min((cores ?? 1) - 1, byMemory, MOST_HELPERS)));
}

/**
 * Workers that read photos along with the one that trains. They are started when there is enough to read, and ended some time after the
 * last of it. Nothing waits for them: one that fails is let go of, and the core reads itself what it has lent and not got back.
 */
export class Helpers {
  #start;
  #count;
  #starting = false;
  /** @type {Map<Reader, number>} With the loans that each has. */
  #readers = new Map();
  /** What has come back and is not yet accepted. @type {{ ticket: number, activations: Float32Array }[]} */
  #back = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #rest;

  /**
   * @param {number} count
   * @param {() => Promise<Reader>} start  Starts one.
   */
  constructor(count, start) {
    this.#count = count;
    this.#start = start;
  }

  /**
   * Takes in what has been read, and lends more. Called between two steps of a core that is reading, never during one.
   * @param {Core} core
   * @param {number} left  Photos that are still to be read.
   * @param {(ids: number[]) => Promise<void>} supply  Gives the core the pixels of photos.
   */
  async feed(core, left, supply) {
    clearTimeout(this.#rest);
    this.take(core);
    if (left >= WORTHWHILE) this.#startAll();
    for (let loans = 0; loans < LOANS; loans++) {
      for (const [reader, has] of this.#readers) {
        if (has > loans) continue;
        const loan = await borrow(core, supply);
        if (!loan) return;
        this.#give(reader, loan);
      }
    }
  }

  /** Takes in what has been read. @param {Core} core */
  take(core) {
    for (const { ticket, activations } of this.#back.splice(0)) core.accept(ticket, activations);
  }

  /** Nothing is to be read any more. */
  rest() {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#endAll(), REST);
  }

  #startAll() {
    if (this.#starting || this.#readers.size > 0) return;
    this.#starting = true;
    const started = Array.from({ length: this.#count }, async () => {
      this.#readers.set(await this.#start(), 0);
    });
    void Promise.allSettled(started).then((outcomes) => {
      this.#starting = false;
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (!failed) return;
      // As where a page's policy forbids workers within workers: it takes longer, and works.
      console.warn("lastlayer: fewer workers than this device bears read photos.", failed.reason);
      this.#count = this.#readers.size;
    });
  }

  /**
   * @param {Reader} reader
   * @param {CoreLoan} loan
   */
  #give(reader, loan) {
    const { ticket } = loan;
    this.#readers.set(reader, (this.#readers.get(reader) ?? 0) + 1);
    reader.embed(loan).then(
      (activations) => {
        const has = this.#readers.get(reader);
        if (has === undefined) return;
        this.#readers.set(reader, has - 1);
        this.#back.push({ ticket, activations });
      },
      () => this.#end(reader),
    );
  }

  /** @param {Reader} reader */
  #end(reader) {
    if (this.#readers.delete(reader)) reader.end();
  }

  #endAll() {
    for (const reader of [...this.#readers.keys()]) this.#end(reader);
  }
}

/**
 * @param {Core} core
 * @param {(ids: number[]) => Promise<void>} supply
 * @returns {Promise<CoreLoan | undefined>}
 */
async function borrow(core, supply) {
  let lent = core.lend();
  if (lent && "needPhotos" in lent) {
    await supply(lent.needPhotos);
    lent = core.lend();
    if (lent && "needPhotos" in lent) throw new LastLayerError("internal", "Photos are asked for that have been supplied.");
  }
  return lent;
}
