// A weights file of one of our tables under timm's names, as lastlayer takes it: safetensors, with the numbers that the
// peers compute with.

/** @import { Network } from "./networks.js" */
import { denseWeights, layersOf, outputsFirst, weightsOf } from "./networks.js";

/** Of the batch-norms. */
const EPSILON = 1e-5;

/** @typedef {{ name: string, shape: number[], values: Float32Array<ArrayBuffer> }} Tensor */

/**
 * @param {Network} network
 * @returns {Blob}
 */
export function safetensorsFile(network) {
  const tensors = tensorsOf(network);
  let end = 0;
  const header = JSON.stringify(
    Object.fromEntries(
      tensors.map(({ name, shape, values }) => {
        const start = end;
        end += values.byteLength;
        return [name, { dtype: "F32", shape, data_offsets: [start, end] }];
      }),
    ),
  );
  const padded = new TextEncoder().encode(header.padEnd(8 * Math.ceil(header.length / 8)));
  const length = BigUint64Array.of(BigInt(padded.length)); // browsers run on little-endian machines
  return new Blob([length, padded, ...tensors.map(({ values }) => values)]);
}

/**
 * @param {Network} network
 * @returns {Tensor[]}
 */
function tensorsOf({ blocks, features, classes, outputLayer }) {
  /** @type {Tensor[]} */
  const tensors = [];
  /** @param {string} name @param {number[]} shape @param {Float32Array} values */
  const add = (name, shape, values) => tensors.push({ name, shape, values: new Float32Array(values) });
  for (const layer of layersOf(blocks)) {
    const { name, norm, outputs } = layer;
    const { filter, bias } = weightsOf(layer);
    const { shape, values } = outputsFirst(layer, filter);
    add(`${name}.weight`, shape, values);
    add(norm ? `${norm}.bias` : `${name}.bias`, [outputs], bias);
    if (!norm) continue;
    // What is folded into the convolution is one then.
    add(`${norm}.weight`, [outputs], new Float32Array(outputs).fill(1));
    add(`${norm}.running_mean`, [outputs], new Float32Array(outputs));
    add(`${norm}.running_var`, [outputs], new Float32Array(outputs).fill(1 - EPSILON));
  }
  const { matrix, bias } = denseWeights(features, classes);
  const weight = new Float32Array(matrix.length);
  for (let output = 0; output < classes; output++) {
    for (let input = 0; input < features; input++)
      weight[output * features + input] = /** @type {number} */ (matrix[input * classes + output]);
  }
  add(`${outputLayer}.weight`, [classes, features], weight);
  add(`${outputLayer}.bias`, [classes], bias);
  return tensors;
}
