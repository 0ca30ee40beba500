import { css, html, nothing } from "lit";

export const scoreStyles = css`
  .scores {
    display: flex;
    flex-wrap: wrap;
    gap: 0.8em 2.4em;
    margin: 0;
  }
  .scores div {
    display: flex;
    flex-direction: column-reverse;
  }
  .scores dd {
    margin: 0;
    font-size: clamp(2.4em, 11cqi, 3.4em);
    font-weight: 700;
    line-height: 1.05;
    letter-spacing: -0.035em;
  }
  .scores dt {
    font-size: 0.875em;
    color: var(--ink-soft);
    margin-top: 0.25em;
  }
  .scores dt b {
    color: var(--ink);
    font-weight: 650;
  }
  .scores-on {
    margin-top: 0.3em;
    font-size: 0.875em;
    color: var(--ink-soft);
  }
`;

/** Of fewer classes five guesses are more than half, and a high top-5 would only impress. */
const CLASSES_FOR_TOP5 = 10;

/**
 * Whether top-5 says something that top-1 does not: with ten classes or more, and where the two differ.
 * @param {{ top1: number, top5: number | null }} score
 * @param {number} classes
 */
export function top5Says({ top1, top5 }, classes) {
  return top5 !== null && classes >= CLASSES_FOR_TOP5 && top5 !== top1;
}

/**
 * Top-1, large, and top-5 beside it where that says something; a training and a test show their scores alike. Nothing
 * where there is no score.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {{
 *   score: { top1: number, top5: number | null } | null,
 *   classes: number,
 *   top1Id: string,
 *   top5Id: string,
 *   on: string,
 * }} what
 */
export function scores(language, { score, classes, top1Id, top5Id, on }) {
  if (!score) return nothing;
  const one = (/** @type {"top1" | "top5"} */ kind, /** @type {number} */ value, /** @type {string} */ id) =>
    html`<div>
      <dt><b>${language.say(`report.${kind}`)}</b> ${language.say(`report.${kind}Help`)}</dt>
      <dd class="number" data-testid=${id} data-value=${value}>
        ${language.percent(value, Number.isInteger(Math.round(value * 1e6) / 1e4) ? 0 : 1)}
      </dd>
    </div>`;
  const top5 = top5Says(score, classes) ? one("top5", score.top5 ?? 0, top5Id) : nothing;
  return html`<div>
    <dl class="scores">${one("top1", score.top1, top1Id)}${top5}</dl>
    <p class="scores-on">${on}</p>
  </div>`;
}
