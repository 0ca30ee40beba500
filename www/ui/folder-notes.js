import { html, nothing } from "lit";
import { icons } from "./icons.js";

/**
 * What was made of the folders that came in, where it is not plain to see.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {readonly import("./types.d.ts").FolderNote[]} notes
 * @param {() => void} dismiss
 */
export function folderNotes(language, notes, dismiss) {
  if (notes.length === 0) return nothing;
  return html`<div class="notice" data-testid="folder-notes" role="status">
    <div class="grow stack">${notes.map((note) => html`<p>${sayNote(language, note)}</p>`)}</div>
    <button
      class="button quiet icon-only"
      type="button"
      @click=${dismiss}
      aria-label=${language.say("element.dismiss")}
      title=${language.say("element.dismiss")}
    >
      ${icons.close}
    </button>
  </div>`;
}

/** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").FolderNote} note */
function sayNote(language, note) {
  if (note.type === "shortened") return language.say("photos.shortened", { from: note.from, to: note.to });
  return language.say("photos.parts", partsOf(note));
}

/**
 * The folders of a data set, as words of a message; null where there are none of that kind.
 * @param {{ photos: readonly string[], test: readonly string[] }} parts
 */
export function partsOf({ photos, test }) {
  const list = (/** @type {readonly string[]} */ names) =>
    names.length > 0 ? names.map((name) => `“${name}”`).join(", ") : null;
  return { photos: list(photos), test: list(test) };
}
