import { css, html, nothing } from "lit";

export const classTableStyles = css`
  .scroll {
    max-height: 26em;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
  }
  table {
    border-collapse: separate;
    border-spacing: 0;
    font-size: 0.875em;
    font-variant-numeric: tabular-nums;
  }
  .per-class {
    width: 100%;
  }
  th,
  td {
    padding: 0.45em 0.7em;
    text-align: end;
  }
  th {
    font-weight: 550;
    max-width: 9em;
    overflow-wrap: break-word;
  }
  thead th {
    position: sticky;
    top: 0;
    z-index: 1;
    background: var(--sunk);
    font-weight: 600;
    vertical-align: bottom;
  }
  tbody th {
    position: sticky;
    inset-inline-start: 0;
    z-index: 1;
    max-width: 7em;
    background: var(--paper);
    text-align: start;
  }
  thead th:first-child {
    text-align: start;
    inset-inline-start: 0;
    z-index: 2;
  }
  tbody tr + tr > * {
    border-top: 1px solid var(--line);
  }
  .per-class .taken-for {
    text-align: start;
    overflow-wrap: anywhere;
  }
  .cells td {
    min-width: 3.2em;
    text-align: center;
    color: var(--ink-faint);
  }
  .cells thead th:not(:first-child) {
    text-align: center;
  }
  .cells .corner {
    font-weight: 500;
    color: var(--ink-soft);
    max-width: 7em;
  }
  .cells .right {
    box-shadow: inset 0 0 0 2px var(--good);
  }
  .cells .right.some {
    color: var(--ink);
    font-weight: 700;
    background: var(--good-soft);
  }
  .cells .wrong.some {
    color: var(--ink);
    font-weight: 650;
    background: var(--bad-soft);
  }
`;

/** A table of more classes than this is too large to look through, and its cells too many to be drawn quickly. */
const CLASSES_IN_MATRIX = 30;
/** How many pairs are listed instead. */
const PAIRS = 50;

/**
 * Which class is taken for which: all of it as a matrix, or, of many classes, what is mixed up most often.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {readonly string[]} classes
 * @param {readonly (readonly number[])[]} counts  `[true class][predicted class]`
 */
export function confusions(language, classes, counts) {
  if (classes.length > CLASSES_IN_MATRIX) return confusedPairs(language, classes, counts);
  return html`<p class="small soft help">${language.say("evaluation.confusionHelp")}</p>
    ${confusionMatrix(language, classes, counts)}`;
}

/**
 * The classes mixed up most often, first the pairs with most photos. For tests: `confused-pair` (`data-label`,
 * `data-taken-for`, `data-count`).
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {readonly string[]} classes
 * @param {readonly (readonly number[])[]} counts
 */
function confusedPairs(language, classes, counts) {
  const wrong = counts.flatMap((row, is) =>
    row.flatMap((count, as) => (count > 0 && as !== is ? [{ is, as, count }] : [])),
  );
  if (wrong.length === 0) return html`<p class="small soft help">${language.say("evaluation.noConfusion")}</p>`;
  const shown = wrong.sort((left, right) => right.count - left.count).slice(0, PAIRS);
  const of = (/** @type {number} */ is) => (counts[is] ?? []).reduce((sum, count) => sum + count, 0);
  const [total, size] = [wrong.length, classes.length];
  const help = language.say("evaluation.confusionPairs", {
    count: total,
    shown: shown.length,
    classes: size,
    cells: size * size,
  });
  const row = (/** @type {{ is: number, as: number, count: number }} */ { is, as, count }) =>
    html`<tr
      data-testid="confused-pair"
      data-label=${classes[is] ?? ""}
      data-taken-for=${classes[as] ?? ""}
      data-count=${count}
    >
      <th scope="row">${classes[is]}</th>
      <td class="taken-for">${classes[as]}</td>
      <td>${language.say("evaluation.takenShare", { part: count, of: of(is) })}</td>
    </tr>`;
  return html`<p class="small soft help">${help}</p>
    <div class="scroll" tabindex="0" role="region" aria-labelledby="confusion">
      <table class="per-class" aria-labelledby="confusion">
        <thead>
          <tr>
            <th scope="col">${language.say("evaluation.trueClass")}</th>
            <th scope="col" class="taken-for">${language.say("evaluation.takenFor")}</th>
            <th scope="col">${language.say("evaluation.support")}</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(row)}
        </tbody>
      </table>
    </div>`;
}

/**
 * What is right is framed, so that it needs no colour to be told.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {readonly string[]} classes
 * @param {readonly (readonly number[])[]} counts  `[true class][predicted class]`
 */
function confusionMatrix(language, classes, counts) {
  const cell = (/** @type {number} */ count, /** @type {boolean} */ right) =>
    html`<td class=${`${right ? "right" : "wrong"} ${count > 0 ? "some" : ""}`}>
      ${language.number(
        count,
      )}${right ? html`<span class="hidden-text"> ${language.say("evaluation.cellRight")}</span>` : nothing}
    </td>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="confusion">
    <table class="cells" data-testid="confusion-matrix" aria-labelledby="confusion">
      <thead>
        <tr>
          <th scope="col" class="corner">${language.say("evaluation.trueAndPredicted")}</th>
          ${classes.map((label) => html`<th scope="col">${label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${counts.map(
          (row, index) =>
            html`<tr>
              <th scope="row">${classes[index]}</th>
              ${row.map((count, column) => cell(count, column === index))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/**
 * Recall and precision, a row per class; a dash where there is nothing to divide by.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {readonly import("./types.d.ts").ClassResultView[]} rows
 */
export function perClassTable(language, rows) {
  const fraction = (/** @type {number | null} */ value) =>
    html`<td>${value === null ? "–" : language.percent(value)}</td>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="per-class">
    <table class="per-class" aria-labelledby="per-class">
      <thead>
        <tr>
          ${
            /** @type {const} */ (["class", "recall", "precision", "support"]).map(
              (name) => html`<th scope="col">${language.say(`evaluation.${name}`)}</th>`,
            )
          }
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ label, recall, precision, support }) =>
            html`<tr>
              <th scope="row">${label}</th>
              ${fraction(recall)}${fraction(precision)}
              <td>${language.number(support)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
