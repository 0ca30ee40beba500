// What sharing the steps of a training between workers brings: milliseconds a step on the CPU, in Chromium, with each
// number of workers in turn.
//
// ./build.sh && node tests/bench/shared_steps.mjs [--workers 1,2] [--rounds 3] [--stages 1,2,7] [--batch 16] [DIST ...]
//
// DIST: built sites to compare, dist/ by default. On a busy machine carry the ratios, to the first, not the times.

import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { executable, FLAGS } from "../web/support/browser.mjs";
import { DIST, Site } from "../web/support/site.mjs";

const { values, positionals } = parseArgs({
  options: {
    workers: { type: "string", default: "1,2" },
    rounds: { type: "string", default: "3" },
    stages: { type: "string", default: "1,2,7" },
    batch: { type: "string", default: "16" },
  },
  allowPositionals: true,
});
const numbers = (/** @type {string} */ list) => list.split(",").map(Number);
const [workers, stages, rounds, batch] = [
  numbers(values.workers),
  numbers(values.stages),
  Number(values.rounds),
  Number(values.batch),
];
const sites = await Promise.all(
  (positionals.length ? positionals : [DIST]).map(async (dist) => {
    const site = new Site(dist);
    await site.start();
    return { dist, site };
  }),
);
const browser = await chromium.launch({ executablePath: executable(), args: FLAGS });

/** A page for each site and number of workers, with photos that have been read. */
const contestants = [];
for (const { dist, site } of sites) {
  for (const count of workers) {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on("console", (message) => message.type() === "warning" && console.error(message.text()));
    await page.goto(`${site.origin}/blank`);
    await page.addScriptTag({ type: "module", content: `import * as lab from "/support/lab.js"; window.lab = lab;` });
    await page.waitForFunction(() => "lab" in window);
    contestants.push({
      name: `${positionals.length > 1 ? `${dist}, ` : ""}${count} worker${count > 1 ? "s" : ""}`,
      page,
      count,
    });
  }
}

/**
 * In the page: a training of some stages; milliseconds of a step after the first epoch.
 * @param {{ count: number, lastStages: number, batchSize: number }} options
 */
async function measure({ count, lastStages, batchSize }) {
  const kept = /** @type {typeof window & { tuner?: import("../../www/lib/fine-tuner.js").FineTuner }} */ (window);
  const photos = 48;
  if (!kept.tuner) {
    kept.tuner = await lab.tuner({ workers: count });
    await kept.tuner.add(await lab.photos("stripes", 0, photos / 2), "stripes");
    await kept.tuner.add(await lab.photos("discs", 0, photos / 2), "discs");
  }
  let [start, end] = [0, 0];
  // Enough epochs for helpers to be started, of which those are measured that take a few seconds.
  const epochs = lastStages > 3 ? 12 : 20;
  const last = lastStages > 3 ? 4 : 6;
  const controller = new AbortController();
  const onEvent = (/** @type {import("../../www/lib/types/public.d.ts").TrainEvent} */ event) => {
    if (event.type !== "epoch") return;
    if (event.epoch === 2) start = performance.now();
    if (event.epoch === last) {
      end = performance.now();
      controller.abort();
    }
  };
  const config = /** @type {const} */ ({
    regime: lastStages === 7 ? "full" : "last-k",
    lastStages,
    augment: 0,
    holdout: 0,
    epochs,
    batchSize,
  });
  await kept.tuner.train(config, { onEvent, signal: controller.signal }).catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
  return (end - start) / (last - 2) / Math.ceil(photos / batchSize);
}

const median = (/** @type {number[]} */ list) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
for (const lastStages of stages) {
  const times = contestants.map(() => /** @type {number[]} */ ([]));
  // The first round is for the browser to compile with all its care, and for the helpers to be started.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { page, count }] of contestants.entries()) {
      await page.bringToFront(); // Browsers give less to pages in the background.
      const time = await page.evaluate(measure, { count, lastStages, batchSize: batch });
      if (round > 0) times[index]?.push(time);
    }
  }
  console.log(lastStages === 7 ? "all stages" : `last ${lastStages}`);
  for (const [index, { name }] of contestants.entries()) {
    const own = times[index] ?? [];
    const ratio = median(own.map((time, round) => (times[0]?.[round] ?? Number.NaN) / time));
    console.log(
      `  ${name.padEnd(12)} ${median(own).toFixed(1).padStart(8)} ms a step   × ${ratio.toFixed(2)}   ${own.map((time) => time.toFixed(0)).join(" ")}`,
    );
  }
}
await browser.close();
for (const { site } of sites) await site.stop();
