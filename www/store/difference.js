/** @import { PhotoRecord } from "./records.js" */

/**
 * What has to be written so that the index has these photos in this order. An order that is kept already is left as it
 * is wherever it can be: photos come at the end and go anywhere.
 * @param {ReadonlyMap<string, PhotoRecord>} kept  By file.
 * @param {readonly PhotoRecord[]} wanted  In the order that they are to have; what theirs says counts for nothing.
 * @returns {{ put: PhotoRecord[], gone: PhotoRecord[] }}
 */
export function difference(kept, wanted) {
  const put = [];
  const files = new Set(wanted.map(({ file }) => file));
  const gone = [...kept.values()].filter(({ file }) => !files.has(file));
  let last = -1;
  let next = [...kept.values()].reduce((most, { order }) => Math.max(most, order + 1), 0);
  for (const photo of wanted) {
    const before = kept.get(photo.file);
    const order = before && before.order > last ? before.order : next++;
    last = order;
    if (!before || before.order !== order || !same(before, photo)) put.push({ ...photo, order });
  }
  return { put, gone };
}

/** @param {PhotoRecord} a @param {PhotoRecord} b */
function same(a, b) {
  return a.id === b.id && a.name === b.name && a.label === b.label && a.features === b.features;
}
