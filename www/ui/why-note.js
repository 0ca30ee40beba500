import { LitElement, css, html, nothing } from "lit";
import { blobUrl } from "./blob-url.js";
import { define } from "./define.js";
import { shared } from "./styles.js";

/**
 * What goes with a heatmap: its legend, what it means and does not, and the training photos most like the photo.
 * For tests: `why-legend`, `similar-photo` (`data-label`, `data-similarity`).
 */
export class WhyNote extends LitElement {
  static properties = {
    language: { attribute: false },
    explanation: { attribute: false },
    similar: { attribute: false },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").ExplanationView | null} */ this.explanation = null;
    /** @type {readonly import("./types.d.ts").SimilarView[]} */ this.similar = [];
  }

  static styles = [
    shared,
    css`
      .legend {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        align-items: center;
        gap: 0.7em;
        max-width: 44em;
        font-size: 0.875em;
        font-weight: 550;
      }
      .legend span {
        overflow-wrap: anywhere;
      }
      /* Over grey, as the heatmap lies over the photo. */
      .scale {
        width: 100%;
        min-width: 3em;
        height: 0.8em;
        border-radius: 99px;
        background: #8a8a8a;
      }
      .text {
        color: var(--ink-soft);
        font-size: 0.875em;
        line-height: 1.55;
        max-width: 38em;
        text-wrap: pretty;
      }
      h4 {
        font-size: 0.9375em;
        font-weight: 650;
      }
      .similar {
        display: grid;
        gap: 0.5em;
      }
      .photos {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(84px, 1fr));
        gap: 0.7em;
        max-width: 36em;
      }
      .photos img {
        display: block;
        width: 100%;
        aspect-ratio: 1;
        object-fit: cover;
        border-radius: var(--radius-small);
        background: var(--sunk);
      }
      .photos p {
        font-size: 0.8125em;
        line-height: 1.35;
        margin-top: 0.3em;
        overflow-wrap: anywhere;
      }
    `,
  ];

  render() {
    const { language, explanation } = this;
    if (!language || !explanation) return nothing;
    const { crop, legend, width, height } = explanation;
    const { label } = explanation.class;
    // Less than a pixel is no frame to be seen.
    const cropped = Math.max(crop.x, crop.y) >= 1;
    return html`<div class="stack">
      <div class="legend" data-testid="why-legend">
        <span>${language.say("why.against")}</span
        ><canvas class="scale" width=${legend.width} height=${legend.height} aria-hidden="true"></canvas
        ><span>${language.say("why.for", { label })}</span>
      </div>
      <p class="text">
        ${language.say("why.explain", { label, width, height })}${cropped ? html` ${language.say("why.frame")}` : nothing}
      </p>
      ${this.similar.length > 0 ? this.#similar(language) : nothing}
    </div>`;
  }

  updated() {
    const legend = this.explanation?.legend;
    // A size that is set again clears the canvas, so it is painted after every rendering.
    if (legend) this.renderRoot.querySelector("canvas")?.getContext("2d")?.putImageData(legend, 0, 0);
  }

  /** @param {import("./types.d.ts").PanelLanguage} language */
  #similar(language) {
    return html`<div class="similar">
      <h4 id="similar">${language.say("why.similar")}</h4>
      <ul class="photos" aria-labelledby="similar">
        ${this.similar.map(
          ({ photo, similarity }) =>
            html`<li data-testid="similar-photo" data-label=${photo.label} data-similarity=${similarity}>
              <img src=${blobUrl(photo.blob)} alt=${photo.name} title=${photo.name} decoding="async" loading="lazy" />
              <p>
                ${photo.label}<br /><span class="soft number"
                  ><span class="hidden-text">${language.say("why.similarity")}</span>
                  ${language.number(similarity, { minimumFractionDigits: 2, maximumFractionDigits: 2 })}</span
                >
              </p>
            </li>`,
        )}
      </ul>
      <p class="text">${language.say("why.similarText")}</p>
    </div>`;
  }
}

define("last-layer-why-note", WhyNote);
