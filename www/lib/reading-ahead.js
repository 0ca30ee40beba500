/** @import { Handlers, ProvisionalEvent } from "./types/calls.d.ts" */
/** @import { Bench } from "./core-worker.js" */
/** @import { PhotoFiles } from "./photo-files.js" */
/** @import { Runs } from "./runs.js" */

/**
 * A piece that takes more milliseconds keeps a question waiting for too long: after two in a row nothing is read ahead
 * any more.
 */
const LONGEST_PIECE = 1000;
/** For what is lent, a moment each: longer than the slowest device takes for a batch. */
const MOST_WAITS = 50;

/**
 * Reads photos, and the draws of them that a training is likely to ask for, one piece at a time, until there is
 * something better to do: a run, or files to take in, after which it is called again. Of what is read a first classifier
 * is made meanwhile.
 */
export class ReadingAhead {
  /** Whether anything is read before a training asks for it. */
  allowed = true;
  #bench;
  #files;
  #runs;
  #now;
  #underWay = false;
  /** Photos that were added. */
  #additions = 0;
  /** In a row. */
  #slowPieces = 0;

  /**
   * @param {Bench} bench
   * @param {PhotoFiles} files
   * @param {Runs} runs
   * @param {() => number} now  Milliseconds from any fixed point.
   */
  constructor(bench, files, runs, now) {
    this.#bench = bench;
    this.#files = files;
    this.#runs = runs;
    this.#now = now;
  }

  handlers = /** @satisfies {Partial<Handlers>} */ ({
    readAhead: (_, { emit }) => this.#read(emit),
  });

  /**
   * A photo was added: it is lent to helpers while further ones are, and nothing else is done meanwhile but a first
   * classifier of what these have read.
   * @param {(event: ProvisionalEvent) => void} emit
   */
  async added(emit) {
    this.#additions += 1;
    if (!this.allowed || this.#runs.underWay) return;
    const { core, helpers } = this.#bench;
    await helpers?.feed(core, core.unread(), this.#files.supplyAll);
    this.#goOnProvisionally(emit);
  }

  /**
   * A piece of work on the first classifier. It is told of at once: what a generator yields is sent a piece later, when a
   * photo may have been removed that it was made of.
   * @param {(event: ProvisionalEvent) => void} emit
   * @returns {boolean} whether there is more to do
   */
  #goOnProvisionally(emit) {
    const step = this.#bench.core.goOnProvisionally();
    if (step.type === "made") emit({ type: "provisional", impression: step.impression });
    return step.type !== "upToDate";
  }

  /**
   * @param {(event: ProvisionalEvent) => void} emit
   * @returns {AsyncGenerator<undefined, void, void>}
   */
  async *#read(emit) {
    if (!this.allowed || this.#underWay) return;
    const { core, helpers } = this.#bench;
    this.#underWay = true;
    try {
      const left = core.leftAhead();
      const additions = this.#additions;
      const free = () => !this.#runs.underWay && !this.#files.expected && additions === this.#additions;
      while (free()) {
        const begun = this.#now();
        if (!(await core.readAhead())) break;
        // The first of all may be slow because it is the first.
        this.#slowPieces = this.#now() - begun > LONGEST_PIECE ? this.#slowPieces + 1 : 0;
        this.allowed = this.#slowPieces < 2;
        if (!this.allowed) break;
        await helpers?.feed(core, left, this.#files.supplyAll);
        this.#goOnProvisionally(emit);
        yield;
      }
      // What is lent is still being read; a helper that does not answer is not waited for.
      for (let waits = 0; waits < MOST_WAITS && free() && (await helpers?.next(core)); waits++) {
        this.#goOnProvisionally(emit);
        yield;
      }
      while (!this.#runs.underWay && this.#goOnProvisionally(emit)) yield;
    } finally {
      this.#underWay = false;
      if (!this.#runs.underWay) helpers?.rest();
    }
  }
}
