import { svg, html } from "lit";

/** @param {import("lit").TemplateResult<2>} content strokes on a 24 × 24 grid, drawn in the colour of the text */
const icon = (content) =>
  html`<svg
    class="icon"
    viewBox="0 0 24 24"
    width="20"
    height="20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    ${content}
  </svg>`;

/** Decoration: every icon stands beside words or inside a control that has a label. */
export const icons = {
  photos: icon(
    svg`<rect x="3" y="5" width="15" height="14" rx="2.5"/><path d="M3.5 15.5l4-4 4 4 2.5-2.5 4 4"/><path d="M21 8.5V17a4 4 0 0 1-2 3.4"/>`,
  ),
  folder: icon(
    svg`<path d="M3 7.5A2.5 2.5 0 0 1 5.5 5h3.3l2.2 2.5h7.5A2.5 2.5 0 0 1 21 10v6.5a2.5 2.5 0 0 1-2.5 2.5h-13A2.5 2.5 0 0 1 3 16.5z"/>`,
  ),
  plus: icon(svg`<path d="M12 5v14M5 12h14"/>`),
  close: icon(svg`<path d="M6 6l12 12M18 6L6 18"/>`),
  trash: icon(svg`<path d="M4 7h16M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10 11v5M14 11v5"/>`),
  check: icon(svg`<path d="M5 12.5l4.5 4.5L19 7.5"/>`),
  cross: icon(svg`<path d="M7 7l10 10M17 7L7 17"/>`),
  warning: icon(svg`<path d="M12 4l9 16H3z"/><path d="M12 10v4.5M12 17.3v.1"/>`),
  lock: icon(svg`<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`),
  chip: icon(
    svg`<rect x="6" y="6" width="12" height="12" rx="2"/><path d="M10 3v3M14 3v3M10 18v3M14 18v3M3 10h3M3 14h3M18 10h3M18 14h3"/>`,
  ),
  layers: icon(svg`<path d="M12 4l9 4.5-9 4.5-9-4.5z"/><path d="M3.5 13l8.5 4.3 8.5-4.3"/>`),
  download: icon(svg`<path d="M12 4v11M7.5 11l4.5 4.5L16.5 11M5 20h14"/>`),
  open: icon(svg`<path d="M12 15.5V4.5M7.5 9L12 4.5 16.5 9M5 20h14"/>`),
  previous: icon(svg`<path d="M14.5 5.5L8 12l6.5 6.5"/>`),
  next: icon(svg`<path d="M9.5 5.5L16 12l-6.5 6.5"/>`),
  pause: icon(svg`<path d="M9 6v12M15 6v12"/>`),
  refresh: icon(svg`<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3"/><path d="M19.5 3.5v4h-4"/>`),
};

/** The mark: frozen layers, and the last one in colour. */
export const mark = html`<svg
  class="mark"
  viewBox="0 0 32 32"
  width="28"
  height="28"
  aria-hidden="true"
  focusable="false"
>
  <path
    d="M4 22.5l12 6 12-6"
    fill="none"
    stroke="currentColor"
    stroke-width="2.2"
    stroke-linejoin="round"
    stroke-linecap="round"
    opacity=".38"
  />
  <path
    d="M4 17l12 6 12-6"
    fill="none"
    stroke="currentColor"
    stroke-width="2.2"
    stroke-linejoin="round"
    stroke-linecap="round"
    opacity=".7"
  />
  <path d="M16 3.5l12 6.2-12 6.3-12-6.3z" fill="var(--accent)" />
</svg>`;
