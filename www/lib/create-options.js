/** @import { DeviceChoice, Progress } from "./types/public.d.ts" */
/** @import { WorkerLike } from "./worker-client.js" */
import { LastLayerError } from "./errors.js";

const MOST_WORKERS = 16;

/**
 * @typedef {object} CreateOptions
 * @property {DeviceChoice} [device]    `auto` (the default): a hardware WebGPU adapter where one answers, else the CPU.
 * @property {string | Blob} [backbone] The source model: the name of a network of this site (default
 *                                      `efficientnet_lite0`), or a weights file, as a `Blob` or by its address:
 *                                      safetensors or a `.pth`, recognised by its tensors, under timm's or torchvision's
 *                                      names. The file does not leave the machine.
 * @property {readonly string[]} [labels] Names for the classes of such a file's output layer, in the order of its outputs.
 *                                      Without them they are ImageNet's where there are 1000, and otherwise numbers. As
 *                                      many as `info.sourceClasses` says. What `exportSource` wrote has names of its own, which these replace; a network of
 *                                      the site takes none.
 * @property {number} [workers]         How many workers read photos and share training steps on the CPU, 1 to 16.
 *                                      Default: one for each core, fewer where memory is short. They are started when a
 *                                      training has enough to do.
 * @property {boolean} [readAhead]      Whether photos that were added are read at once, while nothing else is to do,
 *                                      with the augmented draws of them that the next training is likely to ask for.
 *                                      Default true; false for those who measure or save power.
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => void} [onProgress]  Of the downloads.
 * @property {string} [baseUrl]         Where `worker.js`, `wasm/` and `weights/` lie. Default: beside this script.
 * @property {(url: string) => WorkerLike} [startWorker]  For tests: another way to get a worker.
 */

/**
 * Rejects numbers of workers that cannot be.
 * @param {number | undefined} workers
 */
export function checkWorkers(workers) {
  if (workers === undefined || (Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS)) return;
  const message = `workers must be a whole number from 1 to ${MOST_WORKERS}, got ${workers}.`;
  throw new LastLayerError("invalid-option", message, {
    name: "workers",
    value: String(workers),
    min: 1,
    max: MOST_WORKERS,
  });
}

/**
 * Rejects names that cannot be those of a network's classes. How many there must be, only its file says: see
 * {@link checkLabelCount}.
 * @param {readonly string[] | undefined} labels
 * @param {string | Blob} backbone
 */
export function checkLabels(labels, backbone) {
  if (labels === undefined) return;
  if (typeof backbone === "string" && !isAddress(backbone))
    throw wrongLabels(`the network “${backbone}” of the site has names for its classes: leave labels out`);
  if (!Array.isArray(labels) || labels.length === 0) throw wrongLabels("expected a list of names, one for each output");
  const wrong = labels.findIndex((label) => typeof label !== "string" || label.trim() === "");
  if (wrong >= 0) throw wrongLabels(`expected a name for each output, and number ${wrong + 1} is none`);
}

/**
 * Rejects names where they are not as many as the network has outputs.
 * @param {readonly string[] | undefined} labels
 * @param {number} outputs
 */
export function checkLabelCount(labels, outputs) {
  if (labels === undefined || labels.length === outputs) return;
  const count = labels.length;
  throw outputs === 0
    ? wrongLabels(`this network has no output layer, so there is nothing to name; got ${count}`, { outputs, count })
    : wrongLabels(`expected ${outputs} names, one for each output of this network, got ${count}`, { outputs, count });
}

/**
 * @param {string} problem
 * @param {Record<string, number>} [params]
 */
function wrongLabels(problem, params) {
  return new LastLayerError("invalid-option", `labels: ${problem}.`, { name: "labels", ...params });
}

/**
 * A weights file's address as the worker can fetch it, which has no page to go by. A name or a file stays what it is.
 * @param {string | Blob} backbone
 */
export function resolvedBackbone(backbone) {
  return typeof backbone === "string" && isAddress(backbone)
    ? new URL(backbone, globalThis.location?.href).href
    : backbone;
}

/**
 * The names of networks have neither a slash nor a dot.
 * @param {string} backbone
 */
export function isAddress(backbone) {
  return /[/.]/.test(backbone);
}
