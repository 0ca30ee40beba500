// TensorFlow.js, in the best form it has for this work: fused convolutions with folded batch-norms, and for training
// the cached activations and the parameters on the device. A trained convolution has its bias to learn where lastlayer
// has a batch-norm's scale and shift, which is less to do.

/** @import { Contestant, Timing, Work } from "./timing.js" */
/** @import { Network } from "./networks.js" */
import { denseWeights, networkOf } from "./networks.js";
import { interleaved, picture } from "./photos.js";
import { teachableMachine } from "./teachable-machine.js";
import { Learner } from "./tf-learner.js";
import { Convolutions, read } from "./tf-network.js";
import { batches, medianOf, range, timed } from "./timing.js";

/**
 * @param {{ peers: string, network: string, backend: "wasm" | "webgl" | "webgpu", threads?: number }} options
 * @returns {Promise<Contestant>}
 */
export async function open({ peers, network: name, backend, threads = 1 }) {
  const folder = `${peers}@tensorflow/`;
  await script(`${folder}tfjs/dist/tf.min.js`);
  // It takes at most half of the cores that the browser tells of, so that it would not use both of two.
  if (threads > 1) Object.defineProperty(navigator, "hardwareConcurrency", { value: 2 * threads });
  if (backend !== "webgl") await script(`${folder}tfjs-backend-${backend}/dist/tf-backend-${backend}.min.js`);
  const { tf } = /** @type {any} */ (globalThis);
  if (backend === "wasm") {
    tf.wasm.setWasmPaths(`${folder}tfjs-backend-wasm/dist/`);
    tf.wasm.setThreadsCount(threads);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} here`);
  await tf.ready();
  const used = backend === "wasm" ? `, ${tf.wasm.getThreadsCount()} thread${threads > 1 ? "s" : ""}` : "";
  const network = networkOf(name);
  const bench = new Bench(tf, network);
  return {
    about: `TensorFlow.js ${tf.version.tfjs} (${tf.getBackend()}${used})`,
    cases: {
      "embed-one": (work) => bench.embedOne(work),
      "embed-many": (work) => bench.embedMany(work),
      head: (work) => bench.head(work),
      "last-1": (work) => bench.stages(work, 1),
      "last-2": (work) => bench.stages(work, 2),
      full: (work) => bench.stages(work, network.stages),
      "first-answer": (work) => teachableMachine(tf, work),
      "whole-job": (work) => teachableMachine(tf, work),
      "whole-job-plain": (work) => teachableMachine(tf, work),
    },
  };
}

/** @param {string} src */
function script(src) {
  return new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement("script"), {
      src,
      onload: resolve,
      onerror: () => reject(new Error(`${src} was not found`)),
    });
    document.head.append(element);
  });
}

class Bench {
  #tf;
  #network;
  /** Everything from the picture to the pooled features, frozen. */
  #convolutions;
  /** What learns, by the number of stages. @type {Map<number, Learner>} */
  #learners = new Map();

  /**
   * @param {any} tf
   * @param {Network} network
   */
  constructor(tf, network) {
    this.#tf = tf;
    this.#network = network;
    this.#convolutions = new Convolutions(tf, network, network.blocks, false);
    const { matrix, bias } = denseWeights(network.features, network.classes);
    this.classifier = { matrix: tf.tensor2d(matrix, [network.features, network.classes]), bias: tf.tensor1d(bias) };
  }

  /**
   * @param {Work} work
   * @returns {Promise<Timing>}
   */
  async embedOne({ repeats }) {
    const tf = this.#tf;
    const pictures = [picture(0, this.#network)];
    const [milliseconds, logits] = await medianOf(repeats, () =>
      read(
        tf.tidy(() =>
          tf.fused.matMul({ a: this.#features(pictures), b: this.classifier.matrix, bias: this.classifier.bias }),
        ),
      ),
    );
    return { milliseconds, output: [...logits] };
  }

  /**
   * @param {Work} work
   * @returns {Promise<Timing>}
   */
  async embedMany({ photos, batch }) {
    const pictures = range(0, photos).map((number) => picture(number, this.#network));
    const [milliseconds] = await timed(async () => {
      for (const numbers of batches(photos, batch))
        await read(this.#tf.tidy(() => this.#features(pictures.slice(numbers[0], numbers[0] + numbers.length))));
    });
    return { milliseconds: milliseconds / photos };
  }

  /**
   * @param {Work} work
   * @returns {Promise<Timing>}
   */
  async head({ photos, batch, epochs }) {
    const learner = this.#learner(0);
    const examples = learner.examples(photos, batch);
    const [milliseconds] = await timed(async () => {
      for (let epoch = 0; epoch < epochs; epoch++) await learner.epoch(examples);
    });
    learner.forget(examples);
    return { milliseconds: milliseconds / epochs };
  }

  /**
   * @param {Work} work
   * @param {number} stages
   * @returns {Promise<Timing>}
   */
  async stages({ photos, batch }, stages) {
    const learner = this.#learner(stages);
    const examples = learner.examples(photos, batch);
    try {
      const [milliseconds] = await timed(() => learner.epoch(examples));
      return { milliseconds: milliseconds / examples.length };
    } finally {
      learner.forget(examples);
    }
  }

  /** @param {ImageData[]} pictures */
  #features(pictures) {
    const { side } = this.#network;
    return this.#convolutions.pooled(
      this.#tf.tensor4d(interleaved(pictures, this.#network), [pictures.length, side, side, 3]),
    );
  }

  /** @param {number} stages */
  #learner(stages) {
    let learner = this.#learners.get(stages);
    if (!learner) this.#learners.set(stages, (learner = new Learner(this.#tf, this.#network, stages)));
    return learner;
  }
}
