import { LitElement, css, html, nothing } from "lit";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { networkName } from "./network-name.js";
import { projectList, projectListStyles, sizeOf } from "./project-list.js";
import { PROJECT_MESSAGES } from "./project-messages.js";
import { shared } from "./styles.js";

/** @typedef {import("./project-messages.js").ProjectLanguage} ProjectLanguage */
/** @typedef {import("./types.d.ts").ProjectsView} ProjectsView */

/** More names than these are no sentence any more. */
const MOST_NAMES = 5;

/**
 * What of the work is kept in this browser: one line, which opens the list of projects. Sends `projects-toggle`,
 * `project-new`, `project-open`, `project-delete` (`{ id }`), `project-rename` and `project-duplicate` (`{ id, name }`),
 * `projects-retry`, `projects-dismiss`.
 * For tests: `project-line` (`data-state`, `data-name`, `data-photos`, `data-bytes`), `projects-toggle`, `projects` with
 * `project-new` and `storage-meter`, `project-problem` (`data-code`) with `projects-retry`, `project-notice`
 * (`data-code`); in the list see `projectList`.
 */
export class ProjectsPanel extends LitElement {
  static properties = {
    language: { attribute: false },
    view: { attribute: false },
    editing: { state: true },
    confirming: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {ProjectsView | undefined} */ this.view = undefined;
    /** The project that is being given another name. @type {string | null} */ this.editing = null;
    /** The project that is perhaps to be deleted. @type {string | null} */ this.confirming = null;
    this.hadFocus = false;
  }

  static styles = [
    shared,
    projectListStyles,
    css`
      :host {
        container-type: inline-size;
      }
      .line {
        padding-top: 0.2em;
        display: flex;
        align-items: center;
        gap: 0 0.6em;
        font-size: 0.9375em;
        line-height: 1.4;
      }
      .line > .icon {
        color: var(--ink-soft);
      }
      .line[data-state="kept"] > .icon {
        color: var(--good);
      }
      .line .button {
        flex: none;
        padding-inline: 0.6em;
      }
      .line b {
        display: inline-block;
        max-width: 100%;
        font-weight: 650;
        overflow-wrap: anywhere;
      }
      .all {
        max-width: 52em;
        padding-block: 0.4em 0.6em;
      }
      .notice {
        max-width: 52em;
        margin-block: 0.3em;
        background: var(--accent-soft);
      }
      .notice > .icon {
        color: var(--accent);
      }
      .meter {
        display: grid;
        gap: 0.4em;
      }
      .meter progress {
        --bar: var(--ink-soft);
        max-width: 20em;
      }
    `,
  ];

  render() {
    const { view } = this;
    if (!this.language || !view) return nothing;
    const language = this.language.with(PROJECT_MESSAGES);
    return html`${this.#line(language, view)} ${this.#problem(language, view)}
      ${view.notice ? this.#notice(language, view.notice) : nothing}
      <div
        id="projects"
        class="all stack"
        role="group"
        aria-label=${language.say("projects.label")}
        data-testid="projects"
        ?hidden=${!view.open}
      >
        ${view.open ? this.#all(language, view) : nothing}
      </div>`;
  }

  /** What a button has led to takes the focus that the button had; where nothing does, the line has it. */
  willUpdate() {
    this.hadFocus = this.renderRoot?.querySelector(":focus") != null;
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  updated(changed) {
    const asked = (changed.has("editing") && this.editing) || (changed.has("confirming") && this.confirming);
    if (asked) this.#focus("[data-testid=project-new-name], [data-testid=project-confirm-keep]");
    else if (this.hadFocus && !this.renderRoot.querySelector(":focus")) this.#focus("[data-testid=projects-toggle]");
  }

  /** @param {ProjectLanguage} language @param {ProjectsView} view */
  #line(language, view) {
    const { state, name, photos, bytes, open, possible } = view;
    const kept = !["denied", "newer", "elsewhere"].includes(state);
    const facts =
      photos + bytes > 0 ? language.say("projects.facts", { count: photos, size: sizeOf(language, bytes) }) : null;
    const parts = [facts, this.#stateOf(language, view)].filter((part) => part !== null);
    return html`<div
      class="line"
      data-testid="project-line"
      data-state=${state}
      data-name=${name}
      data-photos=${photos}
      data-bytes=${bytes}
    >
      ${state === "kept" ? icons.check : kept ? icons.folder : icons.warning}
      <p class="number">
        ${language.say(kept ? "projects.title" : "projects.notKept")} ${name ? html`<b>${name}</b>` : nothing}
        ${parts.map((part) => html` · ${part}`)}
      </p>
      ${
        possible
          ? html`<button
              class="button quiet"
              type="button"
              data-testid="projects-toggle"
              aria-expanded=${open ? "true" : "false"}
              aria-controls="projects"
              @click=${() => emit(this, "projects-toggle")}
            >
              ${language.say(open ? "projects.hide" : "projects.show")}
            </button>`
          : nothing
      }
    </div>`;
  }

  /** @param {ProjectLanguage} language @param {ProjectsView} view */
  #stateOf(language, { state, opening }) {
    if (state === "opening" && opening && opening.total > 0)
      return language.say("projects.openingPhotos", { done: opening.done, total: opening.total });
    if (state === "opening" || state === "keeping" || state === "kept" || state === "empty")
      return language.say(`projects.${state}`);
    return state === "full" || state === "failed" || state === "unreadable" ? language.say("projects.partly") : null;
  }

  /** @param {ProjectLanguage} language @param {ProjectsView} view */
  #problem(language, { state, unreadable, possible }) {
    if (!isProblem(state)) return nothing;
    const again = possible && (state === "full" || state === "failed");
    return html`<div class="notice" role="status" data-testid="project-problem" data-code=${state}>
      ${icons.warning}
      <p class="grow">${language.say(`projects.problem.${state}`, { count: unreadable })}</p>
      ${
        again
          ? html`<button
              class="button quiet"
              type="button"
              data-testid="projects-retry"
              @click=${() => emit(this, "projects-retry")}
            >
              ${language.say("projects.retry")}
            </button>`
          : nothing
      }
    </div>`;
  }

  /** @param {ProjectLanguage} language @param {import("./types.d.ts").ProjectNotice} notice */
  #notice(language, notice) {
    const dismiss = language.say("projects.dismiss");
    return html`<div class="notice" role="alert" data-testid="project-notice" data-code=${notice.code}>
      ${icons.warning}
      <div class="grow">${saidOf(language, notice).map((sentence) => html`<p>${sentence}</p>`)}</div>
      <button
        class="button quiet icon-only"
        type="button"
        aria-label=${dismiss}
        title=${dismiss}
        @click=${() => emit(this, "projects-dismiss")}
      >
        ${icons.close}
      </button>
    </div>`;
  }

  /** @param {ProjectLanguage} language @param {ProjectsView} view */
  #all(language, view) {
    const { locked, space } = view;
    return html`${locked ? html`<p class="small soft">${language.say("projects.locked")}</p>` : nothing}
      ${projectList(language, view, this, {
        open: (id) => emit(this, "project-open", { id }),
        edit: (id) => Object.assign(this, { editing: id, confirming: null }),
        rename: (id, name) => {
          this.editing = null;
          emit(this, "project-rename", { id, name });
        },
        duplicate: ({ id, name }) =>
          emit(this, "project-duplicate", { id, name: language.say("projects.copy", { name }) }),
        ask: (id) => Object.assign(this, { editing: null, confirming: id }),
        remove: (id) => {
          this.confirming = null;
          emit(this, "project-delete", { id });
        },
        leave: () => Object.assign(this, { editing: null, confirming: null }),
      })}
      <div class="row">
        <button
          class="button"
          type="button"
          data-testid="project-new"
          ?disabled=${locked}
          @click=${() => emit(this, "project-new")}
        >
          ${icons.plus}${language.say("projects.new")}
        </button>
      </div>
      ${space ? this.#meter(language, space) : nothing}
      <p class="small soft">${language.say("projects.private")}</p>`;
  }

  /** @param {ProjectLanguage} language @param {NonNullable<ProjectsView["space"]>} space */
  #meter(language, { usage, quota, persisted }) {
    const text = language.say("projects.space", { used: sizeOf(language, usage), quota: sizeOf(language, quota) });
    return html`<div class="meter small soft" data-testid="storage-meter" data-usage=${usage} data-quota=${quota}>
      <p class="number">${text} ${language.say(persisted ? "projects.persisted" : "projects.notPersisted")}</p>
      <progress max=${Math.max(quota, 1)} value=${usage} aria-label=${text}></progress>
    </div>`;
  }

  /** @param {string} selector */
  #focus(selector) {
    /** @type {HTMLElement | null} */ (this.renderRoot.querySelector(selector))?.focus();
  }
}

/** @param {ProjectsView["state"]} state */
function isProblem(state) {
  return (
    state === "denied" ||
    state === "full" ||
    state === "newer" ||
    state === "elsewhere" ||
    state === "failed" ||
    state === "unreadable"
  );
}

/** @param {ProjectLanguage} language @param {import("./types.d.ts").ProjectNotice} notice */
function saidOf(language, notice) {
  if (notice.code === "network")
    return [language.say("projects.notice.network", { name: notice.name, network: networkName(notice.network) })];
  if (notice.code !== "missing")
    return [
      language.say(`projects.notice.${notice.code === "denied" ? "failed" : notice.code}`, { name: notice.name }),
    ];
  const { photos, damaged } = notice;
  const names = photos.slice(0, MOST_NAMES).join(", ") + (photos.length > MOST_NAMES ? ", …" : "");
  return [
    ...(photos.length > 0 ? [language.say("projects.missing.photos", { count: photos.length, names })] : []),
    ...damaged.map((which) => language.say(`projects.missing.${which}`)),
  ];
}

define("last-layer-projects-panel", ProjectsPanel);
