// An ONNX file of one of our tables, folded convolution + Clip or Relu, for whatever number of pictures: field numbers as
// in onnx.proto.

/** @import { Activation, Layer, Network } from "./networks.js" */
import { denseWeights, outputSide, outputsFirst, weightsOf } from "./networks.js";

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
  for (const { layers, residual, shortcut, activation, pool } of network.blocks) {
    const before = x;
    for (const layer of layers) x = convolution(graph, layer, x);
    if (residual) x = graph.node("Add", [shortcut ? convolution(graph, shortcut, before) : before, x]);
    x = activated(graph, activation, x);
    if (pool) x = graph.node("MaxPool", [x], window(pool, [pool.padding, pool.padding]));
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
  const { depthwise, inputs, outputs } = layer;
  const { filter, bias } = weightsOf(layer);
  const { shape, values } = outputsFirst(layer, filter);
  const y = graph.node(
    "Conv",
    [x, graph.tensor(shape, values), graph.tensor([outputs], bias)],
    [...window(layer, paddings(layer)), integer("group", depthwise ? inputs : 1)],
  );
  return activated(graph, layer.activation, y);
}

/**
 * Before and after the map, along either axis.
 * @param {Layer} layer
 */
function paddings({ kernel, stride, side, padding }) {
  if (padding !== "same") return [padding, padding];
  // As TensorFlow pads SAME: what is odd goes to the right and to the bottom.
  const both = Math.max(0, (outputSide({ kernel, stride, side, padding }) - 1) * stride + kernel - side);
  return [Math.floor(both / 2), Math.ceil(both / 2)];
}

/**
 * Attributes of what goes over a map in windows.
 * @param {{ kernel: number, stride: number }} window
 * @param {number[]} paddings
 */
function window({ kernel, stride }, paddings) {
  const [before = 0, after = 0] = paddings;
  return [
    integers("kernel_shape", [kernel, kernel]),
    integers("strides", [stride, stride]),
    integers("pads", [before, before, after, after]),
  ];
}

/**
 * @param {Graph} graph
 * @param {Activation} activation
 * @param {string} x
 */
function activated(graph, activation, x) {
  if (activation === "relu") return graph.node("Relu", [x]);
  return activation === "relu6" ? graph.node("Clip", [x, graph.constant("zero", 0), graph.constant("six", 6)]) : x;
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
