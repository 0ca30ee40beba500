/** @import { Calls } from "./types/calls.d.ts" */
/** @import { Clock } from "./clock.js" */

/**
 * How many seconds a graphics device may be waited for while nothing else makes progress. A graphics process that hangs
 * never answers, and may block the worker as well: so it is the page that counts.
 */
export const START_LIMIT = 20;

/** Counts the seconds of a worker's start in which it waits for a graphics device and nothing is heard of it. */
export class StartLimit {
  #clock;
  #onExpired;
  #seconds = 0;
  #stop = () => {};

  /**
   * @param {Clock} clock
   * @param {() => void} onExpired
   */
  constructor(clock, onExpired) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  /** @param {Calls["start"]["event"]} event */
  hear(event) {
    this.#seconds = 0;
    if (event.stage !== "device") return;
    this.end();
    // In ticks, not by the time of day: a machine that sleeps meanwhile is not waiting.
    if (event.waiting) this.#stop = this.#clock.every(1000, () => this.#tick());
  }

  end() {
    this.#stop();
    this.#stop = () => {};
  }

  #tick() {
    this.#seconds += 1;
    if (this.#seconds < START_LIMIT) return;
    this.end();
    this.#onExpired();
  }
}
