import { css } from "lit";

const light = css`
  --ink: #14181f;
  --ink-soft: #4a5361;
  --ink-faint: #626b79;
  --paper: #ffffff;
  --sunk: #f5f6f8;
  --line: #e0e4ea;
  --line-strong: #858d9a;
  --accent: var(--last-layer-accent, #cf4500);
  --on-accent: var(--last-layer-on-accent, #ffffff);
  --accent-soft: #fff0e7;
  --second: #2b5fc4;
  --good: #0a7343;
  --good-soft: #e6f5ec;
  --bad: #b0103d;
  --bad-soft: #fdecf1;
  --focus: #1d4ed8;
  --shadow: 0 1px 2px rgb(16 24 40 / 0.05), 0 8px 24px -12px rgb(16 24 40 / 0.14);
  color-scheme: light;
`;

const dark = css`
  --ink: #f0f2f5;
  --ink-soft: #b7bfca;
  --ink-faint: #959eac;
  --paper: #181b21;
  --sunk: #111419;
  --line: #2b313b;
  --line-strong: #6e7888;
  --accent: var(--last-layer-accent, #ff8b52);
  --on-accent: var(--last-layer-on-accent, #230e00);
  --accent-soft: #38210f;
  --second: #86b0ff;
  --good: #55cf95;
  --good-soft: #10301f;
  --bad: #ff90aa;
  --bad-soft: #3a1420;
  --focus: #9ec1ff;
  --shadow: 0 1px 2px rgb(0 0 0 / 0.4), 0 8px 24px -12px rgb(0 0 0 / 0.6);
  color-scheme: dark;
`;

/** The element's colours by theme; the panels inherit them through their shadow roots. */
export const tokens = css`
  :host {
    ${light} --radius: 14px;
    --radius-small: 9px;
    --font:
      system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
      "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
    --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace;
  }
  :host([theme="dark"]) {
    ${dark}
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme="light"])) {
      ${dark}
    }
  }
`;

/** What every panel shares: text, controls, focus. */
export const shared = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    display: block;
    min-width: 0;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  h3,
  h4,
  p,
  ul,
  figure,
  fieldset {
    margin: 0;
    padding: 0;
    border: 0;
    min-width: 0;
  }
  ul {
    list-style: none;
  }
  .icon {
    flex: none;
    width: 1.25em;
    height: 1.25em;
  }
  .soft {
    color: var(--ink-soft);
  }
  .faint {
    color: var(--ink-faint);
  }
  .small {
    font-size: 0.875em;
    line-height: 1.5;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.6em;
  }
  .grow {
    flex: 1 1 auto;
    min-width: 0;
  }
  .stack {
    display: grid;
    gap: 1em;
  }
  .stack > * {
    min-width: 0;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .hidden-text {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  button,
  select,
  input {
    font: inherit;
    color: inherit;
    letter-spacing: inherit;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5em;
    min-height: 44px;
    padding: 0.45em 1em;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-small);
    background: var(--paper);
    color: var(--ink);
    font-weight: 550;
    line-height: 1.25;
    cursor: pointer;
    text-align: center;
    transition:
      background-color 0.15s,
      border-color 0.15s,
      transform 0.1s;
  }
  .button:hover {
    background: var(--sunk);
    border-color: var(--ink-soft);
  }
  .button:active {
    transform: translateY(1px);
  }
  .button:disabled {
    color: var(--ink-faint);
    background: var(--sunk);
    border-color: var(--line);
    cursor: not-allowed;
    transform: none;
  }
  .button.primary {
    background: var(--accent);
    border-color: transparent;
    color: var(--on-accent);
    font-weight: 650;
  }
  .button.primary:hover {
    background: color-mix(in srgb, var(--accent) 88%, var(--ink));
  }
  .button.primary:disabled {
    background: var(--line);
    color: var(--ink-soft);
  }
  .button.quiet {
    border-color: transparent;
    background: transparent;
  }
  .button.quiet:hover {
    background: var(--sunk);
  }
  .button.danger {
    border-color: var(--bad);
    color: var(--bad);
    background: transparent;
  }
  .button.icon-only {
    min-width: 44px;
    padding: 0.4em;
  }
  @media (pointer: fine) {
    .button {
      min-height: 40px;
    }
    .button.icon-only {
      min-width: 40px;
    }
  }

  .field {
    min-height: 44px;
    padding: 0.4em 0.7em;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-small);
    background: var(--paper);
    width: 100%;
  }
  .field:invalid {
    border-color: var(--bad);
  }
  @media (pointer: fine) {
    .field {
      min-height: 40px;
    }
  }

  :focus {
    outline: none;
  }
  :focus-visible {
    outline: 2.5px solid var(--focus);
    outline-offset: 2px;
  }

  .notice {
    display: flex;
    align-items: flex-start;
    gap: 0.65em;
    padding: 0.7em 0.9em;
    border-radius: var(--radius-small);
    background: var(--sunk);
    color: var(--ink);
    font-size: 0.9375em;
    line-height: 1.5;
  }
  .notice.bad {
    background: var(--bad-soft);
  }
  .notice.bad > .icon {
    color: var(--bad);
  }
  .notice.attention {
    background: var(--accent-soft);
  }
  .notice.attention > .icon {
    color: var(--accent);
  }
  .notice > .icon {
    margin-top: 0.12em;
  }
  .notice p {
    overflow-wrap: anywhere;
  }

  progress {
    appearance: none;
    display: block;
    width: 100%;
    height: 8px;
    border: 0;
    border-radius: 99px;
    background: var(--line);
    overflow: hidden;
  }
  progress::-webkit-progress-bar {
    background: var(--line);
    border-radius: 99px;
  }
  progress::-webkit-progress-value {
    background: var(--bar, var(--accent));
    border-radius: 99px;
  }
  progress::-moz-progress-bar {
    background: var(--bar, var(--accent));
    border-radius: 99px;
  }

  summary {
    display: inline-flex;
    align-items: center;
    gap: 0.5em;
    min-height: 44px;
    cursor: pointer;
    font-weight: 550;
    border-radius: 6px;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary::before {
    content: "";
    width: 0.45em;
    height: 0.45em;
    margin-inline: 0.2em 0.1em;
    border: solid currentColor;
    border-width: 0 2px 2px 0;
    transform: rotate(-45deg);
    transition: transform 0.15s;
  }
  details[open] > summary::before {
    transform: rotate(45deg);
  }
  @media (pointer: fine) {
    summary {
      min-height: 36px;
    }
  }

  dialog {
    width: min(92vw, 34em);
    max-height: 90vh;
    padding: 0;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--paper);
    color: var(--ink);
    box-shadow: 0 24px 80px rgb(0 0 0 / 0.35);
    overflow: auto;
    overscroll-behavior: contain;
  }
  dialog::backdrop {
    background: rgb(10 12 16 / 0.6);
  }
  dialog .picture {
    display: block;
    width: 100%;
    max-height: 52vh;
    object-fit: contain;
    background: var(--sunk);
  }
  dialog .body {
    padding: 1em;
    display: grid;
    gap: 0.9em;
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      transition: none !important;
      animation: none !important;
    }
  }
`;

/** The three steps' headings: a number, a title, what belongs to its right. */
export const stepHeading = css`
  .step {
    display: flex;
    align-items: center;
    gap: 0.65em;
    min-height: 2.25em;
  }
  .step h3 {
    flex: none;
    font-size: 1.25em;
    font-weight: 680;
    letter-spacing: -0.015em;
    line-height: 1.2;
  }
  .step .chip {
    display: grid;
    place-items: center;
    width: 1.75em;
    height: 1.75em;
    flex: none;
    border-radius: 50%;
    border: 1.5px solid var(--ink);
    font-size: 0.85em;
    font-weight: 700;
  }
  .step .aside {
    margin-inline-start: auto;
    color: var(--ink-soft);
    font-size: 0.875em;
    text-align: end;
  }
`;
