// The CPU flavours of the core in Chromium, on one thread: milliseconds to embed a photo, and to take a training step.
//
//   WASM_OPT=0 ./build.sh && node tests/bench/wasm_cpu.mjs [--rounds 5] [FOLDER ...]
//
// Each FOLDER holds a `lastlayer.js` and its module; by default, every CPU flavour of dist/wasm. Several are measured in turn, round by
// round, so that whatever else the machine does hits all alike: carry the ratios, to the first, not the times.

/** @import { Core, TrainConfig } from "../../www/lib/types.d.ts" */

import { chromium } from "playwright-core";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { staticFiles } from "../../scripts/static-server.mjs";
import { executable, FLAGS } from "../web/support/browser.mjs";
import { DIST, Site } from "../web/support/site.mjs";

const { values, positionals } = parseArgs({ options: { rounds: { type: "string", default: "5" } }, allowPositionals: true });
const rounds = Number(values.rounds);
const folders = (positionals.length ? positionals : ["cpu", "cpu-relaxed"].map((flavour) => join(DIST, "wasm", flavour))).map((path) => resolve(path));
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

/** In the page: a core of each flavour, and what is timed. */
await page.evaluate(
  async ([count, weightsUrl, sha256]) => {
    const weights = new Uint8Array(await (await fetch(weightsUrl)).arrayBuffer());
    const SIZE = 224;
    /** @type {Core[]} */
    const cores = [];
    for (let number = 0; number < count; number++) {
      const glue = await import(`/flavour/${number}/lastlayer.js`);
      await glue.default({ module_or_path: fetch(`/flavour/${number}/lastlayer_bg.wasm`) });
      cores.push(await glue.Core.open("cpu", weights.slice(), sha256));
    }
    let last = 0;

    /** Noise: the time does not depend on what a photo shows. */
    function picture() {
      last += 1;
      const data = new Uint8Array(SIZE * SIZE * 4);
      let state = last >>> 0;
      for (let index = 0; index < data.length; index++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        data[index] = index % 4 === 3 ? 255 : state >>> 24;
      }
      return data;
    }

    /**
     * Trains on fresh photos; the milliseconds of every step by the type of its event.
     * @param {Core} core
     * @param {number} photos
     * @param {Partial<TrainConfig>} config
     */
    async function train(core, photos, config) {
      const ids = [];
      for (let index = 0; index < photos; index++) {
        const data = picture();
        core.add(last, `${last}.png`, index % 2 ? "a" : "b", last.toString(16).padStart(64, "0"), data, SIZE, SIZE);
        ids.push(last);
      }
      core.startTraining({ augment: 0, holdout: 0, batchSize: 16, ...config });
      /** @type {Record<string, number[]>} */
      const times = {};
      for (let type = ""; type !== "done"; ) {
        const start = performance.now();
        ({ type } = await core.step());
        (times[type] ??= []).push(performance.now() - start);
      }
      core.remove(Uint32Array.from(ids));
      return times;
    }

    const measure = async (/** @type {number} */ number) => {
      const core = cores[number];
      if (!core) throw new Error(`there is no flavour ${number}`);
      const median = (/** @type {number[]} */ times) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
      const one = picture();
      const start = performance.now();
      for (let repeat = 0; repeat < 4; repeat++) await core.predict(one.slice(), SIZE, SIZE, 5, "source");
      const alone = (performance.now() - start) / 4;
      const { embed = [] } = await train(core, 24, { regime: "head", epochs: 1 });
      /** @type {Record<number, number>} */
      const steps = {};
      for (const lastStages of [1, 2]) {
        const times = await train(core, 16, { regime: "last-k", lastStages, epochs: 3 });
        steps[lastStages] = median(times.batch ?? []);
      }
      return { "one photo": alone, "a photo of four": median(embed) / 4, "step, last stage": steps[1] ?? Number.NaN, "step, last two": steps[2] ?? Number.NaN };
    };
    Object.assign(window, { measure });
  },
  [folders.length, `/some/where/weights/${card.file}`, card.sha256],
);

/** @typedef {typeof window & { measure: (flavour: number) => Promise<Record<string, number>> }} Measuring */

/** @type {Record<string, number>[][]} */
const runs = folders.map(() => []);
for (let round = 0; round <= rounds; round++) {
  for (const [number, list] of runs.entries()) list.push(await page.evaluate((flavour) => /** @type {Measuring} */ (window).measure(flavour), number));
}
await browser.close();
await site.stop();

const median = (/** @type {number[]} */ numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
console.log(`medians of ${rounds} rounds, milliseconds; in brackets how many times as fast as the first`);
for (const what of Object.keys(runs[0]?.[0] ?? {})) {
  // The first round is for the browser to compile with all its care.
  const times = runs.map((list) => list.slice(1).map((run) => run[what] ?? Number.NaN));
  const [first = []] = times;
  const columns = folders.map((folder, number) => {
    const own = times[number] ?? [];
    const ratio = median(first.map((time, round) => time / (own[round] ?? Number.NaN)));
    return `${basename(folder)} ${median(own).toFixed(1)}, best ${Math.min(...own).toFixed(1)}${number ? ` (${ratio.toFixed(2)})` : ""}`;
  });
  console.log(`${what.padEnd(18)} ${columns.join("   ")}`);
}
