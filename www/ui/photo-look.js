import { css, html, nothing, svg } from "lit";
import "./picture.js";

export const photoLookStyles = css`
  .framed {
    position: relative;
    background: var(--sunk);
  }
  .framed svg {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    pointer-events: none;
  }
  .look {
    display: grid;
    gap: 0.6em;
  }
  .look h4 {
    font-size: 0.9375em;
    font-weight: 650;
  }
  .look p {
    color: var(--ink-soft);
    font-size: 0.875em;
    line-height: 1.5;
    text-wrap: pretty;
  }
  .strip {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(72px, 1fr));
    gap: 0.5em;
  }
  .strip span {
    display: block;
    margin-top: 0.25em;
    font-size: 0.75em;
    color: var(--ink-soft);
  }
`;

/**
 * Over a photo: the part that the network sees, the rest dimmed. Nothing where it sees all of it. The drawing has the
 * photo's proportions, so it lies on it wherever `object-fit: contain` puts it. For tests: `crop-frame` with `data-x`,
 * `data-y`, `data-width` and `data-height`.
 * @param {import("./types.d.ts").LookView | null} look
 */
export function cropFrame(look) {
  if (!look || !isCropped(look)) return nothing;
  const {
    width,
    height,
    crop: { x, y, width: w, height: h },
  } = look;
  const hole = `M${x} ${y}h${w}v${h}h${-w}z`;
  return html`<svg
    viewBox="0 0 ${width} ${height}"
    aria-hidden="true"
    data-testid="crop-frame"
    data-x=${x}
    data-y=${y}
    data-width=${w}
    data-height=${h}
  >
    ${svg`<path d="M0 0h${width}v${height}h${-width}z${hole}" fill="#000" fill-opacity=".55" fill-rule="evenodd"></path>
      <path d=${hole} fill="none" stroke="#000" stroke-opacity=".55" stroke-width="4" vector-effect="non-scaling-stroke"></path>
      <path d=${hole} fill="none" stroke="#fff" stroke-width="2" vector-effect="non-scaling-stroke"></path>`}
  </svg>`;
}

/**
 * What the network sees of a photo, and the augmented draws that it learns from as well.
 * For tests: `photo-look` (`data-framing`), `look-picture` (`data-number`, 0 for the photo as it is).
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").LookView | null} look
 */
export function photoLook(language, look) {
  if (!look) return nothing;
  const { seen, draws, framing } = look;
  const name = (/** @type {number} */ number) =>
    number === 0 ? language.say("look.seen") : language.say("look.draw", { number });
  return html`<div class="look" data-testid="photo-look" data-framing=${framing}>
    <h4>${language.say("look.title")}</h4>
    <p>${sayFraming(language, look)} ${sayDraws(language, look)}</p>
    <ul class="strip">
      ${[seen, ...draws].map(
        (picture, number) =>
          html`<li data-testid="look-picture" data-number=${number}>
            <last-layer-picture .picture=${picture} .words=${name(number)}></last-layer-picture
            ><span aria-hidden="true">${name(number)}</span>
          </li>`,
      )}
    </ul>
  </div>`;
}

/** Less than a pixel is no frame to be seen. @param {import("./types.d.ts").LookView} look */
function isCropped({ crop }) {
  return Math.max(crop.x, crop.y) >= 1;
}

/** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").LookView} look */
function sayFraming(language, look) {
  if (isCropped(look)) return language.say("look.crop");
  // A photo that is square fills the square, however it is framed.
  const square = Math.abs(look.width - look.height) < 1;
  return language.say(
    square || look.framing === "crop" ? "look.whole" : look.framing === "pad" ? "look.pad" : "look.squash",
  );
}

/** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").LookView} look */
function sayDraws(language, { draws, count }) {
  if (count === null) return language.say("look.drawsAuto");
  if (count === 0) return language.say("look.noDraws");
  return draws.length < count
    ? language.say("look.drawsShown", { count, shown: draws.length })
    : language.say("look.draws", { count });
}
