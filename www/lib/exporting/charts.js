/** @import { EpochScores, Evaluation, Report } from "../types/public.d.ts" */

/** Of the plot, in pixels; the margins are for words. */
const [WIDTH, HEIGHT, MARGIN] = [480, 240, 56];
const LEARNT = "#cf4500";
const HELD_OUT = "#2b5fc4";

/**
 * Curves and confusion matrix as pictures for a zip, by the names of their files. Only of a model that was trained here;
 * one out of a file has no report.
 * @param {Report | null} report
 * @param {Evaluation | null} evaluation
 */
export function charts(report, evaluation) {
  /** @type {Record<string, string>} */
  const files = {};
  const heldOut = report?.history.filter(({ phase }) => phase === "holdout") ?? [];
  const history = heldOut.length > 0 ? heldOut : (report?.history ?? []);
  if (history.length > 1) files["curves.svg"] = curves(history);
  if (evaluation) files["confusion.svg"] = confusion(evaluation);
  return files;
}

/** The losses by epoch. @param {readonly EpochScores[]} history */
function curves(history) {
  const losses = history.flatMap(({ trainLoss, valLoss }) => [trainLoss, valLoss ?? 0]).filter(Number.isFinite);
  const most = Math.max(...losses, 1e-6);
  const last = Math.max(...history.map(({ epoch }) => epoch));
  const x = (/** @type {number} */ epoch) => MARGIN + (WIDTH * (epoch - 1)) / Math.max(1, last - 1);
  const y = (/** @type {number} */ loss) => MARGIN + HEIGHT * (1 - loss / most);
  const line = (/** @type {"trainLoss" | "valLoss"} */ of, /** @type {string} */ colour) => {
    const points = history.flatMap((scores) => {
      const loss = scores[of];
      return loss !== null && Number.isFinite(loss) ? [`${x(scores.epoch).toFixed(1)},${y(loss).toFixed(1)}`] : [];
    });
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(" ")}"/>`;
  };
  const [right, bottom] = [MARGIN + WIDTH, MARGIN + HEIGHT];
  const legend = (/** @type {number} */ left, /** @type {string} */ colour, /** @type {string} */ text) =>
    `<text x="${left}" y="${MARGIN - 16}" fill="${colour}">${text}</text>`;
  return svg(WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN, "The loss of each epoch", [
    `<path d="M${MARGIN} ${MARGIN}V${bottom}H${right}" fill="none" stroke="#858d9a"/>`,
    line("trainLoss", LEARNT),
    line("valLoss", HELD_OUT),
    legend(MARGIN, LEARNT, "loss, photos learnt from"),
    history.some(({ valLoss }) => valLoss !== null) ? legend(MARGIN + 240, HELD_OUT, "loss, photos held out") : "",
    `<text x="${MARGIN - 8}" y="${MARGIN + 5}" text-anchor="end">${most.toPrecision(2)}</text>`,
    `<text x="${MARGIN - 8}" y="${bottom}" text-anchor="end">0</text>`,
    `<text x="${MARGIN}" y="${bottom + 20}">1</text>`,
    `<text x="${right}" y="${bottom + 20}" text-anchor="end">epoch ${last}</text>`,
  ]);
}

/** A row for each class, a column for each answer. @param {Evaluation} evaluation */
function confusion({ classes, confusion: counts, method }) {
  const cell = 36;
  const left = 40 + 8 * Math.min(24, Math.max(...classes.map((label) => label.length)));
  const [width, height] = [left + cell * classes.length + 24, left + cell * classes.length + 24];
  const cells = counts.flatMap((row, actual) => {
    const all = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    );
    return row.map((count, said) => {
      const [x, y, share] = [left + cell * said, left + cell * actual, count / all];
      const colour = said === actual ? HELD_OUT : LEARNT;
      return `<rect x="${x}" y="${y}" width="${cell - 1}" height="${cell - 1}" fill="${colour}" fill-opacity="${(0.04 + 0.6 * share).toFixed(3)}"/><text x="${x + cell / 2}" y="${y + cell / 2 + 5}" text-anchor="middle">${count}</text>`;
    });
  });
  const names = classes.map((label, index) => {
    const [text, middle] = [escaped(shortened(label)), left + cell * index + cell / 2];
    return `<text x="${left - 8}" y="${middle + 5}" text-anchor="end">${text}</text><text transform="translate(${middle + 5} ${left - 8}) rotate(-90)">${text}</text>`;
  });
  const title = `Cross-validated in ${method.folds} folds: rows are the classes, columns the answers`;
  return svg(width, height, title, [...cells, ...names]);
}

/** @param {string} label */
function shortened(label) {
  return label.length > 24 ? `${label.slice(0, 23)}…` : label;
}

/** @param {number} width @param {number} height @param {string} title @param {string[]} parts */
function svg(width, height, title, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="14" fill="#14181f">
<title>${title}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}

/** Names are anybody's, and no markup. @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
