import { html, nothing } from "lit";
import { icons } from "./icons.js";
import { sayProblem } from "./language.js";

/**
 * Files that were not added, one by one, each with its own reason: the rest went on. And what to know of some that were added.
 * @param {import("./types.js").PanelLanguage} language
 * @param {readonly import("./types.js").FailureView[]} failures
 * @param {readonly import("./types.js").DuplicateView[]} duplicates
 * @param {readonly import("./types.js").NoteView[]} notes
 * @param {() => void} dismiss
 */
export function photoProblems(language, failures, duplicates, notes, dismiss) {
  const count = failures.length + duplicates.length;
  if (count + notes.length === 0) return nothing;
  const headings = [];
  if (count > 0) headings.push(language.say("photos.failed", { count }));
  if (notes.length > 0) headings.push(language.say("photos.noted", { count: notes.length }));
  const heading = headings.join(" · ");
  return html`<section class="problems" data-testid="photo-failures" aria-label=${heading}>
    <header class="row">
      ${icons.warning}<h4 class="grow">${heading}</h4>
      <button class="button quiet icon-only" type="button" aria-label=${language.say("element.dismiss")} title=${language.say("element.dismiss")} @click=${dismiss}>${icons.close}</button>
    </header>
    <ul tabindex="0">
      ${failures.map((failure) => html`<li><b>${failure.name}</b> ${sayProblem(language, failure.problem)}</li>`)}
      ${duplicates.map((duplicate) => html`<li><b>${duplicate.name}</b> ${language.say("photos.duplicate", { original: duplicate.original, label: duplicate.label })}</li>`)}
      ${notes.map((note) => html`<li><b>${note.name}</b> ${sayNote(language, note.code)}</li>`)}
    </ul>
  </section>`;
}

/**
 * @param {import("./types.js").PanelLanguage} language
 * @param {string} code
 */
function sayNote(language, code) {
  const key = `photos.note.${code}`;
  return language.has(key) ? language.say(key) : code;
}
