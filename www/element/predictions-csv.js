/** @typedef {import("../ui/types.d.ts").TestRowView} TestRowView */

/** By this mark spreadsheets know the table as UTF-8; without it Excel takes it for the code page of the system. */
const BYTE_ORDER_MARK = "\ufeff";
/** Classes listed of each photo. */
const CLASSES = 5;
const RANKS = Array.from({ length: CLASSES }, (_, index) => index);

/**
 * Predictions as a table for spreadsheets: the same columns as `lastlayer predict --csv` writes.
 * @param {readonly Pick<TestRowView, "name" | "label" | "predictions" | "unknown" | "problem">[]} rows
 */
export function predictionsCsv(rows) {
  const guesses = RANKS.flatMap((rank) => [`label_${rank + 1}`, `probability_${rank + 1}`]);
  const header = ["file", "class", ...guesses, "none_of_these", "error"];
  return BYTE_ORDER_MARK + [header, ...rows.map(cells)].map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

/** @param {Parameters<typeof predictionsCsv>[0][number]} row */
function cells({ name, label, predictions, unknown, problem }) {
  const guesses = RANKS.flatMap((rank) => {
    const prediction = predictions[rank];
    return prediction ? [text(prediction.label), prediction.probability.toFixed(6)] : ["", ""];
  });
  const none = problem ? "" : unknown ? "yes" : "no";
  return [text(name), text(label ?? ""), ...guesses, none, text(problem?.message ?? "")];
}

/** A spreadsheet computes cells that begin like this. An apostrophe makes them text. @param {string} cell */
function text(cell) {
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

/** @param {string} cell */
function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
