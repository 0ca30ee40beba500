/** @import { Advice, Evaluation, Report } from "../lib/types/public.d.ts" */

/**
 * A file of a project, and how long it is.
 * @typedef {{ file: string, bytes: number }} KeptFile
 *
 * A photo. `order` rises from one to the next. `features`: the file of what the network has read in it, null where there
 * is none.
 * @typedef {KeptFile & {
 *   project: string, id: number, name: string, type: string, label: string, order: number, features: string | null,
 * }} PhotoRecord
 *
 * @typedef {KeptFile & { labels: readonly string[], own: readonly boolean[] }} KeptModel
 * @typedef {KeptFile & { advice: Advice | null }} KeptCheckpoint
 *
 * What is kept of a project but for its photos. `photos` and `bytes` sum up for lists; `unread`: files that could not be
 * read and are none of the above any more, which nobody removes; `page`: what the page shows beside the work; `network`:
 * which network it belongs to. The store knows nothing of these two.
 * @typedef {{
 *   id: string, format: number, name: string, created: number, changed: number,
 *   classes: readonly string[], report: Report | null, stale: boolean, evaluation: Evaluation | null,
 *   model: KeptModel | null, checkpoint: KeptCheckpoint | null,
 *   photos: number, bytes: number, unread: readonly string[], page: unknown, network: unknown,
 * }} ProjectRecord
 */

/** Of what is written in records: one of a higher number is of a newer version, and left alone. */
export const FORMAT = 1;

/** @param {any} record @returns {record is PhotoRecord} */
export function isPhotoRecord(record) {
  const { id, name, type, label, order } = record ?? {};
  return (
    isFile(record) &&
    [id, order].every(Number.isSafeInteger) &&
    [name, type, label].every((text) => typeof text === "string")
  );
}

/** @param {any} record @returns {record is ProjectRecord} */
export function isProjectRecord(record) {
  if (record?.format !== FORMAT) return false;
  const { name, classes, model, checkpoint, photos, bytes, unread, report, evaluation } = record;
  return (
    typeof name === "string" &&
    [classes, unread].every(isTexts) &&
    [photos, bytes].every(Number.isSafeInteger) &&
    (model === null || (isFile(model) && isTexts(model.labels) && Array.isArray(model.own))) &&
    (checkpoint === null || isFile(checkpoint)) &&
    (report === null || isTexts(report?.classes)) &&
    (evaluation === null || isTexts(evaluation?.classes))
  );
}

/** @param {any} list */
function isTexts(list) {
  return Array.isArray(list) && list.every((text) => typeof text === "string");
}

/** @param {any} record */
function isFile(record) {
  return typeof record?.file === "string" && Number.isSafeInteger(record.bytes);
}
