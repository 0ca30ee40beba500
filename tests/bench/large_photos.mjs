// What photos as phones take them cost: adding them, and asking about one; in Chromium on the CPU.
//
// ./build.sh && node tests/bench/large_photos.mjs [--photos N] [--rounds N] [DIST…]      (20 and 3; dist unless told
// otherwise)
//
// Several built sites take turns, and the ratios of each round to the first of them are shown. The photos are drawn:
// shapes on noise, JPEG, 4000 x 3000. Memory is the resident set of all of the browser's processes at its highest, less
// what it was before the first photo, looked at a hundred times a second (Linux only).

import { exit } from "node:process";
import { parseArgs } from "node:util";
import { DIST, Site } from "../web/support/site.mjs";
import { inFreshBrowser } from "./memory.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { photos: { type: "string", default: "20" }, rounds: { type: "string", default: "3" } },
});
const [photos, rounds] = [Number(values.photos), Number(values.rounds)];
if (![photos, rounds].every((number) => Number.isInteger(number) && number >= 1)) {
  console.error("large_photos.mjs: --photos and --rounds take whole numbers from 1 up");
  exit(2);
}

const sites = (positionals.length > 0 ? positionals : [DIST]).map((dist) => ({
  dist,
  site: new Site(dist),
  adding: /** @type {number[]} */ ([]),
  asking: /** @type {number[]} */ ([]),
  memory: /** @type {number[]} */ ([]),
}));
for (const { site } of sites) await site.start();
try {
  for (let round = 0; round < rounds; round += 1) {
    // Another one begins each time.
    for (let turn = 0; turn < sites.length; turn += 1)
      await measure(/** @type {typeof sites[0]} */ (sites[(turn + round) % sites.length]));
  }
  const [first] = /** @type {typeof sites} */ (sites);
  for (const { dist, adding, asking, memory } of sites) {
    console.log(`${dist}: medians of ${rounds}`);
    const ratio = (/** @type {number[]} */ times, /** @type {number[]} */ ofFirst) =>
      sites.length === 1
        ? ""
        : `, ${median(times.map((time, round) => (ofFirst[round] ?? 0) / time)).toFixed(2)} x as fast as the first`;
    console.log(`  adding, ms a photo        ${spread(adding)}${ratio(adding, first?.adding ?? [])}`);
    console.log(`  predicting from one, ms   ${spread(asking)}${ratio(asking, first?.asking ?? [])}`);
    console.log(`  memory at most, MiB       ${spread(memory)}`);
  }
} finally {
  for (const { site } of sites) await site.stop();
}

/** @param {typeof sites[0]} contestant */
async function measure({ site, adding, asking, memory }) {
  const { result, memory: highest } = await inFreshBrowser(site.origin, { prepare, run }, photos, 10);
  adding.push(result.adding);
  asking.push(result.asking);
  memory.push(highest ?? Number.NaN);
}

/**
 * In the page: draws the files and starts what adds them, so that neither is measured.
 * @param {number} count
 */
async function prepare(count) {
  const [width, height] = [4000, 3000];
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  const small = new OffscreenCanvas(width / 4, height / 4);
  const noise = new ImageData(width / 4, height / 4);
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  noise.data.forEach((_, at, data) => (data[at] = at % 4 === 3 ? 255 : 64 + 128 * random()));
  small.getContext("2d")?.putImageData(noise, 0, 0);
  /** @type {File[]} */
  const files = [];
  // One more, which is asked about.
  for (let index = 0; index <= count; index += 1) {
    context.drawImage(small, 0, 0, width, height);
    for (let shape = 0; shape < 30; shape += 1) {
      context.fillStyle = `hsl(${360 * random()}, 70%, 50%)`;
      context.beginPath();
      context.arc(width * random(), height * random(), 50 + 400 * random(), 0, 7);
      context.fill();
    }
    files.push(
      new File([await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 })], `${index}.jpg`, {
        type: "image/jpeg",
      }),
    );
  }
  const tuner = await lab.tuner();
  // Compiles what reads photos.
  await tuner.predict(await lab.photo("stripes", 1));
  Object.assign(window, { files, tuner });
}

/**
 * In the page. Milliseconds: for each photo added, and for one question.
 * @param {number} count
 */
async function run(count) {
  const { files, tuner } =
    /** @type {typeof window & { files: File[], tuner: Awaited<ReturnType<typeof lab.tuner>> }} */ (window);
  const start = performance.now();
  const report = await tuner.add(files.slice(0, count), "phone");
  const added = performance.now();
  if (report.added.length !== count) throw new Error("a drawn photo was not added");
  // Not while others are still read.
  tuner.close();
  const alone = await lab.tuner({ workers: 1 });
  const photo = /** @type {File} */ (files[count]);
  await alone.predict(photo);
  const asked = performance.now();
  const questions = 5;
  for (let question = 0; question < questions; question += 1) await alone.predict(photo);
  const answered = performance.now();
  alone.close();
  return { adding: (added - start) / count, asking: (answered - asked) / questions };
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** @param {number[]} numbers */
function spread(numbers) {
  return `${median(numbers).toFixed(0)} (${Math.min(...numbers).toFixed(0)}–${Math.max(...numbers).toFixed(0)})`;
}
