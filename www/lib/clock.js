/**
 * Something done at intervals, until it is stopped. Tests have one of their own.
 * @typedef {object} Clock
 * @property {(milliseconds: number, tick: () => void) => () => void} every  Returns what stops it.
 */

/** @type {Clock} */
export const clock = {
  every(milliseconds, tick) {
    const timer = setInterval(tick, milliseconds);
    return () => clearInterval(timer);
  },
};
