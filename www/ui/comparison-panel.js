import { LitElement, css, html, nothing } from "lit";
import { comparisonResult, comparisonResultStyles } from "./comparison-result.js";
import { MOST_RUNS, REGIMES, runColours, runName } from "./comparison-runs.js";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { intervalBarStyles } from "./interval-bar.js";
import { loadCharts } from "./load-charts.js";
import { shared } from "./styles.js";

/** @typedef {import("./types.d.ts").PreparedRun} PreparedRun */

/**
 * Ways to train, side by side on the same held-out photos: which, how far it has come, and what it found. Sends
 * `compare`, `compare-cancel` and `compare-choose` (`{ chosen }`). For tests: `compare-summary`, `compare-run`
 * (`data-run`), `compare-button`, `compare-cancel`, `compare-progress`, and in the result `compared-run` (`data-run`,
 * `data-accuracy`, `data-low`, `data-high`) and `compared-difference` (`data-run`, `data-clear`).
 */
export class ComparisonPanel extends LitElement {
  static properties = {
    language: { attribute: false },
    view: { attribute: false },
    classes: { attribute: false },
    blocked: { type: Boolean },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").ComparisonView | undefined} */ this.view = undefined;
    /** @type {import("./types.d.ts").ClassView[]} */ this.classes = [];
    /** Something else is under way. */ this.blocked = false;
    this.hadFocus = false;
  }

  static styles = [
    shared,
    intervalBarStyles,
    runColours,
    comparisonResultStyles,
    css`
      :host {
        container-type: inline-size;
        border-top: 1px solid var(--line);
        padding-top: 0.6em;
      }
      summary h4 {
        font-size: 1.0625em;
        font-weight: 650;
        letter-spacing: -0.01em;
      }
      .text {
        color: var(--ink-soft);
        font-size: 0.9375em;
        line-height: 1.6;
        text-wrap: pretty;
      }
      .start,
      .progress {
        display: grid;
        gap: 0.7em;
        justify-items: start;
      }
      .progress {
        justify-items: stretch;
      }
      .choice {
        width: 100%;
        border-collapse: collapse;
        font-size: 0.9375em;
      }
      .choice th {
        padding: 0.2em 0.6em 0.2em 0;
        text-align: start;
        font-weight: 550;
      }
      .choice thead th {
        font-size: 0.875em;
        font-weight: 500;
        color: var(--ink-soft);
        vertical-align: bottom;
      }
      .choice thead th + th,
      .choice td {
        width: 24%;
        text-align: center;
      }
      .choice tbody tr > * {
        border-top: 1px solid var(--line);
      }
      .choice label {
        display: grid;
        place-items: center;
        min-height: 44px;
        cursor: pointer;
      }
      @media (pointer: fine) {
        .choice label {
          min-height: 36px;
        }
      }
      .choice input {
        width: 1.25em;
        height: 1.25em;
        margin: 0;
        accent-color: var(--accent);
        cursor: inherit;
      }
    `,
  ];

  render() {
    const { language, view } = this;
    if (!language || !view) return nothing;
    const { stage, result, curves } = view;
    return html`<details>
      <summary data-testid="compare-summary"><h4>${language.say("comparison.title")}</h4></summary>
      <div class="stack">
        ${stage ? this.#progress(language, stage) : nothing}
        ${view.cancelled ? html`<p class="notice">${language.say("comparison.cancelled")}</p>` : nothing}
        ${
          view.stale && !stage
            ? html`<div class="notice attention">
                ${icons.warning}
                <p>${language.say("comparison.stale")}</p>
              </div>`
            : nothing
        }
        ${result && !stage ? comparisonResult(language, result) : nothing}
        ${
          curves.length > 0
            ? html`<last-layer-comparison-curves
                .language=${language}
                .curves=${curves}
              ></last-layer-comparison-curves>`
            : nothing
        }
        ${stage ? nothing : this.#start(language, view)}
      </div>
    </details>`;
  }

  willUpdate() {
    this.hadFocus =
      this.renderRoot?.querySelector("[data-testid=compare-button]:focus, [data-testid=compare-cancel]:focus") != null;
  }

  /** The button and Cancel take turns; so does the focus. */
  updated() {
    if (this.view?.stage || this.view?.curves.length) loadCharts();
    if (!this.hadFocus || this.renderRoot.querySelector(":focus")) return;
    /** @type {HTMLElement | null} */ (
      this.renderRoot.querySelector("[data-testid=compare-button], [data-testid=compare-cancel]")
    )?.focus();
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").ComparisonView} view */
  #start(language, { chosen, result }) {
    const photos =
      this.classes.length > 1 &&
      this.classes.every((view) => view.photos.length > 0) &&
      this.classes.some((view) => view.photos.length > 1);
    const some = chosen.length >= 2 && chosen.length <= MOST_RUNS;
    return html`<div class="start">
      <p class="text" id="about">${language.say("comparison.intro")}</p>
      <table class="choice" role="group" aria-label=${language.say("comparison.choice")}>
        <thead>
          <tr>
            <th scope="col">${language.say("option.regime")}</th>
            <th scope="col">${language.say("comparison.plain")}</th>
            <th scope="col">${language.say("comparison.augmented")}</th>
          </tr>
        </thead>
        <tbody>
          ${REGIMES.map(
            (regime) =>
              html`<tr>
                <th scope="row">${language.say(`choice.regime.${regime}`)}</th>
                ${
                  /** @type {PreparedRun[]} */ ([regime, `${regime}-augmented`]).map((run) =>
                    this.#box(language, run, regime, chosen),
                  )
                }
              </tr>`,
          )}
        </tbody>
      </table>
      <button
        class="button"
        type="button"
        data-testid="compare-button"
        ?disabled=${!photos || !some || this.blocked}
        aria-describedby="about need"
        @click=${() => emit(this, "compare")}
      >
        ${language.say(result ? "comparison.again" : "comparison.button")}
      </button>
      <p class="text" id="need">
        ${
          !photos
            ? language.say("comparison.needPhotos")
            : !some
              ? language.say("comparison.needRuns", { most: MOST_RUNS })
              : nothing
        }
      </p>
    </div>`;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {PreparedRun} run
   * @param {typeof REGIMES[number]} regime
   * @param {readonly PreparedRun[]} chosen
   */
  #box(language, run, regime, chosen) {
    const column = language.say(run === regime ? "comparison.plain" : "comparison.augmented");
    const label = `${language.say(`choice.regime.${regime}`)}: ${column}`;
    return html`<td>
      <label
        ><input
          type="checkbox"
          data-testid="compare-run"
          data-run=${run}
          aria-label=${label}
          .checked=${chosen.includes(run)}
          @change=${(/** @type {Event} */ event) =>
            this.#choose(run, /** @type {HTMLInputElement} */ (event.target).checked)}
      /></label>
    </td>`;
  }

  /** @param {PreparedRun} run @param {boolean} wanted */
  #choose(run, wanted) {
    const chosen = (this.view?.chosen ?? []).filter((other) => other !== run);
    emit(this, "compare-choose", { chosen: wanted ? [...chosen, run] : chosen });
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").ComparisonStage} stage */
  #progress(language, stage) {
    const label = language.say("comparison.progressLabel");
    const share =
      stage.stage === "starting" ? null : stage.stage === "embed" ? stage.done / Math.max(1, stage.total) : stage.share;
    return html`<div class="progress" data-testid="compare-progress" data-stage=${stage.stage}>
      <p class="number">${comparisonStageText(language, stage)}</p>
      ${
        share === null
          ? html`<progress aria-label=${label}></progress>`
          : html`<progress max="1" value=${share} aria-label=${label}></progress>`
      }
      <div>
        <button class="button" type="button" data-testid="compare-cancel" @click=${() => emit(this, "compare-cancel")}>
          ${language.say("element.cancel")}
        </button>
      </div>
    </div>`;
  }
}

/** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").ComparisonStage} stage */
function comparisonStageText(language, stage) {
  if (stage.stage === "starting") return language.say("comparison.starting");
  if (stage.stage === "embed") return language.say("comparison.embed", { done: stage.done, total: stage.total });
  const { number, runs, pictures, epoch, epochs } = stage;
  const name = runName(language, stage.run);
  return pictures
    ? language.say("comparison.runEmbed", { number, runs, name, done: pictures.done, total: pictures.total })
    : language.say("comparison.run", { number, runs, name, epoch, epochs });
}

define("last-layer-comparison", ComparisonPanel);
