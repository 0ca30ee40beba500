import { css, svg } from "lit";

export const intervalBarStyles = css`
  .interval {
    display: block;
    width: 100%;
    height: 46px;
    overflow: visible;
    margin-top: 0.4em;
  }
  .interval .track {
    fill: var(--line);
  }
  .interval .range {
    fill: var(--accent);
  }
  .interval .point {
    fill: var(--ink);
    stroke: var(--paper);
    stroke-width: 2;
  }
  .interval text {
    fill: var(--ink-soft);
    font-size: 12px;
    font-variant-numeric: tabular-nums;
  }
`;

/**
 * Limits of a fraction as a bar from 0 to 100 %, with the fraction itself as a mark. Decoration: the words beside it
 * say the same. Positions are attributes in percent, since the page's policy allows no inline styles.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {{ low: number, high: number, value: number }} what
 */
export function intervalBar(language, { low, high, value }) {
  const at = (/** @type {number} */ fraction) => `${(100 * fraction).toFixed(2)}%`;
  const tick = (/** @type {number} */ fraction, /** @type {string} */ anchor) =>
    svg`<text x=${at(fraction)} y="42" text-anchor=${anchor}>${language.percent(fraction)}</text>`;
  return svg`<svg class="interval" aria-hidden="true" focusable="false">
    <rect class="track" x="0" y="10" width="100%" height="10" rx="5" />
    <rect class="range" x=${at(low)} y="10" width=${at(Math.max(0, high - low))} height="10" rx="5" />
    <svg x=${at(value)} y="4" overflow="visible"><rect class="point" x="-3.5" y="0" width="7" height="22" rx="3.5" /></svg>
    ${tick(0, "start")}${tick(0.5, "middle")}${tick(1, "end")}
  </svg>`;
}
