import { LitElement, css, html, nothing } from "lit";
import { answer, answerStyles } from "./answer.js";
import { blobUrl } from "./blob-url.js";
import { define, emit } from "./define.js";
import { DropTarget } from "./drop-target.js";
import "./drop-zone.js";
import "./feature-maps.js";
import { partsOf } from "./folder-notes.js";
import "./heatmap.js";
import { icons } from "./icons.js";
import { sayProblem } from "./language.js";
import { linkNotice } from "./link-notice.js";
import { scores, scoreStyles } from "./scores.js";
import { shared, stepHeading } from "./styles.js";
import "./test-table.js";
import "./why-note.js";

/** Classes of the networks that were pretrained on it. */
const IMAGENET = 1000;

/**
 * Step 3: photos to be recognised. One is shown with its most probable classes, many as a table with scores above.
 * Sends `test-files`, `test-cancel`, `test-clear`, `test-now`, `model-choice` (`{ model }`), `why-toggle`, `why-class`
 * (`{ label }`) and `why-stage` (`{ stage }`). For tests: `drop-test` (with `input-test` and `input-test-folder`),
 * `prediction-row`, `test-table`, `save-predictions`, `test-top1`, `test-top5`, `test-model` (`data-model`), `test-waiting` (`data-count`),
 * `test-parts`, `why-button`, `unknown-teach`, `unknown-count`, `drop-link` (a link was dropped).
 */
export class TestPanel extends LitElement {
  static properties = {
    language: { attribute: false },
    test: { attribute: false },
    classCount: { type: Number },
    openRow: { state: true },
    linkDropped: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").TestView | undefined} */ this.test = undefined;
    this.classCount = 0;
    /** @type {number | null} */ this.openRow = null;
    /** What was dropped last was a link, and no file. */ this.linkDropped = false;
    this.target = new DropTarget(this, {
      receive: (incoming) => this.#send(incoming),
      paste: true,
      refused: () => this.#refused(),
    });
  }

  static styles = [
    shared,
    stepHeading,
    scoreStyles,
    answerStyles,
    css`
      :host {
        container-type: inline-size;
      }
      :host([dropping]) last-layer-drop-zone {
        --zone-line: var(--accent);
        --zone-fill: var(--accent-soft);
      }
      .columns {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1.25em;
        align-items: start;
      }
      @container (min-width: 860px) {
        .with-results {
          grid-template-columns: minmax(0, 4fr) minmax(0, 7fr);
          gap: 2em;
        }
        .with-results .ask {
          position: sticky;
          top: 1em;
        }
      }
      .invite {
        font-weight: 650;
        margin-bottom: 0.2em;
      }
      .hint {
        color: var(--ink-soft);
        font-size: 0.875em;
        line-height: 1.5;
        max-width: 34em;
        text-wrap: pretty;
      }
      .model {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5em 0.9em;
        font-size: 0.9375em;
        line-height: 1.5;
      }
      .choice {
        display: inline-flex;
        padding: 3px;
        border-radius: 11px;
        background: var(--sunk);
        border: 1px solid var(--line);
      }
      .choice label {
        position: relative;
        display: grid;
        place-items: center;
        min-height: 44px;
        padding: 0.2em 0.9em;
        border-radius: 8px;
        cursor: pointer;
        color: var(--ink-soft);
        font-weight: 550;
      }
      .choice input {
        position: absolute;
        inset: 0;
        opacity: 0;
        margin: 0;
        cursor: pointer;
      }
      .choice label:has(:checked) {
        background: var(--paper);
        color: var(--ink);
        box-shadow: var(--shadow);
      }
      .choice label:has(:focus-visible) {
        outline: 2.5px solid var(--focus);
        outline-offset: 1px;
      }
      .one {
        display: grid;
        grid-template-columns: minmax(0, 5fr) minmax(0, 6fr);
        gap: 1.2em;
        align-items: start;
      }
      .one .wide {
        grid-column: 1 / -1;
      }
      .ask-why {
        display: grid;
        justify-items: start;
        gap: 0.5em;
      }
      .one .name {
        font-size: 0.8125em;
        color: var(--ink-soft);
        margin-top: 0.5em;
        overflow-wrap: anywhere;
      }
      /* One photo takes an instant: no bar for what is over before it is read. */
      .running {
        animation: appear 1ms 0.4s both;
      }
      @keyframes appear {
        from {
          visibility: hidden;
        }
      }
      .reading {
        display: grid;
        gap: 0.4em;
      }
      @container (max-width: 460px) {
        .one {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  render() {
    const { language, test } = this;
    if (!language || !test) return nothing;
    const { rows, running } = test;
    return html`<section class="stack" aria-labelledby="title" @drop-refused=${this.#refused}>
      <div class="step">
        <span class="chip" aria-hidden="true">3</span>
        <h3 id="title">${language.say("test.title")}</h3>
        ${
          rows.length > 0 && !running
            ? html`<span class="aside"
                ><button class="button quiet" type="button" @click=${() => emit(this, "test-clear")}>
                  ${language.say("test.clear")}
                </button></span
              >`
            : nothing
        }
      </div>
      <div class="columns ${rows.length > 0 ? "with-results" : ""}">
        <div class="stack ask">
          ${this.#model(language, test)}
          <last-layer-drop-zone
            data-testid="drop-test"
            pick-id="input-test"
            folder-id="input-test-folder"
            .language=${language}
            @files=${(/** @type {CustomEvent} */ event) => this.#send(event.detail)}
          >
            <p class="invite">${language.say("test.invite")}</p>
            <p class="hint">${language.say("test.hint")}</p>
          </last-layer-drop-zone>
          ${this.#waiting(language, test)}
          ${this.linkDropped ? linkNotice(language, () => (this.linkDropped = false)) : nothing}
          ${running ? this.#runningBar(language, running) : nothing}
        </div>
        ${rows.length > 0 ? html`<div class="stack">${this.#results(language, test)}</div>` : nothing}
      </div>
      ${this.#dialog(language, rows)}
    </section>`;
  }

  /** @param {import("./types.d.ts").Incoming} incoming */
  #send(incoming) {
    this.linkDropped = false;
    emit(this, "test-files", incoming);
  }

  #refused() {
    this.linkDropped = true;
  }

  updated() {
    const dialog = this.renderRoot.querySelector("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  /**
   * Whose answers these are; once there are two who can answer, a choice.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").TestView} test
   */
  #model(language, { model, own, provisionalPhotos, canChoose, canTellUnknown, sourceClasses }) {
    const note = {
      source: () => sourceNote(language, sourceClasses),
      trained: () => language.say("test.trainedNote", { count: this.classCount }),
      provisional: () => language.say("test.provisionalNote", { count: provisionalPhotos }),
    }[model]();
    const option = (/** @type {import("./types.d.ts").Answering} */ value) =>
      html`<label
        ><input
          type="radio"
          name="model"
          value=${value}
          .checked=${model === value}
          @change=${() => emit(this, "model-choice", { model: value })}
        />${language.say(`test.${value}`)}</label
      >`;
    return html`<div class="model" data-testid="test-model" data-model=${model}>
        ${
          canChoose
            ? html`<div class="choice" role="radiogroup" aria-label=${language.say("test.model")}>
                ${option(own)}${option("source")}
              </div>`
            : nothing
        }
        <p class="soft grow">${note}</p>
      </div>
      ${
        canTellUnknown === false
          ? html`<p class="hint" data-testid="unknown-teach">${language.say("unknown.teach")}</p>`
          : nothing
      }`;
  }

  /**
   * Photos out of the folder `test` of a data set.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").TestView} test
   */
  #waiting(language, { waiting, parts, model, sourceClasses }) {
    if (parts) return html`<p class="hint" data-testid="test-parts">${language.say("test.parts", partsOf(parts))}</p>`;
    if (waiting === 0) return nothing;
    if (model === "source" && sourceClasses === 0)
      return html`<p class="notice" data-testid="test-waiting" data-count=${waiting}>
        ${language.say("test.waitingMute", { count: waiting })}
      </p>`;
    return html`<div class="notice" data-testid="test-waiting" data-count=${waiting}>
      <p class="grow">${language.say("test.waiting", { count: waiting })}</p>
      <button class="button" type="button" @click=${() => emit(this, "test-now")}>${language.say("test.now")}</button>
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").Count} running */
  #runningBar(language, { done, total }) {
    const text = language.say("test.running", { done, total });
    return html`<div class="row running">
      <div class="grow reading">
        <span class="small number">${text}</span><progress max=${total} value=${done} aria-label=${text}></progress>
      </div>
      <button class="button" type="button" @click=${() => emit(this, "test-cancel")}>
        ${language.say("element.cancel")}
      </button>
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").TestView} test */
  #results(language, { rows, scored, top1, top5, model, running, why }) {
    const [first] = rows;
    if (!first) return nothing;
    if (rows.length === 1 && (running?.total ?? 1) === 1) return this.#one(language, first, why);
    const seen = rows.filter((row) => row.seen).length;
    const unknown = rows.filter((row) => row.unknown);
    const score = top1 === null ? null : { top1, top5 };
    const on = language.say("test.scoredOn", { count: scored });
    return html`${scores(language, { score, classes: this.classCount, top1Id: "test-top1", top5Id: "test-top5", on })}
      ${
        !score && !running && model !== "source"
          ? html`<p class="small soft">${language.say("test.noLabels")}</p>`
          : nothing
      }
      ${
        seen > 0 && score
          ? html`<div class="notice attention">
              ${icons.warning}
              <p>${language.say("test.seen", { count: seen })}</p>
            </div>`
          : nothing
      }
      ${
        unknown.length > 0
          ? html`<p class="hint" data-testid="unknown-count">
              ${language.say("unknown.count", {
                count: unknown.length,
                rate: language.percent(unknown[0]?.threshold?.rejectRate ?? 0),
              })}
            </p>`
          : nothing
      }
      <last-layer-test-table
        data-testid="test-table"
        .language=${language}
        .rows=${rows}
        @row-open=${(/** @type {CustomEvent} */ event) => (this.openRow = event.detail.index)}
      ></last-layer-test-table>
      ${
        running
          ? nothing
          : html`<button
              class="button quiet"
              type="button"
              data-testid="save-predictions"
              @click=${() => emit(this, "test-table")}
            >
              ${icons.download}${language.say("test.saveTable")}
            </button>`
      }`;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").TestRowView} row
   * @param {import("./types.d.ts").WhyView | null} why
   */
  #one(language, row, why) {
    const open = why?.open ?? false;
    const explanation = (open && why?.explanation) || null;
    const choice = open
      ? {
          label: why?.label ?? row.predictions[0]?.label,
          choose: (/** @type {string} */ label) => emit(this, "why-class", { label }),
        }
      : null;
    return html`<div class="one">
      <figure>
        <last-layer-heatmap
          .language=${language}
          .blob=${row.blob}
          .name=${row.name}
          .explanation=${explanation}
        ></last-layer-heatmap>
        <figcaption class="name">${row.name}</figcaption>
      </figure>
      <div class="stack">
        ${
          row.problem
            ? html`<div class="notice bad">
                ${icons.warning}
                <p>${sayProblem(language, row.problem)}</p>
              </div>`
            : answer(language, row, choice)
        }
        ${
          row.label !== null
            ? html`<p class="small soft">${language.say("test.truth", { label: row.label })}</p>`
            : nothing
        }
        ${row.seen ? html`<p class="small soft">${language.say("test.seen", { count: 1 })}</p>` : nothing}
        ${row.predictions.length > 0 ? this.#askWhy(language, open) : nothing}
      </div>
      ${
        explanation
          ? html`<last-layer-why-note
                class="wide"
                .language=${language}
                .explanation=${explanation}
                .similar=${why?.similar ?? []}
              ></last-layer-why-note>
              <last-layer-feature-maps
                class="wide"
                .language=${language}
                .maps=${why?.maps}
                @why-stage=${(/** @type {CustomEvent} */ event) => emit(this, "why-stage", event.detail)}
              ></last-layer-feature-maps>`
          : nothing
      }
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {boolean} open */
  #askWhy(language, open) {
    return html`<div class="ask-why">
      <button
        class="button"
        type="button"
        data-testid="why-button"
        aria-expanded=${open ? "true" : "false"}
        @click=${() => emit(this, "why-toggle")}
      >
        ${language.say(open ? "why.hide" : "why.show")}
      </button>
      ${open ? html`<p class="hint">${language.say("why.choose")}</p>` : nothing}
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").TestRowView[]} rows */
  #dialog(language, rows) {
    const row = this.openRow === null ? undefined : rows[this.openRow];
    if (!row) return nothing;
    const close = () => (this.openRow = null);
    return html`<dialog
      aria-label=${row.name}
      @close=${close}
      @click=${(/** @type {MouseEvent} */ event) => event.target === event.currentTarget && close()}
    >
      <img class="picture" src=${blobUrl(row.blob)} alt=${row.name} decoding="async" />
      <div class="body">
        <p class="small soft">
          ${row.name}${row.label === null ? nothing : html`<br />${language.say("test.truth", { label: row.label })}`}
        </p>
        ${row.problem ? html`<p>${sayProblem(language, row.problem)}</p>` : answer(language, row)}
        <div><button class="button" type="button" @click=${close}>${language.say("photo.close")}</button></div>
      </div>
    </dialog>`;
  }
}

/**
 * What the network knows by itself, or that it knows nothing by itself.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {number | null} classes
 */
function sourceNote(language, classes) {
  if (classes === 0) return language.say("test.muteNote");
  if (classes === null || classes === IMAGENET) return language.say("test.sourceNote");
  return language.say("test.otherSourceNote", { count: classes });
}

define("last-layer-test-panel", TestPanel);
