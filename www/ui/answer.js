import { css, html, nothing } from "lit";
import { predictionBars, predictionBarStyles } from "./prediction-bars.js";

export const answerStyles = [
  predictionBarStyles,
  css`
    .none-of-these {
      display: grid;
      gap: 0.35em;
      padding: 0.8em 1em 0.9em;
      border-radius: var(--radius-small);
      border-inline-start: 4px solid var(--second);
      background: var(--sunk);
    }
    .none-of-these strong {
      font-size: 1.25em;
      font-weight: 680;
      letter-spacing: -0.01em;
      line-height: 1.25;
    }
    .none-of-these p {
      color: var(--ink-soft);
      font-size: 0.875em;
      line-height: 1.5;
      text-wrap: pretty;
    }
    .if-it-had-to {
      color: var(--ink-soft);
      font-size: 0.875em;
      line-height: 1.5;
    }
    .answer {
      display: grid;
      gap: 0.8em;
    }
    .subdued .bars {
      color: var(--ink-soft);
      font-size: 0.9375em;
    }
    .subdued .bars li:first-child {
      font-weight: 400;
    }
    .subdued .bars li:first-child progress {
      --bar: var(--ink-faint);
    }
  `,
];

/**
 * What a classifier says of one photo: its most probable classes, or that it is none of them; the guesses then stand
 * back. For tests: `none-of-these`, and `prediction-row` as `predictionBars` has it.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").TestRowView} row
 * @param {Parameters<typeof predictionBars>[2]} [choice]
 */
export function answer(language, { predictions, unknown, threshold }, choice = null) {
  const bars = predictionBars(language, predictions, choice);
  if (!unknown) return bars;
  const rate = threshold
    ? html` ${language.say("unknown.rate", { rate: language.percent(threshold.rejectRate) })}`
    : nothing;
  return html`<div class="answer">
    <div class="none-of-these" data-testid="none-of-these">
      <strong>${language.say("unknown.title")}</strong>
      <p>${language.say("unknown.meaning")}${rate}</p>
    </div>
    <p class="if-it-had-to">${language.say("unknown.guesses")}</p>
    <div class="subdued">${bars}</div>
  </div>`;
}
