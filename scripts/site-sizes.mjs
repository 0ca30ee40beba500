// What a visitor downloads before training can begin, and how much it may be.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);

/** @typedef {{ raw: number, gzip: number, brotli: number }} Sizes */
/** @typedef {keyof typeof GROUPS} Group */

/** @param {string} flavour @param {string} title @param {number} recorded */
const module = (flavour, title, recorded) => ({
  title: `wasm, ${title}`,
  files: new RegExp(`^wasm/${flavour}/.*\\.(wasm|js)$`),
  recorded,
  remedy: `See what came in with \`cargo tree --target wasm32-unknown-unknown --no-default-features --features ${flavour === "export" ? "cpu,export" : flavour}\`; what computes nothing can have opt-level "s" in Cargo.toml.`,
});

/** @param {string} network @param {string} title @param {number} recorded */
const weights = (network, title, recorded) => ({
  title,
  files: new RegExp(`^weights/${network}-.*\\.safetensors$`),
  recorded,
  remedy: "See which tensors are stored in how many bits in src/bin/convert_weights/stored.rs.",
});

/**
 * The files of the site by what they are for. `recorded`: bytes with brotli when they were last looked at. After a
 * change that is worth its bytes, or that saves some, write down what `node scripts/sizes.mjs dist` prints.
 */
export const GROUPS = {
  cpu: module("cpu", "CPU flavour", 1_335_318),
  relaxed: module("cpu-relaxed", "relaxed SIMD", 1_336_676),
  webgpu: module("webgpu", "WebGPU flavour", 2_639_876),
  site: {
    title: "JavaScript and pages",
    files: /^(?!keeping-|charts-|wasm\/|late\/|weights\/(?!efficientnet_lite0\.json$)).*\.(js|html|css|svg|json)$/,
    recorded: 106_888,
    remedy:
      "See what came in with `npx esbuild --bundle --minify --analyze www/element/last-layer.js --outfile=/dev/null --loader:.css=text`.",
  },
  // After all that a first visit waits for.
  charts: {
    title: "… what draws curves",
    files: /^charts-.*\.js$/,
    recorded: 26_524,
    remedy: "See what www/ui/charts.js imports.",
  },
  keeping: {
    title: "… what keeps the work",
    files: /^keeping-.*\.js$/,
    recorded: 14_270,
    remedy: "See what www/element/keeping.js imports.",
  },
  weights: weights("efficientnet_lite0", "weights", 4_834_010),
  // Of those who choose them alone.
  lite1: weights("efficientnet_lite1", "weights, Lite1", 5_725_644),
  lite2: weights("efficientnet_lite2", "weights, Lite2", 6_470_715),
  // Of those who take a model to other programs alone.
  export: module("export", "other programs", 202_039),
  late: {
    title: "JavaScript, loaded later",
    files: /^late\/.*\.js$/,
    recorded: 26_102,
    remedy:
      "See what came in with `npx esbuild --bundle --minify --analyze www/element/take-along.js --outfile=/dev/null --loader:.css=text`.",
  },
};

/**
 * What a first visit may cost with brotli, until training can begin. A browser loads one of the modules; what else the
 * service worker keeps comes afterwards.
 * @type {{ title: string, groups: Group[], budget: number }[]}
 */
export const VISITS = [
  { title: "first visit, WebGPU", groups: ["webgpu", "site", "weights"], budget: 7_800_000 },
  { title: "first visit, CPU", groups: ["cpu", "site", "weights"], budget: 6_300_000 },
  { title: "… with relaxed SIMD", groups: ["relaxed", "site", "weights"], budget: 6_300_000 },
];

/** By how much a group may grow without anybody looking. */
const UNNOTICED = 1.03;

/**
 * Of each group of files, as they are and as hosts send them.
 * @param {string} folder
 * @returns {Promise<Record<Group, Sizes>>}
 */
export async function groupSizes(folder) {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/"));
  const measure = async (/** @type {Group} */ group) => {
    const sum = { raw: 0, gzip: 0, brotli: 0 };
    for (const name of names.filter((candidate) => GROUPS[group].files.test(candidate)))
      add(sum, await fileSizes(join(folder, name)));
    return /** @type {const} */ ([group, sum]);
  };
  const groups = /** @type {Group[]} */ (Object.keys(GROUPS));
  return /** @type {Record<Group, Sizes>} */ (Object.fromEntries(await Promise.all(groups.map(measure))));
}

/**
 * @param {string} path
 * @returns {Promise<Sizes>}
 */
async function fileSizes(path) {
  const bytes = await readFile(path);
  // Brotli at 9 of 11: the last two levels take a minute on these files for a few percent.
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 } };
  const [gzipped, brotli] = await Promise.all([compressGzip(bytes, { level: 9 }), compressBrotli(bytes, quality)]);
  return { raw: bytes.length, gzip: gzipped.length, brotli: brotli.length };
}

/**
 * The groups of a visit together.
 * @param {Record<Group, Sizes>} sizes
 * @param {Group[]} groups
 */
export function together(sizes, groups) {
  const sum = { raw: 0, gzip: 0, brotli: 0 };
  for (const group of groups) add(sum, sizes[group]);
  return sum;
}

/** @param {Sizes} sum @param {Sizes} more */
function add(sum, more) {
  sum.raw += more.raw;
  sum.gzip += more.gzip;
  sum.brotli += more.brotli;
}

/**
 * What is wrong with the sizes, a line for each, with what to do.
 * @param {Record<Group, { brotli: number }>} sizes
 * @returns {string[]}
 */
export function complaints(sizes) {
  const grown = /** @type {Group[]} */ (Object.keys(GROUPS)).filter(
    (group) => sizes[group].brotli > GROUPS[group].recorded * UNNOTICED,
  );
  const said = grown.map((group) => {
    const { title, recorded, remedy } = GROUPS[group];
    const share = Math.round((sizes[group].brotli / recorded - 1) * 1000) / 10;
    return `${title}: grew from ${megabytes(recorded)} to ${megabytes(sizes[group].brotli)} (+${share} %). ${remedy} If it is worth that, write ${sizes[group].brotli} into scripts/site-sizes.mjs.`;
  });
  for (const { title, groups, budget } of VISITS) {
    const total = groups.reduce((sum, group) => sum + sizes[group].brotli, 0);
    if (total <= budget) continue;
    const parts = groups.map(
      (group) =>
        `${GROUPS[group].title} ${megabytes(sizes[group].brotli)} (recorded ${megabytes(GROUPS[group].recorded)})`,
    );
    said.push(
      `${title}: ${megabytes(total)}, the budget is ${megabytes(budget)}: ${parts.join(", ")}. Make one of them smaller: the budget is a promise to visitors.`,
    );
  }
  return said;
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
