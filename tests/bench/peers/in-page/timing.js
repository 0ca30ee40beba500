/**
 * What a contestant answers when it is asked for a case: milliseconds for one unit of it, and where there is something
 * to compare, what came out: logits, to which a constant may have been added.
 * @typedef {{ milliseconds: number, output?: number[], note?: string }} Timing
 */

/**
 * How much of a case is to be done in one round.
 * @typedef {object} Work
 * @property {number} photos
 * @property {number} batch
 * @property {number} epochs
 * @property {number} repeats  Of the whole, of which the median counts.
 * @property {boolean} [once]   In one round only: it takes minutes.
 */

/**
 * A contestant in its page. A case that is not there is one it cannot do.
 * @typedef {object} Contestant
 * @property {string} about  Version, device, whatever else there is to say.
 * @property {Partial<Record<string, (work: Work) => Promise<Timing>>>} cases
 */

/**
 * Milliseconds, and the result.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<[number, T]>}
 */
export async function timed(work) {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

/**
 * The median time of several runs, and the result of the last.
 * @template T
 * @param {number} repeats
 * @param {() => Promise<T>} work
 * @returns {Promise<[number, T]>}
 */
export async function medianOf(repeats, work) {
  let [time, result] = await timed(work);
  const times = [time];
  while (times.length < repeats) {
    [time, result] = await timed(work);
    times.push(time);
  }
  times.sort((a, b) => a - b);
  return [/** @type {number} */ (times[Math.floor(times.length / 2)]), result];
}

/**
 * Numbers 0, 1, … in groups of at most `size`.
 * @param {number} count
 * @param {number} size
 */
export function batches(count, size) {
  return Array.from({ length: Math.ceil(count / size) }, (_, batch) =>
    range(batch * size, Math.min(count, (batch + 1) * size)),
  );
}

/**
 * @param {number} from
 * @param {number} to  Not in it.
 */
export function range(from, to) {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
