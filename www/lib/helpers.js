/** @import { Core, CoreLoan, StepEvent } from "./types/core.d.ts" */
import { LastLayerError } from "./errors.js";

/**
 * A worker with a core of its own that can read photos and compute parts of steps.
 * @typedef {object} Helper
 * @property {(loan: CoreLoan) => Promise<Float32Array>} work  Resolves to the answer, which the core's `accept` takes.
 * @property {() => void} end
 */

/**
 * Photos that are left to be read, or steps to be taken, and for which it pays to start helpers: at least the time that
 * starting them takes.
 */
const WORTHWHILE = 32;
/**
 * Loans of photos out to each helper: one that it works on, and the others for the time until it is served again, which
 * may take two steps of the core. On two cores two workers were 1.60, 1.77 and 1.85 times as fast as one with two,
 * three and four.
 */
const LOANS = 4;
/** How long helpers without work live, in milliseconds: each holds a copy of the weights. */
const REST = 30_000;
/** More of them are not fed fast enough by one. */
const MOST_HELPERS = 7;
/**
 * How long a step waits for parts that are out before they are computed here: `times` times as long as they have been
 * out already, and at least `least` milliseconds. Whoever is only slow has answered by then; after it, somebody who may
 * be dead has cost little more than the parts are worth.
 */
const PATIENCE = { times: 2, least: 100 };

/**
 * How many helpers a device bears: one for each core but the first, fewer where memory is short.
 * @param {number | undefined} cores
 * @param {number | undefined} memory  In GB, as browsers round it; where they do not say, we assume little.
 */
export function helperCount(cores, memory) {
  const byMemory = memory === undefined ? 3 : memory <= 1 ? 0 : memory - 1;
  return Math.floor(Math.max(0, Math.min((cores ?? 1) - 1, byMemory, MOST_HELPERS)));
}

/** Milliseconds that are waited for an answer before other calls are served. */
const MOMENT = 200;

/**
 * Workers that read photos along with the one that trains, and share its steps. They are started when there is enough
 * to do, and ended some time after the last of it. One that fails is let go of, and the core does itself what it has
 * lent and not got back.
 */
export class Helpers {
  #start;
  #count;
  #starting = false;
  /** @type {Map<Helper, number>} With the loans that each has. */
  #helpers = new Map();
  /** What has come back and is not yet accepted. @type {{ id: number, answer: Float32Array, helper: Helper }[]} */
  #back = [];
  /** When parts were lent last. */
  #since = 0;
  /** Called when something comes back, somebody is let go of, or patience is at its end. */
  #heard = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #rest;

  /**
   * @param {number} count
   * @param {() => Promise<Helper>} start  Starts one.
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
      for (const [helper, has] of this.#helpers) {
        if (has > loans) continue;
        const loan = await borrow(core, this.#helpers.size + 1, supply);
        if (!loan) return;
        this.#give(helper, loan);
      }
    }
  }

  /**
   * The same for a core whose steps can be shared: helpers that have nothing to do get parts of the step under way, and
   * where nothing is left of it but what they have, they are waited for a little.
   * @param {Core} core
   * @param {number} left  Steps that are still to be taken, as far as that is known.
   * @param {(ids: number[]) => Promise<void>} supply
   */
  async share(core, left, supply) {
    if (core.parts() < 2) return;
    clearTimeout(this.#rest);
    this.take(core);
    if (core.waits()) await this.#wait(core);
    if (left >= WORTHWHILE) this.#startAll();
    const free = [...this.#helpers].filter(([, has]) => has === 0);
    for (const [index, [helper]] of free.entries()) {
      const loan = await borrow(core, free.length - index + 1, supply);
      if (!loan) return;
      this.#since = performance.now();
      this.#give(helper, loan);
    }
  }

  /** Takes in what has come back. @param {Core} core */
  take(core) {
    for (const { id, answer, helper } of this.#back.splice(0)) {
      try {
        core.accept(id, answer);
      } catch (error) {
        // It is done again; but who answers with something else once may do so again.
        console.warn("lastlayer: a worker that helps was let go of.", error);
        this.#end(helper);
      }
    }
  }

  /**
   * Takes in what comes back next, and waits for it for a moment. False where nothing is lent.
   * @param {Core} core
   */
  async next(core) {
    this.take(core);
    if (![...this.#helpers.values()].some((has) => has > 0)) return false;
    const timer = setTimeout(() => this.#heard(), MOMENT);
    await new Promise((/** @type {(value?: undefined) => void} */ resolve) => (this.#heard = resolve));
    clearTimeout(timer);
    this.take(core);
    return true;
  }

  /** Nothing is to be done any more. */
  rest() {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#endAll(), REST);
  }

  /** Until the core can go on, or patience is at its end. @param {Core} core */
  async #wait(core) {
    let patient = true;
    const patience = Math.max(PATIENCE.least, PATIENCE.times * (performance.now() - this.#since));
    const timer = setTimeout(() => {
      patient = false;
      this.#heard();
    }, patience);
    while (patient && core.waits() && [...this.#helpers.values()].some((has) => has > 0)) {
      await new Promise((/** @type {(value?: undefined) => void} */ resolve) => (this.#heard = resolve));
      this.take(core);
    }
    clearTimeout(timer);
  }

  #startAll() {
    if (this.#starting || this.#helpers.size > 0) return;
    this.#starting = true;
    const started = Array.from({ length: this.#count }, async () => {
      this.#helpers.set(await this.#start(), 0);
    });
    void Promise.allSettled(started).then((outcomes) => {
      this.#starting = false;
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (!failed) return;
      // As where a page's policy forbids workers within workers: it takes longer, and works.
      console.warn("lastlayer: fewer workers than this device bears share the work.", failed.reason);
      this.#count = this.#helpers.size;
    });
  }

  /**
   * @param {Helper} helper
   * @param {CoreLoan} loan
   */
  #give(helper, loan) {
    const { id } = loan;
    const has = this.#helpers.get(helper);
    if (has === undefined) return; // It has died while its loan was made.
    this.#helpers.set(helper, has + 1);
    helper.work(loan).then(
      (answer) => {
        const has = this.#helpers.get(helper);
        if (has === undefined) return;
        this.#helpers.set(helper, has - 1);
        this.#back.push({ id, answer, helper });
        this.#heard();
      },
      () => this.#end(helper),
    );
  }

  /** @param {Helper} helper */
  #end(helper) {
    if (this.#helpers.delete(helper)) helper.end();
    this.#heard();
  }

  #endAll() {
    for (const helper of [...this.#helpers.keys()]) this.#end(helper);
  }
}

/**
 * Steps that are left of what an event is of, as far as it tells.
 * @param {StepEvent} event
 */
export function stepsLeft(event) {
  if (event.type !== "batch" && event.type !== "fold") return 0;
  const ofFit = (event.epochs - event.epoch + 1) * event.batches - event.batch;
  return event.type === "fold" ? ofFit + (event.folds - event.fold) * event.epochs * event.batches : ofFit;
}

/**
 * @param {Core} core
 * @param {number} workers  Those that have nothing to do, the core's own among them.
 * @param {(ids: number[]) => Promise<void>} supply
 * @returns {Promise<CoreLoan | undefined>}
 */
async function borrow(core, workers, supply) {
  let loan = await core.lend(workers);
  if (loan && "needPhotos" in loan) {
    await supply(loan.needPhotos);
    loan = await core.lend(workers);
    if (loan && "needPhotos" in loan)
      throw new LastLayerError("internal", "Photos are asked for that have been supplied.");
  }
  return loan;
}
