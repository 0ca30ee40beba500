// The CPU flavours of the core in Chromium, on one thread: milliseconds to embed a photo, and to take a training step.
//
//   WASM_OPT=0 ./build.sh && node tests/bench/wasm_cpu.mjs [--rounds 5] [FOLDER ...]
//
// Each FOLDER holds a `lastlayer.js` and its module; by default, every CPU flavour of dist/wasm. Several are measured
// in turn, round by round, so that whatever else the machine does hits all alike: carry the ratios, to the first, not
// the times. Processor time is what the page's process used, which a busy machine changes little; the clock's time is
// in brackets.

/** @import { TrainConfig } from "../../www/lib/types/public.d.ts" */
/** @import { Core } from "../../www/lib/types/core.d.ts" */

import { chromium } from "playwright-core";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { staticFiles } from "../../scripts/static-server.mjs";
import { executable, FLAGS } from "../web/support/browser.mjs";
import { DIST, Site } from "../web/support/site.mjs";

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "5" } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const folders = (
  positionals.length ? positionals : ["cpu", "cpu-relaxed"].map((flavour) => join(DIST, "wasm", flavour))
).map((path) => resolve(path));
const card = JSON.parse(await readFile(join(DIST, "weights/efficientnet_lite0.json"), "utf8"));

const site = new Site();
const servers = folders.map((folder) => staticFiles(folder));
site.intercept = (request, response) => {
  const [, number, rest] = /^\/flavour\/(\d+)(\/.*)$/.exec(request.url ?? "") ?? [];
  const server = servers[Number(number)];
  if (!server) return false;
  request.url = rest;
  server(request, response);
  return true;
};
await site.start();
const browser = await chromium.launch({ executablePath: executable(), args: FLAGS });
const page = await browser.newPage();
page.on("pageerror", (error) => console.error("uncaught in the page:", error));
await page.goto(`${site.origin}/blank`);

/**
 * What is timed: a training of `photos` photos, from its beginning or from the event `after` on, up to the event
 * `upTo`, in `parts` equal parts.
 * @typedef {{ photos: number, config: Partial<TrainConfig>, after?: string, upTo: string, parts: number }} Work
 *
 * In milliseconds.
 * @typedef {{ processor: number, clock: number }} Times
 *
 * What the page has for it.
 * @typedef {object} Bench
 * @property {(number: number, photos: number, config: Partial<TrainConfig>) => void} begin
 * @property {(number: number, wanted: string) => Promise<{ steps: number, clock: number }>} until
 * @property {(number: number) => void} end
 * @typedef {typeof window & Bench} BenchWindow
 */

/** In the page: a core of each flavour, and what is timed. */
await page.evaluate(
  async ([count, weightsUrl, sha256]) => {
    const SIZE = 224;
    const weights = new Uint8Array(await (await fetch(weightsUrl)).arrayBuffer());
    /** @type {Core[]} */
    const cores = [];
    const coreOf = (/** @type {number} */ number) => /** @type {Core} */ (cores[number]);
    for (let number = 0; number < count; number++) {
      const glue = await import(`/flavour/${number}/lastlayer.js`);
      await glue.default({ module_or_path: fetch(`/flavour/${number}/lastlayer_bg.wasm`) });
      cores.push(glue.Core.open(await glue.OpenDevice.open("cpu"), weights.slice(), sha256, []));
    }

    // Noise: the time does not depend on what a photo shows.
    const picture = Uint8Array.from({ length: SIZE * SIZE * 4 }, (_, index) =>
      index % 4 === 3 ? 255 : (Math.imul(index, 2654435761) >>> 13) & 255,
    );
    let last = 0;
    /** @type {number[]} */
    let ids = [];

    /** Adds photos and starts a training on them. @type {Bench["begin"]} */
    const begin = (number, photos, config) => {
      ids = Array.from({ length: photos }, () => ++last);
      for (const id of ids) {
        const photo = coreOf(number).photoToAdd(SIZE, SIZE);
        photo.push(picture, "RGBA");
        coreOf(number).add(id, `${id}.png`, id % 2 ? "a" : "b", id.toString(16).padStart(64, "0"), photo);
      }
      coreOf(number).startTraining({ augment: 0, holdout: 0, batchSize: 16, ...config });
    };

    /**
     * Steps up to the first event of that type; how many there were, and how long they took by the clock.
     * @type {Bench["until"]}
     */
    const until = async (number, wanted) => {
      const start = performance.now();
      let steps = 0;
      for (let type = ""; type !== wanted; steps++) {
        const event = await coreOf(number).step();
        type = event.type === "embed" && event.done === event.total ? "embedded" : event.type;
      }
      return { steps, clock: performance.now() - start };
    };

    /** @type {Bench["end"]} */
    const end = (number) => {
      coreOf(number).cancelTraining();
      coreOf(number).remove(Uint32Array.from(ids));
    };
    Object.assign(window, { begin, until, end });
  },
  [folders.length, `/some/where/weights/${card.file}`, card.sha256],
);

const inspector = await browser.newBrowserCDPSession();
/** Milliseconds of processor time that pages have used so far. */
async function used() {
  const { processInfo } = await inspector.send("SystemInfo.getProcessInfo");
  return 1e3 * processInfo.filter(({ type }) => type === "renderer").reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/**
 * Processor and clock time of a part.
 * @param {number} number  of the flavour
 * @param {Work} work
 * @returns {Promise<Times>}
 */
async function time(number, { photos, config, after, upTo, parts }) {
  await page.evaluate(
    ([flavour, count, options]) => /** @type {BenchWindow} */ (window).begin(flavour, count, options),
    /** @type {const} */ ([number, photos, config]),
  );
  const until = (/** @type {string} */ event) =>
    page.evaluate(
      ([flavour, wanted]) => /** @type {BenchWindow} */ (window).until(flavour, wanted),
      /** @type {const} */ ([number, event]),
    );
  if (after) await until(after);
  const before = await used();
  const { clock } = await until(upTo);
  const processor = await used();
  await page.evaluate((flavour) => /** @type {BenchWindow} */ (window).end(flavour), number);
  return { processor: (processor - before) / parts, clock: clock / parts };
}

const EPOCHS = 8;
const step = (/** @type {number} */ lastStages) =>
  /** @type {Work} */ ({
    photos: 16,
    config: { regime: "last-k", lastStages, epochs: EPOCHS },
    after: "embedded",
    upTo: "done",
    parts: EPOCHS,
  });
/** @type {Record<string, Work>} */
const WORK = {
  "embedding, a photo": { photos: 32, config: { regime: "head", epochs: 1 }, upTo: "embedded", parts: 32 },
  "step of 16, last stage": step(1),
  "step of 16, last two": step(2),
};

/** Of each work, by flavour. */
const runs = Object.values(WORK).map(() => folders.map(() => /** @type {Times[]} */ ([])));
for (let round = 0; round <= rounds; round++) {
  for (const [index, work] of Object.values(WORK).entries()) {
    for (const number of folders.keys()) runs[index]?.[number]?.push(await time(number, work));
  }
}
await browser.close();
await site.stop();

const median = (/** @type {number[]} */ numbers) =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
console.log(
  `processor time in ms, medians of ${rounds} rounds [by the clock]; then how many times as fast as the first`,
);
for (const [index, what] of Object.keys(WORK).entries()) {
  // The first round is for the browser to compile with all its care.
  const times = (runs[index] ?? []).map((list) => list.slice(1));
  const columns = times.map((own, number) => {
    const of = (/** @type {keyof Times} */ key) => median(own.map((run) => run[key])).toFixed(1);
    const ratio = median(
      (times[0] ?? []).map(({ processor }, round) => processor / (own[round]?.processor ?? Number.NaN)),
    );
    return `${basename(folders[number] ?? "")} ${of("processor")} [${of("clock")}]${number ? ` ×${ratio.toFixed(2)}` : ""}`;
  });
  console.log(`${what.padEnd(24)} ${columns.join("   ")}`);
}
