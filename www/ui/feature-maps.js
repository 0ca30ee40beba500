import { LitElement, css, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { define, emit } from "./define.js";
import "./picture.js";
import { shared } from "./styles.js";

/** A stage whose maps are at least this fraction of the picture's width is shallow, or in the middle. */
const SHALLOW = 1 / 4;
const MIDDLE = 1 / 16;

/**
 * What the stages of the network respond to in the photo: one stage's most varying channels, as pictures. Worked out
 * only while it is open. Sends `why-stage` (`{ stage }`, null when it is closed). For tests: `feature-maps`
 * (`data-stage`, once they are shown), `feature-map` (`data-index`), `stage-select`.
 */
export class FeatureMaps extends LitElement {
  static properties = { language: { attribute: false }, maps: { attribute: false } };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").StageMapsView | undefined} */ this.maps = undefined;
  }

  static styles = [
    shared,
    css`
      .text {
        color: var(--ink-soft);
        font-size: 0.875em;
        line-height: 1.55;
        max-width: 38em;
        text-wrap: pretty;
      }
      .body {
        display: grid;
        gap: 0.8em;
        padding-top: 0.3em;
      }
      label {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.3em 0.7em;
        font-size: 0.9375em;
      }
      label .field {
        width: auto;
      }
      .channels {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(84px, 1fr));
        gap: 0.6em;
        max-width: 46em;
      }
      .channels span {
        display: block;
        margin-top: 0.25em;
        font-size: 0.75em;
        color: var(--ink-soft);
      }
    `,
  ];

  render() {
    const { language, maps } = this;
    if (!language || !maps) return nothing;
    return html`<details ?open=${maps.stage !== null} @toggle=${this.#toggle}>
      <summary>${language.say("maps.title")}</summary>
      ${maps.stage === null ? nothing : this.#body(language, maps, maps.stage)}
    </details>`;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").StageMapsView} maps
   * @param {string} stage
   */
  #body(language, { stages, found }, stage) {
    return html`<div class="body">
      <label
        >${language.say("maps.stage")}
        <select
          class="field"
          data-testid="stage-select"
          .value=${live(stage)}
          @change=${(/** @type {Event} */ event) =>
            emit(this, "why-stage", { stage: /** @type {HTMLSelectElement} */ (event.target).value })}
        >
          ${stages.map(
            (name) => html`<option value=${name} ?selected=${name === stage}>${sayStage(language, name)}</option>`,
          )}
        </select>
      </label>
      ${found ? this.#found(language, found) : html`<progress aria-label=${language.say("maps.title")}></progress>`}
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").FoundMaps} found */
  #found(language, { stage, width, height, of, channels, seen }) {
    const share = width / seen.width;
    const depth = share >= SHALLOW ? "maps.shallow" : share >= MIDDLE ? "maps.middle" : "maps.deep";
    return html`<p class="text">
        ${language.say(depth)} ${language.say("maps.basis", { count: channels.length, of, width, height })}
      </p>
      <ul class="channels" data-testid="feature-maps" data-stage=${stage} aria-label=${sayStage(language, stage)}>
        ${channels.map(
          ({ index, picture }) =>
            html`<li data-testid="feature-map" data-index=${index}>
              <last-layer-picture
                .picture=${picture}
                .words=${language.say("maps.channel", { index })}
              ></last-layer-picture
              ><span aria-hidden="true">${language.say("maps.channel", { index })}</span>
            </li>`,
        )}
      </ul>`;
  }

  /** @param {Event} event */
  #toggle(event) {
    const { open } = /** @type {HTMLDetailsElement} */ (event.target);
    const shown = this.maps?.stage ?? null;
    if (open === (shown !== null)) return;
    emit(this, "why-stage", { stage: open ? (this.maps?.stages[0] ?? null) : null });
  }
}

/** @param {import("./types.d.ts").PanelLanguage} language @param {string} stage */
export function sayStage(language, stage) {
  return Number.isNaN(Number(stage)) ? language.say("maps.last") : language.say("maps.stageName", { number: stage });
}

define("last-layer-feature-maps", FeatureMaps);
