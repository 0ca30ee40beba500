// One verdict for a file: what is taken, with which note, and which way up, on the page as on the command line.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { testBed } from "./support/browser.mjs";
import { chunk, png } from "./support/png.mjs";

const LASTLAYER = fileURLToPath(new URL("../../target/release/lastlayer", import.meta.url));
const missing = existsSync(LASTLAYER) ? false : "target/release/lastlayer is not built (cargo build --release)";
const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-"));
after(() => rm(folder, { recursive: true }));

/** @param {import("playwright-core").Page} page @param {Buffer} file @param {string} type */
async function encoded(page, file, type) {
  const base64 = await page.evaluate(
    async ({ base64, type }) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(bitmap, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type, quality: 1 })).arrayBuffer());
      return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
    },
    { base64: file.toString("base64"), type },
  );
  return Buffer.from(base64, "base64");
}

/** @type {(x: number, y: number) => [number, number, number]} */
const colour = (x, y) => [(x * 3) % 256, (y * 5) % 256, (x * 7 + y * 11) % 256];

/** EXIF data that say nothing but which side is up. @param {number} orientation */
const exif = (orientation) =>
  Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);

/** @param {number} value @param {number} bytes */
function little(value, bytes) {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

/** @param {Buffer} webp @param {number} width @param {number} height @param {number} orientation */
function webpWithExif(webp, width, height, orientation) {
  // The chunks of its pixels, without the header of an extended file that it may have.
  const pixels = webp.subarray(webp.toString("latin1", 12, 16) === "VP8X" ? 30 : 12);
  const data = exif(orientation);
  const extended = [Buffer.from("VP8X"), little(10, 4), little(0x08, 4), little(width - 1, 3), little(height - 1, 3)];
  const body = Buffer.concat([
    Buffer.from("WEBP"),
    ...extended,
    pixels,
    Buffer.from("EXIF"),
    little(data.length, 4),
    data,
  ]);
  return Buffer.concat([Buffer.from("RIFF"), little(body.length, 4), body]);
}

/** What the network sees of files. @param {import("playwright-core").Page} page @param {Buffer[]} files */
function seen(page, files) {
  return page.evaluate(
    async (files) => {
      const tuner = await lab.tuner({ workers: 1 });
      const all = [];
      for (const base64 of files) {
        const blob = new Blob([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))]);
        const { seen, width, height } = await tuner.draws(blob, { count: 1 });
        all.push({ width, height, sum: Array.from(seen.data).join() });
      }
      tuner.close();
      return all;
    },
    files.map((file) => file.toString("base64")),
  );
}

/**
 * From where in the stored picture the pixel of an upright one comes.
 * @type {Record<number, (x: number, y: number, w: number, h: number) => [number, number]>}
 */
const STORED = {
  1: (x, y) => [x, y],
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
};

test("PNG and WebP stand upright as their EXIF says, to the last pixel, also where they are larger than a strip", async () => {
  const page = await bed.lab();
  /** @type {{ name: string, marked: Buffer, upright: Buffer }[]} */
  const cases = [];
  for (const [orientation, w, h] of [
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => [orientation, 90, 60]),
    [3, 1300, 900],
    [6, 1300, 900],
  ]) {
    if (!orientation || !w || !h) continue;
    const plain = png(w, h, colour);
    const [width, height] = orientation >= 5 ? [h, w] : [w, h];
    const upright = png(width, height, (x, y) => colour(...(STORED[orientation]?.(x, y, w, h) ?? [x, y])));
    const marked = Buffer.concat([plain.subarray(0, 33), chunk("eXIf", exif(orientation)), plain.subarray(33)]);
    cases.push({ name: `PNG ${orientation}, ${w} pixels wide`, marked, upright });
    if (w > 90) continue;
    const webp = webpWithExif(await encoded(page, plain, "image/webp"), w, h, orientation);
    cases.push({ name: `WebP ${orientation}`, marked: webp, upright });
  }
  const marked = await seen(
    page,
    cases.map(({ marked }) => marked),
  );
  const upright = await seen(
    page,
    cases.map(({ upright }) => upright),
  );
  for (const [index, { name }] of cases.entries())
    assert.ok(JSON.stringify(marked[index]) === JSON.stringify(upright[index]), name);
});

test(
  "a JPEG is judged by how much of its picture is there: the page as the command line",
  { skip: missing },
  async () => {
    const page = await bed.lab();
    const whole = await encoded(page, png(320, 240, colour), "image/jpeg");
    const part = (/** @type {number} */ share) => whole.subarray(0, Math.floor(whole.length * share));
    const end = Buffer.from([0xff, 0xd9]);
    const middle = Math.floor(whole.length / 2);
    const broken = (/** @type {Buffer} */ bytes) =>
      Buffer.concat([whole.subarray(0, middle), bytes, whole.subarray(middle + bytes.length)]);
    const video = Buffer.from("\0\0\0\x18ftypmp42 the frames of a video \xff\x3c and more of them", "latin1");
    /** @type {[string, Buffer, "whole" | "nearly-whole" | "image-truncated"][]} */
    const cases = [
      ["whole", whole, "whole"],
      ["unended", whole.subarray(0, -2), "whole"],
      ["video-after", Buffer.concat([whole, video]), "whole"],
      ["video-for-end", Buffer.concat([whole.subarray(0, -2), video]), "whole"],
      ["98", part(0.98), "nearly-whole"],
      ["98-ended", Buffer.concat([part(0.98), end]), "nearly-whole"],
      ["half", part(0.5), "image-truncated"],
      ["half-ended", Buffer.concat([part(0.5), end]), "image-truncated"],
      ["tenth-ended", Buffer.concat([part(0.1), end]), "image-truncated"],
      ["end-in-the-middle", broken(end), "image-truncated"],
      ["marker-in-the-middle", broken(Buffer.from([0xff, 0x3c])), "image-truncated"],
    ];
    const files = cases.map(([name, file]) => ({ name: `${name}.jpg`, base64: file.toString("base64") }));
    const report = await page.evaluate(async (files) => {
      const tuner = await lab.tuner({ workers: 1 });
      const blobs = files.map(
        ({ name, base64 }) => new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name),
      );
      const { added, failed, notes } = await tuner.add(blobs, "photos");
      tuner.close();
      return {
        added: added.map(({ name }) => name),
        failed: failed.map(({ name, error }) => [name, error.code]),
        notes: notes.map(({ name, code }) => [name, code]),
      };
    }, files);
    /** @param {string} verdict */
    const named = (verdict) => cases.filter(([, , expected]) => expected === verdict).map(([name]) => `${name}.jpg`);
    assert.deepEqual(
      report.failed,
      named("image-truncated").map((name) => [name, "image-truncated"]),
    );
    assert.deepEqual(
      report.notes,
      named("nearly-whole").map((name) => [name, "nearly-whole"]),
    );
    assert.equal(report.added.length, cases.length - report.failed.length);

    await mkdir(join(folder, "jpeg"));
    /** @type {string[]} */
    const paths = [];
    for (const [name, file] of cases) {
      const path = join(folder, "jpeg", `${name}.jpg`);
      await writeFile(path, file);
      paths.push(path);
    }
    /** @type {{ stdout: string, stderr: string }} */
    const { stdout, stderr } = await promisify(execFile)(LASTLAYER, ["predict", "source", ...paths, "--json"], {
      maxBuffer: 1 << 24,
    }).catch((error) => error);
    const theirs = JSON.parse(stdout).map((/** @type {any} */ row, /** @type {number} */ index) => {
      const noted = stderr.includes(`${paths[index]}: its last bytes`);
      return row.error?.code ?? (noted ? "nearly-whole" : "whole");
    });
    assert.deepEqual(
      theirs,
      cases.map(([, , expected]) => expected),
    );
  },
);
