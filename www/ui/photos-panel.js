import { LitElement, css, html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import "./class-card.js";
import { define, emit } from "./define.js";
import { DropTarget } from "./drop-target.js";
import "./drop-zone.js";
import { folderNotes } from "./folder-notes.js";
import { icons } from "./icons.js";
import { linkNotice } from "./link-notice.js";
import "./photo-dialog.js";
import { photoProblems } from "./photo-problems.js";
import { shared, stepHeading } from "./styles.js";

/** More classes than this scroll in a pane of their own, so that training and testing are not pages away. */
const CLASSES_IN_FULL = 8;

/**
 * Step 1: photos in, as classes. The whole panel takes drops, so that a photo let go a little beside the zone is not
 * opened by the browser instead, which would throw the reader's work away.
 *
 * Sends `photos-files`, `photos-cancel`, `problems-dismiss`, `notes-dismiss`, `class-add`, `class-rename`,
 * `class-remove`, `photo-move`, `photo-remove`, and `photo-look` (`{ id }`: the photo that is open now, null for none).
 * For tests: `drop-photos` (with `input-photos` and `input-folder`), `class-card` (its class in `data-label`), in each
 * card `class-name` and `input-class`, `class-list`, `drop-link` (a link was dropped), `photo-failures` and
 * `folder-notes`.
 */
export class PhotosPanel extends LitElement {
  static properties = {
    language: { attribute: false },
    classes: { attribute: false },
    reading: { attribute: false },
    failures: { attribute: false },
    duplicates: { attribute: false },
    notes: { attribute: false },
    folderNotes: { attribute: false },
    look: { attribute: false },
    locked: { type: Boolean },
    changing: { type: Boolean },
    openPhoto: { state: true },
    linkDropped: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").ClassView[]} */ this.classes = [];
    /** @type {import("./types.d.ts").Count | null} */ this.reading = null;
    /** @type {import("./types.d.ts").FailureView[]} */ this.failures = [];
    /** @type {import("./types.d.ts").DuplicateView[]} */ this.duplicates = [];
    /** @type {readonly import("./types.d.ts").FolderNote[]} */ this.folderNotes = [];
    /** @type {import("./types.d.ts").NoteView[]} */ this.notes = [];
    /** @type {import("./types.d.ts").LookView | null} */ this.look = null;
    this.locked = false;
    /** It is locked since another network is on its way. */ this.changing = false;
    /** @type {number | null} */ this.openPhoto = null;
    /** What was dropped last was a link, and no file. */ this.linkDropped = false;
    /** @type {number | null} */ this.draggedPhoto = null;
    this.focusNewClass = false;
    this.target = new DropTarget(this, {
      receive: (incoming, pasted) => this.#send(pasted ? this.#labelAtPointer() : null, incoming),
      enabled: () => !this.locked,
      paste: true,
      refused: () => this.#refused(),
    });
  }

  static styles = [
    shared,
    stepHeading,
    css`
      :host {
        container-type: inline-size;
      }
      :host([dropping]) last-layer-drop-zone {
        --zone-line: var(--accent);
        --zone-fill: var(--accent-soft);
      }
      last-layer-drop-zone:not([compact]) {
        min-height: 17em;
      }
      .cards {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 235px), 1fr));
        gap: 0.8em;
      }
      .cards.pane {
        max-height: min(80vh, 44em);
        overflow: auto;
        padding: 0.6em;
        margin: 0;
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
      /* Of hundreds of cards the browser lays out and paints only those in sight. */
      .cards.pane last-layer-class-card {
        content-visibility: auto;
        contain-intrinsic-size: auto 11em;
      }
      .invite {
        font-size: 1.1875em;
        font-weight: 650;
        letter-spacing: -0.01em;
        margin-bottom: 0.35em;
        text-wrap: balance;
      }
      .reading {
        display: grid;
        gap: 0.4em;
      }
      .hint {
        max-width: 34em;
        color: var(--ink-soft);
        font-size: 0.9375em;
        line-height: 1.55;
        text-wrap: pretty;
      }
      .add {
        min-height: 4em;
        border-style: dashed;
        border-radius: var(--radius);
        background: transparent;
        color: var(--ink-soft);
      }
      .problems {
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
        background: var(--bad-soft);
        padding: 0.3em 0.4em 0.3em 0.9em;
        font-size: 0.9375em;
      }
      .problems header > .icon {
        color: var(--bad);
      }
      .problems h4 {
        font-size: 1em;
        font-weight: 650;
      }
      .problems ul {
        max-height: 15em;
        overflow: auto;
        padding: 0 0.6em 0.7em 0;
        border-radius: 6px;
      }
      .problems li {
        padding: 0.45em 0;
        border-top: 1px solid var(--line);
        line-height: 1.5;
        overflow-wrap: anywhere;
      }
    `,
  ];

  render() {
    const { language } = this;
    if (!language) return nothing;
    const started = this.classes.length > 0;
    const { classes } = this;
    const many = classes.length > CLASSES_IN_FULL;
    return html`<section class="stack" aria-labelledby="title" @drop-refused=${this.#refused}>
      <div class="step">
        <span class="chip" aria-hidden="true">1</span>
        <h3 id="title">${language.say("photos.title")}</h3>
        ${started ? html`<p class="aside number">${this.#summary(language)}</p>` : nothing}
      </div>
      <last-layer-drop-zone
        data-testid="drop-photos"
        pick-id="input-photos"
        folder-id="input-folder"
        .language=${language}
        ?compact=${started}
        ?disabled=${this.locked}
        @files=${(/** @type {CustomEvent} */ event) => this.#send(null, event.detail)}
      >
        <p class=${started ? "soft" : "invite"}>${language.say(started ? "photos.more" : "photos.invite")}</p>
        ${started ? nothing : html`<p class="hint">${language.say("photos.hint")}</p>`}
      </last-layer-drop-zone>
      ${this.reading ? this.#readingBar(language, this.reading) : nothing}
      ${folderNotes(language, this.folderNotes, () => emit(this, "notes-dismiss"))}
      ${this.linkDropped ? linkNotice(language, () => (this.linkDropped = false)) : nothing}
      ${photoProblems(language, this.failures, this.duplicates, this.notes, () => emit(this, "problems-dismiss"))}
      ${this.locked ? html`<p class="small soft">${language.say(this.changing ? "train.needNetwork" : "photos.locked")}</p>` : nothing}
      <div
        class="cards ${many ? "pane" : ""}"
        data-testid="class-list"
        role=${many ? "region" : nothing}
        tabindex=${many ? "0" : nothing}
        aria-label=${many ? language.say("class.list") : nothing}
        @photo-open=${(/** @type {CustomEvent} */ event) => (this.openPhoto = event.detail.id)}
        @photo-drag=${(/** @type {CustomEvent} */ event) => (this.draggedPhoto = event.detail.id)}
        @photo-drop=${this.#dropPhoto}
        @class-files=${(/** @type {CustomEvent} */ event) => this.#send(event.detail.label, event.detail)}
        @class-rename=${this.#forward}
        @class-remove=${this.#forward}
        @photo-remove=${this.#forward}
      >
        ${repeat(
          classes,
          ({ key }) => key,
          (view) =>
            html`<last-layer-class-card
              data-testid="class-card"
              data-label=${view.label}
              .language=${language}
              .view=${view}
              ?locked=${this.locked}
              ?lazy=${many}
            ></last-layer-class-card>`,
        )}
        <button class="button add" type="button" ?disabled=${this.locked} @click=${this.#addClass}>
          ${icons.plus}${language.say("class.add")}
        </button>
      </div>
      <last-layer-photo-dialog
        .language=${language}
        .photos=${this.#photosOfOpenClass()}
        .labels=${this.classes.map((view) => view.label)}
        .photoId=${this.openPhoto}
        .look=${this.look}
        ?locked=${this.locked}
        @photo-open=${(/** @type {CustomEvent} */ event) => (this.openPhoto = event.detail.id)}
        @photo-close=${() => (this.openPhoto = null)}
        @photo-move=${this.#forward}
        @photo-remove=${this.#forward}
      ></last-layer-photo-dialog>
    </section>`;
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  updated(changed) {
    // Not when the panel is new: nothing was open before either.
    if (changed.get("openPhoto") !== undefined) emit(this, "photo-look", { id: this.openPhoto });
    const before = /** @type {import("./types.d.ts").ClassView[] | undefined} */ (changed.get("classes"));
    if (!this.focusNewClass || !before || this.classes.length <= before.length) return;
    this.focusNewClass = false;
    const cards = this.renderRoot.querySelectorAll("last-layer-class-card");
    // Only moves the focus, which cannot fail.
    void (/** @type {import("./class-card.js").ClassCard | undefined} */ (cards[cards.length - 1])?.focusName());
  }

  /** @param {import("./types.d.ts").PanelLanguage} language */
  #summary(language) {
    const count = this.classes.reduce((sum, view) => sum + view.photos.length, 0);
    return language.say("photos.summary", {
      count,
      classes: language.say("photos.classes", { count: this.classes.length }),
    });
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").Count} reading */
  #readingBar(language, { done, total }) {
    const text = language.say("photos.reading", { done, total });
    return html`<div class="row">
      <div class="grow reading">
        <span class="small number">${text}</span><progress max=${total} value=${done} aria-label=${text}></progress>
      </div>
      <button class="button" type="button" @click=${() => emit(this, "photos-cancel")}>
        ${language.say("element.cancel")}
      </button>
    </div>`;
  }

  #photosOfOpenClass() {
    return this.classes.find((view) => view.photos.some((photo) => photo.id === this.openPhoto))?.photos ?? [];
  }

  /**
   * A photo is pasted into the class that the pointer or the focus is in. For a drop this would not do: while dragging,
   * `:hover` stands still.
   */
  #labelAtPointer() {
    return (
      this.renderRoot.querySelector("last-layer-class-card:is(:hover, :focus-within)")?.getAttribute("data-label") ??
      null
    );
  }

  #refused() {
    this.linkDropped = true;
  }

  #addClass() {
    this.focusNewClass = true;
    emit(this, "class-add");
  }

  /** @param {string | null} label @param {import("./types.d.ts").Incoming} incoming */
  #send(label, { files, unreadable }) {
    this.linkDropped = false;
    emit(this, "photos-files", { label, files, unreadable });
  }

  /** @param {CustomEvent} event */
  #dropPhoto(event) {
    if (this.draggedPhoto !== null) emit(this, "photo-move", { ids: [this.draggedPhoto], label: event.detail.label });
    this.draggedPhoto = null;
  }

  /** @param {CustomEvent} event */
  #forward(event) {
    event.stopPropagation();
    emit(this, event.type, event.detail);
  }
}

define("last-layer-photos-panel", PhotosPanel);
