// Weights files as PyTorch and safetensors write them, of a ResNet-18 with drawn weights under the names of timm and
// torchvision.

/** @typedef {{ name: string, shape: number[], values: Float32Array }} Tensor */

/**
 * @param {number} classes
 * @returns {Tensor[]}
 */
export function resnet18(classes) {
  const random = generator(7);
  /** @type {Tensor[]} */
  const tensors = [];
  /** @param {string} name @param {number[]} shape @param {() => number} value */
  const add = (name, shape, value) => {
    const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, value);
    tensors.push({ name, shape, values });
  };
  /** @param {string} conv @param {string} norm @param {number} outputs @param {number} inputs @param {number} kernel */
  const layer = (conv, norm, outputs, inputs, kernel) => {
    const spread = Math.sqrt(24 / (inputs * kernel * kernel));
    add(`${conv}.weight`, [outputs, inputs, kernel, kernel], () => (random() - 0.5) * spread);
    add(`${norm}.weight`, [outputs], () => 0.5 + 0.5 * random());
    add(`${norm}.bias`, [outputs], () => random() - 0.5);
    add(`${norm}.running_mean`, [outputs], () => 0.5 * (random() - 0.5));
    add(`${norm}.running_var`, [outputs], () => 0.5 + random());
  };
  layer("conv1", "bn1", 64, 3, 7);
  let inputs = 64;
  for (const [index, channels] of [64, 128, 256, 512].entries()) {
    for (const block of [0, 1]) {
      const prefix = `layer${index + 1}.${block}`;
      layer(`${prefix}.conv1`, `${prefix}.bn1`, channels, inputs, 3);
      layer(`${prefix}.conv2`, `${prefix}.bn2`, channels, channels, 3);
      if (inputs !== channels) layer(`${prefix}.downsample.0`, `${prefix}.downsample.1`, channels, inputs, 1);
      inputs = channels;
    }
  }
  add("fc.weight", [classes, 512], () => 0.1 * (random() - 0.5));
  add("fc.bias", [classes], () => 0);
  return tensors;
}

/** Numbers from 0 to 1, the same ones every time (mulberry32). @param {number} seed */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {Tensor[]} tensors */
export function safetensors(tensors) {
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
  const padded = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...tensors.map(({ values }) => bytesOf(values))]);
}

/** What `torch.save(model.state_dict(), …)` writes: a zip of a pickle and of the numbers. @param {Tensor[]} tensors */
export function pth(tensors) {
  const files = [
    { name: "archive/data.pkl", bytes: stateDict(tensors) },
    { name: "archive/byteorder", bytes: Buffer.from("little") },
    ...tensors.map(({ values }, key) => ({ name: `archive/data/${key}`, bytes: bytesOf(values) })),
    { name: "archive/version", bytes: Buffer.from("3\n") },
  ];
  return zip(files);
}

/** @param {Float32Array} values */
function bytesOf(values) {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

/** The pickle, protocol 2. @param {Tensor[]} tensors */
function stateDict(tensors) {
  const op = (/** @type {string} */ text) => Buffer.from(text, "latin1");
  /** @param {string} text */
  const string = (text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([op("X"), length, bytes]);
  };
  /** @param {number} value */
  const integer = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return Buffer.concat([op("J"), bytes]);
  };
  /** @param {Buffer[]} items */
  const tuple = (items) => Buffer.concat([op("("), ...items, op("t")]);
  const orderedDict = op("ccollections\nOrderedDict\n)R");
  const items = tensors.flatMap(({ name, shape, values }, key) => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
    const storage = [
      string("storage"),
      op("ctorch\nFloatStorage\n"),
      string(String(key)),
      string("cpu"),
      integer(values.length),
    ];
    const rebuilt = [
      Buffer.concat([tuple(storage), op("Q")]),
      integer(0),
      tuple(shape.map(integer)),
      tuple(strides.map(integer)),
      op("\x89"),
      orderedDict,
    ];
    return [string(name), op("ctorch._utils\n_rebuild_tensor_v2\n"), tuple(rebuilt), op("R")];
  });
  return Buffer.concat([op("\x80\x02"), orderedDict, op("("), ...items, op("u.")]);
}

/** Without compression, as PyTorch does. @param {{ name: string, bytes: Buffer }[]} files */
function zip(files) {
  /** @type {Buffer[]} */ const parts = [];
  /** @type {Buffer[]} */ const directory = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const title = Buffer.from(name);
    const sizes = Buffer.alloc(14);
    sizes.writeUInt32LE(bytes.length, 4);
    sizes.writeUInt32LE(bytes.length, 8);
    sizes.writeUInt16LE(title.length, 12);
    const local = Buffer.concat([Buffer.from("504b03041400000000000000", "hex"), Buffer.alloc(2), sizes]);
    const start = offset;
    parts.push(local, Buffer.alloc(2), title, bytes);
    offset += local.length + 2 + title.length + bytes.length;
    const place = Buffer.alloc(16);
    place.writeUInt32LE(start, 12);
    const entry = Buffer.concat([Buffer.from("504b0102140014000000000000000000", "hex"), sizes]);
    directory.push(entry, place, title);
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}
