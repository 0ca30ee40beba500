// Generated from the Rust core's table of options by scripts/options.mjs; `./build.sh check` compares. Do not edit.

/** The options of a training: their names, what they may be, and what they mean. */
export const OPTIONS = /** @type {const} */ ([
  {
    name: "regime",
    kind: "choice",
    default: "auto",
    choices: ["auto", "head", "last-k", "full", "scratch"],
    doc: {
      en: "How much of the network learns: head (the output layer alone), last-k (the last stages too), full (all stages), scratch (all stages, from random weights, to compare with), or auto, which decides by the photos and the device.",
      zh: "网络中参与训练的部分：head（只训练输出层）、last-k（连同最后几个阶段）、full（所有阶段）、scratch（所有阶段，从随机权重开始，用于比较），或 auto（根据照片和设备决定）。",
    },
  },
  {
    name: "timeLimit",
    kind: "float",
    default: 120,
    min: 1,
    max: 86400,
    doc: {
      en: "Seconds that a training which is left to auto should take at most.",
      zh: "选择 auto 时，训练最多使用的秒数。",
    },
  },
  {
    name: "epochs",
    kind: "int",
    default: 0,
    min: 0,
    max: 1000,
    doc: {
      en: "Passes over the photos; with patience the most there may be. 0 lets the regime choose.",
      zh: "训练多少轮；设置了早停耐心时是上限。0 表示由训练方式决定。",
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
      en: "Fraction of each class held out for the score, and, with patience, to choose the number of epochs; 0 trains without a score.",
      zh: "每个类别留出多少比例的照片用于评分，设置了早停耐心时还用来选择轮数；0 表示没有得分。",
    },
  },
  {
    name: "patience",
    kind: "int",
    default: 0,
    min: 0,
    max: 1000,
    doc: {
      en: "When the output layer learns alone: epochs without a clearly better validation loss before stopping, at a constant rate; the best epoch is kept. 0 goes through all epochs at a falling rate, which is better with few photos.",
      zh: "只训练输出层时：以恒定的学习率训练，验证损失连续多少轮没有明显改善就停止，并采用最好的一轮。0 表示以逐渐降低的学习率训练满全部轮数，照片少时效果更好。",
    },
  },
  {
    name: "lastStages",
    kind: "int",
    default: 0,
    min: 0,
    max: 7,
    doc: {
      en: "How many of the backbone's last stages learn along with the output layer; 0 lets the regime choose.",
      zh: "骨干网络最后多少个阶段与输出层一起训练；0 表示由训练方式决定。",
    },
  },
  {
    name: "features",
    kind: "choice",
    default: "auto",
    choices: ["auto", "last", "several"],
    doc: {
      en: "What the output layer sees: last (the average of the last layer's map), several (averages and largest values of the last layers' maps), or auto: several where it learns alone, last otherwise.",
      zh: "输出层看到什么：last（最后一层特征图的平均值）、several（最后几层特征图的平均值和最大值），或 auto（只训练输出层时用 several，否则用 last）。",
    },
  },
  {
    name: "inputSize",
    kind: "int",
    default: 0,
    min: 0,
    max: 512,
    doc: {
      en: "Side in pixels of the picture that the network sees, at least 64. Only scratch may choose: the pretrained stages know theirs. 0 lets the regime choose.",
      zh: "网络看到的图片边长（像素），至少 64。只有 scratch 可以选择，预训练的各阶段有固定的大小。0 表示由训练方式决定。",
    },
  },
  {
    name: "framing",
    kind: "choice",
    default: "crop",
    choices: ["crop", "pad", "squash"],
    doc: {
      en: "How a photo that is not square becomes one: crop keeps its centre, pad adds bars, squash changes its proportions.",
      zh: "非正方形的照片如何变成正方形：crop 保留中间部分，pad 加上边条，squash 改变长宽比。",
    },
  },
  {
    name: "augment",
    kind: "int",
    default: -1,
    min: -1,
    max: 32,
    doc: {
      en: "Augmented draws of each photo to learn from as well: other crops, angles, colours. Each is embedded once, so it costs as much as another photo; where no stage is frozen, every epoch draws anew instead. 0 does without; -1 lets the regime choose.",
      zh: "每张照片额外生成多少个增强版本用于学习：不同的裁剪、角度和颜色。每个版本只计算一次特征，代价相当于多一张照片；没有冻结的阶段时，每一轮都重新生成。0 表示不使用，-1 表示由训练方式决定。",
    },
  },
  {
    name: "flip",
    kind: "int",
    default: 1,
    min: 0,
    max: 1,
    doc: {
      en: "1 lets augmentation mirror photos; 0 does not, for hand signs, text and whatever else has a left and a right.",
      zh: "1 表示增强时可以左右镜像；手势、文字等左右有别的内容请设为 0。",
    },
  },
  {
    name: "flipAverage",
    kind: "int",
    default: 0,
    min: 0,
    max: 1,
    doc: {
      en: "1 lets the classifier look at every photo and at its mirror image and average what it sees: a little better, twice the time. Not where left and right mean something.",
      zh: "1 表示分类时同时查看照片及其镜像并取平均：略准一些，时间加倍。左右有别的内容不适用。",
    },
  },
  {
    name: "labelSmoothing",
    kind: "float",
    default: 0,
    min: 0,
    max: 0.5,
    doc: {
      en: "How much of each label is spread over all classes, against overconfidence.",
      zh: "把每个标签的多少比例分摊给所有类别，以避免过度自信。",
    },
  },
  {
    name: "dropout",
    kind: "float",
    default: 0,
    min: 0,
    max: 0.9,
    doc: {
      en: "Fraction of the features that the output layer must do without at each step.",
      zh: "每一步中输出层要放弃的特征比例。",
    },
  },
  {
    name: "balance",
    kind: "int",
    default: 1,
    min: 0,
    max: 1,
    doc: {
      en: "1 weighs classes equally when the largest has more than twice the photos of the smallest; 0 never does.",
      zh: "1 表示最大类别的照片数超过最小类别两倍时，各类别权重相等；0 表示从不调整。",
    },
  },
  {
    name: "seed",
    kind: "int",
    default: 0,
    min: 0,
    max: 4294967295,
    doc: {
      en: "Seed of the initial weights, the hold-out and the order of photos: the same seed gives the same result on the same device.",
      zh: "初始权重、留出的照片和照片顺序的随机种子：同一设备上相同的种子得到相同的结果。",
    },
  },
]);
