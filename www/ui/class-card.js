import { LitElement, css, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { blobUrl } from "./blob-url.js";
import { define, emit } from "./define.js";
import { DropTarget } from "./drop-target.js";
import { icons } from "./icons.js";
import { readFiles } from "./read-drop.js";
import { shared } from "./styles.js";

/** Thumbnails shown until the reader asks for all: a class of a thousand photos must not decode a thousand images. */
const THUMBNAILS = 12;
/** How far from the part of the list that is in sight a card draws its photos: what scrolling or Tab reaches next. */
const NEAR = "600px";
/** Says that a drag is a photo of ours. Which one, the panel remembers: another element's photos have other ids. */
export const PHOTO_DRAG = "application/x-lastlayer-photo";

/**
 * One class: its name, its photos, a place to drop more. Sends `class-rename`, `class-remove`, `class-files`,
 * `photo-open`, `photo-remove`, `photo-drag`, `photo-drop` and `drop-refused` (a link was dropped, and no file).
 */
export class ClassCard extends LitElement {
  static properties = {
    language: { attribute: false },
    view: { attribute: false },
    locked: { type: Boolean },
    lazy: { type: Boolean },
    near: { state: true },
    expanded: { state: true },
    confirming: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").ClassView | undefined} */ this.view = undefined;
    this.locked = false;
    /** Among many: its photos are drawn when it comes near the part of the list that is in sight, and stay then. */
    this.lazy = false;
    this.near = false;
    /** @type {IntersectionObserver | null} */ this.observer = null;
    this.expanded = false;
    this.confirming = false;
    /** Where the focus belongs once a removed photo is gone. @type {number | null} */ this.focusIndex = null;
    this.target = new DropTarget(this, {
      receive: (incoming) => emit(this, "class-files", { label: this.view?.label, ...incoming }),
      enabled: () => !this.locked,
      accepts: (transfer) => transfer.types.includes(PHOTO_DRAG),
      refused: () => emit(this, "drop-refused"),
      receiveOther: () => emit(this, "photo-drop", { label: this.view?.label }),
    });
  }

  static styles = [
    shared,
    css`
      .card {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        align-content: start;
        gap: 0.7em;
        height: 100%;
        padding: 0.7em;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--paper);
        transition:
          border-color 0.15s,
          background-color 0.15s;
      }
      :host([dropping]) .card {
        border-color: var(--accent);
        background: var(--accent-soft);
      }
      header {
        display: flex;
        align-items: center;
        gap: 0.25em;
      }
      .name {
        flex: 1;
        min-width: 0;
        min-height: 44px;
        padding: 0.2em 0.45em;
        border: 1px solid transparent;
        border-radius: 7px;
        background: transparent;
        font-weight: 650;
        text-overflow: ellipsis;
      }
      .name:hover:enabled {
        border-color: var(--line-strong);
      }
      .name:focus {
        border-color: var(--focus);
        background: var(--paper);
      }
      .count {
        color: var(--ink-soft);
        font-size: 0.875em;
        white-space: nowrap;
        padding-inline-end: 0.25em;
      }
      .photos {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(52px, 1fr));
        gap: 6px;
      }
      /* Room for the focus ring, which a scrolling box cuts off. */
      .photos.all {
        max-height: 24em;
        overflow: auto;
        margin: -4px;
        padding: 4px;
      }
      li {
        position: relative;
        aspect-ratio: 1;
      }
      .photo {
        display: block;
        width: 100%;
        height: 100%;
        padding: 0;
        border: 0;
        border-radius: 8px;
        overflow: hidden;
        background: var(--sunk);
        cursor: zoom-in;
      }
      .photo img {
        width: 100%;
        height: 100%;
        object-fit: cover;
        display: block;
        transition: opacity 0.15s;
      }
      .remove {
        position: absolute;
        top: 3px;
        right: 3px;
        display: none;
        place-items: center;
        width: 24px;
        height: 24px;
        padding: 0;
        border: 0;
        border-radius: 50%;
        background: rgb(10 12 16 / 0.78);
        color: #fff;
        cursor: pointer;
      }
      .remove .icon {
        width: 14px;
        height: 14px;
      }
      @media (hover: hover) {
        li:hover .remove:enabled {
          display: grid;
        }
      }
      .more {
        width: 100%;
        height: 100%;
        border: 1px dashed var(--line-strong);
        border-radius: 8px;
        background: var(--sunk);
        color: var(--ink-soft);
        font-weight: 650;
        cursor: pointer;
      }
      .more:hover:enabled {
        color: var(--ink);
        border-color: var(--ink-soft);
      }
      .empty {
        padding: 1.3em 0.6em;
        border: 1.5px dashed var(--line-strong);
        border-radius: 8px;
        text-align: center;
        color: var(--ink-soft);
        font-size: 0.875em;
      }
    `,
  ];

  render() {
    const { language, view } = this;
    if (!language || !view) return nothing;
    const { label, photos } = view;
    return html`<article class="card" aria-label=${label}>
      <header>
        <input
          class="name"
          data-testid="class-name"
          aria-label=${language.say("class.name")}
          .value=${live(label)}
          ?disabled=${this.locked}
          maxlength="100"
          spellcheck="false"
          autocomplete="off"
          @change=${this.#rename}
          @keydown=${this.#nameKey}
        />
        <span class="count number">${language.say("photos.count", { count: photos.length })}</span>
        <button
          class="button quiet icon-only"
          type="button"
          ?disabled=${this.locked}
          aria-label=${language.say("class.remove", { label })}
          title=${language.say("class.remove", { label })}
          @click=${() => (photos.length > 0 ? (this.confirming = true) : emit(this, "class-remove", { label }))}
        >
          ${icons.trash}
        </button>
      </header>
      ${this.confirming ? this.#confirmation(language, view) : nothing}
      ${photos.length === 0 ? html`<p class="empty">${language.say("class.empty")}</p>` : nothing}
      ${this.near ? this.#thumbnails(language, view) : nothing}
      <input id="pick" type="file" accept="image/*" multiple hidden data-testid="input-class" @change=${this.#picked} />
    </article>`;
  }

  /** What is drawn stays drawn, also when the list becomes long. */
  willUpdate() {
    if (!this.lazy) this.near = true;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stopWatching();
  }

  #watch() {
    if (this.near || this.observer) return;
    const seen = (/** @type {IntersectionObserverEntry[]} */ entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      this.near = true;
      this.#stopWatching();
    };
    this.observer = new IntersectionObserver(seen, { root: this.parentElement, rootMargin: NEAR });
    this.observer.observe(this);
  }

  #stopWatching() {
    this.observer?.disconnect();
    this.observer = null;
  }

  updated() {
    this.#watch();
    if (this.focusIndex === null || this.renderRoot.querySelector(":focus")) return;
    const photos = this.renderRoot.querySelectorAll(".photo");
    const next = photos[Math.min(this.focusIndex, photos.length - 1)] ?? this.renderRoot.querySelector(".more");
    this.focusIndex = null;
    /** @type {HTMLElement | null} */ (next)?.focus();
  }

  /** Puts the cursor into the name, for a class that has just been made. */
  async focusName() {
    await this.updateComplete;
    /** @type {HTMLInputElement | null} */ (this.renderRoot.querySelector(".name"))?.select();
  }

  /**
   * Photos take effort to collect, so removing them asks once more.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").ClassView} view
   */
  #confirmation(language, { label, photos }) {
    return html`<div class="row">
      <button class="button danger" type="button" @click=${() => this.#removeClass(label)}>
        ${language.say("class.confirm", { count: photos.length })}
      </button>
      <button class="button quiet" type="button" @click=${() => (this.confirming = false)}>
        ${language.say("class.keep")}
      </button>
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").ClassView} view */
  #thumbnails(language, { label, photos }) {
    const hidden = this.expanded || photos.length <= THUMBNAILS ? 0 : photos.length - (THUMBNAILS - 2);
    const shown = hidden > 0 ? photos.slice(0, THUMBNAILS - 2) : photos;
    const all = this.expanded && photos.length > THUMBNAILS;
    return html`<ul
        class="photos ${all ? "all" : ""}"
        tabindex=${all ? "0" : nothing}
        aria-label=${all ? label : nothing}
      >
        ${repeat(
          shown,
          (photo) => photo.id,
          (photo) => this.#thumbnail(language, photo),
        )}
        ${
          hidden > 0
            ? html`<li>
                <button
                  class="more number"
                  type="button"
                  aria-label=${language.say("class.showAll", { count: hidden })}
                  @click=${() => (this.expanded = true)}
                >
                  +${language.number(hidden)}
                </button>
              </li>`
            : nothing
        }
        <li>
          <button
            class="more"
            type="button"
            ?disabled=${this.locked}
            aria-label=${language.say("class.addPhotos", { label })}
            title=${language.say("class.addPhotos", { label })}
            @click=${() => /** @type {HTMLInputElement | null} */ (this.renderRoot.querySelector("#pick"))?.click()}
          >
            ${icons.plus}
          </button>
        </li>
      </ul>
      ${
        all
          ? html`<button class="button quiet" type="button" @click=${() => (this.expanded = false)}>
              ${language.say("class.showFewer")}
            </button>`
          : nothing
      }`;
  }

  /**
   * One tab stop per photo: Enter opens it (there it can be moved and removed), Delete removes it. The small cross is
   * for the mouse only.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").Photo} photo
   */
  #thumbnail(language, photo) {
    const remove = () => emit(this, "photo-remove", { ids: [photo.id] });
    // The list item is dragged: browsers differ over draggable buttons.
    return html`<li
      draggable=${this.locked ? "false" : "true"}
      @dragstart=${(/** @type {DragEvent} */ event) => this.#drag(event, photo)}
    >
      <button
        class="photo"
        type="button"
        aria-label=${language.say("photo.open", { name: photo.name })}
        title=${photo.name}
        @click=${() => emit(this, "photo-open", { id: photo.id })}
        @keydown=${(/** @type {KeyboardEvent} */ event) =>
          event.key === "Delete" && !this.locked && this.#removeByKey(photo, remove)}
      >
        <img src=${blobUrl(photo.blob)} alt="" loading="lazy" decoding="async" draggable="false" />
      </button>
      <button
        class="remove"
        type="button"
        tabindex="-1"
        ?disabled=${this.locked}
        aria-label="${language.say("photo.remove")}: ${photo.name}"
        @click=${remove}
      >
        ${icons.close}
      </button>
    </li>`;
  }

  /**
   * The focus goes on to the next photo: removing several is one key again and again.
   * @param {import("./types.d.ts").Photo} photo
   * @param {() => void} remove
   */
  #removeByKey(photo, remove) {
    this.focusIndex = this.view?.photos.indexOf(photo) ?? null;
    remove();
  }

  /** @param {DragEvent} event @param {import("./types.d.ts").Photo} photo */
  #drag(event, photo) {
    if (!event.dataTransfer) return;
    event.dataTransfer.setData(PHOTO_DRAG, String(photo.id));
    event.dataTransfer.effectAllowed = "move";
    emit(this, "photo-drag", { id: photo.id });
  }

  /** @param {string} label */
  #removeClass(label) {
    this.confirming = false;
    emit(this, "class-remove", { label });
  }

  /** @param {Event} event */
  #rename(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const from = this.view?.label;
    const to = input.value.trim();
    if (from !== undefined && to !== from) emit(this, "class-rename", { from, to });
    // Shows the old name until the new one is accepted, which may be never.
    this.requestUpdate();
  }

  /** @param {KeyboardEvent} event */
  #nameKey(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    // Enter also ends the composition of a Chinese character; that one must not end the editing.
    if (event.key === "Enter" && !event.isComposing) input.blur();
    if (event.key === "Escape") input.value = this.view?.label ?? "";
  }

  /** @param {Event} event */
  #picked(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    emit(this, "class-files", { label: this.view?.label, ...readFiles(input.files ?? []) });
    input.value = "";
  }
}

define("last-layer-class-card", ClassCard);
