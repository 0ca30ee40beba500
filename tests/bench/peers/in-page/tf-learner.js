/** @import { Network } from "./networks.js" */
import { denseWeights } from "./networks.js";
import { CLASSES, interleaved, labelOf, picture } from "./photos.js";
import { Convolutions, read } from "./tf-network.js";
import { batches } from "./timing.js";

/** The last stages, the last convolution where there are any, and a new output layer, taught by Adam. */
export class Learner {
  #tf;
  #network;
  #suffix;

  /**
   * @param {any} tf
   * @param {Network} network
   * @param {number} stages
   */
  constructor(tf, network, stages) {
    this.#tf = tf;
    this.#network = network;
    const blocks = stages === 0 ? [] : network.blocks.filter(({ stage }) => stage >= network.stages - stages);
    this.#suffix = stages === 0 ? null : new Convolutions(tf, network, blocks, true);
    this.pictures = stages === network.stages;
    const first = blocks[0]?.layers[0];
    /** Of one photo at the split. */
    this.shape = first ? [first.side, first.side, first.inputs] : [network.features];
    const { matrix, bias } = denseWeights(network.features, CLASSES.length);
    this.head = {
      matrix: tf.variable(tf.tensor2d(matrix, [network.features, CLASSES.length])),
      bias: tf.variable(tf.tensor1d(bias)),
    };
    this.parameters = [...(this.#suffix?.parameters ?? []), this.head.matrix, this.head.bias];
    this.optimizer = tf.train.adam(1e-4);
  }

  /**
   * Batches of cached activations, or of pictures where every stage learns: those are normalised and sent when their
   * turn comes.
   * @param {number} photos
   * @param {number} batch
   * @returns {{ x: () => any, labels: any, cached: any }[]}
   */
  examples(photos, batch) {
    const tf = this.#tf;
    return batches(photos, batch).map((numbers) => {
      const labels = tf.oneHot(tf.tensor1d(numbers.map(labelOf), "int32"), CLASSES.length).toFloat();
      const shape = [numbers.length, ...this.shape];
      if (this.pictures) {
        const pictures = numbers.map((number) => picture(number, this.#network));
        return { x: () => tf.tensor(interleaved(pictures, this.#network), shape), labels, cached: null };
      }
      const cached = tf.randomNormal(shape);
      return { x: () => cached, labels, cached };
    });
  }

  /** @param {ReturnType<Learner["examples"]>} examples */
  forget(examples) {
    for (const { labels, cached } of examples) this.#tf.dispose([labels, cached]);
  }

  /**
   * One pass, and its mean loss read back.
   * @param {ReturnType<Learner["examples"]>} examples
   */
  async epoch(examples) {
    const tf = this.#tf;
    const losses = examples.map(({ x, labels }) =>
      tf.tidy(() =>
        this.optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, this.#logits(x())), true, this.parameters),
      ),
    );
    const [loss = Number.NaN] = await read(tf.tidy(() => tf.mean(tf.stack(losses))));
    tf.dispose(losses);
    if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
  }

  /** @param {any} x */
  #logits(x) {
    const features = this.#suffix ? this.#suffix.pooled(x) : x;
    return this.#tf.add(this.#tf.matMul(features, this.head.matrix), this.head.bias);
  }
}
