import { LitElement, css, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { blobUrl } from "./blob-url.js";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { cropFrame, photoLook, photoLookStyles } from "./photo-look.js";
import { shared } from "./styles.js";

/**
 * One photo, large, with what can be done to it: for keyboards and fingers the way to move and remove photos, and a
 * quick way to look through them all; and what the network sees of it. Sends `photo-move`, `photo-remove`, `photo-open`
 * (another one) and `photo-close`.
 */
export class PhotoDialog extends LitElement {
  static properties = {
    language: { attribute: false },
    photos: { attribute: false },
    labels: { attribute: false },
    photoId: { attribute: false },
    look: { attribute: false },
    locked: { type: Boolean },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").Photo[]} */ this.photos = [];
    /** @type {string[]} */ this.labels = [];
    /** @type {number | null} */ this.photoId = null;
    /** @type {import("./types.d.ts").LookView | null} */ this.look = null;
    this.locked = false;
  }

  static styles = [
    shared,
    photoLookStyles,
    css`
      :host {
        display: contents;
      }
      .name {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      label {
        display: grid;
        gap: 0.3em;
        font-size: 0.9375em;
      }
    `,
  ];

  render() {
    const { language } = this;
    const index = this.photos.findIndex((photo) => photo.id === this.photoId);
    const photo = this.photos[index];
    if (!language) return nothing;
    return html`<dialog
      aria-label=${photo?.name ?? ""}
      @close=${() => emit(this, "photo-close")}
      @click=${this.#closeOnBackdrop}
      @keydown=${this.#keys}
    >
      ${photo ? this.#body(language, photo, index) : nothing}
    </dialog>`;
  }

  updated() {
    const dialog = this.renderRoot.querySelector("dialog");
    const wanted = this.photos.some((photo) => photo.id === this.photoId);
    if (dialog && wanted && !dialog.open) dialog.showModal();
    if (dialog && !wanted && dialog.open) dialog.close();
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").Photo} photo
   * @param {number} index
   */
  #body(language, photo, index) {
    // Never of the photo before.
    const look = this.look?.id === photo.id ? this.look : null;
    return html`<div class="framed">
        <img class="picture" src=${blobUrl(photo.blob)} alt=${photo.name} decoding="async" />${cropFrame(look)}
      </div>
      <div class="body">
        <div class="row">
          <p class="name grow">
            ${photo.name}<br /><span class="small soft number"
              >${language.say("photo.position", { number: index + 1, count: this.photos.length })}</span
            >
          </p>
          <button
            class="button quiet icon-only"
            type="button"
            aria-label=${language.say("photo.previous")}
            @click=${() => this.#step(-1)}
          >
            ${icons.previous}
          </button>
          <button
            class="button quiet icon-only"
            type="button"
            aria-label=${language.say("photo.next")}
            @click=${() => this.#step(1)}
          >
            ${icons.next}
          </button>
        </div>
        <label
          >${language.say("photo.move")}
          <select
            class="field"
            ?disabled=${this.locked}
            .value=${live(photo.label)}
            @change=${(/** @type {Event} */ event) => this.#move(event, photo)}
          >
            ${this.labels.map(
              (label) => html`<option value=${label} ?selected=${label === photo.label}>${label}</option>`,
            )}
          </select>
        </label>
        <div class="row">
          <button
            class="button danger"
            type="button"
            ?disabled=${this.locked}
            @click=${() => this.#remove(photo, index)}
          >
            ${icons.trash}${language.say("photo.remove")}
          </button>
          <span class="grow"></span>
          <button class="button" type="button" @click=${() => emit(this, "photo-close")}>
            ${language.say("photo.close")}
          </button>
        </div>
        ${this.locked ? html`<p class="small soft">${language.say("photos.locked")}</p>` : nothing}
        ${photoLook(language, look)}
      </div>`;
  }

  /** @param {number} by */
  #step(by) {
    const count = this.photos.length;
    const index = this.photos.findIndex((photo) => photo.id === this.photoId);
    const next = this.photos[(index + by + count) % count];
    if (next) emit(this, "photo-open", { id: next.id });
  }

  /**
   * Goes on to the next photo, so that weeding out a folder is one key after another.
   * @param {import("./types.d.ts").Photo} photo
   * @param {number} index
   */
  #remove(photo, index) {
    const next = this.photos[index + 1] ?? this.photos[index - 1];
    if (next) emit(this, "photo-open", { id: next.id });
    else emit(this, "photo-close");
    emit(this, "photo-remove", { ids: [photo.id] });
  }

  /** @param {Event} event @param {import("./types.d.ts").Photo} photo */
  #move(event, photo) {
    const label = /** @type {HTMLSelectElement} */ (event.target).value;
    if (label !== photo.label) emit(this, "photo-move", { ids: [photo.id], label });
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    if (event.composedPath()[0] instanceof HTMLSelectElement) return;
    if (event.key === "ArrowLeft") this.#step(-1);
    if (event.key === "ArrowRight") this.#step(1);
  }

  /** @param {MouseEvent} event */
  #closeOnBackdrop(event) {
    if (event.composedPath()[0] === this.renderRoot.querySelector("dialog")) emit(this, "photo-close");
  }
}

define("last-layer-photo-dialog", PhotoDialog);
