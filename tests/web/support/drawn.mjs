import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { png } from "./png.mjs";

/** Side of a drawn photo in pixels, unless told otherwise. */
const SIDE = 160;

/**
 * Four kinds of pictures that a pretrained network tells apart easily; each number draws another one.
 * @type {Record<string, (x: number, y: number, random: number[]) => boolean>}
 */
const KINDS = {
  stripes: (x, _, [a = 0, b = 0]) => Math.sin((x + 40 * b) / (3 + 4 * a)) > 0,
  discs: (x, y, [a = 0, b = 0]) => Math.hypot((x % 53) - 26 + 6 * a, (y % 53) - 26 + 6 * b) < 17,
  checks: (x, y, [a = 0]) => (Math.floor(x / (8 + 6 * a)) + Math.floor(y / (8 + 6 * a))) % 2 === 0,
  cross: (x, y, [a = 0, b = 0]) => Math.abs(x - 80 + 30 * (a - 0.5)) < 14 || Math.abs(y - 80 + 30 * (b - 0.5)) < 14,
};

export const DRAWN_KINDS = Object.keys(KINDS);

/**
 * @param {string} kind  One of `DRAWN_KINDS`.
 * @param {number} number
 * @param {number} [side]  In pixels.
 * @returns {Buffer} a PNG file
 */
export function drawn(kind, number, side = SIDE) {
  const shape = KINDS[kind];
  if (!shape) throw new Error(`there is no drawing “${kind}”`);
  const random = randomNumbers(DRAWN_KINDS.indexOf(kind) * 1000 + number + 1, 8);
  const [a = 0, b = 0, red = 0, green = 0, blue = 0, grain = 0] = random;
  const noise = randomNumbers(number + 7, 997);
  return png(side, side, (x, y) => {
    const light = shape(x, y, [a, b]) ? 1 : 0.15;
    const speckle = 40 * grain * (noise[(x * 31 + y * 17) % 997] ?? 0);
    const channel = (/** @type {number} */ value) => Math.min(255, (150 + 80 * value) * light + speckle);
    return [channel(red), channel(green), channel(blue)];
  });
}

/**
 * Writes `FOLDER/KIND/N.png` for every kind and number.
 * @param {string} folder
 * @param {string[]} kinds
 * @param {number[]} numbers
 */
export async function drawFolders(folder, kinds, numbers) {
  for (const kind of kinds) {
    await mkdir(join(folder, kind), { recursive: true });
    for (const number of numbers) await writeFile(join(folder, kind, `${number}.png`), drawn(kind, number));
  }
}

/**
 * The same numbers in 0..1 every time (a linear congruential generator).
 * @param {number} seed
 * @param {number} count
 */
function randomNumbers(seed, count) {
  let state = (seed * 2654435761) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

/**
 * @param {number} from
 * @param {number} count
 */
export function range(from, count) {
  return Array.from({ length: count }, (_, index) => from + index);
}
