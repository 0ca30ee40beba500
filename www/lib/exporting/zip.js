/** @import { ExportProgress } from "../types/public.d.ts" */
/** @import { ModelCard, ZipOrder } from "../types/exporting.d.ts" */
/** @import { Exporter } from "../types/core.d.ts" */
import { strToU8, zipSync } from "fflate";
import { fetchOk } from "../download.js";
import { guide, unknownLicence } from "./guide.js";
import { png } from "./png.js";
import { CODE, ONNX_FILES } from "./code.js";

/** How far answers may lie from the page's: another program adds up in another order. */
const TOLERANCE = { single: 1e-3, half: 0.05 };
/** What a site has of its licences, and of those of the weights. */
const LICENCES = ["NOTICE.md", "LICENSE-APACHE", "LICENSE-MIT"];
/** In every zip, so that equal contents are equal files: the first day that the format knows. */
const TIME = new Date(1980, 0, 1);

/**
 * A folder with all that somebody needs to use a model, and to check that it works.
 *
 * @param {Exporter} exporter
 * @param {ModelCard} card
 * @param {ZipOrder} order
 * @param {string} baseUrl  Of the site.
 * @param {(progress: ExportProgress) => void} emit
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function zipped(exporter, card, order, baseUrl, emit) {
  const { contents, precision, names, model, vector } = order;
  const licences = await licencesOf(card, baseUrl);
  const form = contents.includes("onnx-image") ? "onnx-image" : "onnx";
  /** @type {Record<string, Uint8Array>} */
  const files = {};
  const write = (/** @type {string} */ format) => exporter.write(format, precision, names);
  for (const [done, content] of contents.entries()) {
    emit({ stage: "export", done, total: contents.length });
    files[content === "safetensors" ? "model.safetensors" : ONNX_FILES[content]] = write(content);
  }
  emit({ stage: "export", done: contents.length, total: contents.length });
  if (model) files["model-lastlayer.safetensors"] = model;
  files["labels.txt"] = strToU8(card.labels.map((label) => `${label}\n`).join(""));
  for (const [name, text] of Object.entries({ ...CODE[form], ...order.pictures })) files[name] = strToU8(text);
  const { picture, seen, probabilities } = vector;
  const { width, height } = picture;
  const expected = {
    labels: card.labels,
    probabilities,
    tolerance: TOLERANCE[precision],
    width,
    height,
    ...card.input,
  };
  files["test/expected.json"] = strToU8(`${JSON.stringify(expected, null, 1)}\n`);
  files["test/picture.png"] = png(picture);
  files["test/picture.rgb"] = picture.rgb;
  if (seen) {
    files["test/seen.png"] = png(seen);
    files["test/seen.rgb"] = seen.rgb;
  }
  for (const [name, text] of Object.entries(licences)) files[`licences/${name}`] = strToU8(text);
  const words = new TextDecoder().decode(write("card")) + guide(order, Object.keys(files));
  files["README.md"] = strToU8(words);
  return zipSync(
    Object.fromEntries(
      // Numbers hardly get smaller.
      Object.entries(files).map(([name, bytes]) => [name, [bytes, { level: /^model/.test(name) ? 0 : 6 }]]),
    ),
    { mtime: TIME },
  );
}

/**
 * @param {ModelCard} card
 * @param {string} baseUrl
 * @returns {Promise<Record<string, string>>}
 */
async function licencesOf(card, baseUrl) {
  if (!card.weights_licence) return { "NOTICE.md": unknownLicence(card) };
  const texts = LICENCES.map(async (name) => [name, await (await fetchOk(new URL(name, baseUrl).href)).text()]);
  return Object.fromEntries(await Promise.all(texts));
}
