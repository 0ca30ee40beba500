import { deflateSync } from "node:zlib";
import { drawn } from "./drawn.mjs";
import { png, pngOf } from "./png.mjs";

/**
 * Files that are no photos, each with the code that says why. `jpeg` is a good one, to be cut short.
 * @param {Buffer} jpeg
 * @returns {{ name: string, mimeType: string, buffer: Buffer, code: string }[]}
 */
export function badFiles(jpeg) {
  const stripes = drawn("stripes", 500);
  const half = jpeg.subarray(0, Math.floor(jpeg.length / 2));
  return [
    {
      name: "notes.jpg",
      mimeType: "image/jpeg",
      buffer: Buffer.from("Dear diary, this is not a photo.\n".repeat(40)),
      code: "not-an-image",
    },
    { name: "nothing.png", mimeType: "image/png", buffer: Buffer.alloc(0), code: "not-an-image" },
    {
      name: "drawing.svg",
      mimeType: "image/svg+xml",
      buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      code: "unsupported-format",
    },
    {
      name: "iphone.jpg",
      mimeType: "image/jpeg",
      buffer: boxes("ftypheic\0\0\0\0mif1heic"),
      code: "unsupported-format",
    },
    {
      name: "clip.mov",
      mimeType: "video/quicktime",
      buffer: boxes("ftypqt  \0\0\0\0qt  "),
      code: "unsupported-format",
    },
    // Cut within the header, and within the pixels.
    { name: "half-a-header.jpg", mimeType: "image/jpeg", buffer: jpeg.subarray(0, 12), code: "image-truncated" },
    { name: "half.jpg", mimeType: "image/jpeg", buffer: half, code: "image-truncated" },
    {
      name: "half-ended.jpg",
      mimeType: "image/jpeg",
      buffer: Buffer.concat([half, Buffer.from([0xff, 0xd9])]),
      code: "image-truncated",
    },
    { name: "half.png", mimeType: "image/png", buffer: stripes.subarray(0, 40), code: "image-truncated" },
    {
      name: "wide.png",
      mimeType: "image/png",
      buffer: pngOf(30_000, 10, deflateSync(Buffer.alloc(90_010))),
      code: "image-too-large",
    },
    {
      name: "huge.png",
      mimeType: "image/png",
      buffer: pngOf(16_000, 16_000, deflateSync(Buffer.alloc(100))),
      code: "image-too-large",
    },
    {
      name: "flat.png",
      mimeType: "image/png",
      buffer: pngOf(0, 10, deflateSync(Buffer.alloc(10))),
      code: "image-empty",
    },
    {
      name: "lying.png",
      mimeType: "image/png",
      buffer: Buffer.concat([stripes.subarray(0, 33), Buffer.alloc(200, 7)]),
      code: "image-truncated",
    },
  ];
}

/** A file of boxes, as phones and video cameras write them. @param {string} first  The first box. */
function boxes(first) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(first.length + 4);
  return Buffer.concat([length, Buffer.from(first, "latin1"), Buffer.from("\0\0\0\x08mdat", "latin1")]);
}

/** Good files of unusual kinds: one pixel, very wide, and one whose name says something else. */
export function oddFiles() {
  return [
    { name: "dot.png", mimeType: "image/png", buffer: png(1, 1, () => [200, 10, 10]) },
    { name: "strip.png", mimeType: "image/png", buffer: png(900, 3, (x) => [x % 256, 0, 90]) },
    { name: "renamed.jpg", mimeType: "image/jpeg", buffer: drawn("discs", 501) },
  ];
}
