/**
 * Keeps the work in this browser: files in the origin private file system, and in IndexedDB what is in them. Knows no
 * page and no worker.
 */
export { asFailure } from "./failure.js";
export { Keeper } from "./keeper.js";
export { Store } from "./store.js";
