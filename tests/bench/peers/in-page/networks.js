// The architectures as tables, and random weights for them: what a network computes, and so what it costs, does not
// depend on them. Batch-norms are folded away, which is the best form a peer can have for inference.

/**
 * A convolution with its bias. `side` is that of its input.
 * @typedef {object} Layer
 * @property {string} name        Of those with weights that lastlayer reads from a file, the one there.
 * @property {string} norm        What the batch-norm folded into it is called there, if there is one.
 * @property {boolean} depthwise  One filter for each channel; else every input feeds every output.
 * @property {number} inputs
 * @property {number} outputs
 * @property {number} kernel
 * @property {number} stride
 * @property {"same" | number} padding  As TensorFlow's SAME, or so many on each side.
 * @property {number} side
 * @property {Activation} activation
 */

/** @typedef {"linear" | "relu" | "relu6"} Activation */

/** The largest of each window; `padding` on each side. @typedef {{ kernel: number, stride: number, padding: number }} Pool */

/**
 * Layers one after the other. Where `residual`, the block's input is added to their output, through the convolution
 * `shortcut` if there is one, and then comes `activation`; at last `pool`.
 *
 * @typedef {object} Block
 * @property {number} stage  The stem belongs to the first, as in timm; the last convolution comes after the last.
 * @property {Layer[]} layers
 * @property {boolean} residual
 * @property {Layer | null} shortcut
 * @property {Activation} activation
 * @property {Pool | null} pool
 */

/**
 * How a photo becomes the network's input: its shorter side is made `resized` pixels long, the middle taken, and of each
 * colour `mean` is subtracted and `std` divided by.
 *
 * @typedef {object} Input
 * @property {number} resized
 * @property {[number, number, number]} mean
 * @property {[number, number, number]} std
 */

/**
 * @typedef {object} Network
 * @property {string} title
 * @property {Block[]} blocks
 * @property {number} stages
 * @property {number} features  Of the last block, averaged over all places.
 * @property {number} classes
 * @property {number} side      Of the picture.
 * @property {Input} input
 * @property {string} [outputLayer]  Its name in a file with these random weights, which lastlayer reads. Where there is
 *                                   none, lastlayer has the weights of the site.
 */

export const SIDE = 224;

/** @type {Input} */
const MINUS_ONE_TO_ONE = { resized: SIDE, mean: [127, 127, 127], std: [128, 128, 128] };
/** As torchvision's networks were pretrained. @type {Input} */
const IMAGENET = { resized: 256, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };

/** Layers one after the other: how many channels there are by then, and the side of the map. */
class Chain {
  channels = 3;
  side = SIDE;

  /** @param {{ padding?: Layer["padding"], activation: Activation }} usual  What a convolution has by default. */
  constructor({ padding = 0, activation }) {
    this.usual = { padding, activation };
  }

  /** Another one that goes on from here. */
  copy() {
    return Object.assign(new Chain(this.usual), { channels: this.channels, side: this.side });
  }

  /** @param {string} name @param {Partial<Omit<Layer, "name" | "inputs" | "side">>} layer @returns {Layer} */
  convolution(
    name,
    {
      norm = "",
      depthwise = false,
      outputs = this.channels,
      kernel = 1,
      stride = 1,
      padding = this.usual.padding,
      activation = this.usual.activation,
    },
  ) {
    const { channels: inputs, side } = this;
    const layer = { name, norm, depthwise, inputs, outputs, kernel, stride, padding, side, activation };
    this.side = outputSide(layer);
    this.channels = outputs;
    return layer;
  }

  /** @param {Pool} pool */
  pool(pool) {
    this.side = outputSide({ ...pool, side: this.side });
    return pool;
  }
}

/** Rows are `[expansion, kernel, stride, channels, blocks]`, as in `src/backbone/efficientnet_lite.rs`. */
export const LITE0 = invertedResiduals({
  title: "EfficientNet-Lite0",
  stem: 32,
  stages: [
    [1, 3, 1, 16, 1],
    [6, 3, 2, 24, 2],
    [6, 5, 2, 40, 2],
    [6, 3, 2, 80, 3],
    [6, 5, 1, 112, 3],
    [6, 5, 2, 192, 4],
    [6, 3, 1, 320, 1],
  ],
  features: 1280,
  classes: 1000,
});

/**
 * MobileNetV2 with alpha 0.35, whose channels are multiples of eight: what Teachable Machine computes features with.
 */
export const MOBILENET_V2_035 = invertedResiduals({
  title: "MobileNetV2 0.35",
  stem: 16,
  stages: [
    [1, 3, 1, 8, 1],
    [6, 3, 2, 8, 2],
    [6, 3, 2, 16, 3],
    [6, 3, 2, 24, 4],
    [6, 3, 1, 32, 3],
    [6, 3, 2, 56, 3],
    [6, 3, 1, 112, 1],
  ],
  features: 1280,
  classes: 0,
});

export const RESNET18 = resnet18();

/** Its convolutions; instead of its three fully connected layers there is one on the average over all places. */
export const VGG16 = vgg16();

/** What is compared, by lastlayer's names. @type {Record<string, Network>} */
export const NETWORKS = { efficientnet_lite0: LITE0, resnet18: RESNET18, vgg16: VGG16 };

/** @param {string} name */
export function networkOf(name) {
  const network = NETWORKS[name];
  if (!network) throw new Error(`there is no network “${name}”`);
  return network;
}

/**
 * @param {{
 *   title: string,
 *   stem: number,
 *   stages: [number, number, number, number, number][],
 *   features: number,
 *   classes: number,
 * }} table
 * @returns {Network}
 */
function invertedResiduals({ title, stem, stages, features, classes }) {
  const chain = new Chain({ padding: "same", activation: "relu6" });
  const blocks = [block(0, [chain.convolution("stem", { outputs: stem, kernel: 3, stride: 2 })])];
  for (const [stage, [expansion, kernel, firstStride, outputs, count]] of stages.entries()) {
    for (let index = 0; index < count; index++) {
      const stride = index === 0 ? firstStride : 1;
      const name = `${stage}.${index}`;
      const { channels } = chain;
      const residual = stride === 1 && channels === outputs;
      const expand = expansion === 1 ? [] : [chain.convolution(`${name}.expand`, { outputs: channels * expansion })];
      const depthwise = chain.convolution(`${name}.depthwise`, { depthwise: true, kernel, stride });
      const project = chain.convolution(`${name}.project`, { outputs, activation: "linear" });
      blocks.push(block(stage, [...expand, depthwise, project], { residual }));
    }
  }
  blocks.push(block(stages.length, [chain.convolution("head", { outputs: features })]));
  return { title, blocks, stages: stages.length, features, classes, side: SIDE, input: MINUS_ONE_TO_ONE };
}

/** As in `src/backbone/resnet.rs`. @returns {Network} */
function resnet18() {
  const chain = new Chain({ activation: "relu" });
  const stem = chain.convolution("conv1", { norm: "bn1", outputs: 64, kernel: 7, stride: 2, padding: 3 });
  const blocks = [block(0, [stem], { pool: chain.pool({ kernel: 3, stride: 2, padding: 1 }) })];
  const stages = [64, 128, 256, 512];
  for (const [stage, outputs] of stages.entries()) {
    for (const index of [0, 1]) {
      const name = `layer${stage + 1}.${index}`;
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const window = { outputs, kernel: 3, padding: 1 };
      const project = chain.channels === outputs ? null : chain.copy();
      const layers = [
        chain.convolution(`${name}.conv1`, { ...window, norm: `${name}.bn1`, stride }),
        chain.convolution(`${name}.conv2`, { ...window, norm: `${name}.bn2`, activation: "linear" }),
      ];
      const norm = `${name}.downsample.1`;
      const shortcut = project?.convolution(`${name}.downsample.0`, { norm, outputs, stride, activation: "linear" });
      blocks.push(block(stage, layers, { residual: true, shortcut: shortcut ?? null, activation: "relu" }));
    }
  }
  return {
    title: "ResNet-18",
    blocks,
    stages: stages.length,
    features: 512,
    classes: 1000,
    side: SIDE,
    input: IMAGENET,
    outputLayer: "fc",
  };
}

/** As in `src/backbone/vgg.rs`. @returns {Network} */
function vgg16() {
  const chain = new Chain({ activation: "relu" });
  /** `[convolutions, channels]`. */
  const stages = /** @type {const} */ ([
    [2, 64],
    [2, 128],
    [3, 256],
    [3, 512],
    [3, 512],
  ]);
  // Convolutions, activations and poolings are numbered straight through.
  let number = 0;
  const blocks = stages.map(([convolutions, outputs], stage) => {
    const layers = Array.from({ length: convolutions }, () => {
      const layer = chain.convolution(`features.${number}`, { outputs, kernel: 3, padding: 1 });
      number += 2;
      return layer;
    });
    number += 1;
    return block(stage, layers, { pool: chain.pool({ kernel: 2, stride: 2, padding: 0 }) });
  });
  return {
    title: "VGG-16",
    blocks,
    stages: stages.length,
    features: 512,
    classes: 1000,
    side: SIDE,
    input: IMAGENET,
    outputLayer: "head.fc",
  };
}

/**
 * @param {number} stage
 * @param {Layer[]} layers
 * @param {Partial<Block>} [more]
 * @returns {Block}
 */
function block(stage, layers, more = {}) {
  return { stage, layers, residual: false, shortcut: null, activation: "linear", pool: null, ...more };
}

/**
 * All convolutions of blocks.
 * @param {Block[]} blocks
 */
export function layersOf(blocks) {
  return blocks.flatMap(({ layers, shortcut }) => (shortcut ? [...layers, shortcut] : layers));
}

/**
 * Side of the map that comes out.
 * @param {{ side: number, kernel: number, stride: number, padding: Layer["padding"] }} window
 */
export function outputSide({ side, kernel, stride, padding }) {
  return padding === "same" ? Math.ceil(side / stride) : Math.floor((side + 2 * padding - kernel) / stride) + 1;
}

/**
 * What one picture costs.
 * @param {Network} network
 */
export function multiplyAdds({ blocks, features, classes }) {
  const convolutions = layersOf(blocks).reduce(
    (sum, layer) => sum + outputSide(layer) ** 2 * filterSize(layer) * layer.outputs,
    0,
  );
  return convolutions + features * classes;
}

/**
 * Numbers that feed one output.
 * @param {Layer} layer
 */
function filterSize({ depthwise, inputs, kernel }) {
  return kernel * kernel * (depthwise ? 1 : inputs);
}

/**
 * Random weights that keep the activations' size (He et al., 2015), so that no number is so small that a processor
 * takes its slow path. The same for the same name.
 *
 * @param {Layer} layer
 * @returns {{ filter: Float32Array, bias: Float32Array }} `filter`: `[kernel, kernel, inputs, outputs]`, of a depthwise
 *          one `[kernel, kernel, channels]`
 */
export function weightsOf(layer) {
  const normal = normalNumbers(layer.name);
  const scale = Math.sqrt((layer.activation === "linear" ? 1 : 2) / filterSize(layer));
  const filter = Float32Array.from({ length: filterSize(layer) * layer.outputs }, () => scale * normal());
  const bias = Float32Array.from({ length: layer.outputs }, () => 0.1 * normal());
  return { filter, bias };
}

/**
 * A filter as PyTorch and ONNX have it, `[outputs, inputs, kernel, kernel]`, of a depthwise one `[channels, 1, kernel,
 * kernel]`.
 *
 * @param {Layer} layer
 * @param {Float32Array} filter  As `weightsOf` draws it.
 * @returns {{ shape: number[], values: Float32Array }}
 */
export function outputsFirst({ depthwise, inputs: all, outputs, kernel }, filter) {
  const [places, inputs] = [kernel * kernel, depthwise ? 1 : all];
  const values = new Float32Array(filter.length);
  let end = 0;
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let place = 0; place < places; place++)
        values[end++] = /** @type {number} */ (filter[(place * inputs + input) * outputs + output]);
    }
  }
  return { shape: [outputs, inputs, kernel, kernel], values };
}

/**
 * Of the output layer.
 * @param {number} inputs
 * @param {number} outputs
 * @returns {{ matrix: Float32Array, bias: Float32Array }} `matrix`: `[inputs, outputs]`
 */
export function denseWeights(inputs, outputs) {
  const normal = normalNumbers(`dense ${inputs} ${outputs}`);
  const matrix = Float32Array.from({ length: inputs * outputs }, () => normal() / Math.sqrt(inputs));
  return { matrix, bias: new Float32Array(outputs) };
}

/**
 * The same uniform numbers in 0..1 for the same seed (mulberry32).
 * @param {number} seed
 */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {string} name */
function normalNumbers(name) {
  const random = randomNumbers(
    [...name].reduce((hash, letter) => Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0), 7),
  );
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
