import { css, html } from "lit";

export const predictionBarStyles = css`
  .bars { display: grid; gap: .6em; }
  .bars li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .1em .8em; align-items: baseline; }
  .bars .label { overflow-wrap: anywhere; }
  .bars li:first-child { font-weight: 680; }
  .bars .probability { font-variant-numeric: tabular-nums; }
  .bars progress { grid-column: 1 / -1; --bar: var(--ink-faint); }
  .bars li:first-child progress { --bar: var(--accent); }`;

/**
 * The most probable classes of one photo, as bars. The bars only repeat the numbers, so screen readers skip them.
 * They are `progress` elements since a width in a style attribute is forbidden where a strict content security policy holds.
 * For tests: `prediction-row` with `data-label` and `data-probability`.
 * @param {import("./types.js").PanelLanguage} language
 * @param {readonly import("./types.js").Prediction[]} predictions
 */
export function predictionBars(language, predictions) {
  return html`<ul class="bars" aria-label=${language.say("test.probabilities")}>
    ${predictions.map(({ label, probability }) => html`<li data-testid="prediction-row" data-label=${label} data-probability=${probability}>
      <span class="label">${label}</span><span class="probability">${language.probability(probability)}</span>
      <progress aria-hidden="true" max="1" value=${probability}></progress></li>`)}
  </ul>`;
}
