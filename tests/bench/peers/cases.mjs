// What is measured, on whom, and how much of it.

/** @import { Work } from "./in-page/timing.js" */

/**
 * @typedef {object} Case
 * @property {string} id
 * @property {(work: Work) => string} title
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
  { id: "last-1", title: (work) => `last stage, last convolution, output layer${steps(work)}`, unit: "ms" },
  { id: "last-2", title: (work) => `last 2 stages, last convolution, output layer${steps(work)}`, unit: "ms" },
  { id: "full", title: (work) => `all stages${steps(work)}`, unit: "ms" },
  {
    id: "whole-job",
    title: ({ photos }) => `${photos} files → classifier with score, s; ours with the defaults of \`head\``,
    unit: "s",
    cold: true,
  },
  { id: "whole-job-plain", title: () => "the same; ours with `augment: 0`", unit: "s", cold: true },
];

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
 * Contestants that take turns; the first is the one the others are compared with.
 * @typedef {object} Group
 * @property {string} id
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
  "whole-job": { photos: 100, batch: 16, epochs: 1, repeats: 1 },
  "whole-job-plain": { photos: 100, batch: 16, epochs: 1, repeats: 1 },
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
 * @param {{ site: string, peers: string, workers: number, hardware: boolean }} options  `workers`: of the contestant
 *        with several of them, which is left out where it is 0
 * @returns {Group[]}
 */
export function groups({ site, peers, workers, hardware }) {
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
    options: { site, device, create, hardware },
  });
  /** @param {"wasm" | "webgl" | "webgpu"} backend @param {number} [threads] @returns {Contestant} */
  const tfjs = (backend, threads) => ({
    id: `tfjs-${backend}${threads ?? ""}`,
    name: `TensorFlow.js ${backend}${threads ? `, ${counted(threads, "thread")}` : ""}`,
    script: "tfjs.js",
    options: { peers, backend, threads },
    isolated: threads !== undefined && threads > 1,
  });
  /** @param {"wasm" | "webgpu"} provider @param {number} [threads] @returns {Contestant} */
  const ort = (provider, threads) => ({
    id: `ort-${provider}${threads ?? ""}`,
    name: `onnxruntime-web ${provider}${threads ? `, ${counted(threads, "thread")}` : ""}`,
    script: "ort.js",
    options: { peers, provider, threads: threads ?? 1 },
    isolated: threads !== undefined && threads > 1,
  });
  const one = ours("ours-cpu", "lastlayer CPU, 1 worker", "cpu", { workers: 1 });
  const several = workers
    ? [ours("ours-cpu-all", `lastlayer CPU, ${counted(workers, "worker")}`, "cpu", { workers })]
    : [];
  const where = hardware ? "on the graphics card" : "in software";
  return [
    {
      id: "cpu",
      title: "CPU",
      contestants: [one, ...several, tfjs("wasm", 1), tfjs("wasm", 2), ort("wasm", 1), ort("wasm", 2)],
      work: FULL,
      rounds: 3,
    },
    {
      id: "webgl",
      title: `CPU against WebGL ${where}: all that TensorFlow.js can train convolutions with where there is no WebGPU`,
      contestants: [one, tfjs("webgl")],
      work: hardware ? FULL : WEBGL_IN_SOFTWARE,
      rounds: hardware ? 3 : 2,
    },
    {
      id: "webgpu",
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
