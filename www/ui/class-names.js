/**
 * Names out of a text, one in a line. Empty lines are no names.
 * @param {string} text
 */
export function namesIn(text) {
  return text
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/**
 * A text file; null where it is not UTF-8.
 * @param {ArrayBuffer} bytes
 */
export function utf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
