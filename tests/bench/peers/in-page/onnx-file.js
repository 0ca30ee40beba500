// An ONNX file of one of our tables, folded convolution + Clip, for whatever number of pictures: field numbers as in
// onnx.proto.

/** @import { Layer, Network } from "./networks.js" */
import { denseWeights, weightsOf } from "./networks.js";

/** Wire types of protobuf. */
const [VARINT, BYTES] = [0, 2];
const [ATTRIBUTE_INT, ATTRIBUTE_INTS] = [2, 7];
const TENSOR_FLOAT = 1;
const IR_VERSION = 8;
const OPSET = 17;

/**
 * @param {Network} network
 * @param {{ classifier: boolean }} options  Whether the output is logits, or the pooled features before them.
 * @returns {Uint8Array}
 */
export function onnxFile(network, { classifier }) {
  const graph = new Graph();
  let x = "input";
  for (const { layers, residual } of network.blocks) {
    const before = x;
    for (const layer of layers) x = convolution(graph, layer, x);
    if (residual) x = graph.node("Add", [before, x]);
  }
  x = graph.node("GlobalAveragePool", [x]);
  x = graph.node("Flatten", [x]);
  const outputs = classifier ? network.classes : network.features;
  if (classifier) {
    const { matrix, bias } = denseWeights(network.features, network.classes);
    x = graph.node("Gemm", [
      x,
      graph.tensor([network.features, network.classes], matrix),
      graph.tensor([network.classes], bias),
    ]);
  }
  graph.node("Identity", [x], [], "output");
  const input = value("input", ["batch", 3, network.side, network.side]);
  return message([
    number(1, IR_VERSION),
    text(2, "lastlayer benchmark"),
    field(
      7,
      message([...graph.parts, text(2, "network"), field(11, input), field(12, value("output", ["batch", outputs]))]),
    ),
    field(8, message([number(2, OPSET)])),
  ]);
}

/**
 * @param {Graph} graph
 * @param {Layer} layer
 * @param {string} x
 */
function convolution(graph, layer, x) {
  const { depthwise, inputs, outputs, kernel, stride, side, relu6 } = layer;
  const { filter, bias } = weightsOf(layer);
  const perGroup = depthwise ? 1 : inputs;
  // As TensorFlow pads SAME: what is odd goes to the right and to the bottom.
  const padding = Math.max(0, (Math.ceil(side / stride) - 1) * stride + kernel - side);
  const [before, after] = [Math.floor(padding / 2), Math.ceil(padding / 2)];
  const weight = graph.tensor(
    [outputs, perGroup, kernel, kernel],
    outputsFirst(filter, kernel * kernel * perGroup, outputs, kernel * kernel, perGroup),
  );
  const y = graph.node(
    "Conv",
    [x, weight, graph.tensor([outputs], bias)],
    [
      integers("kernel_shape", [kernel, kernel]),
      integers("strides", [stride, stride]),
      integers("pads", [before, before, after, after]),
      integer("group", depthwise ? inputs : 1),
    ],
  );
  return relu6 ? graph.node("Clip", [y, graph.constant("zero", 0), graph.constant("six", 6)]) : y;
}

/**
 * `[places, inputs, outputs]` as `[outputs, inputs, places]`.
 * @param {Float32Array} filter
 * @param {number} rows
 * @param {number} outputs
 * @param {number} places
 * @param {number} inputs
 */
function outputsFirst(filter, rows, outputs, places, inputs) {
  const out = new Float32Array(filter.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let place = 0; place < places; place++)
        out[output * rows + input * places + place] = /** @type {number} */ (
          filter[(place * inputs + input) * outputs + output]
        );
    }
  }
  return out;
}

class Graph {
  /** Encoded fields of the GraphProto. @type {Uint8Array[]} */
  parts = [];
  #names = 0;
  /** @type {Set<string>} */
  #constants = new Set();

  /**
   * @param {string} operator
   * @param {string[]} inputs
   * @param {Uint8Array[]} [attributes]
   * @param {string} [output]
   */
  node(operator, inputs, attributes = [], output = `${operator}${this.#names++}`) {
    this.parts.push(
      field(
        1,
        message([
          ...inputs.map((name) => text(1, name)),
          text(2, output),
          text(3, `node ${output}`),
          text(4, operator),
          ...attributes.map((attribute) => field(5, attribute)),
        ]),
      ),
    );
    return output;
  }

  /**
   * @param {number[]} dims
   * @param {Float32Array} values
   */
  tensor(dims, values, name = `weight${this.#names++}`) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.parts.push(
      field(
        5,
        message([...dims.map((dim) => number(1, dim)), number(2, TENSOR_FLOAT), text(8, name), field(9, bytes)]),
      ),
    );
    return name;
  }

  /**
   * A scalar, once.
   * @param {string} name
   * @param {number} value
   */
  constant(name, value) {
    if (!this.#constants.has(name)) this.tensor([], Float32Array.of(value), name);
    this.#constants.add(name);
    return name;
  }
}

/**
 * A ValueInfoProto.
 * @param {string} name
 * @param {(number | string)[]} dims
 */
function value(name, dims) {
  const shape = message(dims.map((dim) => field(1, typeof dim === "number" ? number(1, dim) : text(2, dim))));
  return message([text(1, name), field(2, message([field(1, message([number(1, TENSOR_FLOAT), field(2, shape)]))]))]);
}

/**
 * @param {string} name
 * @param {number} value
 */
function integer(name, value) {
  return message([text(1, name), number(3, value), number(20, ATTRIBUTE_INT)]);
}

/**
 * @param {string} name
 * @param {number[]} values
 */
function integers(name, values) {
  return message([text(1, name), ...values.map((value) => number(8, value)), number(20, ATTRIBUTE_INTS)]);
}

/** @param {Uint8Array[]} parts */
function message(parts) {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    out.set(part, end);
    end += part.length;
  }
  return out;
}

/**
 * @param {number} id
 * @param {Uint8Array} bytes
 */
function field(id, bytes) {
  return message([varint((id << 3) | BYTES), varint(bytes.length), bytes]);
}

/**
 * @param {number} id
 * @param {string} string
 */
function text(id, string) {
  return field(id, new TextEncoder().encode(string));
}

/**
 * @param {number} id
 * @param {number} value
 */
function number(id, value) {
  return message([varint((id << 3) | VARINT), varint(value)]);
}

/** @param {number} value  Not negative. */
function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
  return Uint8Array.from(bytes);
}
