/** @import { Rgb } from "../types/exporting.d.ts" */

const WIDTH = 320;
const HEIGHT = 240;

/** Centre and radius in pixels, and colour. */
const DISCS = /** @type {const} */ ([
  [90, 120, 62, [236, 84, 56]],
  [190, 90, 46, [250, 206, 70]],
  [232, 170, 54, [52, 120, 214]],
]);

/**
 * A picture that is nobody's: discs on a sky. Whoever loads an exported model shows it this, and compares the answers.
 * @returns {Rgb}
 */
export function testPicture() {
  const rgb = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) rgb.set(colour(x, y), 3 * (y * WIDTH + x));
  }
  return { width: WIDTH, height: HEIGHT, rgb };
}

/** @param {number} x @param {number} y */
function colour(x, y) {
  // Some grain, so that what is scaled wrongly shows.
  const grain = ((x * 7 + y * 13) % 11) * 2;
  const disc = DISCS.find(([left, top, radius]) => (x - left) ** 2 + (y - top) ** 2 < radius ** 2);
  const base = disc ? disc[3] : [(150 + (80 * y) / HEIGHT) | 0, (190 + (40 * x) / WIDTH) | 0, 230];
  return base.map((value) => value - grain);
}
