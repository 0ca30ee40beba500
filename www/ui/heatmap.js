import { LitElement, css, html, nothing } from "lit";
import { blobUrl } from "./blob-url.js";
import { define } from "./define.js";
import { shared } from "./styles.js";

/** Longest side of the drawing, in pixels: sharp enough at the width it is shown at. */
const SIDE = 1000;

/**
 * A photo, and over it where the evidence for a class lies. What the network does not see is dimmed; what it sees is
 * grey, as the network gets it, so that all colour is evidence. The photo stays where it was: the drawing has its
 * proportions and lies over it. For tests: `heatmap` (with `data-label`, set once it is drawn).
 */
export class Heatmap extends LitElement {
  static properties = {
    language: { attribute: false },
    blob: { attribute: false },
    name: {},
    explanation: { attribute: false },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {Blob | undefined} */ this.blob = undefined;
    this.name = "";
    /** Without it, the photo alone. @type {import("./types.d.ts").ExplanationView | null} */ this.explanation = null;
    /**
     * What is drawn: never of another photo or class than is asked for now.
     * @type {import("./types.d.ts").ExplanationView | null}
     */
    this.drawn = null;
  }

  static styles = [
    shared,
    css`
      :host {
        position: relative;
      }
      img,
      canvas {
        display: block;
        width: 100%;
        max-height: 22em;
        object-fit: contain;
        border-radius: var(--radius-small);
      }
      img {
        background: var(--sunk);
      }
      canvas {
        position: absolute;
        inset: 0;
        height: 100%;
      }
    `,
  ];

  render() {
    const { language, blob, explanation } = this;
    if (!language || !blob) return nothing;
    return html`<img src=${blobUrl(blob)} alt=${this.name} decoding="async" @load=${this.#draw} /> ${
        explanation
          ? html`<canvas
              role="img"
              width="1"
              height="1"
              aria-label=${describe(language, explanation)}
              data-testid="heatmap"
            ></canvas>`
          : nothing
      }`;
  }

  updated() {
    this.#draw();
  }

  #draw() {
    const { explanation } = this;
    const image = this.renderRoot.querySelector("img");
    const canvas = this.renderRoot.querySelector("canvas");
    if (!explanation || !canvas) this.drawn = null;
    if (!explanation || !canvas || !image?.complete || image.naturalWidth === 0) return;
    canvas.dataset.label = explanation.class.label;
    if (explanation === this.drawn) return;
    this.drawn = explanation;
    const scale = SIDE / Math.max(image.naturalWidth, image.naturalHeight);
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    const context = canvas.getContext("2d");
    if (context) paint(context, explanation, scale);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./types.d.ts").ExplanationView} explanation
 * @param {number} scale  From pixels of the photo to those of the drawing.
 */
function paint(context, { crop, seen, overlay }, scale) {
  const { width, height } = context.canvas;
  const [x, y, w, h] = /** @type {const} */ (["x", "y", "width", "height"]).map((side) => crop[side] * scale);
  if (x === undefined || y === undefined || w === undefined || h === undefined) return;
  context.fillStyle = "rgb(0 0 0 / .6)";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(surface(grey(seen)), x, y, w, h);
  context.drawImage(surface(overlay), x, y, w, h);
  // Where the network sees everything, a frame would only be an edge.
  if (Math.max(crop.x, crop.y) < 1) return;
  // Seen on light and on dark photos.
  const { clientWidth, clientHeight } = context.canvas;
  const pixel = Math.max(width / Math.max(clientWidth, 1), height / Math.max(clientHeight, 1));
  for (const [colour, line] of /** @type {const} */ ([
    ["rgb(0 0 0 / .55)", 4 * pixel],
    ["#fff", 2 * pixel],
  ])) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(x + pixel, y + pixel, w - 2 * pixel, h - 2 * pixel);
  }
}

/** @param {ImageData} picture */
function surface(picture) {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d")?.putImageData(picture, 0, 0);
  return canvas;
}

/** @param {ImageData} picture */
function grey({ data, width, height }) {
  const result = new ImageData(width, height);
  for (let i = 0; i < data.length; i += 4) {
    // Rec. 601 luma.
    const luma = 0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0);
    result.data.set([luma, luma, luma, 255], i);
  }
  return result;
}

/**
 * The heatmap in words: its class, and where the evidence is strongest.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").ExplanationView} explanation
 */
function describe(language, { class: { label }, evidence, width, height }) {
  const place = (/** @type {number} */ value) => {
    const index = evidence.indexOf(value);
    const third = (/** @type {number} */ cell, /** @type {number} */ cells) => Math.floor((3 * (cell + 0.5)) / cells);
    const [row, column] = [third(Math.floor(index / width), height), third(index % width, width)];
    return language.say(/** @type {import("./messages.js").MessageKey} */ (`place.${row}${column}`));
  };
  const [most, least] = [Math.max(...evidence), Math.min(...evidence)];
  const parts = [language.say("why.alt", { label })];
  if (most > 0) parts.push(language.say("why.altFor", { place: place(most) }));
  if (least < 0) parts.push(language.say("why.altAgainst", { place: place(least) }));
  return parts.join(language.code === "zh" ? "" : " ");
}

define("last-layer-heatmap", Heatmap);
