import { css, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { icons } from "./icons.js";

/** @typedef {import("./project-messages.js").ProjectLanguage} ProjectLanguage */

export const projectListStyles = css`
  .projects {
    display: grid;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--paper);
  }
  .projects li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.2em 0.4em;
    padding: 0.55em 0.5em 0.55em 1em;
  }
  .projects li + li {
    border-top: 1px solid var(--line);
  }
  .projects .about {
    flex: 1 1 13em;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .projects .current {
    display: inline-flex;
    align-items: center;
    gap: 0.4em;
    min-height: 40px;
    padding-inline: 0.6em;
    color: var(--good);
    font-weight: 550;
  }
  .projects form {
    flex: 1 1 100%;
    display: flex;
    flex-wrap: wrap;
    gap: 0.5em;
    padding-block: 0.3em;
  }
  .projects form .field {
    flex: 1 1 12em;
    width: auto;
    min-width: 0;
  }
  .projects .confirm {
    flex: 1 1 100%;
    padding-block: 0.3em;
  }
`;

/**
 * @typedef {object} ProjectActions
 * @property {(id: string) => void} open
 * @property {(id: string) => void} edit  Asks for another name.
 * @property {(id: string, name: string) => void} rename
 * @property {(project: import("./types.d.ts").ProjectView) => void} duplicate
 * @property {(id: string) => void} ask  Whether it is to be deleted.
 * @property {(id: string) => void} remove
 * @property {() => void} leave  What was asked for is not to be.
 */

/** @param {ProjectLanguage} language @param {number} bytes */
export function sizeOf(language, bytes) {
  if (bytes < 1e9) return language.megabytes(bytes);
  return language.number(bytes / 1e9, { style: "unit", unit: "gigabyte", maximumFractionDigits: 1 });
}

/**
 * The projects, each with what can be done with it. For tests: `project` (`data-name`, `data-current`), in each
 * `project-open`, `project-rename`, `project-duplicate`, `project-delete`; `project-new-name` with `project-apply`;
 * `project-confirm` with `project-confirm-delete` and `project-confirm-keep`.
 * @param {ProjectLanguage} language
 * @param {import("./types.d.ts").ProjectsView} view
 * @param {{ editing: string | null, confirming: string | null }} asked  Ids of projects.
 * @param {ProjectActions} actions
 */
export function projectList(language, { list, locked }, { editing, confirming }, actions) {
  if (list.length === 0) return nothing;
  return html`<ul class="projects" aria-label=${language.say("projects.list")}>
    ${list.map(
      (project) =>
        html`<li data-testid="project" data-name=${project.name} data-current=${project.current ? "true" : "false"}>
          <p class="about">
            <b>${project.name}</b><br /><span class="small soft number">${facts(language, project)}</span>
          </p>
          ${project.id === confirming || project.id === editing ? nothing : buttons(language, project, locked, actions)}
          ${project.id === editing ? nameForm(language, project, actions) : nothing}
          ${project.id === confirming ? question(language, project, actions) : nothing}
        </li>`,
    )}
  </ul>`;
}

/** @param {ProjectLanguage} language @param {import("./types.d.ts").ProjectView} project */
function facts(language, { photos, bytes, changed }) {
  const when = new Intl.DateTimeFormat(language.tag, { dateStyle: "medium", timeStyle: "short" }).format(changed);
  return `${language.say("projects.facts", { count: photos, size: sizeOf(language, bytes) })} · ${when}`;
}

/**
 * @param {ProjectLanguage} language
 * @param {import("./types.d.ts").ProjectView} project
 * @param {boolean} locked
 * @param {ProjectActions} actions
 */
function buttons(language, project, locked, actions) {
  const { id, name, current, whole } = project;
  const button = (
    /** @type {"open" | "rename" | "duplicate" | "delete"} */ what,
    /** @type {() => void} */ act,
    quiet = true,
  ) =>
    html`<button
      class="button ${quiet ? "quiet" : ""}"
      type="button"
      data-testid="project-${what}"
      aria-label=${language.say(`projects.${what}Name`, { name })}
      ?disabled=${locked}
      @click=${act}
    >
      ${language.say(`projects.${what}`)}
    </button>`;
  return html`${
    current
      ? html`<span class="current">${icons.check}${language.say("projects.current")}</span>`
      : button("open", () => actions.open(id), false)
  }
  ${
    whole
      ? html`${button("rename", () => actions.edit(id))}${button("duplicate", () => actions.duplicate(project))}`
      : nothing
  }
  ${button("delete", () => actions.ask(id))}`;
}

/**
 * @param {ProjectLanguage} language
 * @param {import("./types.d.ts").ProjectView} project
 * @param {ProjectActions} actions
 */
function nameForm(language, { id, name }, actions) {
  const send = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const typed = String(new FormData(form).get("name")).trim();
    if (typed) actions.rename(id, typed);
  };
  return html`<form
    @submit=${send}
    @keydown=${(/** @type {KeyboardEvent} */ { key }) => key === "Escape" && actions.leave()}
  >
    <input
      class="field"
      name="name"
      required
      maxlength="80"
      autocomplete="off"
      data-testid="project-new-name"
      aria-label=${language.say("projects.newName", { name })}
      .value=${live(name)}
    />
    <button class="button" data-testid="project-apply">${language.say("projects.apply")}</button>
    <button class="button quiet" type="button" @click=${actions.leave}>${language.say("projects.cancel")}</button>
  </form>`;
}

/**
 * @param {ProjectLanguage} language
 * @param {import("./types.d.ts").ProjectView} project
 * @param {ProjectActions} actions
 */
function question(language, { id, name, photos }, actions) {
  return html`<div
    class="confirm stack"
    role="alert"
    data-testid="project-confirm"
    @keydown=${(/** @type {KeyboardEvent} */ { key }) => key === "Escape" && actions.leave()}
  >
    <p>${language.say("projects.confirm", { name, count: photos })}</p>
    <div class="row">
      <button
        class="button danger"
        type="button"
        data-testid="project-confirm-delete"
        @click=${() => actions.remove(id)}
      >
        ${icons.trash}${language.say("projects.confirmDelete")}
      </button>
      <button class="button quiet" type="button" data-testid="project-confirm-keep" @click=${actions.leave}>
        ${language.say("projects.confirmKeep")}
      </button>
    </div>
  </div>`;
}
