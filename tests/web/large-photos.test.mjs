// Photos as phones take them: to the bit what the command line sees of them, whichever way the browser hands out its
// pixels, and never more than a few of them in memory.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { badFiles } from "./support/bad-files.mjs";
import { testBed } from "./support/browser.mjs";

const LASTLAYER = fileURLToPath(new URL("../../target/release/lastlayer", import.meta.url));
const missing = existsSync(LASTLAYER) ? false : "target/release/lastlayer is not built (cargo build --release)";
const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-"));
after(() => rm(folder, { recursive: true }));

/** A page in which `window.drawLarge(…)` draws photos of more than one strip. */
async function pageThatDraws() {
  const page = await bed.lab();
  await page.evaluate(() => {
    const drawLarge = async (
      /** @type {number} */ seed,
      /** @type {string} */ type,
      holes = false,
      width = 2600,
      height = 1901,
    ) => {
      const canvas = new OffscreenCanvas(width, height);
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: holes }));
      const ground = context.createLinearGradient(0, 0, width, height);
      ground.addColorStop(0, "#134");
      ground.addColorStop(1, "#eb9");
      context.fillStyle = ground;
      context.fillRect(0, 0, width, height);
      for (let shape = 0; shape < 60; shape += 1) {
        const at = (/** @type {number} */ factor) => ((shape + seed) * factor) % 1;
        context.fillStyle = `hsl(${360 * at(0.618)} 70% ${20 + 60 * at(0.414)}%)`;
        context.fillRect(width * at(0.732), height * at(0.236), 20 + 500 * at(0.317), 20 + 400 * at(0.873));
      }
      // Rows of holes, also across the ends of strips. Half transparent pixels would lose bits on a canvas.
      if (holes) for (let y = 0; y < height; y += 97) context.clearRect((y * 7) % width, y, 300, 40);
      return new File([await canvas.convertToBlob({ type, quality: 0.9 })], `${seed}.${type.slice(6)}`, { type });
    };
    Object.assign(window, { drawLarge });
  });
  return page;
}

/**
 * @typedef {Window & {
 *   drawLarge: (
 *     seed: number,
 *     type: string,
 *     holes?: boolean,
 *     width?: number,
 *     height?: number,
 *   ) => Promise<File>,
 * }} Drawing
 */

for (const [what, holes] of /** @type {const} */ ([
  ["opaque", false],
  ["with holes", true],
])) {
  test(
    `a large photo, ${what}: what the network sees is to the bit what the command line makes of it`,
    { skip: missing },
    async () => {
      const page = await pageThatDraws();
      const file = join(folder, `${holes}.png`);
      const base64 = await page.evaluate(async (holes) => {
        const bytes = new Uint8Array(
          await (await /** @type {Drawing & typeof window} */ (window).drawLarge(1, "image/png", holes)).arrayBuffer(),
        );
        return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
      }, holes);
      await writeFile(file, Buffer.from(base64, "base64"));
      for (const framing of /** @type {const} */ (["crop", "pad", "squash"])) {
        const sheet = join(folder, "sheet.png");
        await promisify(execFile)(LASTLAYER, ["draws", file, "--count", "3", "--framing", framing, "-o", sheet]);
        const [seen, ...draws] = await page.evaluate(
          async ({ base64, sheet, framing }) => {
            const bytes = (/** @type {string} */ text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
            const tuner = await lab.tuner({ workers: 1 });
            const { seen, draws } = await tuner.draws(new Blob([bytes(base64)]), { count: 3, options: { framing } });
            tuner.close();
            const theirs = await createImageBitmap(new Blob([bytes(sheet)]), { colorSpaceConversion: "none" });
            const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
              new OffscreenCanvas(theirs.width, theirs.height).getContext("2d", { willReadFrequently: true })
            );
            context.drawImage(theirs, 0, 0);
            // Two in a row, with gaps of six pixels around them.
            return [seen, ...draws].map(({ data, width, height }, index) => {
              const step = 6 + width;
              const tile = context.getImageData(
                6 + (index % 2) * step,
                6 + Math.floor(index / 2) * step,
                width,
                height,
              ).data;
              const gaps = Array.from(data, (value, at) => Math.abs(value - (tile[at] ?? 0)));
              return {
                differing: gaps.filter((gap) => gap > 0).length / gaps.length,
                most: gaps.reduce((most, gap) => Math.max(most, gap), 0),
              };
            });
          },
          { base64, sheet: (await readFile(sheet)).toString("base64"), framing },
        );
        assert.deepEqual(seen, { differing: 0, most: 0 }, framing);
        // Angles and colours of draws are computed in floating point, whose sines are not the same everywhere.
        assert.equal(draws.length, 3);
        for (const { differing, most } of draws)
          assert.ok(differing < 1e-3 && most <= 1, `${framing}: ${differing} of the values differ, by ${most} at most`);
      }
    },
  );
}

/** Browsers that hand out pixels in other ways: run in the worker's thread before ours. */
const BROWSERS = {
  "without VideoFrame": "delete self.VideoFrame;",
  "with frames in other colours": `
    const copyTo = VideoFrame.prototype.copyTo;
    VideoFrame.prototype.copyTo = async function (bytes, options) {
      const layout = await copyTo.call(this, bytes, options);
      bytes[5] ^= 1;
      return layout;
    };`,
  "with frames that cannot be copied":
    "VideoFrame.prototype.copyTo = async () => { throw new DOMException('forbidden by the test', 'NotSupportedError'); };",
  "without crypto.subtle, as over plain http: draws hang on the file's hash":
    "Object.defineProperty(crypto, 'subtle', { value: undefined });",
  "with frames in YUV": "Object.defineProperty(VideoFrame.prototype, 'format', { get: () => 'I420' });",
};

test("pixels are the same whichever way the browser hands them out", async () => {
  const page = await pageThatDraws();
  const seen = await page.evaluate(async (scripts) => {
    const { drawLarge } = /** @type {Drawing & typeof window} */ (window);
    const images = [
      await drawLarge(2, "image/jpeg"),
      await drawLarge(3, "image/webp", true),
      await drawLarge(4, "image/jpeg", false, 40, 3001),
      await drawLarge(5, "image/png", false, 3001, 3),
    ];
    const drawsOf = async (/** @type {string} */ before) => {
      const tuner = await lab.tuner({ workers: 1, startWorker: lab.workerAfter(before) });
      const found = [];
      for (const image of images) {
        const { seen, draws } = await tuner.draws(image, { count: 1 });
        found.push([seen, ...draws].map(({ data }) => data.join()).join());
      }
      tuner.close();
      return found;
    };
    // Whether the faster way was taken at all is told from within.
    const told = new Promise((resolve) => (new BroadcastChannel("frames").onmessage = ({ data }) => resolve(data)));
    const expected = await drawsOf(`
      const copyTo = VideoFrame.prototype.copyTo;
      let copied = 0;
      VideoFrame.prototype.copyTo = function (...options) {
        if ((copied += 1) === 3) new BroadcastChannel("frames").postMessage("used");
        return copyTo.apply(this, options);
      };`);
    /** @type {Record<string, boolean[]>} */
    const same = {};
    for (const [name, script] of Object.entries(scripts))
      same[name] = (await drawsOf(script)).map((found, index) => found === expected[index]);
    return { same, distinct: new Set(expected).size, told: await told };
  }, BROWSERS);
  assert.equal(seen.told, "used");
  assert.equal(seen.distinct, 4);
  for (const [name, same] of Object.entries(seen.same)) assert.deepEqual(same, [true, true, true, true], name);
});

/** Tells how many bitmaps are open, whenever that changes. */
const COUNTING = `
  const channel = new BroadcastChannel("bitmaps");
  let open = 0;
  const tell = (change) => channel.postMessage((open += change));
  const plain = self.createImageBitmap;
  self.createImageBitmap = async (...options) => {
    const bitmap = await plain(...options);
    tell(1);
    return bitmap;
  };
  const close = ImageBitmap.prototype.close;
  ImageBitmap.prototype.close = function () {
    if (this.width > 0) tell(-1);
    close.call(this);
  };`;

test("bad files among large photos, a cancellation, and many of them: each gets its own report, and no decoded photo is left behind", async () => {
  const page = await pageThatDraws();
  const bad = badFiles(
    Buffer.from(
      await page.evaluate(async () => {
        const blob = await /** @type {Drawing & typeof window} */ (window).drawLarge(1, "image/jpeg", false, 200, 150);
        return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
      }),
      "base64",
    ),
  ).map(({ name, buffer, code }) => ({ name, base64: buffer.toString("base64"), code }));
  const seen = await page.evaluate(
    async ({ bad, counting }) => {
      const { drawLarge } = /** @type {Drawing & typeof window} */ (window);
      const counts = /** @type {number[]} */ ([]);
      new BroadcastChannel("bitmaps").onmessage = ({ data }) => counts.push(data);
      const large = [];
      for (let seed = 1; seed <= 9; seed += 1) large.push(await drawLarge(seed, "image/jpeg"));
      const broken = bad.map(
        ({ name, base64 }) => new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name),
      );
      // Between the good ones, two in a row at times, the first of the good ones again at the end.
      const mixed = large
        .flatMap((file, index) => [file, ...broken.slice(2 * index, 2 * index + 2)])
        .concat(/** @type {File} */ (large[0]));
      const tuner = await lab.tuner({ startWorker: lab.workerAfter(counting) });
      const controller = new AbortController();
      const code = await lab.outcome(
        tuner.add(mixed, "large", {
          signal: controller.signal,
          onProgress: ({ done }) => void (done === 4 && controller.abort()),
        }),
      );
      const kept = tuner.photos.map(({ name }) => name);
      const { added, failed, duplicates } = await tuner.add(mixed, "large");
      const tested = await tuner.predictAll(mixed);
      const stopped = new AbortController();
      const second = await lab.outcome(
        tuner.predictAll(mixed, {
          signal: stopped.signal,
          onResult: (_, done) => void (done === 2 && stopped.abort()),
        }),
      );
      // The last photo that was begun may still be on its way.
      for (let wait = 0; wait < 100 && counts.at(-1) !== 0; wait += 1)
        await new Promise((resolve) => setTimeout(resolve, 100));
      tuner.close();
      return {
        codes: [code, second],
        kept,
        expectedKept: mixed
          .slice(0, 4)
          .map(({ name }) => name)
          .filter((name) => name.endsWith(".jpeg")),
        added: added.map(({ name }) => name),
        failed: failed.map(({ name, error }) => `${name} ${error.code}`),
        duplicates: duplicates.map(({ name }) => name),
        rows: tested.rows.map(({ name, error }) => `${name} ${error?.code ?? "good"}`),
        mixed: mixed.map(({ name }) => name),
        most: Math.max(...counts),
        last: counts.at(-1),
        opened: counts.length,
      };
    },
    { bad, counting: COUNTING },
  );
  const codes = new Map(bad.map(({ name, code }) => [name, code]));
  const good = seen.mixed.filter((name) => !codes.has(name));
  assert.deepEqual(seen.codes, ["cancelled", "cancelled"]);
  assert.deepEqual(seen.kept, seen.expectedKept);
  assert.deepEqual([...seen.kept, ...seen.added], good.slice(0, -1), "in the order in which they were given");
  assert.deepEqual(seen.duplicates.toSorted(), [...seen.kept, "1.jpeg"].toSorted());
  assert.deepEqual(
    seen.failed,
    seen.mixed.filter((name) => codes.has(name)).map((name) => `${name} ${codes.get(name)}`),
  );
  assert.deepEqual(
    seen.rows,
    seen.mixed.map((name) => `${name} ${codes.get(name) ?? "good"}`),
  );
  assert.ok(seen.opened > 40, "they were counted");
  assert.ok(seen.most <= 5, `${seen.most} decoded photos at a time`);
  assert.equal(seen.last, 0, "every one has been closed");
});
