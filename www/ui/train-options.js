import { LitElement, css, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { choiceLabel, optionLabel } from "./language.js";
import { shared } from "./styles.js";

/**
 * The training options, one field or switch for each row of the table it is given (the table that the core validates
 * by, so that what is shown and what is allowed cannot differ). Sends `options-change` with `{ values, valid }`.
 */
export class TrainOptions extends LitElement {
  static properties = {
    language: { attribute: false },
    options: { attribute: false },
    values: { attribute: false },
    disabled: { type: Boolean },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {readonly import("./types.d.ts").OptionView[]} */ this.options = [];
    /** Only those that differ from the defaults. @type {Record<string, number | string>} */ this.values = {};
    this.disabled = false;
  }

  static styles = [
    shared,
    css`
      fieldset {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 190px), 1fr));
        gap: 1em 1.1em;
        padding: 0.5em 0 0.25em;
      }
      .option {
        display: grid;
        align-content: start;
        gap: 0.3em;
      }
      label {
        font-weight: 600;
        font-size: 0.9375em;
      }
      .switch {
        display: flex;
        align-items: center;
        gap: 0.6em;
        min-height: 44px;
        cursor: pointer;
      }
      .switch input {
        flex: none;
        width: 1.25em;
        height: 1.25em;
        margin: 0;
        accent-color: var(--accent);
        cursor: inherit;
      }
      fieldset:disabled .switch {
        cursor: not-allowed;
        color: var(--ink-faint);
      }
      @media (pointer: fine) {
        .switch {
          min-height: 40px;
        }
      }
      .range {
        color: var(--ink-faint);
        font-size: 0.8125em;
      }
      .doc {
        color: var(--ink-soft);
        font-size: 0.8125em;
        line-height: 1.5;
        text-wrap: pretty;
      }
    `,
  ];

  render() {
    const { language } = this;
    if (!language) return nothing;
    return html`<details>
      <summary>${language.say("train.options")}</summary>
      <fieldset ?disabled=${this.disabled}>
        <legend class="hidden-text">${language.say("train.options")}</legend>
        ${this.options.map((option) =>
          option.kind === "choice"
            ? this.#choice(language, option)
            : isSwitch(option)
              ? this.#switch(language, option)
              : this.#field(language, option),
        )}
      </fieldset>
      ${
        Object.keys(this.values).length > 0
          ? html`<button class="button quiet" type="button" ?disabled=${this.disabled} @click=${() => this.#send({})}>
              ${icons.refresh}${language.say("train.reset")}
            </button>`
          : nothing
      }
    </details>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").OptionView} option */
  #field(language, option) {
    const { name, kind, min = -Infinity, max = Infinity, doc } = option;
    // The browser adds no steps of its own to a fraction; whole numbers step by one.
    const exact = (/** @type {number} */ value) =>
      language.number(value, { maximumSignificantDigits: 12, useGrouping: false });
    return html`<div class="option">
      <label for=${name}>${optionLabel(language, name)}</label>
      <input
        class="field number"
        id=${name}
        name=${name}
        type="number"
        inputmode=${kind === "int" ? "numeric" : "decimal"}
        step=${kind === "int" ? "1" : "any"}
        min=${min}
        max=${max}
        required
        .value=${live(String(this.values[name] ?? option.default))}
        aria-describedby="${name}-doc ${name}-range"
        @change=${this.#changed}
      />
      <p class="doc" id="${name}-doc">${doc[language.code]}</p>
      <p class="range number" id="${name}-range">
        ${language.say("train.range", { min: exact(min), max: exact(max) })}
      </p>
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").OptionView} option */
  #choice(language, { name, default: usual, choices = [], doc }) {
    const value = this.values[name] ?? usual;
    return html`<div class="option">
      <label for=${name}>${optionLabel(language, name)}</label>
      <select class="field" id=${name} name=${name} aria-describedby="${name}-doc" @change=${this.#changed}>
        ${choices.map(
          (choice) =>
            html`<option value=${choice} ?selected=${choice === value}>${choiceLabel(language, name, choice)}</option>`,
        )}
      </select>
      <p class="doc" id="${name}-doc">${doc[language.code]}</p>
    </div>`;
  }

  /**
   * A number that is only ever 0 or 1 is a question of on or off.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").OptionView} option
   */
  #switch(language, { name, default: value, doc }) {
    const key = `switch.${name}`;
    return html`<div class="option">
      <label class="switch"
        ><input
          id=${name}
          name=${name}
          type="checkbox"
          .checked=${live((this.values[name] ?? value) === 1)}
          aria-describedby="${name}-doc"
          @change=${this.#changed}
        />
        ${optionLabel(language, name)}</label
      >
      <p class="doc" id="${name}-doc">${language.has(key) ? language.say(key) : doc[language.code]}</p>
    </div>`;
  }

  #changed() {
    /** @type {Record<string, number | string>} */ const values = {};
    for (const option of this.options) {
      const value = this.#value(option) ?? option.default;
      // Back at the default is a choice too, where the element's author chose something else.
      if (value !== option.default || option.name in this.values) values[option.name] = value;
    }
    this.#send(values);
  }

  /** @param {import("./types.d.ts").OptionView} option @returns {number | string | undefined} */
  #value(option) {
    const input = this.#input(option.name);
    if (!input) return undefined;
    if (input instanceof HTMLSelectElement) return input.value;
    return isSwitch(option) ? Number(input.checked) : input.valueAsNumber;
  }

  /** @param {Record<string, number | string>} values */
  #send(values) {
    const valid = Object.keys(values).every((name) => this.#input(name)?.validity.valid !== false);
    emit(this, "options-change", { values, valid });
  }

  /** @param {string} name @returns {HTMLInputElement | HTMLSelectElement | null} */
  #input(name) {
    return this.renderRoot.querySelector(`#${CSS.escape(name)}`);
  }
}

/** @param {import("./types.d.ts").OptionView} option */
function isSwitch({ kind, min, max }) {
  return kind === "int" && min === 0 && max === 1;
}

define("last-layer-train-options", TrainOptions);
