/** @import { Core } from "./types.d.ts" */
import { LastLayerError } from "./errors.js";

/** Four million pixels, 16 MB: below what any browser refuses a canvas. */
const STRIP_PIXELS = 4 * 1024 * 1024;

/**
 * Decoded pixels: straight RGBA, 8 bits a channel, rows from the top.
 * @typedef {{ rgba: Uint8Array, width: number, height: number }} Pixels
 */

/**
 * The browser decodes and turns the photo upright, nothing else: colours are left as the file has them, and resizing is the core's.
 *
 * The core reads the header first, so that a file which claims 30,000 px a side is refused before the browser sets aside the memory.
 *
 * @param {Pick<Core, "inspect">} core
 * @param {Blob} blob
 * @returns {Promise<Pixels & { sha256: string }>}  `sha256` is of the file's bytes
 */
export async function decode(core, blob) {
  const { sha256 } = core.inspect(await read(blob));
  return { ...(await decodePixels(blob)), sha256 };
}

/**
 * The pixels of whatever `predict` and its like take.
 * @param {Pick<Core, "inspect">} core
 * @param {Blob | ImageBitmap | ImageData} image
 * @returns {Promise<Pixels & { sha256?: string }>}  `sha256` is of the bytes of a file
 */
export async function pixelsOf(core, image) {
  if (image instanceof Blob) return decode(core, image);
  if (image instanceof ImageBitmap) {
    if (image.width === 0 || image.height === 0) throw new LastLayerError("image-empty", "The bitmap has no pixels: it has been closed.");
    return draw(image);
  }
  if (image instanceof ImageData) {
    const { data, width, height } = image;
    return { rgba: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height };
  }
  throw new LastLayerError("not-an-image", "Expected a Blob, an ImageBitmap or an ImageData.");
}

/**
 * Some browsers change what is read from a canvas, to make visitors harder to recognise. Predictions then differ a little from
 * those elsewhere, and the user ought to know.
 * @returns {boolean} true where a known pattern does not come back as it was drawn
 */
export function canvasAddsNoise() {
  const side = 64;
  const pattern = new ImageData(side, side);
  pattern.data.forEach((_, i, data) => {
    data[i] = i % 4 === 3 ? 255 : (i * 97 + (i >> 8) * 31) % 256;
  });
  const context = canvas(side, side);
  context.putImageData(pattern, 0, 0);
  const back = context.getImageData(0, 0, side, side).data;
  return pattern.data.some((value, i) => value !== back[i]);
}

/** @param {Blob} blob */
async function read(blob) {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    // The file has been moved, changed or unplugged since it was chosen.
    throw new LastLayerError("image-truncated", `The file can no longer be read (${error}). Choose it again.`);
  }
}

/** @param {Blob} blob */
async function decodePixels(blob) {
  const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image", colorSpaceConversion: "none", premultiplyAlpha: "none" }).catch(
    (error) => {
      throw new LastLayerError("image-truncated", `The file begins like an image, but this browser cannot decode it (${error}). It is damaged or cut short.`);
    },
  );
  try {
    return draw(bitmap);
  } finally {
    bitmap.close();
  }
}

/**
 * Read in strips, since some browsers (on tablets above all) hand out blank pixels for a canvas as large as a photo.
 * Nothing is resampled, so the strips fit together exactly.
 *
 * @param {ImageBitmap} bitmap
 * @returns {Pixels}
 */
function draw(bitmap) {
  const { width, height } = bitmap;
  const rgba = allocate(width, height);
  const strip = Math.min(height, Math.max(1, Math.floor(STRIP_PIXELS / width)));
  const context = canvas(width, strip);
  context.globalCompositeOperation = "copy"; // a transparent pixel must replace that of the strip before
  context.imageSmoothingEnabled = false;
  for (let top = 0; top < height; top += strip) {
    const rows = Math.min(strip, height - top);
    context.drawImage(bitmap, 0, top, width, rows, 0, 0, width, rows);
    rgba.set(context.getImageData(0, 0, width, rows).data, top * width * 4);
  }
  return { rgba, width, height };
}

/**
 * @param {number} width
 * @param {number} height
 */
function allocate(width, height) {
  try {
    return new Uint8Array(width * height * 4);
  } catch {
    throw tooLarge(width, height);
  }
}

/**
 * @param {number} width
 * @param {number} height
 */
function canvas(width, height) {
  // Read back at once and never shown: kept in main memory, not on the graphics card.
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw tooLarge(width, height);
  return context;
}

/**
 * @param {number} width
 * @param {number} height
 */
function tooLarge(width, height) {
  const message = `There is no memory to decode an image of ${width} × ${height} pixels. Make it smaller first.`;
  return new LastLayerError("image-too-large", message, { width, height });
}
