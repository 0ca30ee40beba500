/**
 * What a file is called in reports.
 * @param {Blob} blob
 * @param {number} position
 */
export function nameOf(blob, position) {
  return blob instanceof File && blob.name ? blob.name : `image ${position + 1}`;
}
