/**
 * A callback that may be asked for as often as one likes, and is called a few times a second at most: soon after it was
 * asked for, and not again until `milliseconds` later, then once for all that has asked meanwhile. A timer and not a
 * frame, since tabs in the background draw none.
 * @param {() => void} callback
 * @param {number} milliseconds
 * @returns {() => void}
 */
export function paced(callback, milliseconds) {
  let asked = false;
  let last = -Infinity;
  return () => {
    if (asked) return;
    asked = true;
    const wait = Math.max(0, last + milliseconds - performance.now());
    setTimeout(() => {
      asked = false;
      last = performance.now();
      callback();
    }, wait);
  };
}
