import { html } from "lit";
import { icons } from "./icons.js";

/**
 * That a fit learnt its photos by heart, from when on, and what helps.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").OverfittingView} overfitting
 * @param {boolean} stopped  the classifier was kept from it, by fewer epochs
 */
export function overfittingNotice(language, { epoch, lowestValLoss, lastValLoss, trainTop1, valTop1 }, stopped) {
  const loss = (/** @type {number} */ value) => language.number(value, { maximumFractionDigits: 2 });
  const what = language.say("overfitting.what", {
    epoch,
    low: loss(lowestValLoss),
    last: loss(lastValLoss),
    train: language.percent(trainTop1),
    validation: language.percent(valTop1),
  });
  return html`<div class="notice attention" data-testid="overfitting" data-epoch=${epoch}>
    ${icons.warning}
    <p>${what} ${language.say(stopped ? "overfitting.stopped" : "overfitting.advice")}</p>
  </div>`;
}
