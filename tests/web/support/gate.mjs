/**
 * A promise that the test resolves, to hold something at a known point.
 * @template T
 */
export function gate() {
  /** @type {(value: T) => void} */
  let open = () => {};
  /** @type {Promise<T>} */
  const opened = new Promise((resolve) => (open = resolve));
  return { opened, open };
}

/**
 * The error that a promise rejects with; fails where it does not.
 * @param {Promise<unknown>} promise
 * @returns {Promise<any>}
 */
export async function rejection(promise) {
  return promise.then(
    (value) => {
      throw new Error(`expected a rejection, got ${JSON.stringify(value)}`);
    },
    (error) => error,
  );
}
