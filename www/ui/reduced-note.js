import { html, nothing } from "lit";

/**
 * That the photos were too many for what was asked, or those of a step, and what there was room for.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").ReducedView | null} reduced
 */
export function reducedNote(language, reduced) {
  if (!reduced) return nothing;
  const { budgetBytes, augment, lastStages, batchSize } = reduced;
  const mebibytes = Math.round(budgetBytes / 2 ** 20);
  if (batchSize) return html`<p>${language.say("report.reducedBatch", { mebibytes, ...batchSize })}</p>`;
  return html`<p>
    ${language.say("report.reduced", {
      mebibytes,
      drawsUsed: augment.used,
      drawsAsked: augment.asked,
      stagesUsed: lastStages.used,
      stagesAsked: lastStages.asked,
    })}
  </p>`;
}
