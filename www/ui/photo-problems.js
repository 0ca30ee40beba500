import { html, nothing } from "lit";
import { icons } from "./icons.js";
import { sayProblem } from "./language.js";

/**
 * What folders often hold beside photos, and what needs no reason of its own: however many files there are, they are
 * one line.
 * @satisfies {Record<string, import("./messages.js").MessageKey>}
 */
const TOGETHER = { "not-an-image": "photos.noImages", "no-class": "photos.noClass" };

/** How many names such a line has at most. */
const NAMED = 20;

/**
 * Files that were not added, one by one, each with its own reason: the rest went on. And what to know of some that were
 * added.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {readonly import("./types.d.ts").FailureView[]} failures
 * @param {readonly import("./types.d.ts").DuplicateView[]} duplicates
 * @param {readonly import("./types.d.ts").NoteView[]} notes
 * @param {() => void} dismiss
 */
export function photoProblems(language, failures, duplicates, notes, dismiss) {
  const count = failures.length + duplicates.length;
  if (count + notes.length === 0) return nothing;
  const together = Object.entries(TOGETHER).map(([code, key]) => ({
    key,
    files: failures.filter(({ problem }) => problem.code === code),
  }));
  // A single file that is no image is told what would be one.
  const grouped = together.filter(({ key, files }) => files.length > (key === "photos.noImages" ? 1 : 0));
  const single = failures.filter((failure) => !grouped.some(({ files }) => files.includes(failure)));
  const headings = [];
  if (count > 0) headings.push(language.say("photos.failed", { count }));
  if (notes.length > 0) headings.push(language.say("photos.noted", { count: notes.length }));
  const heading = headings.join(" · ");
  return html`<section class="problems" data-testid="photo-failures" aria-label=${heading}>
    <header class="row">
      ${icons.warning}
      <h4 class="grow">${heading}</h4>
      <button
        class="button quiet icon-only"
        type="button"
        @click=${dismiss}
        aria-label=${language.say("element.dismiss")}
        title=${language.say("element.dismiss")}
      >
        ${icons.close}
      </button>
    </header>
    <ul tabindex="0">
      ${single.map((failure) => html`<li><b>${failure.name}</b> ${sayProblem(language, failure.problem)}</li>`)}
      ${grouped.map(
        ({ key, files }) => html`<li>${language.say(key, { count: files.length, names: namesOf(files) })}</li>`,
      )}
      ${duplicates.map(
        ({ name, original, label }) =>
          html`<li><b>${name}</b> ${language.say("photos.duplicate", { original, label })}</li>`,
      )}
      ${notes.map((note) => html`<li><b>${note.name}</b> ${sayNote(language, note.code)}</li>`)}
    </ul>
  </section>`;
}

/** @param {readonly import("./types.d.ts").FailureView[]} files */
function namesOf(files) {
  const names = files.slice(0, NAMED).map(({ name }) => name);
  return `${names.join(", ")}${files.length > NAMED ? ", …" : ""}`;
}

/**
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {string} code
 */
function sayNote(language, code) {
  const key = `photos.note.${code}`;
  return language.has(key) ? language.say(key) : code;
}
