import { css } from "lit";

/**
 * The element's own box. All widths are those of the element, not of the window: it stands in the middle of articles,
 * in columns of any width. The text follows the page around it, within sane bounds.
 */
export const frame = css`
  :host {
    container-type: inline-size;
    font: 400 clamp(15px, 1em, 1.125rem) / 1.5 var(--last-layer-font, var(--font));
    color: var(--ink);
    text-align: start;
    letter-spacing: normal;
    -webkit-text-size-adjust: 100%;
  }
  .frame {
    border: 1px solid var(--line);
    border-radius: calc(var(--radius) + 6px);
    background: var(--paper);
    box-shadow: var(--shadow);
    overflow: clip;
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 1em;
    padding: 0.55em clamp(0.9em, 2.2cqi, 1.5em);
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 0.55em;
    font-size: 1.0625em;
    letter-spacing: -0.02em;
  }
  .brand b {
    font-weight: 720;
  }
  .languages {
    display: flex;
  }
  .languages button {
    min-height: 44px;
    padding: 0 0.7em;
    border: 0;
    background: transparent;
    color: var(--ink-soft);
    font-size: 0.9375em;
    cursor: pointer;
    border-radius: 8px;
  }
  .languages button[aria-pressed="true"] {
    color: var(--ink);
    font-weight: 650;
    text-decoration: underline;
    text-decoration-color: var(--accent);
    text-decoration-thickness: 2px;
    text-underline-offset: 0.4em;
  }
  .languages button:hover {
    color: var(--ink);
  }
  last-layer-status-panel,
  .basis {
    padding-inline: clamp(0.9em, 2.2cqi, 1.5em);
    background: var(--sunk);
  }
  last-layer-status-panel {
    padding-block: 0.55em 0.35em;
    border-top: 1px solid var(--line);
  }
  :host([persist]) .basis {
    /* The line of the project comes later than that of the network, and moves nothing. */
    min-height: 5.4em;
  }
  .basis {
    padding-bottom: 0.3em;
    border-bottom: 1px solid var(--line);
  }
  .problem {
    margin: clamp(0.9em, 2.2cqi, 1.5em) clamp(0.9em, 2.2cqi, 1.5em) 0;
    align-items: center;
  }
  .panels {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
  }
  last-layer-photos-panel,
  last-layer-train-panel,
  last-layer-test-panel {
    padding: clamp(1em, 2.4cqi, 1.75em) clamp(0.9em, 2.2cqi, 1.5em);
  }
  last-layer-train-panel,
  last-layer-test-panel {
    border-top: 1px solid var(--line);
  }
  @container (min-width: 860px) {
    .panels {
      grid-template-columns: minmax(0, 11fr) minmax(0, 10fr);
    }
    last-layer-train-panel {
      border-top: 0;
      border-inline-start: 1px solid var(--line);
    }
    last-layer-test-panel {
      grid-column: 1 / -1;
    }
  }
`;
