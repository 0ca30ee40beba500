import { LitElement, css, html, nothing } from "lit";
import { namesIn, utf8 } from "./class-names.js";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { shared } from "./styles.js";

/** Rows of the field: what is beyond scrolls. */
const MOST_ROWS = 10;

/**
 * Names for the classes of a network that has only numbers for them: typed one in a line, or out of a text file. Sends
 * `network-labels` (`{ labels }`). For tests: `network-names` (`data-named`), with `names-field`, `input-names`,
 * `names-apply` and `names-problem`.
 */
export class NetworkNames extends LitElement {
  static properties = {
    language: { attribute: false },
    naming: { attribute: false },
    locked: { type: Boolean },
    text: { state: true },
    problem: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").NetworkView["naming"] | undefined} */ this.naming = undefined;
    this.locked = false;
    /** What the reader has written; null for the names there are. @type {string | null} */ this.text = null;
    /** @type {"count" | "text" | null} */ this.problem = null;
  }

  static styles = [
    shared,
    css`
      .form {
        display: grid;
        gap: 0.6em;
        padding-block: 0.3em 0.5em;
      }
      textarea.field {
        display: block;
        max-width: 30em;
        color: inherit;
        font: inherit;
        line-height: 1.5;
        resize: vertical;
      }
      .problem {
        color: var(--bad);
      }
    `,
  ];

  render() {
    const { language, naming } = this;
    if (!language || !naming) return nothing;
    const { count, named } = naming;
    const given = namesIn(this.#text).length;
    return html`<div data-testid="network-names" data-named=${named ? "true" : "false"}>
      <p class="small soft">${language.say(named ? "names.given" : "names.numbered", { count })}</p>
      <details>
        <summary>${language.say(named ? "names.change" : "names.give")}</summary>
        <div class="form">
          <label for="names" class="small">${language.say("names.label", { count })}</label>
          <textarea
            id="names"
            class="field"
            data-testid="names-field"
            rows=${Math.min(MOST_ROWS, Math.max(3, count))}
            spellcheck="false"
            aria-describedby="given"
            .value=${this.#text}
            ?disabled=${this.locked}
            @input=${(/** @type {Event} */ event) => this.#write(/** @type {HTMLTextAreaElement} */ (event.target).value)}
          ></textarea>
          <p
            id="given"
            class="small ${this.problem ? "problem" : "soft"}"
            role="status"
            data-testid=${this.problem ? "names-problem" : nothing}
          >
            ${
              this.problem === "text"
                ? language.say("names.noText")
                : language.say(this.problem ? "names.wrongCount" : "names.count", { given, count })
            }
          </p>
          <div class="row">
            <button
              class="button primary"
              type="button"
              data-testid="names-apply"
              ?disabled=${this.locked}
              @click=${this.#apply}
            >
              ${language.say("names.apply")}
            </button>
            <button class="button" type="button" ?disabled=${this.locked} @click=${() => this.#input?.click()}>
              ${icons.open}${language.say("names.file")}
            </button>
            <input
              id="file"
              type="file"
              accept=".txt,text/plain"
              hidden
              data-testid="input-names"
              ?disabled=${this.locked}
              @change=${this.#picked}
            />
          </div>
        </div>
      </details>
    </div>`;
  }

  get #text() {
    return this.text ?? this.naming?.names.join("\n") ?? "";
  }

  /** @returns {HTMLInputElement | null} */
  get #input() {
    return this.renderRoot.querySelector("#file");
  }

  /** @param {string} text */
  #write(text) {
    this.text = text;
    this.problem = null;
  }

  #apply() {
    const labels = namesIn(this.#text);
    this.problem = labels.length === this.naming?.count ? null : "count";
    if (!this.problem) emit(this, "network-labels", { labels });
  }

  /** @param {Event} event */
  async #picked(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    const text = await file.arrayBuffer().then(utf8, () => null);
    if (text === null) this.problem = "text";
    else this.#write(text);
  }
}

define("last-layer-network-names", NetworkNames);
