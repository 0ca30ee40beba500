/**
 * Files of the site that a later visit finds in the Cache API.
 */

const CACHE = "lastlayer-weights";

/** @param {string} key */
export function lookUp(key) {
  return withCache((cache) => cache.match(key));
}

/**
 * @param {string} key
 * @param {BodyInit} body
 */
export function keep(key, body) {
  return withCache((cache) => cache.put(key, new Response(body)));
}

/** @param {string} key */
export function forget(key) {
  return withCache((cache) => cache.delete(key));
}

/**
 * Storage is a convenience: it may be missing, blocked or full, and none of these is a reason to fail.
 * @template T
 * @param {(cache: Cache) => Promise<T>} use
 * @returns {Promise<T | undefined>}
 */
async function withCache(use) {
  try {
    if (typeof caches === "undefined") return undefined; // which throws in a sandboxed frame
    return await use(await caches.open(CACHE));
  } catch (error) {
    console.warn(
      "lastlayer: the browser's storage cannot be used, the weights will be downloaded again next time.",
      error,
    );
    return undefined;
  }
}
