// Writes www/lib/site-networks.js from the cards and weights that ./build.sh has made:
//
//     node scripts/site-networks.mjs build/weights > www/lib/site-networks.js

import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

/** @typedef {{ name: string, bytes: number, millionParameters: number, inputSize: number }} SiteNetwork */

/** What is stored beside the parameters: scales of weights in 8 bits, and what batch-norm has seen. */
const NO_PARAMETER = /\.(scale|running_mean|running_var)$/;

/**
 * What a choice of networks has to say of each, by name.
 * @param {string} folder  With weights and their cards.
 * @returns {Promise<SiteNetwork[]>}
 */
export async function siteNetworks(folder) {
  const cards = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    cards.map(async (card) => {
      const { name, file, bytes } = JSON.parse(await readFile(join(folder, card), "utf8"));
      const { __metadata__: metadata, ...tensors } = await header(join(folder, file));
      const parameters = Object.entries(tensors)
        .filter(([tensor]) => !NO_PARAMETER.test(tensor))
        .reduce((sum, [, { shape }]) => sum + shape.reduce((size, length) => size * length, 1), 0);
      return {
        name,
        bytes,
        millionParameters: Math.round(parameters / 1e4) / 100,
        inputSize: JSON.parse(metadata.card).input.size,
      };
    }),
  );
}

/**
 * The header of a safetensors file.
 * @param {string} path
 * @returns {Promise<{ __metadata__: { card: string } } & Record<string, { shape: number[] }>>}
 */
async function header(path) {
  const file = await open(path);
  try {
    const length = Buffer.alloc(8);
    await file.read(length, 0, 8, 0);
    const text = Buffer.alloc(Number(length.readBigUInt64LE()));
    await file.read(text, 0, text.length, 8);
    return JSON.parse(text.toString("utf8"));
  } finally {
    await file.close();
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const rows = (await siteNetworks(argv[2] ?? "build/weights")).map(
    ({ name, bytes, millionParameters, inputSize }) =>
      `  { name: ${JSON.stringify(name)}, bytes: ${bytes}, millionParameters: ${millionParameters}, inputSize: ${inputSize} },\n`,
  );
  console.log(`// Generated from the weights by scripts/site-networks.mjs; tests/web/site-networks.test.mjs compares. Do not edit.

/**
 * The networks that a site comes with, the default first: the name for \`backbone\`, the size of the download in bytes, parameters in
 * millions, and the side of the square that it sees of a photo, in pixels.
 */
export const SITE_NETWORKS = /** @type {const} */ ([
${rows.join("")}]);`);
}
