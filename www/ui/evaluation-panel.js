import { LitElement, css, html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { classTableStyles, confusions, perClassTable } from "./confusion-matrix.js";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { listNames } from "./language.js";
import { intervalBar, intervalBarStyles } from "./interval-bar.js";
import { scoreStyles } from "./scores.js";
import { shared } from "./styles.js";
import "./suspicious.js";

/** @typedef {import("./types.d.ts").PanelLanguage} Language */
/** @typedef {import("./types.d.ts").EvaluationResultView} Result */

/**
 * Cross-validation: what it is, how far it has come, and what it found. Sends `evaluate`, `evaluate-cancel` and what
 * `last-layer-suspicious` sends. For tests: `evaluate-button`, `evaluate-cancel`, `evaluation-progress`,
 * `evaluation-accuracy` (fraction in `data-value`) and `evaluation-interval` (`data-low`, `data-high`);
 * `confusion-matrix` (of many classes `confused-pair`) and `suspicious-photo` are further in.
 */
export class EvaluationPanel extends LitElement {
  static properties = {
    language: { attribute: false },
    view: { attribute: false },
    classes: { attribute: false },
    blocked: { type: Boolean },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").EvaluationView | undefined} */ this.view = undefined;
    /** @type {import("./types.d.ts").ClassView[]} */ this.classes = [];
    /** Photos are being read. */ this.blocked = false;
    this.hadFocus = false;
  }

  static styles = [
    shared,
    scoreStyles,
    intervalBarStyles,
    classTableStyles,
    css`
      :host {
        container-type: inline-size;
        border-top: 1px solid var(--line);
        padding-top: 1em;
      }
      h4 {
        font-size: 1.0625em;
        font-weight: 650;
        letter-spacing: -0.01em;
      }
      h5 {
        margin: 0 0 0.3em;
        font-size: 1em;
        font-weight: 650;
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
        gap: 0.55em;
        justify-items: start;
      }
      .progress {
        justify-items: stretch;
      }
      .help {
        margin-bottom: 0.5em;
      }
      .groups {
        display: grid;
        gap: 0.4em;
        padding-inline-start: 1.2em;
        list-style: disc;
        overflow-wrap: anywhere;
      }
    `,
  ];

  render() {
    const { language, view } = this;
    if (!language || !view) return nothing;
    const { stage, result } = view;
    return html`<section class="stack" aria-labelledby="title">
      <h4 id="title">${language.say("evaluation.title")}</h4>
      ${stage ? this.#progress(language, stage) : nothing}
      ${view.cancelled ? html`<p class="notice">${language.say("evaluation.cancelled")}</p>` : nothing}
      ${result && !stage ? this.#result(language, result, view.stale) : nothing}
      ${stage ? nothing : this.#start(language, result !== null)}
    </section>`;
  }

  willUpdate() {
    this.hadFocus =
      this.renderRoot?.querySelector("[data-testid=evaluate-button]:focus, [data-testid=evaluate-cancel]:focus") !=
      null;
  }

  /** The button and Cancel take turns; so does the focus. */
  updated() {
    if (!this.hadFocus || this.renderRoot.querySelector(":focus")) return;
    /** @type {HTMLElement | null} */ (
      this.renderRoot.querySelector("[data-testid=evaluate-button], [data-testid=evaluate-cancel]")
    )?.focus();
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {boolean} again */
  #start(language, again) {
    const possible = this.classes.length > 1 && this.classes.every(({ photos }) => photos.length > 0);
    return html`<div class="start">
      <p class="text" id="about">${language.say("evaluation.intro")}</p>
      <button
        class="button"
        type="button"
        data-testid="evaluate-button"
        ?disabled=${!possible || this.blocked}
        aria-describedby="about"
        @click=${() => emit(this, "evaluate")}
      >
        ${language.say(again ? "evaluation.again" : "evaluation.button")}
      </button>
      ${possible ? nothing : html`<p class="text">${language.say("evaluation.need")}</p>`}
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").EvaluationStage} stage */
  #progress(language, stage) {
    const label = language.say("evaluation.progressLabel");
    const text =
      stage.stage === "starting"
        ? language.say("evaluation.starting")
        : stage.stage === "embed"
          ? language.say("evaluation.embed", { done: stage.done, total: stage.total })
          : language.say("evaluation.fold", { fold: stage.fold, folds: stage.folds });
    const share = stage.stage === "starting" ? null : stage.stage === "embed" ? stage.done / stage.total : stage.share;
    return html`<div class="progress" data-testid="evaluation-progress" data-stage=${stage.stage}>
      <p class="number">${text}</p>
      ${
        share === null
          ? html`<progress aria-label=${label}></progress>`
          : html`<progress max="1" value=${share} aria-label=${label}></progress>`
      }
      <div>
        <button
          class="button"
          type="button"
          data-testid="evaluate-cancel"
          @click=${() => emit(this, "evaluate-cancel")}
        >
          ${language.say("element.cancel")}
        </button>
      </div>
    </div>`;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").EvaluationResultView} result
   * @param {boolean} stale
   */
  #result(language, result, stale) {
    const { accuracy, low, high, count, folds, epochs, applied, neverHeldOut, nearDuplicates } = result;
    return html`<div>
        <dl class="scores">
          <div>
            <dt><b>${language.say("evaluation.accuracy")}</b> ${language.say("evaluation.accuracyHelp")}</dt>
            <dd class="number" data-testid="evaluation-accuracy" data-value=${accuracy}>
              ${language.percent(accuracy, Number.isInteger(Math.round(accuracy * 1e6) / 1e4) ? 0 : 1)}
            </dd>
          </div>
        </dl>
        <p class="scores-on number">${language.say("evaluation.basis", { count, folds, epochs })}</p>
        ${intervalBar(language, { low, high, value: accuracy })}
      </div>
      <p class="text" data-testid="evaluation-interval" data-low=${low} data-high=${high}>
        ${language.say("evaluation.interval", { low: language.percent(low), high: language.percent(high) })}
      </p>
      ${
        stale
          ? html`<div class="notice attention" data-testid="evaluation-stale">
              ${icons.warning}
              <p>${language.say("evaluation.stale")}</p>
            </div>`
          : html`<p class="text">${language.say(applied ? "evaluation.applied" : "evaluation.notApplied")}</p>`
      }
      ${
        neverHeldOut.length > 0
          ? html`<div class="notice" data-testid="evaluation-uncovered">
              ${icons.warning}
              <p>${language.say("evaluation.neverHeldOut", { labels: listNames(language, neverHeldOut) })}</p>
            </div>`
          : nothing
      }
      ${
        nearDuplicates.length > 0
          ? html`<details>
              <summary class="small">
                ${language.say("evaluation.nearDuplicates", { count: nearDuplicates.length })}
              </summary>
              <ul class="groups small soft">
                ${nearDuplicates.map((names) => html`<li>${language.list(names)}</li>`)}
              </ul>
            </details>`
          : nothing
      }
      <last-layer-suspicious
        .language=${language}
        .photos=${result.suspicious}
        ?any=${result.anySuspicious}
        .classes=${this.classes.map(({ label }) => label)}
        @photo-move=${this.#forward}
        @photo-remove=${this.#forward}
        @photo-keep=${this.#forward}
      ></last-layer-suspicious>
      ${guard([language, result.classes, result.perClass, result.confusion], () =>
        this.#classByClass(language, result),
      )}`;
  }

  /** Hundreds of rows, drawn again only where they have changed. @param {Language} language @param {Result} result */
  #classByClass(language, { perClass, classes, confusion }) {
    return html`<div>
        <h5 id="per-class">${language.say("evaluation.perClass")}</h5>
        <p class="small soft help">${language.say("evaluation.perClassHelp")}</p>
        ${perClassTable(language, perClass)}
      </div>
      <div>
        <h5 id="confusion">${language.say("evaluation.confusion")}</h5>
        ${confusions(language, classes, confusion)}
      </div>`;
  }

  /** @param {CustomEvent} event */
  #forward(event) {
    event.stopPropagation();
    emit(this, event.type, event.detail);
  }
}

define("last-layer-evaluation", EvaluationPanel);
