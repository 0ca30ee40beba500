import { html, nothing } from "lit";
import { icons } from "./icons.js";
import { sayProblem } from "./language.js";

/**
 * Files that were not added, one by one, each with its own reason: the rest went on.
 * @param {import("./types.js").PanelLanguage} language
 * @param {readonly import("./types.js").FailureView[]} failures
 * @param {readonly import("./types.js").DuplicateView[]} duplicates
 * @param {() => void} dismiss
 */
export function photoProblems(language, failures, duplicates, dismiss) {
  const count = failures.length + duplicates.length;
  if (count === 0) return nothing;
  return html`<section class="problems" data-testid="photo-failures" aria-label=${language.say("photos.failed", { count })}>
    <header class="row">
      ${icons.warning}<h4 class="grow">${language.say("photos.failed", { count })}</h4>
      <button class="button quiet icon-only" type="button" aria-label=${language.say("element.dismiss")} title=${language.say("element.dismiss")} @click=${dismiss}>${icons.close}</button>
    </header>
    <ul tabindex="0">
      ${failures.map((failure) => html`<li><b>${failure.name}</b> ${sayProblem(language, failure.problem)}</li>`)}
      ${duplicates.map((duplicate) => html`<li><b>${duplicate.name}</b> ${language.say("photos.duplicate", { original: duplicate.original, label: duplicate.label })}</li>`)}
    </ul>
  </section>`;
}
