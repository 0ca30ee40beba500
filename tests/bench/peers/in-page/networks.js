// The two architectures as tables, and random weights for them: what a network computes, and so what it costs, does not
// depend on them. Batch-norms are folded away, which is the best form a peer can have for inference.

/**
 * A convolution with its bias. `side` is that of its input; the padding is TensorFlow's SAME.
 * @typedef {object} Layer
 * @property {string} name
 * @property {boolean} depthwise  One filter for each channel; else every input feeds every output.
 * @property {number} inputs
 * @property {number} outputs
 * @property {number} kernel
 * @property {number} stride
 * @property {number} side
 * @property {boolean} relu6
 */

/**
 * Layers one after the other, with the block's input added to its output where `residual`.
 * @typedef {object} Block
 * @property {number} stage  The stem belongs to the first, as in timm; the last convolution comes after the last.
 * @property {boolean} residual
 * @property {Layer[]} layers
 */

/**
 * @typedef {object} Network
 * @property {Block[]} blocks
 * @property {number} stages
 * @property {number} features  Of the last convolution, averaged over all places.
 * @property {number} classes
 * @property {number} side      Of the picture.
 */

export const SIDE = 224;

/** Rows are `[expansion, kernel, stride, channels, blocks]`, as in `src/backbone/efficientnet_lite.rs`. */
export const LITE0 = network({
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
export const MOBILENET_V2_035 = network({
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

/**
 * @param {{
 *   stem: number,
 *   stages: [number, number, number, number, number][],
 *   features: number,
 *   classes: number,
 * }} table
 * @returns {Network}
 */
function network({ stem, stages, features, classes }) {
  let side = SIDE;
  let channels = 3;
  /** @type {Block[]} */
  const blocks = [];
  /** @param {string} name @param {Partial<Layer> & { outputs?: number }} layer @returns {Layer} */
  const convolution = (name, { depthwise = false, outputs = channels, kernel = 1, stride = 1, relu6 = true }) => {
    const layer = { name, depthwise, inputs: channels, outputs, kernel, stride, side, relu6 };
    side = Math.ceil(side / stride);
    channels = outputs;
    return layer;
  };
  blocks.push({ stage: 0, residual: false, layers: [convolution("stem", { outputs: stem, kernel: 3, stride: 2 })] });
  for (const [stage, [expansion, kernel, firstStride, outputs, count]] of stages.entries()) {
    for (let index = 0; index < count; index++) {
      const stride = index === 0 ? firstStride : 1;
      const name = `${stage}.${index}`;
      const residual = stride === 1 && channels === outputs;
      const expand = expansion === 1 ? [] : [convolution(`${name}.expand`, { outputs: channels * expansion })];
      const depthwise = convolution(`${name}.depthwise`, { depthwise: true, kernel, stride });
      blocks.push({
        stage,
        residual,
        layers: [...expand, depthwise, convolution(`${name}.project`, { outputs, relu6: false })],
      });
    }
  }
  blocks.push({ stage: stages.length, residual: false, layers: [convolution("head", { outputs: features })] });
  return { blocks, stages: stages.length, features, classes, side: SIDE };
}

/**
 * What one picture costs.
 * @param {Network} network
 */
export function multiplyAdds({ blocks, features, classes }) {
  const layers = blocks.flatMap((block) => block.layers);
  const convolutions = layers.reduce(
    (sum, layer) => sum + Math.ceil(layer.side / layer.stride) ** 2 * filterSize(layer) * layer.outputs,
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
  const scale = Math.sqrt((layer.relu6 ? 2 : 1) / filterSize(layer));
  const filter = Float32Array.from({ length: filterSize(layer) * layer.outputs }, () => scale * normal());
  const bias = Float32Array.from({ length: layer.outputs }, () => 0.1 * normal());
  return { filter, bias };
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
