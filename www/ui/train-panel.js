import { LitElement, css, html, nothing } from "lit";
import "./advice.js";
import "./comparison-panel.js";
import { define, emit } from "./define.js";
import "./evaluation-panel.js";
import { icons } from "./icons.js";
import { listNames } from "./language.js";
import { loadCharts } from "./load-charts.js";
import { shared, stepHeading } from "./styles.js";
import "./train-options.js";
import "./training-result.js";

/**
 * Where the focus goes when the button that had it is gone: to the first of these that is there.
 * @type {Record<string, string[]>}
 */
const FOCUS_AFTER = {
  "train-button": ["cancel-button", "train-resume"],
  "advise-button": ["cancel-button", "train-button"],
  "cancel-button": ["train-button", "train-resume"],
  "train-pause": ["train-resume", "train-button"],
  "train-resume": ["cancel-button", "train-button"],
  "train-discard": ["train-button"],
};

/**
 * Step 2: training, what it does while it does it, and what came out. Sends what `last-layer-evaluation` and
 * `last-layer-comparison` send, `train`, `advise`, `train-cancel`, `train-pause`, `train-resume`, `train-discard`,
 * `options-change`, `model-save`, `model-take` and `model-open` (`{ file }`). For tests: `train-button`, `advise-button`,
 * `cancel-button`, `train-pause`, `train-paused` with `train-resume` and `train-discard`, `train-progress` (the stage
 * in `data-stage`), `train-reasons`, `provisional` (`data-photos`), `train-stale`, `save-model`, `take-along`, `input-model`.
 */
export class TrainPanel extends LitElement {
  static properties = {
    language: { attribute: false },
    classes: { attribute: false },
    training: { attribute: false },
    options: { attribute: false },
    values: { attribute: false },
    optionsValid: { type: Boolean },
    reading: { type: Boolean },
    changing: { type: Boolean },
    evaluation: { attribute: false },
    comparison: { attribute: false },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").ClassView[]} */ this.classes = [];
    /** @type {import("./types.d.ts").TrainingView | undefined} */ this.training = undefined;
    /** @type {readonly import("./types.d.ts").OptionView[]} */ this.options = [];
    /** @type {Record<string, number | string>} */ this.values = {};
    this.optionsValid = true;
    this.reading = false;
    /** Another network is on its way. */ this.changing = false;
    /** @type {import("./types.d.ts").EvaluationView | undefined} */ this.evaluation = undefined;
    /** @type {import("./types.d.ts").ComparisonView | undefined} */ this.comparison = undefined;
    /** The turn-taking button that had the focus. @type {string | null} */ this.hadFocus = null;
  }

  static styles = [
    shared,
    stepHeading,
    css`
      :host {
        container-type: inline-size;
      }
      .start {
        display: grid;
        gap: 0.55em;
        justify-items: start;
      }
      .start .button {
        min-width: 9em;
        font-size: 1.0625em;
      }
      .reasons {
        color: var(--ink-soft);
        font-size: 0.9375em;
      }
      .progress {
        display: grid;
        gap: 0.5em;
      }
      .paused {
        display: grid;
        gap: 0.7em;
      }
      .intro {
        color: var(--ink-soft);
        font-size: 0.9375em;
        line-height: 1.55;
        text-wrap: pretty;
      }
      .files {
        border-top: 1px solid var(--line);
        padding-top: 0.8em;
      }
    `,
  ];

  render() {
    const { language, training } = this;
    if (!language || !training) return nothing;
    const { stage, report, stale, opened, history } = training;
    return html`<section class="stack" aria-labelledby="title">
      <div class="step">
        <span class="chip" aria-hidden="true">2</span>
        <h3 id="title">${language.say("train.title")}</h3>
      </div>
      ${
        report || opened || stage || training.paused
          ? nothing
          : html`<p class="intro">${language.say("train.intro")}</p>`
      }
      ${
        stage
          ? this.#progress(language, stage, training.pausable)
          : training.paused
            ? this.#paused(language)
            : this.#start(language, training)
      }
      ${training.cancelled ? html`<p class="notice">${language.say("train.cancelled")}</p>` : nothing}
      ${
        stale && report && !stage
          ? html`<div class="notice attention" data-testid="train-stale">
              ${icons.warning}
              <p>${language.say("train.stale")}</p>
            </div>`
          : nothing
      }
      ${
        opened
          ? html`<div class="notice">
              ${icons.check}
              <p>${language.say("model.opened", { name: opened.name, labels: listNames(language, opened.labels) })}</p>
            </div>`
          : nothing
      }
      ${
        training.advice && !stage
          ? html`<last-layer-advice
              .language=${language}
              .advice=${training.advice}
              .chosen=${String(this.values.regime ?? "auto")}
              ?disabled=${this.evaluation?.stage != null}
              @regime-choose=${this.#chooseRegime}
            ></last-layer-advice>`
          : nothing
      }
      ${
        report && !stage && !training.paused
          ? html`<last-layer-training-result .language=${language} .report=${report}></last-layer-training-result>`
          : nothing
      }
      ${
        history.length > 0
          ? html`<last-layer-curves
              .language=${language}
              .history=${history}
              .chosen=${stage || training.paused || !report?.epochsChosen ? null : report.epochs}
              .overfitting=${stage || training.paused ? null : (report?.overfitting?.epoch ?? null)}
            ></last-layer-curves>`
          : nothing
      }
      ${
        this.evaluation?.possible && !stage
          ? html`<last-layer-evaluation
              .language=${language}
              .view=${this.evaluation}
              .classes=${this.classes}
              ?blocked=${this.reading || this.changing || this.comparison?.stage != null}
              @evaluate=${this.#forward}
              @evaluate-cancel=${this.#forward}
              @photo-move=${this.#forward}
              @photo-remove=${this.#forward}
              @photo-keep=${this.#forward}
            ></last-layer-evaluation>`
          : nothing
      }
      ${
        this.comparison && this.classes.length > 1
          ? html`<last-layer-comparison
              .language=${language}
              .view=${this.comparison}
              .classes=${this.classes}
              ?blocked=${this.reading || this.changing || stage !== null || this.evaluation?.stage != null}
              @compare=${this.#forward}
              @compare-cancel=${this.#forward}
              @compare-choose=${this.#forward}
            ></last-layer-comparison>`
          : nothing
      }
      <last-layer-train-options
        .language=${language}
        .options=${this.options}
        .values=${this.values}
        ?disabled=${stage !== null || this.evaluation?.stage != null || this.comparison?.stage != null}
        @options-change=${(/** @type {CustomEvent} */ event) => this.#forward(event)}
      ></last-layer-train-options>
      ${this.#files(language, training)}
    </section>`;
  }

  willUpdate() {
    const focused = this.renderRoot?.querySelector(":focus")?.getAttribute("data-testid") ?? null;
    this.hadFocus = focused !== null && focused in FOCUS_AFTER ? focused : null;
  }

  /** Puts the focus on the button that trains, or on the one that stops what runs. */
  async focusRun() {
    await this.updateComplete;
    const buttons = "[data-testid=cancel-button], [data-testid=train-resume], [data-testid=train-button]";
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector(buttons))?.focus();
  }

  /** These buttons take turns; so does the focus, which would otherwise fall back to the top of the page. */
  updated() {
    // Before the first of them is there.
    if (this.training?.stage || this.training?.history.length) loadCharts();
    if (!this.hadFocus || this.renderRoot.querySelector(":focus")) return;
    const button = (/** @type {string} */ id) =>
      /** @type {HTMLElement | null} */ (this.renderRoot.querySelector(`[data-testid=${id}]`));
    const next = FOCUS_AFTER[this.hadFocus]?.map(button).find((element) => element !== null);
    next?.focus();
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").TrainingView} training */
  #start(language, { report, provisional }) {
    const reasons = this.#reasons(language);
    const lone = this.classes.length > 0 && this.classes.every((view) => view.photos.length === 1);
    return html`<div class="start">
      <div class="row">
        <button
          class="button primary"
          type="button"
          data-testid="train-button"
          ?disabled=${reasons.length > 0}
          aria-describedby="reasons"
          @click=${() => emit(this, "train")}
        >
          ${language.say(report ? "train.again" : "train.button")}
        </button>
        <button
          class="button quiet"
          type="button"
          data-testid="advise-button"
          ?disabled=${reasons.length > 0}
          @click=${() => emit(this, "advise")}
        >
          ${language.say("advice.button")}
        </button>
      </div>
      ${this.#provisional(language, provisional)}
      <div class="reasons" id="reasons" data-testid="train-reasons">
        ${reasons.map((reason) => html`<p>${reason}</p>`)}
        ${reasons.length === 0 && lone ? html`<p>${language.say("train.noHoldout")}</p>` : nothing}
      </div>
    </div>`;
  }

  /**
   * What a first classifier seems to be worth, before anything is trained.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").TrainingView["provisional"]} provisional
   */
  #provisional(language, provisional) {
    if (!provisional) return nothing;
    const { photos, scores } = provisional;
    const text = scores
      ? language.say("train.provisional", {
          count: photos,
          top1: language.percent(scores.top1),
          low: language.percent(scores.interval.low),
          high: language.percent(scores.interval.high),
        })
      : language.say("train.provisionalNoScore");
    return html`<p class="reasons" data-testid="provisional" data-photos=${photos}>${text}</p>`;
  }

  /**
   * A training that was paused, or that a crash has ended: it goes on, or is given up.
   * @param {import("./types.d.ts").PanelLanguage} language
   */
  #paused(language) {
    return html`<div class="paused" data-testid="train-paused">
      <div class="notice">
        ${icons.pause}
        <p>${language.say("train.pausedText")}</p>
      </div>
      <div class="row">
        <button
          class="button primary"
          type="button"
          data-testid="train-resume"
          ?disabled=${this.reading || this.changing || this.evaluation?.stage != null}
          @click=${() => emit(this, "train-resume")}
        >
          ${language.say("train.resume")}
        </button>
        <button
          class="button"
          type="button"
          data-testid="train-discard"
          ?disabled=${this.changing || this.evaluation?.stage != null}
          @click=${() => emit(this, "train-discard")}
        >
          ${language.say("train.discard")}
        </button>
      </div>
    </div>`;
  }

  /**
   * Why the button is off, in words: a grey button alone explains nothing.
   * @param {import("./types.d.ts").PanelLanguage} language
   */
  #reasons(language) {
    const reasons = [];
    const empty = this.classes.filter((view) => view.photos.length === 0).map((view) => view.label);
    if (this.classes.length < 2) reasons.push(language.say("train.needClasses"));
    if (empty.length > 0) reasons.push(language.say("train.needPhotos", { labels: listNames(language, empty) }));
    if (this.reading) reasons.push(language.say("train.needReading"));
    if (this.changing) reasons.push(language.say("train.needNetwork"));
    if (this.evaluation?.stage) reasons.push(language.say("evaluation.running"));
    if (this.comparison?.stage) reasons.push(language.say("comparison.running"));
    if (!this.optionsValid) reasons.push(language.say("train.needOptions"));
    return reasons;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").TrainingStage} stage
   * @param {boolean} pausable
   */
  #progress(language, stage, pausable) {
    const count =
      stage.stage === "embed"
        ? stage
        : stage.stage === "starting" || stage.stage === "advice"
          ? null
          : { done: stage.epoch, total: stage.epochs };
    const text =
      stage.stage === "starting"
        ? language.say("train.starting")
        : stage.stage === "advice"
          ? language.say("advice.running")
          : stage.stage === "embed"
            ? language.say("train.embed", { done: stage.done, total: stage.total })
            : language.say(
                stage.stage === "holdout" && !stage.epochsChosen ? "train.measure" : `train.${stage.stage}`,
                { epoch: stage.epoch, epochs: stage.epochs },
              );
    return html`<div class="progress" data-testid="train-progress" data-stage=${stage.stage}>
      <p class="number">${text}</p>
      ${
        count
          ? html`<progress
              max=${count.total}
              value=${count.done}
              aria-label=${language.say("train.progressLabel")}
            ></progress>`
          : html`<progress aria-label=${language.say("train.progressLabel")}></progress>`
      }
      <div class="row">
        ${
          pausable
            ? html`<button
                class="button"
                type="button"
                data-testid="train-pause"
                ?disabled=${stage.stage === "starting"}
                @click=${() => emit(this, "train-pause")}
              >
                ${icons.pause}${language.say("train.pause")}
              </button>`
            : nothing
        }
        <button class="button" type="button" data-testid="cancel-button" @click=${() => emit(this, "train-cancel")}>
          ${language.say("element.cancel")}
        </button>
      </div>
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").TrainingView} training */
  #files(language, { hasClassifier, stage }) {
    return html`<div class="row files">
      ${
        hasClassifier
          ? html`<button class="button" type="button" data-testid="save-model" @click=${() => emit(this, "model-save")}>
                ${icons.download}${language.say("model.download")}
              </button>
              <button class="button" type="button" data-testid="take-along" @click=${() => emit(this, "model-take")}>
                ${language.say("model.take")}
              </button>`
          : nothing
      }
      <button
        class="button quiet"
        type="button"
        ?disabled=${stage !== null || this.changing || this.evaluation?.stage != null || this.comparison?.stage != null}
        @click=${() => /** @type {HTMLInputElement | null} */ (this.renderRoot.querySelector("#model"))?.click()}
      >
        ${icons.open}${language.say("model.open")}
      </button>
      <input
        id="model"
        type="file"
        accept=".safetensors"
        hidden
        data-testid="input-model"
        @change=${this.#pickedModel}
      />
    </div>`;
  }

  /** @param {Event} event */
  #pickedModel(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const file = input.files?.[0];
    if (file) emit(this, "model-open", { file });
    input.value = "";
  }

  /** The advice is taken or overridden: from the next training on. @param {CustomEvent} event */
  #chooseRegime({ detail }) {
    const { lastStages: _, ...others } = this.values;
    emit(this, "options-change", { values: { ...others, regime: detail.regime }, valid: this.optionsValid });
  }

  /** @param {CustomEvent} event */
  #forward(event) {
    event.stopPropagation();
    emit(this, event.type, event.detail);
  }
}

define("last-layer-train-panel", TrainPanel);
