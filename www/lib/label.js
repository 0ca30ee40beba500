/**
 * A class's name in the form that the core keeps: two ways to write “é” are one name, and spaces around it are no part
 * of it.
 * @param {string} label
 */
export function cleanLabel(label) {
  return label.normalize("NFC").trim();
}
