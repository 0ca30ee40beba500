import { LitElement, css, html, nothing } from "lit";
import { define, emit } from "./define.js";
import { DropTarget } from "./drop-target.js";
import { icons } from "./icons.js";
import { readFiles } from "./read-drop.js";
import { shared } from "./styles.js";

/** Not everywhere: some tablets pick files but no folders. */
const FOLDERS = "webkitdirectory" in HTMLInputElement.prototype;

/**
 * A place to drop or pick photos: the text in its slot, and two buttons for those who do not drag. Sends `files` with
 * what came in, and `drop-refused` where a link was dropped, and no file. `pick-id` and `folder-id` become the
 * `data-testid` of its two inputs.
 */
export class DropZone extends LitElement {
  static properties = {
    language: { attribute: false },
    pickId: { attribute: "pick-id" },
    folderId: { attribute: "folder-id" },
    compact: { type: Boolean, reflect: true },
    disabled: { type: Boolean, reflect: true },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    this.pickId = "";
    this.folderId = "";
    this.compact = false;
    this.disabled = false;
    this.target = new DropTarget(this, {
      receive: (incoming) => this.#receive(incoming),
      enabled: () => !this.disabled,
      refused: () => emit(this, "drop-refused"),
    });
  }

  static styles = [
    shared,
    css`
      .zone {
        display: grid;
        justify-items: center;
        align-content: center;
        gap: 1.1em;
        text-align: center;
        height: 100%;
        padding: clamp(1.2em, 5cqi, 2.4em) 1em;
        border: 1.5px dashed var(--zone-line, var(--line-strong));
        border-radius: var(--radius);
        background: var(--zone-fill, var(--sunk));
        transition:
          border-color 0.15s,
          background-color 0.15s;
      }
      :host(:not([disabled])) .zone {
        cursor: pointer;
      }
      :host([disabled]) .zone {
        border-color: var(--line);
      }
      /* --zone-line and --zone-fill: a panel around it that takes the drop instead lights the zone up too. */
      :host([dropping]) .zone {
        border-color: var(--accent);
        border-style: solid;
        background: var(--accent-soft);
      }
      :host([compact]) .zone {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: center;
        gap: 0.6em 1.2em;
        padding: 0.7em 0.8em;
      }
      :host([compact]) .text {
        flex: 1 1 auto;
        padding-inline: 0.3em;
      }
      @container (min-width: 740px) {
        :host([compact]) .text {
          text-align: start;
        }
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 0.6em;
        justify-content: center;
      }
    `,
  ];

  render() {
    const { language } = this;
    if (!language) return nothing;
    return html`<div class="zone" @click=${this.#pickOnBlank}>
      <div class="text"><slot></slot></div>
      <div class="buttons">
        <button class="button" type="button" ?disabled=${this.disabled} @click=${() => this.pick()}>
          ${icons.photos}${language.say("drop.photos")}
        </button>
        ${
          FOLDERS
            ? html`<button class="button" type="button" ?disabled=${this.disabled} @click=${() => this.#open("folder")}>
                ${icons.folder}${language.say("drop.folder")}
              </button>`
            : nothing
        }
      </div>
      <input
        id="photos"
        type="file"
        accept="image/*"
        multiple
        hidden
        data-testid=${this.pickId}
        ?disabled=${this.disabled}
        @change=${this.#picked}
      />
      <input
        id="folder"
        type="file"
        multiple
        webkitdirectory
        hidden
        data-testid=${this.folderId}
        ?disabled=${this.disabled}
        @change=${this.#picked}
      />
    </div>`;
  }

  /** Opens the browser's own picker. Plain inputs: the File System Access pickers throw in frames of another origin. */
  pick() {
    this.#open("photos");
  }

  /** @param {"photos" | "folder"} id */
  #open(id) {
    /** @type {HTMLInputElement | null | undefined} */ (this.renderRoot.querySelector(`#${id}`))?.click();
  }

  /** A click beside the buttons picks photos too; keyboards have the buttons. @param {MouseEvent} event */
  #pickOnBlank(event) {
    const onControl = event
      .composedPath()
      .some((node) => node instanceof HTMLButtonElement || node instanceof HTMLInputElement);
    if (!onControl && !this.disabled) this.pick();
  }

  /** @param {Event} event */
  #picked(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    this.#receive(readFiles(input.files ?? []));
    // So that picking the same file again is a change again.
    input.value = "";
  }

  /** @param {import("./types.d.ts").Incoming} incoming */
  #receive(incoming) {
    if (incoming.files.length > 0 || incoming.unreadable.length > 0) emit(this, "files", incoming);
  }
}

define("last-layer-drop-zone", DropZone);
