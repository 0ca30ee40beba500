import { css, html } from "lit";
import { styleMap } from "lit/directives/style-map.js";

export const predictionBarStyles = css`
  .bars { display: grid; gap: .6em; }
  .bars li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .1em .8em; align-items: baseline; }
  .bars .label { overflow-wrap: anywhere; }
  .bars li:first-child { font-weight: 680; }
  .bars .probability { font-variant-numeric: tabular-nums; }
  .bars .track { grid-column: 1 / -1; height: 8px; border-radius: 99px; background: var(--line); overflow: hidden; }
  .bars .track i { display: block; height: 100%; min-width: 2px; border-radius: 99px; background: var(--ink-faint); transition: width .25s; }
  .bars li:first-child .track i { background: var(--accent); }`;

/**
 * The most probable classes of one photo, as bars. The bars only repeat the numbers, so screen readers skip them.
 * For tests: `prediction-row` with `data-label` and `data-probability`.
 * @param {import("./types.js").PanelLanguage} language
 * @param {readonly import("./types.js").Prediction[]} predictions
 */
export function predictionBars(language, predictions) {
  return html`<ul class="bars" aria-label=${language.say("test.probabilities")}>
    ${predictions.map(({ label, probability }) => html`<li data-testid="prediction-row" data-label=${label} data-probability=${probability}>
      <span class="label">${label}</span><span class="probability">${language.probability(probability)}</span>
      <span class="track" aria-hidden="true"><i style=${styleMap({ width: `${100 * probability}%` })}></i></span></li>`)}
  </ul>`;
}
