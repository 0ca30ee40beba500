/** @import { PhotoNote } from "./types/public.d.ts" */
/** @import { Core, CorePhoto, ErrorMessage } from "./types/core.d.ts" */
import { fromMessage, LastLayerError } from "./errors.js";
import { pour, pourBitmap } from "./rows.js";

/**
 * A file that the browser has decoded.
 * @typedef {object} Decoded
 * @property {ImageBitmap} bitmap
 * @property {number} orientation  How its rows are still to be turned, by the numbers of EXIF; 1: not at all.
 * @property {PhotoNote | null} note  What the person should know of the file.
 * @property {string} sha256  Of the file's bytes.
 *
 * Makes the core ready for a photo of some size. @typedef {(width: number, height: number) => CorePhoto} Begin
 */

/**
 * A file that has been read, and whose header is good: one which claims 30,000 px a side is refused before the browser
 * sets aside the memory.
 * @typedef {object} Inspected
 * @property {Blob} blob
 * @property {Uint8Array<ArrayBuffer>} bytes
 * @property {number} width  As stored, before it is turned.
 * @property {number} height
 * @property {number} orientation
 * @property {boolean} turnedByBrowsers
 * @property {ErrorMessage | null} rare  What to say where this browser cannot decode it, for formats that few browsers
 *   have.
 *
 * What the core is asked about files. @typedef {Pick<Core, "inspect" | "examine" | "sha256">} Files
 */

/**
 * @param {Files} core
 * @param {Blob} blob
 * @returns {Promise<Inspected>}
 */
export async function inspect(core, blob) {
  const bytes = await read(blob);
  return { blob, bytes, ...core.inspect(bytes) };
}

/**
 * The browser decodes, nothing else: what the file is, whether it is taken and how it has to be turned is the core's to
 * say, colours are left as the file has them, and resizing is the core's. It decodes on a thread of its own, while the
 * core looks at the rest of the file here.
 *
 * @param {Files} core
 * @param {Inspected} file
 * @returns {Promise<Decoded>}  Its bitmap is to be closed.
 */
export async function decode(core, file) {
  // The browser hashes on another thread, so it is asked first: the core's look at the file keeps this one busy.
  const [sha256, { bitmap, note }] = await Promise.all([hash(core, file.bytes), decodeAsJudged(core, file)]);
  return { bitmap, orientation: stillToTurn(file, bitmap), note, sha256 };
}

/**
 * @param {Files} core
 * @param {Inspected} file
 */
async function decodeAsJudged(core, { blob, bytes, rare }) {
  const asItIs = decodeInBrowser(blob);
  asItIs.catch(ignored); // asked for below, unless there is a better reason or a repaired file
  let close = true;
  try {
    const { note, repaired } = core.examine(bytes);
    if (repaired) return { bitmap: await decodeInBrowser(new Blob([repaired])), note };
    close = false;
    return { bitmap: await asItIs, note };
  } catch (error) {
    if (error instanceof Undecodable && rare) throw fromMessage(rare);
    throw error;
  } finally {
    if (close) asItIs.then((bitmap) => bitmap.close(), ignored);
  }
}

/** The browser could not decode a file. */
class Undecodable extends LastLayerError {}

/** @param {Blob} blob */
async function decodeInBrowser(blob) {
  try {
    return await createImageBitmap(blob, {
      imageOrientation: "from-image",
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
  } catch (error) {
    throw new Undecodable(
      "image-truncated",
      `The file begins like an image, but this browser cannot decode it (${error}). It is damaged or cut short.`,
    );
  }
}

/**
 * Browsers turn a JPEG, and of the other formats what they turn differs, so the core takes the EXIF data out of these.
 * A JPEG that still lies on its side has been left so.
 * @param {Inspected} file
 * @param {ImageBitmap} bitmap
 */
function stillToTurn({ width, height, orientation, turnedByBrowsers }, bitmap) {
  const lies = orientation >= 5 && width !== height && bitmap.width === width && bitmap.height === height;
  return turnedByBrowsers && !lies ? 1 : orientation;
}

/**
 * Whatever `predict` and its like take, handed to the core.
 * @param {Files} core
 * @param {Blob | ImageBitmap | ImageData} image  A bitmap is closed.
 * @param {Begin} begin
 * @returns {Promise<{ photo: CorePhoto, width: number, height: number, note?: PhotoNote | null, sha256?: string }>}
 *   `sha256` is of the bytes of a file
 */
export async function photoOf(core, image, begin) {
  if (image instanceof Blob) {
    return photoOfFile(await decode(core, await inspect(core, image)), begin);
  }
  if (image instanceof ImageBitmap) {
    if (image.width === 0 || image.height === 0)
      throw new LastLayerError("image-empty", "The bitmap has no pixels: it has been closed.");
    return photoOfBitmap(image, 1, begin);
  }
  if (image instanceof ImageData) {
    const { data, width, height } = image;
    const photo = begin(width, height);
    await pour(photo, {
      width,
      height,
      channels: "RGBA",
      read: (top, rows) => new Uint8Array(data.buffer, data.byteOffset + 4 * top * width, 4 * rows * width),
    });
    return { photo, width, height };
  }
  throw new LastLayerError("not-an-image", "Expected a Blob, an ImageBitmap or an ImageData.");
}

/**
 * @param {Decoded} decoded  Its bitmap is closed.
 * @param {Begin} begin
 */
export async function photoOfFile({ bitmap, orientation, note, sha256 }, begin) {
  return { ...(await photoOfBitmap(bitmap, orientation, begin)), note, sha256 };
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} orientation  How it is to be turned, by the numbers of EXIF.
 * @param {Begin} begin
 */
async function photoOfBitmap(bitmap, orientation, begin) {
  const [width, height] = orientation >= 5 ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height];
  try {
    const photo = begin(width, height);
    await pourBitmap(photo, bitmap, orientation);
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
 * SHA-256 in lower-case hexadecimal: the browser's is faster, and on a thread of its own, but not there on plain-http
 * pages.
 * @param {Files} core
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function hash(core, bytes) {
  const { subtle } = /** @type {{ subtle?: SubtleCrypto }} */ (crypto);
  if (!subtle) return core.sha256(bytes);
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function ignored() {}
