import { css, html } from "lit";

export const predictionBarStyles = css`
  .bars {
    display: grid;
    gap: 0.6em;
  }
  .bars li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0.1em 0.8em;
    align-items: baseline;
  }
  .bars .label {
    overflow-wrap: anywhere;
  }
  .bars li:first-child {
    font-weight: 680;
  }
  .bars .probability {
    font-variant-numeric: tabular-nums;
  }
  .bars progress {
    grid-column: 1 / -1;
    --bar: var(--ink-faint);
  }
  .bars progress::-webkit-progress-value {
    transition: inline-size 0.2s;
  }
  .bars li:first-child progress {
    --bar: var(--accent);
  }
  .bars.asked {
    gap: 0.15em;
    margin-inline: -0.6em;
  }
  .bars.asked li {
    position: relative;
    padding: 0.35em 0.6em 0.5em;
    border-radius: var(--radius-small);
    min-height: 44px;
  }
  .bars.asked li:hover {
    background: var(--sunk);
  }
  .bars.asked li:has([aria-pressed="true"]) {
    background: var(--sunk);
    box-shadow: inset 3px 0 0 var(--accent);
  }
  .bars button {
    padding: 0;
    border: 0;
    background: none;
    font: inherit;
    color: inherit;
    text-align: start;
    cursor: pointer;
  }
  /* The whole row is the button. */
  .bars button::after {
    content: "";
    position: absolute;
    inset: 0;
    border-radius: inherit;
  }
  .bars button:focus-visible {
    outline: none;
  }
  .bars button:focus-visible::after {
    outline: 2.5px solid var(--focus);
    outline-offset: -1px;
    border-radius: var(--radius-small);
  }
`;

/**
 * The most probable classes of one photo, as bars. The bars only repeat the numbers, so screen readers skip them. They
 * are `progress` elements since a width in a style attribute is forbidden where a strict content security policy holds.
 * For tests: `prediction-row` with `data-label` and `data-probability`.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {readonly import("./types.d.ts").Prediction[]} predictions
 * @param {{ label: string | undefined, choose: (label: string) => void } | null} [choice]  Where one of them can be
 *   chosen: which one is, and what to do with another.
 */
export function predictionBars(language, predictions, choice = null) {
  const name = (/** @type {string} */ label) =>
    choice
      ? html`<button
          type="button"
          aria-pressed=${choice.label === label ? "true" : "false"}
          @click=${() => choice.choose(label)}
        >
          ${label}
        </button>`
      : label;
  return html`<ul class="bars ${choice ? "asked" : ""}" aria-label=${language.say("test.probabilities")}>
    ${predictions.map(
      ({ label, probability }) =>
        html`<li data-testid="prediction-row" data-label=${label} data-probability=${probability}>
          <span class="label">${name(label)}</span><span class="probability">${language.probability(probability)}</span>
          <progress aria-hidden="true" max="1" value=${probability}></progress>
        </li>`,
    )}
  </ul>`;
}
