/** @type {Promise<unknown> | null} */
let loaded = null;

/**
 * Loads what draws curves, a fifth of the page's code, when there is something to be drawn: nobody waits for it before
 * training can begin. Elements that stand there already come to life then. Where it cannot be loaded now, the next call
 * tries again.
 */
export function loadCharts() {
  loaded ??= import("./charts.js").catch((error) => {
    loaded = null;
    console.warn("lastlayer: the curves cannot be drawn yet.", error);
  });
}
