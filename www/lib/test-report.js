/** @import { Prediction, TestReport, TestRow } from "./types/public.d.ts" */

/**
 * Scores predictions against the true classes. Only rows whose label is a class of the classifier count: a folder
 * called “holiday” says nothing about photos of cats and dogs, and would otherwise count as wrong answers.
 *
 * @param {{ row: TestRow, best: Prediction[] }[]} tested  `best`: the five best predictions, however many the row
 *   shows.
 * @param {readonly string[]} labels                       The classes of the classifier.
 * @returns {TestReport}
 */
export function scoreRows(tested, labels) {
  const known = new Set(labels);
  const scored = tested.filter(({ row }) => row.error === null && row.label !== null && known.has(row.label));
  const share = (/** @type {number} */ among) => {
    const right = scored.filter(({ row, best }) => best.slice(0, among).some(({ label }) => label === row.label));
    return scored.length > 0 ? right.length / scored.length : null;
  };
  return { rows: tested.map(({ row }) => row), scored: scored.length, top1: share(1), top5: share(5) };
}
