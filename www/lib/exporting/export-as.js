/** @import { ExportFormat, ExportOptions, Info } from "../types/public.d.ts" */
/** @import { ExportCalls, Rgb, TestVector } from "../types/exporting.d.ts" */
/** @import { Connection } from "../connection.js" */
/** @import { Mirror } from "../mirror.js" */
import { cancelled, isDeath, LastLayerError, throwIfAborted, toMessage } from "../errors.js";
import { WorkerClient } from "../worker-client.js";
import { charts } from "./charts.js";
import { checkedOptions } from "./options.js";
import { testPicture } from "./test-picture.js";

/** What browsers and systems call the files. */
const TYPES = {
  onnx: "application/octet-stream",
  "onnx-image": "application/octet-stream",
  safetensors: "application/octet-stream",
  head: "application/octet-stream",
  card: "text/markdown",
  zip: "application/zip",
};

/**
 * Writes a model for other programs, in a worker of its own that ends with it. The worker with the core gives the bytes
 * of its weights and, for a zip, answers two questions; nothing else of it is used, and nothing changes.
 *
 * This file is a bundle of its own, with classes of its own: it rejects with an `ErrorMessage`.
 *
 * @param {Connection} connection  To the core's worker.
 * @param {Info} info
 * @param {Readonly<Pick<Mirror, "model" | "report" | "evaluation">>} mirror  The classifier there is, and what is known of it.
 * @param {ExportFormat} format
 * @param {ExportOptions} options
 * @returns {Promise<Blob>}
 */
export async function exportAs(connection, info, mirror, format, options) {
  const { model, signal, onProgress, contents, ...wording } = checkedOptions(format, options);
  const trained = model === "trained" ? mirror.model : null;
  const pictures = trained ? charts(mirror.report, mirror.evaluation) : {};
  if (model === "trained" && !trained)
    throw new LastLayerError("no-classifier", "There is no classifier yet: train one, or open a model file.");
  const file = () => trained?.slice() ?? null;
  /** @type {WorkerClient<ExportCalls>} */
  const client = new WorkerClient(connection.startBeside("late/export-worker.js"));
  const abort = () => client.end(cancelled());
  signal?.addEventListener("abort", abort);
  try {
    const [weights, vector] = await Promise.all([
      connection.call("weights", undefined, { signal }),
      format === "zip" || model === "source" ? testVector(connection, info, model, contents, signal) : null,
      client.call("load", undefined, { onEvent: onProgress }),
    ]);
    const opening = { weights, labels: model === "source" ? (vector?.labels ?? []) : [], model: file() };
    await client.call("open", opening, { transfer: [weights.bytes.buffer] });
    const bytes =
      format === "zip" && vector
        ? await client.call("zip", { ...wording, contents, model: file(), vector, pictures }, { onEvent: onProgress })
        : await client.call("write", { ...wording, format: /** @type {"onnx"} */ (format) });
    throwIfAborted(signal);
    return new Blob([bytes], { type: TYPES[format] });
  } catch (error) {
    if (signal?.aborted) throw toMessage(cancelled());
    // Of this worker: the death of the one with the core is an error of the page's own class.
    throw toMessage(isDeath(error) ? stopped(/** @type {LastLayerError} */ (error)) : error);
  } finally {
    signal?.removeEventListener("abort", abort);
    client.end(new LastLayerError("closed", "This worker is not needed any more."));
  }
}

/**
 * What the page says of a picture of ours.
 * @param {Connection} connection
 * @param {Info} info
 * @param {"trained" | "source"} model
 * @param {readonly string[]} contents
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<TestVector & { labels: string[] }>}
 */
async function testVector(connection, info, model, contents, signal) {
  const picture = testPicture();
  const { width, height } = picture;
  const image = new ImageData(rgbaOf(picture), width, height);
  // More than any classifier has classes: all of them are asked for.
  const answers = await connection.call("predict", { image, topK: 1e6, model }, { signal });
  answers.sort((one, other) => one.index - other.index);
  let seen = null;
  if (contents.includes("onnx")) {
    const question = { image, stage: info.layers[0] ?? "0", channels: 1, model };
    seen = rgbOf((await connection.call("featureMaps", question, { signal })).seen);
  }
  return {
    picture,
    seen,
    labels: answers.map(({ label }) => label),
    probabilities: answers.map(({ probability }) => probability),
  };
}

/** @param {Rgb} picture */
function rgbaOf({ width, height, rgb }) {
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) rgba.set(rgb.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
  return rgba;
}

/** @param {ImageData} image @returns {Rgb} */
function rgbOf({ width, height, data }) {
  const rgb = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) rgb.set(data.subarray(4 * pixel, 4 * pixel + 3), 3 * pixel);
  return { width, height, rgb };
}

/**
 * The worker that wrote has died, and not the one with the core: nothing is lost but the file.
 * @param {LastLayerError} death
 */
function stopped({ params }) {
  const detail = String(params.detail ?? "");
  return new LastLayerError(
    "internal",
    `The file could not be written: ${detail}. The network may be too large for this browser's memory; the command line writes it too.`,
    { detail },
  );
}
