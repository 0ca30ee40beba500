import { css, html, nothing } from "lit";

export const scoreStyles = css`
  .scores { display: flex; flex-wrap: wrap; gap: .8em 2.4em; margin: 0; }
  .scores div { display: flex; flex-direction: column-reverse; }
  .scores dd { margin: 0; font-size: clamp(2.4em, 11cqi, 3.4em); font-weight: 700; line-height: 1.05; letter-spacing: -.035em; }
  .scores dt { font-size: .875em; color: var(--ink-soft); margin-top: .25em; } .scores dt b { color: var(--ink); font-weight: 650; }
  .scores-on { margin-top: .3em; font-size: .875em; color: var(--ink-soft); }`;

/**
 * Top-1 and top-5, large; the test panel shows its scores in the same way. Nothing where there is no score.
 * @param {import("./types.js").PanelLanguage} language
 * @param {{ score: { top1: number, top5: number | null } | null, top1Id: string, top5Id: string, on: string }} what
 */
export function scores(language, { score, top1Id, top5Id, on }) {
  if (!score) return nothing;
  const one = (/** @type {"top1" | "top5"} */ kind, /** @type {number} */ value, /** @type {string} */ id) => html`<div>
    <dt><b>${language.say(`report.${kind}`)}</b> ${language.say(`report.${kind}Help`)}</dt>
    <dd class="number" data-testid=${id} data-value=${value}>${language.percent(value, Number.isInteger(Math.round(value * 1e6) / 1e4) ? 0 : 1)}</dd></div>`;
  return html`<div><dl class="scores">${one("top1", score.top1, top1Id)}${score.top5 === null ? nothing : one("top5", score.top5, top5Id)}</dl>
    <p class="scores-on">${on}${score.top5 === null ? html`<br />${language.say("report.noTop5")}` : nothing}</p></div>`;
}
