// What is measured, on whom, and how much of it.

/** @import { Network } from "./in-page/networks.js" */
/** @import { Work } from "./in-page/timing.js" */
import { networkOf } from "./in-page/networks.js";

/**
 * @typedef {object} Case
 * @property {string} id
 * @property {(work: Work, network: Network) => string} title
 * @property {"ms" | "s"} unit
 * @property {boolean} [cold]  Without a round before those that count: it takes long and is no loop.
 */

/** @type {Case[]} */
export const CASES = [
  { id: "embed-one", title: () => "one photo → 1000 classes, ms", unit: "ms" },
  { id: "embed-many", title: ({ photos }) => `embed ${photos} photos, ms a photo`, unit: "ms" },
  {
    id: "embed-draws",
    title: ({ photos }) => `embed ${photos} pictures, 25 photos with fifteen augmented draws of each: ms a picture`,
    unit: "ms",
  },
  {
    id: "head",
    title: ({ photos, epochs }) => `output layer, ${photos} photos, ${epochs} epochs on cached features: ms an epoch`,
    unit: "ms",
  },
  { id: "last-1", title: (work, network) => `last stage${rest(network)}${steps(work)}`, unit: "ms" },
  { id: "last-2", title: (work, network) => `last 2 stages${rest(network)}${steps(work)}`, unit: "ms" },
  { id: "full", title: (work) => `all stages${steps(work)}`, unit: "ms" },
  {
    id: "first-answer",
    title: ({ photos }) => `${photos} files → first answer about a photo, s; theirs after the whole job`,
    unit: "s",
    cold: true,
  },
  {
    id: "whole-job",
    title: ({ photos }) => `${photos} files → classifier with score, s; ours with the defaults of \`head\``,
    unit: "s",
    cold: true,
  },
  { id: "whole-job-plain", title: () => "the same; ours with `augment: 0`", unit: "s", cold: true },
];

/**
 * What learns beside the last stages.
 * @param {Network} network
 */
function rest({ blocks, stages }) {
  return `${blocks.some(({ stage }) => stage === stages) ? ", last convolution" : ""}, output layer`;
}

/** @param {Work} work */
function steps({ photos, batch, once }) {
  const count = Math.ceil(photos / batch);
  return `, batch ${Math.min(batch, photos)}: ms a step${count > 1 ? `, epoch of ${count}` : ""}${once ? ", one round" : ""}`;
}

/**
 * @typedef {object} Contestant
 * @property {string} id
 * @property {string} name
 * @property {string} script    In `in-page/`.
 * @property {object} options   Of its `open`.
 * @property {boolean} [isolated]  Its page needs the headers for threads.
 */

/**
 * Contestants that take turns with one network; the first is the one the others are compared with.
 * @typedef {object} Group
 * @property {string} id
 * @property {string} part
 * @property {string} network  Its name.
 * @property {string} title
 * @property {Contestant[]} contestants
 * @property {Record<string, Work>} work  By case; what is not in it is not measured.
 * @property {number} rounds
 */

/** Enough of everything for a steady figure on two cores. @type {Record<string, Work>} */
const FULL = {
  "embed-one": { photos: 1, batch: 1, epochs: 1, repeats: 15 },
  "embed-many": { photos: 100, batch: 8, epochs: 1, repeats: 1 },
  "embed-draws": { photos: 400, batch: 8, epochs: 1, repeats: 1 },
  head: { photos: 100, batch: 16, epochs: 20, repeats: 1 },
  "last-1": { photos: 100, batch: 16, epochs: 1, repeats: 1 },
  "last-2": { photos: 100, batch: 16, epochs: 1, repeats: 1 },
  full: { photos: 48, batch: 16, epochs: 1, repeats: 1 }, // enough to read for helpers to be started
  "first-answer": { photos: 100, batch: 16, epochs: 1, repeats: 1 },
  "whole-job": { photos: 100, batch: 16, epochs: 1, repeats: 1 },
  "whole-job-plain": { photos: 100, batch: 16, epochs: 1, repeats: 1 },
};

/** Larger networks: what says how fast convolutions are, in some minutes. @type {Record<string, Record<string, Work>>} */
const OTHER_NETWORKS = {
  resnet18: {
    "embed-one": { photos: 1, batch: 1, epochs: 1, repeats: 7 },
    "embed-many": { photos: 48, batch: 8, epochs: 1, repeats: 1 }, // enough for helpers to be started
    "last-1": { photos: 48, batch: 16, epochs: 1, repeats: 1 },
  },
  vgg16: {
    "embed-one": { photos: 1, batch: 1, epochs: 1, repeats: 3 },
    "embed-many": { photos: 16, batch: 4, epochs: 1, repeats: 1 },
    "last-1": { photos: 16, batch: 16, epochs: 1, repeats: 1 },
  },
};

/**
 * A graphics API in software is a hundred times slower than a graphics card, so of everything a little.
 * @type {Record<string, Work>}
 */
const WEBGL_IN_SOFTWARE = {
  "embed-one": { photos: 1, batch: 1, epochs: 1, repeats: 1 },
  "embed-many": { photos: 8, batch: 8, epochs: 1, repeats: 1 },
  head: { photos: 100, batch: 16, epochs: 2, repeats: 1 },
  "last-1": { photos: 16, batch: 16, epochs: 1, repeats: 1 },
  "last-2": { photos: 16, batch: 16, epochs: 1, repeats: 1 },
  full: { photos: 2, batch: 2, epochs: 1, repeats: 1, once: true },
};

/** @type {Record<string, Work>} */
const WEBGPU_IN_SOFTWARE = {
  ...WEBGL_IN_SOFTWARE,
  "embed-many": { photos: 2, batch: 2, epochs: 1, repeats: 1 },
  head: { photos: 8, batch: 8, epochs: 5, repeats: 1 },
  "last-1": { photos: 2, batch: 2, epochs: 1, repeats: 1 },
  "last-2": { photos: 2, batch: 2, epochs: 1, repeats: 1 },
};

/**
 * @param {Options} options
 * @returns {Group[]}
 */
export function groups(options) {
  const others = Object.entries(OTHER_NETWORKS).map(([name, work]) => ({
    id: `cpu-${name}`,
    part: "cpu",
    network: name,
    title: `CPU, ${networkOf(name).title}`,
    contestants: onCpu(contestants(name, options)),
    work,
    rounds: 3,
  }));
  return [...ofLite0(options), ...others];
}

/**
 * @typedef {object} Options
 * @property {string} site
 * @property {string} peers
 * @property {number} workers    Of the contestant with several of them, which is left out where it is 0.
 * @property {boolean} hardware  Graphics are a card's.
 */

/**
 * @param {string} network
 * @param {Options} options
 */
function contestants(network, { site, peers, workers, hardware }) {
  /**
   * @param {string} id
   * @param {string} name
   * @param {"cpu" | "webgpu"} device
   * @param {object} [create]
   * @returns {Contestant}
   */
  const ours = (id, name, device, create = {}) => ({
    id,
    name,
    script: "ours.js",
    options: { site, network, device, create, hardware },
  });
  /** @param {"wasm" | "webgl" | "webgpu"} backend @param {number} [threads] @returns {Contestant} */
  const tfjs = (backend, threads) => ({
    id: `tfjs-${backend}${threads ?? ""}`,
    name: `TensorFlow.js ${backend}${threads ? `, ${counted(threads, "thread")}` : ""}`,
    script: "tfjs.js",
    options: { peers, network, backend, threads },
    isolated: threads !== undefined && threads > 1,
  });
  /** @param {"wasm" | "webgpu"} provider @param {number} [threads] @returns {Contestant} */
  const ort = (provider, threads) => ({
    id: `ort-${provider}${threads ?? ""}`,
    name: `onnxruntime-web ${provider}${threads ? `, ${counted(threads, "thread")}` : ""}`,
    script: "ort.js",
    options: { peers, network, provider, threads: threads ?? 1 },
    isolated: threads !== undefined && threads > 1,
  });
  const one = ours("ours-cpu", "lastlayer CPU, 1 worker", "cpu", { workers: 1 });
  const several = workers
    ? [ours("ours-cpu-all", `lastlayer CPU, ${counted(workers, "worker")}`, "cpu", { workers })]
    : [];
  return { ours, tfjs, ort, one, several };
}

/** @param {ReturnType<typeof contestants>} all */
function onCpu({ one, several, tfjs, ort }) {
  return [one, ...several, tfjs("wasm", 1), tfjs("wasm", 2), ort("wasm", 1), ort("wasm", 2)];
}

/** @param {Options} options @returns {Group[]} */
function ofLite0(options) {
  const network = "efficientnet_lite0";
  const all = contestants(network, options);
  const { ours, tfjs, ort, one } = all;
  const { hardware } = options;
  const where = hardware ? "on the graphics card" : "in software";
  return [
    {
      id: "cpu",
      part: "cpu",
      network,
      title: "CPU",
      contestants: onCpu(all),
      work: FULL,
      rounds: 3,
    },
    {
      id: "webgl",
      part: "webgl",
      network,
      title: `CPU against WebGL ${where}: all that TensorFlow.js can train convolutions with where there is no WebGPU`,
      contestants: [one, tfjs("webgl")],
      work: hardware ? FULL : WEBGL_IN_SOFTWARE,
      rounds: hardware ? 3 : 2,
    },
    {
      id: "webgpu",
      part: "webgpu",
      network,
      title: `WebGPU ${where}`,
      contestants: [ours("ours-webgpu", "lastlayer WebGPU", "webgpu"), tfjs("webgpu"), ort("webgpu")],
      work: hardware ? FULL : WEBGPU_IN_SOFTWARE,
      rounds: hardware ? 3 : 2,
    },
  ];
}

/**
 * @param {number} count
 * @param {string} what
 */
function counted(count, what) {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
