// For pages of tests: the library as a visitor's own script would import it, and photos to try it on.

/** @typedef {typeof import("../../../../www/lib/index.js")} Library */

const SITE = new URL("/some/where/", location.href).href;

/** @type {Library} */
const library = await import(`${SITE}lib.js`);
export const { FineTuner, LastLayerError, OPTIONS, groupByFolder } = library;

/** @param {import("../../../../www/lib/fine-tuner.js").CreateOptions} [options] */
export function tuner(options) {
  return FineTuner.create({ device: "cpu", ...options });
}

/**
 * @param {string} kind
 * @param {number} number
 */
export async function photo(kind, number) {
  const response = await fetch(`/photos/${kind}/${number}.png`);
  return new File([await response.blob()], `${kind}-${number}.png`, { type: "image/png" });
}

/**
 * @param {string} kind
 * @param {number} from
 * @param {number} count
 */
export function photos(kind, from, count) {
  return Promise.all(Array.from({ length: count }, (_, index) => photo(kind, from + index)));
}

/**
 * The code that a promise rejects with, or "resolved".
 * @param {Promise<unknown>} promise
 */
export function outcome(promise) {
  return promise.then(
    () => "resolved",
    (error) => (error instanceof LastLayerError ? error.code : `not ours: ${error}`),
  );
}
