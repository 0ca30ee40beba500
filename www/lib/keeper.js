/** Not more often than this, in milliseconds: what a training of seconds has done is quickly done again. */
const PAUSE = 2000;
/** A checkpoint may cost at most one part in `SHARE` of the time. */
const SHARE = 20;

/**
 * Says when a training is to be kept, so that a worker that dies loses little and keeping costs little: after an epoch,
 * when two seconds have passed since the last time, and twenty times as long as keeping took then.
 */
export class Keeper {
  #now;
  #last;
  #cost = 0;

  /** @param {() => number} [now]  milliseconds from any fixed point */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#last = now();
  }

  /**
   * @template Result
   * @param {() => Promise<Result>} keep
   * @returns {Promise<Result | undefined>}  undefined where it is too early
   */
  async afterEpoch(keep) {
    const begun = this.#now();
    if (begun - this.#last < Math.max(PAUSE, SHARE * this.#cost)) return undefined;
    const kept = await keep();
    this.#last = this.#now();
    this.#cost = this.#last - begun;
    return kept;
  }
}
