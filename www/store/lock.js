/** How long a page that is just being left, as at a reload, may take to let go. */
const PATIENCE = 1500;

/**
 * Takes a project for this tab alone, until it lets go or ends, however it ends.
 * @param {string} name
 * @param {number} [patience]  Milliseconds; 0 asks once.
 * @returns {Promise<(() => void) | null>} lets go; null where another tab has it
 */
export async function takeLock(name, patience = PATIENCE) {
  /** @type {() => void} */ let release = () => {};
  const held = new Promise((resolve) => (release = () => resolve(undefined)));
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, patience > 0 ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true }, (lock) => {
        resolve(lock && release);
        return lock && held;
      })
      .catch((error) =>
        error?.name === "TimeoutError" || error?.name === "AbortError" ? resolve(null) : reject(error),
      );
  });
}
