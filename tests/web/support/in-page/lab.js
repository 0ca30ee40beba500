// For pages of tests: the library as a visitor's own script would import it, and photos to try it on.

/** @typedef {typeof import("../../../../www/lib/index.js")} Library */

const SITE = new URL("/some/where/", location.href).href;

/** @type {Library} */
const library = await import(`${SITE}lib.js`);
export const { FineTuner, LastLayerError, OPTIONS, SITE_NETWORKS } = library;

/** @param {import("../../../../www/lib/create-options.js").CreateOptions} [options] */
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

/** Workers that can be made to crash: an error that nobody catches is thrown in their thread. */
export function mortal() {
  /** @type {Worker[]} */
  const workers = [];
  /** @param {string} url */
  const startWorker = (url) => {
    const script = `
      import ${JSON.stringify(url)};
      addEventListener("message", ({ data }) => {
        if (data.crash) setTimeout(() => { throw new Error("crashed by the test"); });
      });`;
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" });
    worker.addEventListener("error", (event) => event.preventDefault());
    workers.push(worker);
    return worker;
  };
  const last = () => /** @type {Worker} */ (workers.at(-1));
  return {
    workers,
    startWorker,
    crash: () => last().postMessage({ cancel: 0, crash: true }),
    /** Resolves when the page has heard of the last worker's death. */
    died: () => new Promise((resolve) => last().addEventListener("error", resolve)),
  };
}

/**
 * Workers in whose thread a script runs before ours, to make their browser another one.
 * @param {string} script
 */
export function workerAfter(script) {
  return (/** @type {string} */ url) => {
    // A module's imports run before the rest of it: hence a module of its own.
    const before = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const both = `import ${JSON.stringify(before)}; import ${JSON.stringify(url)};`;
    return new Worker(URL.createObjectURL(new Blob([both], { type: "text/javascript" })), { type: "module" });
  };
}
