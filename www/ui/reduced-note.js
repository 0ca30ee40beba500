import { html, nothing } from "lit";

/**
 * That the photos were too many for what was asked, and what there was room for.
 * @param {import("./types.js").PanelLanguage} language
 * @param {import("./types.js").ReducedView | null} reduced
 */
export function reducedNote(language, reduced) {
  if (!reduced) return nothing;
  const { budgetBytes, augment, lastStages } = reduced;
  return html`<p>${language.say("report.reduced", { mebibytes: Math.round(budgetBytes / 2 ** 20), drawsUsed: augment.used, drawsAsked: augment.asked, stagesUsed: lastStages.used, stagesAsked: lastStages.asked })}</p>`;
}
