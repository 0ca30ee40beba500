import { css, html } from "lit";

export const curvesTableStyles = css`
  .numbers {
    max-height: 16em;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.875em;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 0.4em 0.7em;
    text-align: end;
    white-space: nowrap;
  }
  thead th {
    position: sticky;
    top: 0;
    background: var(--sunk);
    font-weight: 600;
  }
  tbody tr + tr > * {
    border-top: 1px solid var(--line);
  }
  tbody th {
    font-weight: 500;
  }
  tr.chosen > * {
    background: var(--accent-soft);
    font-weight: 650;
  }
`;

/**
 * The curves as numbers: the text alternative, and of use to everybody who wants to copy them.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {readonly import("./types.d.ts").EpochView[]} history
 * @param {number | null} chosen
 * @param {string} [title]
 */
export function curvesTable(language, history, chosen, title = language.say("curves.table")) {
  const loss = (/** @type {number | null} */ value) =>
    value === null ? "–" : language.number(value, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const percent = (/** @type {number | null} */ value) => (value === null ? "–" : language.percent(value, 1));
  return html`<details>
    <summary class="small">${title}</summary>
    <div class="numbers" tabindex="0" role="region" aria-label=${title}>
      <table>
        <thead>
          <tr>
            <th scope="col" rowspan="2">${language.say("curves.epoch")}</th>
            <th scope="colgroup" colspan="2">${language.say("curves.loss")}</th>
            <th scope="colgroup" colspan="2">${language.say("curves.top1")}</th>
          </tr>
          <tr>
            <th scope="col">${language.say("curves.train")}</th>
            <th scope="col">${language.say("curves.validation")}</th>
            <th scope="col">${language.say("curves.train")}</th>
            <th scope="col">${language.say("curves.validation")}</th>
          </tr>
        </thead>
        <tbody>
          ${history.map(
            (epoch) =>
              html`<tr class=${epoch.epoch === chosen ? "chosen" : ""}>
                <th scope="row">
                  ${epoch.epoch}${epoch.epoch === chosen ? ` · ${language.say("curves.chosen")}` : ""}
                </th>
                <td>${loss(epoch.trainLoss)}</td>
                <td>${loss(epoch.valLoss)}</td>
                <td>${percent(epoch.trainTop1)}</td>
                <td>${percent(epoch.valTop1)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
