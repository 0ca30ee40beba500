/** @import { CorePhoto } from "./types/core.d.ts" */
import { LastLayerError } from "./errors.js";

/**
 * A megapixel, 4 MB: so much of a photo is in the core at a time, and on a canvas, which some browsers (on tablets
 * above all) hand out blank where it is as large as a photo. Nothing is resampled, so strips fit together exactly.
 */
const STRIP_PIXELS = 1024 * 1024;

/** Rows that are read in both ways to see whether the faster one can be relied on. */
const COMPARED = 4;

/**
 * By orientation, where a stored pixel goes: `x' = a x + c y`, `y' = b x + d y`.
 * @type {Record<number, [number, number, number, number]>}
 */
const TURNS = {
  2: [-1, 0, 0, 1],
  3: [-1, 0, 0, -1],
  4: [1, 0, 0, -1],
  5: [0, 1, 1, 0],
  6: [0, 1, -1, 0],
  7: [0, -1, -1, 0],
  8: [0, -1, 1, 0],
};

/**
 * The rows of a photo, four bytes a pixel.
 * @typedef {object} Rows
 * @property {number} width
 * @property {number} height
 * @property {string} channels  As the core's `Photo.push` takes them.
 * @property {(top: number, rows: number) => Uint8Array | Promise<Uint8Array>} read  Good until the next call.
 */

/**
 * Hands all rows to the core, strip by strip. Where that fails, the core lets go of what it had.
 * @param {CorePhoto} photo
 * @param {Rows} source
 */
export async function pour(photo, { width, height, channels, read }) {
  const strip = stripOf(width, height);
  try {
    for (let top = 0; top < height; top += strip) photo.push(await read(top, Math.min(strip, height - top)), channels);
  } catch (error) {
    photo.free();
    throw error;
  }
}

/**
 * As `pour`, from a bitmap: through a `VideoFrame` where it has these very pixels, since that takes a tenth of the
 * time, else over a canvas.
 * @param {CorePhoto} photo
 * @param {ImageBitmap} bitmap
 * @param {number} orientation  How it is to be turned, by the numbers of EXIF: over a canvas, since few are.
 */
export async function pourBitmap(photo, bitmap, orientation) {
  if (orientation !== 1) return pour(photo, turnedRows(bitmap, orientation));
  const frame = frameOf(bitmap);
  try {
    const rows = frame && frameRows(frame, bitmap);
    await pour(
      photo,
      rows && (await agrees(rows, bitmap)) ? rows : canvasRows(bitmap, stripOf(bitmap.width, bitmap.height)),
    );
  } finally {
    frame?.close();
  }
}

/**
 * Some browsers change what is read from a canvas, to make visitors harder to recognise. Predictions then differ a
 * little from those elsewhere, and the user ought to know.
 * @returns {boolean} true where a known pattern does not come back as it was drawn
 */
export function canvasAddsNoise() {
  const side = 64;
  const pattern = new ImageData(side, side);
  pattern.data.forEach((_, i, data) => {
    data[i] = i % 4 === 3 ? 255 : (i * 97 + (i >> 8) * 31) % 256;
  });
  const context = readable(side, side);
  context.putImageData(pattern, 0, 0);
  const back = context.getImageData(0, 0, side, side).data;
  return pattern.data.some((value, i) => value !== back[i]);
}

/**
 * @param {ImageBitmap} bitmap
 * @returns {VideoFrame | null}  Null where the browser has none of it.
 */
function frameOf(bitmap) {
  try {
    return new VideoFrame(bitmap, { timestamp: 0 });
  } catch {
    return null; // As on pages that are not secure, where there is no such class.
  }
}

/**
 * @param {VideoFrame} frame
 * @param {ImageBitmap} bitmap
 * @returns {Rows | null}  Null where its pixels are not those of the bitmap: in other colours, or with alpha, which is
 *   premultiplied at times.
 */
function frameRows(frame, { width, height }) {
  const { format, codedWidth, codedHeight } = frame;
  if ((format !== "RGBX" && format !== "BGRX") || codedWidth !== width || codedHeight !== height) return null;
  const buffer = new Uint8Array(4 * width * stripOf(width, height));
  const read = async (/** @type {number} */ top, /** @type {number} */ rows) => {
    const bytes = buffer.subarray(0, 4 * width * rows);
    await frame.copyTo(bytes, { rect: { x: 0, y: top, width, height: rows } });
    return bytes;
  };
  return { width, height, channels: format, read };
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} strip  Rows that are read at a time, at most.
 * @returns {Rows}
 */
function canvasRows(bitmap, strip) {
  const { width, height } = bitmap;
  const context = readable(width, strip);
  context.globalCompositeOperation = "copy"; // a transparent pixel must replace that of the strip before
  context.imageSmoothingEnabled = false;
  const read = (/** @type {number} */ top, /** @type {number} */ rows) => {
    context.drawImage(bitmap, 0, top, width, rows, 0, 0, width, rows);
    const { data } = context.getImageData(0, 0, width, rows);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  };
  return { width, height, channels: "RGBA", read };
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} orientation
 * @returns {Rows}
 */
function turnedRows(bitmap, orientation) {
  const swapped = orientation >= 5;
  const [width, height] = swapped ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height];
  const context = readable(width, stripOf(width, height));
  context.globalCompositeOperation = "copy";
  context.imageSmoothingEnabled = false;
  const [a = 1, b = 0, c = 0, d = 1] = TURNS[orientation] ?? [];
  // Pixels that would go to the left of the canvas or above it are brought back.
  const [left, above] = [a + c < 0 ? width : 0, b + d < 0 ? height : 0];
  const read = (/** @type {number} */ top, /** @type {number} */ rows) => {
    context.setTransform(a, b, c, d, left, above - top);
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, rows);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  };
  return { width, height, channels: "RGBA", read };
}

/**
 * Whether the first rows of a frame are what a canvas says.
 * @param {Rows} frame
 * @param {ImageBitmap} bitmap
 */
async function agrees(frame, bitmap) {
  const rows = Math.min(COMPARED, bitmap.height);
  const expected = await canvasRows(bitmap, rows).read(0, rows);
  try {
    const got = await frame.read(0, rows);
    const order = frame.channels === "BGRX" ? [2, 1, 0] : [0, 1, 2];
    const same = (/** @type {number} */ value, /** @type {number} */ at) =>
      value === got[at - (at % 4) + (order[at % 4] ?? 0)];
    return (
      expected.length === got.length && expected.every((value, at) => (at % 4 === 3 ? value === 255 : same(value, at)))
    );
  } catch {
    return false; // It cannot be copied, or not in parts.
  }
}

/**
 * @param {number} width
 * @param {number} height
 */
function stripOf(width, height) {
  return Math.min(height, Math.max(1, Math.floor(STRIP_PIXELS / width)));
}

/**
 * @param {number} width
 * @param {number} height
 */
function readable(width, height) {
  // Read back at once and never shown: kept in main memory, not on the graphics card.
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) {
    const message = `There is no memory to read ${width} × ${height} pixels at a time. Make the image smaller first.`;
    throw new LastLayerError("image-too-large", message, { width, height });
  }
  return context;
}
