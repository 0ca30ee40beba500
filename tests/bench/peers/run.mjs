// lastlayer against TensorFlow.js and ONNX Runtime Web, in one Chromium, in turn.
//
//   ./build.sh && npm ci --ignore-scripts --prefix tests/bench/peers && node tests/bench/peers/run.mjs
//
// Prints Markdown tables; what happens meanwhile goes to stderr. docs/benchmarks.md says what is compared. --help lists
// the options.

import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { executable, FLAGS } from "../../web/support/browser.mjs";
import { CASES, groups } from "./cases.mjs";
import { NETWORKS } from "./in-page/networks.js";
import { measure } from "./measure.mjs";
import { environment, markdown, replaceSection } from "./report.mjs";
import { FOLDERS, startSite } from "./site.mjs";

const HELP = `usage: node tests/bench/peers/run.mjs [OPTIONS]

  --only cpu,webgl,webgpu   parts; all of them otherwise
  --networks NAME,…         ${Object.keys(NETWORKS).join(", ")}; all of them otherwise, those but
                            the first on the CPU alone, in the cases embed-one, embed-many and last-1
  --cases ID,…              ${CASES.map(({ id }) => id).join(", ")}; all of them otherwise
  --rounds N                rounds that count; 3 on the CPU and on graphics cards, 2 on graphics in software
  --workers N               adds lastlayer with N workers, for builds whose FineTuner.create takes \`workers\`
  --hardware-gpu            this machine has a graphics card that the browser can use: the same work there as on the CPU
  --json FILE               everything that was measured
  --into FILE               puts the tables into the sections <!-- benchmark PART --> of a Markdown file, of other
                            networks than EfficientNet-Lite0 <!-- benchmark PART-NETWORK -->
`;

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "cpu,webgl,webgpu" },
    networks: { type: "string", default: Object.keys(NETWORKS).join(",") },
    cases: { type: "string", default: CASES.map(({ id }) => id).join(",") },
    rounds: { type: "string" },
    workers: { type: "string", default: "0" },
    "hardware-gpu": { type: "boolean", default: false },
    json: { type: "string" },
    into: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit();
}

const hardware = options["hardware-gpu"];
const cases = chosen(
  options.cases,
  CASES.map(({ id }) => id),
);
const site = await startSite();
const all = groups({
  site: site.url,
  peers: FOLDERS.peers,
  workers: wholeNumber("workers", options.workers, 0),
  hardware,
});
const parts = chosen(
  options.only,
  all.map(({ part }) => part),
);
const networks = chosen(options.networks, Object.keys(NETWORKS));
const browser = await chromium.launch({
  executablePath: executable(),
  args: hardware ? FLAGS.filter((flag) => !flag.includes("swiftshader")) : FLAGS,
});
const where = environment(`Chromium ${browser.version()}`);

/** @type {object[]} */
const results = [];
try {
  for (const group of all.filter(({ part, network }) => parts.has(part) && networks.has(network))) {
    const rounds = options.rounds === undefined ? group.rounds : wholeNumber("rounds", options.rounds, 1);
    const context = await browser.newContext();
    const started = performance.now();
    const say = (/** @type {string} */ text) =>
      console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}`);
    const measured = await measure(group, { context, origin: site.origin, cases, rounds, say });
    await context.close();
    const table = markdown(group, measured, where, rounds);
    console.log(`\n${table}`);
    if (options.into) await replaceSection(options.into, `benchmark ${group.id}`, table);
    results.push({ part: group.part, network: group.network, rounds, work: group.work, ...measured });
  }
} finally {
  await browser.close();
  await site.stop();
}
if (options.json)
  await writeFile(
    options.json,
    `${JSON.stringify({ ...where, parallelism: availableParallelism(), hardware, results }, null, 2)}\n`,
  );

/**
 * @param {string} list
 * @param {string[]} known
 */
function chosen(list, known) {
  const names = list.split(",").map((name) => name.trim());
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined) throw new Error(`there is no “${strange}”, only ${known.join(", ")}`);
  return new Set(names);
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} least
 */
function wholeNumber(name, text, least) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least)
    throw new Error(`--${name} takes a whole number from ${least} on, not “${text}”`);
  return number;
}
