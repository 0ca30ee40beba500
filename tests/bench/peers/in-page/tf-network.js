// A network in TensorFlow.js's operations.

/** @import { Block, Layer, Network } from "./networks.js" */
import { layersOf, weightsOf } from "./networks.js";

/** A row of blocks. */
export class Convolutions {
  #tf;
  /** @type {Map<Layer, { filter: any, bias: any }>} */
  #weights = new Map();

  /**
   * @param {any} tf
   * @param {Network} network
   * @param {Block[]} blocks
   * @param {boolean} learn
   */
  constructor(tf, network, blocks, learn) {
    this.#tf = tf;
    this.network = network;
    this.blocks = blocks;
    for (const layer of layersOf(blocks)) {
      const { filter, bias } = weightsOf(layer);
      const { depthwise, inputs, outputs, kernel } = layer;
      const shape = depthwise ? [kernel, kernel, inputs, 1] : [kernel, kernel, inputs, outputs];
      const tensors = { filter: tf.tensor4d(filter, shape), bias: tf.tensor1d(bias) };
      this.#weights.set(
        layer,
        learn ? { filter: tf.variable(tensors.filter), bias: tf.variable(tensors.bias) } : tensors,
      );
    }
  }

  get parameters() {
    return [...this.#weights.values()].flatMap(({ filter, bias }) => [filter, bias]);
  }

  /**
   * Averages over all places of the last block's output: `[pictures, features]`.
   * @param {any} x
   */
  pooled(x) {
    const tf = this.#tf;
    for (const { layers, residual, shortcut, activation, pool } of this.blocks) {
      const before = x;
      for (const layer of layers) x = this.#layer(layer, x);
      if (residual) x = tf.add(x, shortcut ? this.#layer(shortcut, before) : before);
      if (activation !== "linear") x = tf[activation](x);
      if (pool) x = tf.maxPool(x, pool.kernel, pool.stride, pool.padding);
    }
    return tf.mean(x, [1, 2]);
  }

  /**
   * @param {Layer} layer
   * @param {any} x
   */
  #layer(layer, x) {
    const { filter, bias } = /** @type {{ filter: any, bias: any }} */ (this.#weights.get(layer));
    const { fused } = this.#tf;
    const convolution = layer.depthwise ? fused.depthwiseConv2d : fused.conv2d;
    return convolution({
      x,
      filter,
      bias,
      strides: layer.stride,
      pad: layer.padding,
      activation: layer.activation,
    });
  }
}

/**
 * The numbers of a tensor, which is let go of.
 * @param {any} tensor
 * @returns {Promise<Float32Array>}
 */
export async function read(tensor) {
  const values = await tensor.data();
  tensor.dispose();
  return values;
}
