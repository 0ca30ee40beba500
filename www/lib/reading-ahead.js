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
    readAhead: () => this.#read(),
  });

  /**
   * A photo was added: it is lent to helpers while further ones are, and nothing else is done meanwhile but a first
   * classifier of what these have read.
   */
  async added() {
    this.#additions += 1;
    if (!this.allowed || this.#runs.underWay) return undefined;
    const { core, helpers } = this.#bench;
    await helpers?.feed(core, core.unread(), this.#files.supplyAll);
    return this.#provisionally().event;
  }

  /** A piece of work on the first classifier. @returns {{ over: boolean, event: ProvisionalEvent | undefined }} */
  #provisionally() {
    const step = this.#bench.core.goOnProvisionally();
    const event =
      step.type === "made" ? { type: /** @type {const} */ ("provisional"), impression: step.impression } : undefined;
    return { over: step.type === "upToDate", event };
  }

  /** @returns {AsyncGenerator<ProvisionalEvent | undefined, void, void>} */
  async *#read() {
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
        yield this.#provisionally().event;
      }
      // What is lent is still being read; a helper that does not answer is not waited for.
      for (let waits = 0; waits < MOST_WAITS && free() && (await helpers?.next(core)); waits++)
        yield this.#provisionally().event;
      while (!this.#runs.underWay) {
        const { over, event } = this.#provisionally();
        if (over) break;
        yield event;
      }
    } finally {
      this.#underWay = false;
      if (!this.#runs.underWay) helpers?.rest();
    }
  }
}
