import { LitElement, css, html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { blobUrl } from "./blob-url.js";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { sayProblem } from "./language.js";
import { shared } from "./styles.js";

/**
 * Many test photos, one row each. Sends `row-open` with the row's index.
 * For tests: `test-row` with `data-name`, `data-predicted`, `data-unknown` and `data-verdict`.
 */
export class TestTable extends LitElement {
  static properties = { language: { attribute: false }, rows: { attribute: false }, onlyWrong: { state: true } };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").TestRowView[]} */ this.rows = [];
    this.onlyWrong = false;
  }

  static styles = [
    shared,
    css`
      .filter {
        display: inline-flex;
        align-items: center;
        gap: 0.6em;
        min-height: 44px;
        font-size: 0.9375em;
        cursor: pointer;
      }
      .filter input {
        width: 1.15em;
        height: 1.15em;
        accent-color: var(--accent);
      }
      .scroll {
        max-height: 34em;
        overflow: auto;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 0.9375em;
      }
      th {
        position: sticky;
        top: 0;
        z-index: 1;
        background: var(--sunk);
        font-size: 0.8125em;
        font-weight: 600;
        color: var(--ink-soft);
        white-space: nowrap;
      }
      th,
      td {
        padding: 0.45em 0.6em;
        text-align: start;
        vertical-align: middle;
      }
      th:first-child,
      td:first-child {
        padding-inline-end: 0;
        width: 56px;
      }
      tbody tr + tr td {
        border-top: 1px solid var(--line);
      }
      td {
        overflow-wrap: anywhere;
      }
      .file {
        font-size: 0.8125em;
        color: var(--ink-soft);
      }
      .thumbnail {
        display: block;
        width: 48px;
        height: 48px;
        padding: 0;
        border: 0;
        border-radius: 8px;
        overflow: hidden;
        background: var(--sunk);
        cursor: zoom-in;
      }
      .thumbnail img {
        display: block;
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
      .predicted {
        font-weight: 600;
      }
      .none {
        display: block;
        font-weight: 600;
        color: var(--second);
      }
      .guess {
        font-size: 0.875em;
        color: var(--ink-soft);
      }
      .probability {
        text-align: end;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .verdict {
        display: inline-flex;
        align-items: center;
        gap: 0.3em;
        white-space: nowrap;
        font-weight: 600;
      }
      .right {
        color: var(--good);
      }
      .wrong {
        color: var(--bad);
      }
      .narrow {
        display: none;
        font-size: 0.875em;
        font-weight: 400;
        color: var(--ink-soft);
        font-variant-numeric: tabular-nums;
      }
      .seen {
        display: inline-block;
        padding: 0 0.5em;
        border-radius: 99px;
        background: var(--accent-soft);
        color: var(--ink);
        font-size: 0.75em;
        white-space: nowrap;
      }
      @container (max-width: 540px) {
        .wide {
          display: none;
        }
        th,
        td {
          padding-inline: 0.4em;
        }
        .narrow {
          display: block;
        }
      }
    `,
  ];

  render() {
    const { language, rows } = this;
    if (!language) return nothing;
    const scored = rows.some((row) => row.label !== null);
    return html`${
        scored
          ? html`<label class="filter"
              ><input
                type="checkbox"
                .checked=${this.onlyWrong}
                @change=${(/** @type {Event} */ event) =>
                  (this.onlyWrong = /** @type {HTMLInputElement} */ (event.target).checked)}
              />${language.say("test.onlyWrong")}</label
            >`
          : nothing
      }
      <div class="scroll" tabindex="0" role="region" aria-label=${language.say("test.table")}>
        <table>
          <thead>
            <tr>
              <th scope="col"><span class="hidden-text">${language.say("test.photo")}</span></th>
              <th scope="col" class="wide">${language.say("test.file")}</th>
              <th scope="col">${language.say("test.predicted")}</th>
              <th scope="col" class="probability wide">${language.say("test.probability")}</th>
              ${scored ? html`<th scope="col">${language.say("test.true")}</th>` : nothing}
            </tr>
          </thead>
          <tbody>
            ${rows.map((row, index) =>
              guard([row, language, scored, this.onlyWrong], () => this.#row(language, row, index, scored)),
            )}
          </tbody>
        </table>
      </div>`;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").TestRowView} row
   * @param {number} index
   * @param {boolean} scored
   */
  #row(language, row, index, scored) {
    const first = row.predictions[0];
    const verdict = first && row.label !== null ? (first.label === row.label ? "right" : "wrong") : null;
    if (this.onlyWrong && verdict !== "wrong") return nothing;
    return html`<tr
      data-testid="test-row"
      data-name=${row.name}
      data-predicted=${first?.label ?? ""}
      data-unknown=${row.unknown ? "true" : "false"}
      data-verdict=${verdict ?? ""}
    >
      <td>
        <button
          class="thumbnail"
          type="button"
          aria-label=${language.say("test.details", { name: row.name })}
          title=${row.name}
          @click=${() => emit(this, "row-open", { index })}
        >
          <img src=${blobUrl(row.blob)} alt="" loading="lazy" decoding="async" />
        </button>
      </td>
      <td class="wide file">
        ${row.name}${row.seen ? html` <span class="seen">${language.say("test.seenMark")}</span>` : nothing}
      </td>
      ${
        first
          ? this.#guess(language, row, first)
          : html`<td colspan="2" class="wrong">${row.problem ? sayProblem(language, row.problem) : nothing}</td>`
      }
      ${scored ? html`<td>${row.label ?? "–"}${verdict ? sayVerdict(language, verdict) : nothing}</td>` : nothing}
    </tr>`;
  }

  /**
   * What it says, and where that is “none of these”, the guess behind it.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").TestRowView} row
   * @param {import("./types.d.ts").Prediction} first
   */
  #guess(language, { unknown }, { label, probability }) {
    const sure = language.probability(probability);
    const narrow = html`<span class="narrow">${sure}</span>`;
    return html`${
        unknown
          ? html`<td>
              <span class="none">${language.say("unknown.title")}</span><span class="guess">${label}</span>${narrow}
            </td>`
          : html`<td class="predicted">${label}${narrow}</td>`
      }
      <td class="probability wide ${unknown ? "soft" : ""}">${sure}</td>`;
  }
}

/** @param {import("./types.d.ts").PanelLanguage} language @param {"right" | "wrong"} verdict */
function sayVerdict(language, verdict) {
  return html`<br /><span class="verdict small ${verdict}"
      >${verdict === "right" ? icons.check : icons.cross}${language.say(`test.${verdict}`)}</span
    >`;
}

define("last-layer-test-table", TestTable);
