import { LitElement, css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { blobUrl } from "./blob-url.js";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { shared } from "./styles.js";

/**
 * Photos that may be in the wrong class, and what to do about each. Sends `photo-move`, `photo-remove` (as the photos
 * panel does) and `photo-keep` (`{ id }`). For tests: `suspicious-photo` with `data-name`, `data-label` and
 * `data-looks-like`.
 */
export class Suspicious extends LitElement {
  static properties = {
    language: { attribute: false },
    photos: { attribute: false },
    any: { type: Boolean },
    classes: { attribute: false },
    locked: { type: Boolean },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {readonly import("./types.d.ts").SuspiciousView[]} */ this.photos = [];
    this.any = false;
    /** Labels of the classes there are now. @type {readonly string[]} */ this.classes = [];
    this.locked = false;
    /** Where in the list the photo stands that the reader is dealing with. @type {number | null} */
    this.settling = null;
  }

  static styles = [
    shared,
    css`
      :host {
        display: grid;
        gap: 0.6em;
      }
      h5 {
        margin: 0;
        font-size: 1em;
        font-weight: 650;
      }
      ul {
        display: grid;
        gap: 0.6em;
      }
      li {
        display: grid;
        grid-template-columns: 72px minmax(0, 1fr);
        gap: 0.5em 0.8em;
        padding: 0.6em;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
      }
      img {
        display: block;
        width: 72px;
        height: 72px;
        object-fit: cover;
        border-radius: 8px;
        background: var(--sunk);
      }
      .name {
        font-size: 0.8125em;
        color: var(--ink-soft);
        overflow-wrap: anywhere;
      }
      .says {
        font-size: 0.9375em;
        line-height: 1.45;
        overflow-wrap: anywhere;
      }
      .says b {
        font-weight: 650;
      }
      .actions {
        grid-column: 1 / -1;
        gap: 0.4em;
      }
      .actions .button {
        overflow-wrap: anywhere;
        font-size: 0.9375em;
      }
    `,
  ];

  render() {
    const { language, photos } = this;
    if (!language) return nothing;
    const text = language.say(
      photos.length > 0 ? "suspicious.intro" : this.any ? "suspicious.settled" : "suspicious.none",
    );
    return html`<h5 id="title" tabindex="-1">${language.say("suspicious.title")}</h5>
      <p class="small soft">${text}</p>
      ${
        photos.length > 0
          ? html`<ul aria-labelledby="title">
              ${repeat(
                photos,
                ({ photo }) => photo.id,
                (view, index) => this.#photo(language, view, index),
              )}
            </ul>`
          : nothing
      }`;
  }

  /**
   * The next photo takes the place of one that was dealt with, and the focus with it: weeding out a list is one key
   * after another.
   * @param {Map<PropertyKey, unknown>} changed
   */
  updated(changed) {
    const before = /** @type {readonly unknown[] | undefined} */ (changed.get("photos"));
    if (this.settling === null || !before || before.length <= this.photos.length) return;
    const rows = this.renderRoot.querySelectorAll("li");
    const row = rows[Math.min(this.settling, rows.length - 1)];
    /** @type {HTMLElement | null} */ (
      row?.querySelector("button:not([disabled])") ?? this.renderRoot.querySelector("#title")
    )?.focus();
    this.settling = null;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").SuspiciousView} view
   * @param {number} index
   */
  #photo(language, { photo, looksLike, probability }, index) {
    const { id, name, label } = photo;
    const described = `name-${id}`;
    const button = (/** @type {string} */ kind, /** @type {unknown} */ content, /** @type {() => void} */ act) =>
      html`<button
        class="button ${kind}"
        type="button"
        ?disabled=${this.locked}
        aria-describedby=${described}
        @click=${() => this.#settle(index, act)}
      >
        ${content}
      </button>`;
    return html`<li data-testid="suspicious-photo" data-name=${name} data-label=${label} data-looks-like=${looksLike}>
      <img src=${blobUrl(photo.blob)} alt=${name} loading="lazy" decoding="async" />
      <div>
        <p class="name" id=${described}>${name}</p>
        <p class="says">
          ${language.say("suspicious.is", { label })}<br /><b
            >${language.say("suspicious.looksLike", { label: looksLike, probability: language.percent(probability) })}</b
          >
        </p>
      </div>
      <div class="row actions">
        ${
          this.classes.includes(looksLike)
            ? button("", language.say("suspicious.move", { label: looksLike }), () =>
                emit(this, "photo-move", { ids: [id], label: looksLike }),
              )
            : nothing
        }
        ${button("", html`${icons.check}${language.say("suspicious.keep")}`, () => emit(this, "photo-keep", { id }))}
        ${button("danger", html`${icons.trash}${language.say("suspicious.remove")}`, () =>
          emit(this, "photo-remove", { ids: [id] }),
        )}
      </div>
    </li>`;
  }

  /** @param {number} index @param {() => void} act */
  #settle(index, act) {
    this.settling = index;
    act();
  }
}

define("last-layer-suspicious", Suspicious);
