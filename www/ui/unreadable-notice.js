import { html } from "lit";
import { icons } from "./icons.js";
import { listNames } from "./language.js";

/** Names in the sentence; the others are counted. */
const NAMES = 4;

/**
 * A run has stopped since the files of photos can no longer be read: which, and whether to go on without them. An
 * alert, so that screen readers say it at once; it can take the focus. For tests: `unreadable-photos` with
 * `unreadable-remove` and `unreadable-keep`.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {{ photos: readonly { name: string }[], resuming: boolean }} what  `resuming`: it was a paused training, which
 *   only begins anew without them
 * @param {{ remove: () => void, keep: () => void }} act
 */
export function unreadableNotice(language, { photos, resuming }, { remove, keep }) {
  const count = photos.length;
  const names = listNames(
    language,
    photos.map(({ name }) => name),
    NAMES,
  );
  return html`<div class="notice bad problem" role="alert" tabindex="-1" data-testid="unreadable-photos">
    ${icons.warning}
    <div class="grow stack">
      <p>${language.say("unreadable.title", { count, names })}</p>
      <div class="row">
        <button class="button" type="button" data-testid="unreadable-remove" @click=${remove}>
          ${language.say(resuming ? "unreadable.anew" : "unreadable.remove", { count })}
        </button>
        <button class="button quiet" type="button" data-testid="unreadable-keep" @click=${keep}>
          ${language.say("unreadable.keep", { count })}
        </button>
      </div>
    </div>
  </div>`;
}
