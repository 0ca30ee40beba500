// What many photos cost: adding them, training the output layer on them, and adding one more; in Chromium on the CPU.
//
//   ./build.sh && node tests/bench/scale.mjs [COUNT…]        (100 1000 5000 unless told otherwise; in 20 classes)
//
// The photos are drawn: coloured shapes of twenty kinds on noise, JPEG, 320 x 240. Memory is the resident set of all of
// the browser's processes at its highest, less what it was before the first photo, looked at ten times a second (Linux
// only).

import { argv, exit } from "node:process";
import { Site } from "../web/support/site.mjs";
import { inFreshBrowser } from "./memory.mjs";

const CLASSES = 20;
const counts = argv.slice(2).map(Number);
if (counts.some((count) => !Number.isInteger(count) || count < 2 * CLASSES)) {
  console.error(
    `scale.mjs: each COUNT must be a whole number from ${2 * CLASSES} up: two photos in each of ${CLASSES} classes`,
  );
  exit(2);
}
if (counts.length === 0) counts.push(100, 1000, 5000);

const site = new Site();
await site.start();
try {
  console.log("photos   adding    ms each   training   ms each   adding one   memory of the browser");
  for (const count of counts) await measure(count);
} finally {
  await site.stop();
}

/** @param {number} count */
async function measure(count) {
  const { result: seconds, memory } = await inFreshBrowser(
    site.origin,
    { prepare, run },
    { count, classes: CLASSES },
    100,
  );
  const each = (/** @type {number} */ time) => ((1000 * time) / count).toFixed(1).padStart(7);
  const columns = [
    `${seconds.adding.toFixed(1)} s`.padStart(9),
    each(seconds.adding),
    `${seconds.training.toFixed(1)} s`.padStart(12),
    each(seconds.training),
    `${seconds.oneMore.toFixed(2)} s`.padStart(10),
  ];
  console.log(
    `${String(count).padEnd(6)}${columns.join("  ")}   ${(memory === null ? "not known here" : `${memory.toFixed(0)} MiB`).padStart(18)}`,
  );
}

/**
 * In the page: draws the files, so that this is not measured.
 * @param {{ count: number, classes: number }} options
 */
async function prepare({ count, classes }) {
  const [width, height] = [320, 240];
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  const noise = context.createImageData(width, height);
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  /** @type {File[]} */
  const files = [];
  // One more, which is added later.
  for (let index = 0; index <= count; index += 1) {
    for (let at = 0; at < noise.data.length; at += 1)
      noise.data[at] = at % 4 === 3 ? 255 : 96 + ((index * 31 + at * 7 + (at >> 6)) % 64);
    context.putImageData(noise, 0, 0);
    const kind = index % classes;
    context.fillStyle = `hsl(${(kind * 360) / classes}, ${50 + 50 * random()}%, ${35 + 30 * random()}%)`;
    const [x, y, size] = [80 + 160 * random(), 60 + 120 * random(), 30 + 40 * random()];
    context.beginPath();
    const corners = 3 + (kind % 5);
    for (let corner = 0; corner < corners; corner += 1)
      context.lineTo(
        x + size * Math.cos((2 * Math.PI * corner) / corners + random()),
        y + size * Math.sin((2 * Math.PI * corner) / corners),
      );
    context.fill();
    files.push(
      new File([await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 })], `${index}.jpg`, {
        type: "image/jpeg",
      }),
    );
  }
  Object.assign(window, { files });
}

/**
 * In the page.
 * @param {{ count: number, classes: number }} options
 */
async function run({ count, classes }) {
  const { files } = /** @type {typeof window & { files: File[] }} */ (window);
  const tuner = await lab.tuner();
  const start = performance.now();
  for (let kind = 0; kind < classes; kind += 1) {
    const report = await tuner.add(
      files.slice(0, count).filter((_, index) => index % classes === kind),
      `class ${kind}`,
    );
    if (report.failed.length + report.duplicates.length > 0) throw new Error("a drawn photo was not added");
  }
  const added = performance.now();
  const config = { regime: /** @type {const} */ ("head"), augment: 0, epochs: 20 };
  await tuner.train(config);
  const trained = performance.now();
  await tuner.add(files.slice(count), "class 0");
  const advance = performance.now();
  // Training again includes the fits; what one more photo costs is the time to read it.
  const report = await tuner.train(config);
  // None where it was read before the training began.
  if (report.photosRead > 1) throw new Error(`${report.photosRead} photos were read instead of one`);
  tuner.close();
  return {
    adding: (added - start) / 1000,
    training: (trained - added) / 1000,
    oneMore: (advance - trained) / 1000 + report.embedSeconds,
  };
}
