/** @import { Core, CorePhoto } from "./types/core.d.ts" */
import { LastLayerError } from "./errors.js";
import { pour, pourBitmap } from "./rows.js";

/**
 * A file that the browser has decoded.
 * @typedef {{ bitmap: ImageBitmap, sha256: string }} Decoded  `sha256` is of the file's bytes
 *
 * Makes the core ready for a photo of some size. @typedef {(width: number, height: number) => CorePhoto} Begin
 */

/**
 * A file that has been read, and whose header is good: one which claims 30,000 px a side is refused before the browser sets aside the memory.
 * @typedef {{ blob: Blob, bytes: Uint8Array<ArrayBuffer>, width: number, height: number }} Inspected
 *
 * What the core is asked about files. @typedef {Pick<Core, "inspect" | "sha256">} Files
 */

/**
 * @param {Files} core
 * @param {Blob} blob
 * @returns {Promise<Inspected>}
 */
export async function inspect(core, blob) {
  const bytes = await read(blob);
  const { width, height } = core.inspect(bytes);
  return { blob, bytes, width, height };
}

/**
 * The browser decodes and turns the photo upright, nothing else: colours are left as the file has them, and resizing is the core's. It
 * does so on a thread of its own.
 *
 * @param {Files} core
 * @param {Inspected} file
 * @returns {Promise<Decoded>}  Its bitmap is to be closed.
 */
export async function decode(core, { blob, bytes }) {
  const bitmap = createImageBitmap(blob, { imageOrientation: "from-image", colorSpaceConversion: "none", premultiplyAlpha: "none" }).catch((error) => {
    throw new LastLayerError("image-truncated", `The file begins like an image, but this browser cannot decode it (${error}). It is damaged or cut short.`);
  });
  const [decoded, sha256] = await Promise.all([bitmap, hash(core, bytes)]);
  return { bitmap: decoded, sha256 };
}

/**
 * Whatever `predict` and its like take, handed to the core.
 * @param {Files} core
 * @param {Blob | ImageBitmap | ImageData} image  A bitmap is closed.
 * @param {Begin} begin
 * @returns {Promise<{ photo: CorePhoto, width: number, height: number, sha256?: string }>}  `sha256` is of the bytes of a file
 */
export async function photoOf(core, image, begin) {
  if (image instanceof Blob) {
    return photoOfFile(await decode(core, await inspect(core, image)), begin);
  }
  if (image instanceof ImageBitmap) {
    if (image.width === 0 || image.height === 0) throw new LastLayerError("image-empty", "The bitmap has no pixels: it has been closed.");
    return photoOfBitmap(image, begin);
  }
  if (image instanceof ImageData) {
    const { data, width, height } = image;
    const photo = begin(width, height);
    await pour(photo, { width, height, channels: "RGBA", read: (top, rows) => new Uint8Array(data.buffer, data.byteOffset + 4 * top * width, 4 * rows * width) });
    return { photo, width, height };
  }
  throw new LastLayerError("not-an-image", "Expected a Blob, an ImageBitmap or an ImageData.");
}

/**
 * @param {Decoded} decoded  Its bitmap is closed.
 * @param {Begin} begin
 */
export async function photoOfFile({ bitmap, sha256 }, begin) {
  return { ...(await photoOfBitmap(bitmap, begin)), sha256 };
}

/**
 * @param {ImageBitmap} bitmap
 * @param {Begin} begin
 */
async function photoOfBitmap(bitmap, begin) {
  const { width, height } = bitmap;
  try {
    const photo = begin(width, height);
    await pourBitmap(photo, bitmap);
    return { photo, width, height };
  } finally {
    bitmap.close();
  }
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

/**
 * SHA-256 in lower-case hexadecimal: the browser's is faster, and on a thread of its own, but not there on plain-http pages.
 * @param {Files} core
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function hash(core, bytes) {
  const { subtle } = /** @type {{ subtle?: SubtleCrypto }} */ (crypto);
  if (!subtle) return core.sha256(bytes);
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
