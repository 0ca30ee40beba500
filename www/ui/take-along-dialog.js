import { LitElement, css, html, nothing } from "lit";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { shared } from "./styles.js";

/** @typedef {"zip" | "onnx-image" | "onnx" | "safetensors" | "card"} Format */
/**
 * What is going on: nothing yet, a file on its way (`total` 0 where nobody knows how much there is to do), or what came
 * of it.
 * @typedef {{ state: "idle" }
 *   | { state: "loading" | "writing", done: number, total: number }
 *   | { state: "done", name: string, bytes: number }
 *   | { state: "cancelled" }
 *   | { state: "failed", text: string, code: string }} TakeAlongView
 */

/** @type {readonly Format[]} */
const FORMATS = ["zip", "onnx-image", "onnx", "safetensors", "card"];
/** What a zip may have besides. */
const ALSO = /** @type {const} */ (["onnx", "safetensors"]);
/** Those whose weights may be in half precision. */
const IN_HALF = ["zip", "onnx-image", "onnx"];

/**
 * What a model is taken along for, and the file that comes of it. Sends `take` (`{ format, also, half }`), `take-cancel`
 * and `take-close`. For tests: `take-dialog` (`data-state`), `take-FORMAT` for each format, `take-also-onnx`,
 * `take-also-safetensors`, `take-half`, `take-download`, `take-cancel`, `take-close`, `take-status`, `take-problem`
 * (`data-code`).
 */
export class TakeAlongDialog extends LitElement {
  static properties = {
    language: { attribute: false },
    view: { attribute: false },
    format: { state: true },
    also: { state: true },
    half: { state: true },
  };

  static styles = [
    shared,
    css`
      :host {
        display: contents;
      }
      h3 {
        font-size: 1.25em;
        font-weight: 680;
        letter-spacing: -0.015em;
      }
      fieldset {
        display: grid;
        gap: 0.15em;
      }
      legend {
        padding: 0;
        margin-bottom: 0.3em;
        font-weight: 600;
      }
      label {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0 0.65em;
        align-items: start;
        padding: 0.5em 0.6em;
        border: 1px solid transparent;
        border-radius: var(--radius-small);
        cursor: pointer;
      }
      label:hover {
        background: var(--sunk);
      }
      label:has(input[type="radio"]:checked) {
        border-color: var(--line-strong);
        background: var(--sunk);
      }
      input {
        width: 1.15em;
        height: 1.15em;
        margin: 0.2em 0 0;
        accent-color: var(--accent);
      }
      .hint {
        grid-column: 2;
        overflow-wrap: anywhere;
        text-wrap: pretty;
      }
      .more {
        padding-inline-start: 1.2em;
      }
      .more label {
        padding-block: 0.25em;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import("./take-along-messages.js").TakeAlongLanguage | undefined} */ this.language = undefined;
    /** @type {TakeAlongView} */ this.view = { state: "idle" };
    /** @type {Format} */ this.format = "zip";
    /** @type {readonly ("onnx" | "safetensors")[]} */ this.also = [];
    this.half = false;
  }

  render() {
    const { language, view } = this;
    if (!language) return nothing;
    const running = view.state === "loading" || view.state === "writing";
    return html`<dialog
      lang=${language.tag}
      aria-labelledby="title"
      data-testid="take-dialog"
      data-state=${view.state}
      @close=${() => emit(this, "take-close")}
      @click=${this.#closeOnBackdrop}
    >
      <form class="body" method="dialog" @submit=${this.#submit}>
        <h3 id="title">${language.say("title")}</h3>
        <p class="small soft">${language.say("intro")}</p>
        <fieldset ?disabled=${running}>
          <legend>${language.say("format")}</legend>
          ${FORMATS.map((format) => this.#choice(language, format))}
        </fieldset>
        ${this.format === "zip" ? this.#also(language, running) : nothing}
        ${IN_HALF.includes(this.format) ? this.#half(language, running) : nothing}
        <div role="status" data-testid="take-status">${this.#status(language)}</div>
        ${
          view.state === "failed"
            ? html`<div class="notice bad" role="alert" data-testid="take-problem" data-code=${view.code}>
                ${icons.warning}
                <p>${view.text}</p>
              </div>`
            : nothing
        }
        <div class="row">
          ${
            running
              ? html`<button
                  class="button"
                  type="button"
                  data-testid="take-cancel"
                  @click=${() => emit(this, "take-cancel")}
                >
                  ${language.say("cancel")}
                </button>`
              : html`<button class="button primary" type="submit" data-testid="take-download">
                  ${icons.download}${language.say("download")}
                </button>`
          }
          <span class="grow"></span>
          <button class="button" type="button" data-testid="take-close" @click=${() => this.#dialog?.close()}>
            ${language.say("close")}
          </button>
        </div>
      </form>
    </dialog>`;
  }

  firstUpdated() {
    this.#dialog?.showModal();
  }

  /** The two buttons take turns; so does the focus. @param {Map<string, unknown>} changed */
  updated(changed) {
    const before = /** @type {TakeAlongView | undefined} */ (changed.get("view"));
    if (!before || before.state === this.view.state || this.renderRoot.querySelector(":focus")) return;
    const next = "[data-testid=take-cancel], [data-testid=take-download]";
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector(next))?.focus();
  }

  get #dialog() {
    return this.renderRoot.querySelector("dialog");
  }

  /** @param {import("./take-along-messages.js").TakeAlongLanguage} language @param {Format} format */
  #choice(language, format) {
    return html`<label>
      <input
        type="radio"
        name="format"
        value=${format}
        data-testid="take-${format}"
        aria-describedby="hint-${format}"
        .checked=${this.format === format}
        @change=${() => (this.format = format)}
      />
      <span>${language.say(`format.${format}`)}</span>
      <span class="hint small soft" id="hint-${format}">${language.say(`hint.${format}`)}</span>
    </label>`;
  }

  /** @param {import("./take-along-messages.js").TakeAlongLanguage} language @param {boolean} disabled */
  #also(language, disabled) {
    return html`<fieldset class="more" ?disabled=${disabled}>
      <legend>${language.say("also")}</legend>
      ${ALSO.map(
        (content) =>
          html`<label>
            <input
              type="checkbox"
              data-testid="take-also-${content}"
              .checked=${this.also.includes(content)}
              @change=${(/** @type {Event} */ event) => this.#toggle(content, event)}
            />
            <span>${language.say(`also.${content}`)}</span>
          </label>`,
      )}
    </fieldset>`;
  }

  /** @param {import("./take-along-messages.js").TakeAlongLanguage} language @param {boolean} disabled */
  #half(language, disabled) {
    return html`<label>
      <input
        type="checkbox"
        data-testid="take-half"
        aria-describedby="hint-half"
        ?disabled=${disabled}
        .checked=${this.half}
        @change=${(/** @type {Event} */ event) => (this.half = isChecked(event))}
      />
      <span>${language.say("half")}</span>
      <span class="hint small soft" id="hint-half">${language.say("hint.half")}</span>
    </label>`;
  }

  /** @param {import("./take-along-messages.js").TakeAlongLanguage} language */
  #status(language) {
    const { view } = this;
    if (view.state === "cancelled") return html`<p>${language.say("cancelled")}</p>`;
    if (view.state === "done")
      return html`<p class="notice">
        ${icons.check}
        <span>${language.say("done", { name: view.name, size: language.megabytes(view.bytes) })}</span>
      </p>`;
    if (view.state !== "loading" && view.state !== "writing") return nothing;
    const label = language.say("progress");
    // Of one file nobody knows how much of it is written.
    return html`<p class="small">${language.say(view.state)}</p>
      ${
        view.total > 1
          ? html`<progress aria-label=${label} max=${view.total} value=${view.done}></progress>`
          : html`<progress aria-label=${label}></progress>`
      }`;
  }

  /** @param {"onnx" | "safetensors"} content @param {Event} event */
  #toggle(content, event) {
    const others = this.also.filter((other) => other !== content);
    this.also = isChecked(event) ? [...others, content] : others;
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const { format, also, half } = this;
    emit(this, "take", {
      format,
      also: format === "zip" ? also : [],
      half: half && IN_HALF.includes(format),
    });
  }

  /** @param {MouseEvent} event */
  #closeOnBackdrop(event) {
    if (event.composedPath()[0] === this.#dialog) this.#dialog?.close();
  }
}

/** @param {Event} event */
function isChecked(event) {
  return /** @type {HTMLInputElement} */ (event.target).checked;
}

define("last-layer-take-along", TakeAlongDialog);
