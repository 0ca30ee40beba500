import { html } from "lit";
import { icons } from "./icons.js";

/**
 * A link was dropped where photos are wanted: what to do instead. An alert, so that screen readers say it at once.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {() => void} dismiss
 */
export function linkNotice(language, dismiss) {
  const close = language.say("element.dismiss");
  return html`<div class="notice attention" role="alert" data-testid="drop-link">
    ${icons.warning}
    <p class="grow">${language.say("drop.noFile")}</p>
    <button class="button quiet icon-only" type="button" aria-label=${close} title=${close} @click=${dismiss}>
      ${icons.close}
    </button>
  </div>`;
}
