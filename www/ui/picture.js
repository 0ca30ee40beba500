import { LitElement, css, html, nothing } from "lit";
import { define } from "./define.js";

/** Pixels as a picture, with words for those who do not see it. */
export class Picture extends LitElement {
  static properties = { picture: { attribute: false }, words: {} };

  constructor() {
    super();
    /** @type {ImageData | undefined} */ this.picture = undefined;
    this.words = "";
  }

  static styles = css`
    :host {
      display: block;
      min-width: 0;
    }
    canvas {
      display: block;
      width: 100%;
      aspect-ratio: 1;
      border-radius: var(--radius-small);
      background: var(--sunk);
    }
  `;

  render() {
    const { picture } = this;
    if (!picture) return nothing;
    return html`<canvas role="img" width=${picture.width} height=${picture.height} aria-label=${this.words}></canvas>`;
  }

  updated() {
    // A size that is set again clears the canvas, so it is painted after every rendering.
    if (this.picture) this.renderRoot.querySelector("canvas")?.getContext("2d")?.putImageData(this.picture, 0, 0);
  }
}

define("last-layer-picture", Picture);
