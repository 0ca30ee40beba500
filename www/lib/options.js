// Generated from the Rust core's table of options by scripts/options.mjs; `./build.sh check` compares. Do not edit.

/** The options of a training: their names, what they may be, and what they mean. */
export const OPTIONS = /** @type {const} */ ([
  {
    name: "epochs",
    kind: "int",
    default: 100,
    min: 1,
    max: 1000,
    doc: {
      en: "The most passes over the photos; the held-out photos usually stop it earlier.",
      zh: "最多训练多少轮；通常会由留出的照片提前停止。",
    },
  },
  {
    name: "batchSize",
    kind: "int",
    default: 16,
    min: 1,
    max: 512,
    doc: {
      en: "Photos per step.",
      zh: "每一步使用的照片数。",
    },
  },
  {
    name: "learningRate",
    kind: "float",
    default: 0.003,
    min: 0.000001,
    max: 1,
    doc: {
      en: "Step size of the new output layer (AdamW). Pretrained stages move at a tenth of it.",
      zh: "新输出层的学习率（AdamW）；预训练的各阶段使用它的十分之一。",
    },
  },
  {
    name: "weightDecay",
    kind: "float",
    default: 0.01,
    min: 0,
    max: 1,
    doc: {
      en: "Decoupled weight decay: pulls weights towards zero.",
      zh: "解耦的权重衰减：把权重拉向零。",
    },
  },
  {
    name: "holdout",
    kind: "float",
    default: 0.2,
    min: 0,
    max: 0.5,
    doc: {
      en: "Fraction of each class held out to choose the number of epochs; 0 trains for all epochs without a score.",
      zh: "每个类别留出多少比例的照片来选择训练轮数；0 表示训练满全部轮数且没有得分。",
    },
  },
  {
    name: "patience",
    kind: "int",
    default: 10,
    min: 1,
    max: 1000,
    doc: {
      en: "Epochs without a clearly better validation loss before stopping.",
      zh: "验证损失连续多少轮没有明显改善就停止。",
    },
  },
  {
    name: "lastStages",
    kind: "int",
    default: 0,
    min: 0,
    max: 7,
    doc: {
      en: "How many of the backbone's last stages learn along with the output layer; 0 trains the output layer alone.",
      zh: "骨干网络最后多少个阶段与输出层一起训练；0 表示只训练输出层。",
    },
  },
  {
    name: "seed",
    kind: "int",
    default: 0,
    min: 0,
    max: 4294967295,
    doc: {
      en: "Seed of the initial weights, the split and the order of photos: the same seed gives the same result on the same device.",
      zh: "初始权重、划分和照片顺序的随机种子：同一设备上相同的种子得到相同的结果。",
    },
  },
]);
