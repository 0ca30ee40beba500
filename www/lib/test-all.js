/** @import { Answer, Prediction, TestReport, TestRow } from "./types/public.d.ts" */
import { interrupted, isImageError } from "./errors.js";
import { nameOf } from "./file-name.js";
import { scoreRows } from "./test-report.js";

/**
 * Has many files answered, one by one, and scores them where their true class is named.
 *
 * @param {Blob[]} files
 * @param {(position: number) => Promise<Answer>} answer  With five predictions at least, or as many as are wanted.
 * @param {{ labels: (string | null)[], topK: number, known: readonly string[],
 *           onResult?: (row: TestRow, done: number, total: number) => void }} options
 *        `known`: the labels of the classifier that answers.
 * @returns {Promise<TestReport>}  Where it ends early, it rejects with an `InterruptedError` that has the rows so far.
 */
export async function testAll(files, answer, { labels, topK, known, onResult }) {
  /** @type {{ row: TestRow, best: Prediction[] }[]} */
  const tested = [];
  for (const [position, file] of files.entries()) {
    /** @type {TestRow} */
    const row = {
      name: nameOf(file, position),
      label: labels[position] ?? null,
      predictions: [],
      unknown: false,
      threshold: null,
      error: null,
    };
    /** @type {Prediction[]} */
    let best = [];
    try {
      const { predictions, unknown, threshold } = await answer(position);
      best = predictions;
      Object.assign(row, { predictions: best.slice(0, topK), unknown, threshold });
    } catch (error) {
      if (!isImageError(error)) throw interrupted(error, scoreRows(tested, known));
      row.error = error;
    }
    tested.push({ row, best });
    onResult?.(row, tested.length, files.length);
  }
  return scoreRows(tested, known);
}
