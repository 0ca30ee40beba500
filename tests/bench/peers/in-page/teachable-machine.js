// Teachable Machine's recipe for pictures, with its libraries: MobileNetV2 (alpha 0.35) up to the pooled features of
// every photo, then two dense layers on top, 50 epochs, 15 % of every class held out for the score. Batch-norms are
// folded here, which spares it some time.

/** @import { Timing, Work } from "./timing.js" */
import { MOBILENET_V2_035 } from "./networks.js";
import { CLASSES, labelOf, photoFile } from "./photos.js";
import { Convolutions } from "./tf-network.js";
import { range, timed } from "./timing.js";

const EPOCHS = 50;
const BATCH = 16;
const LEARNING_RATE = 1e-3;
const HIDDEN = 100;
const HELD_OUT = 0.15;

/** @type {Convolutions | undefined} */
let network;

/**
 * From files to a classifier with its score on held-out photos.
 * @param {any} tf
 * @param {Work} work
 * @returns {Promise<Timing>}
 */
export async function teachableMachine(tf, { photos }) {
  network ??= new Convolutions(tf, MOBILENET_V2_035, MOBILENET_V2_035.blocks, false);
  const mobilenet = network;
  const files = await Promise.all(range(0, photos).map(photoFile));
  const [milliseconds, accuracy] = await timed(async () => {
    const features = [];
    for (const file of files) features.push(await embed(tf, mobilenet, await square(file)));
    return train(tf, features);
  });
  if (!(accuracy >= 0 && accuracy <= 1)) throw new Error(`the accuracy is ${accuracy}`);
  return { milliseconds };
}

/**
 * The middle of a photo at the size of the network.
 * @param {File} file
 */
async function square(file) {
  const { side } = MOBILENET_V2_035;
  const bitmap = await createImageBitmap(file);
  const shorter = Math.min(bitmap.width, bitmap.height);
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no canvas");
  context.drawImage(
    bitmap,
    (bitmap.width - shorter) / 2,
    (bitmap.height - shorter) / 2,
    shorter,
    shorter,
    0,
    0,
    side,
    side,
  );
  bitmap.close();
  return context.getImageData(0, 0, side, side);
}

/**
 * One by one, as the photos come.
 * @param {any} tf
 * @param {Convolutions} mobilenet
 * @param {ImageData} image
 * @returns {Promise<Float32Array>}
 */
async function embed(tf, mobilenet, image) {
  const pooled = tf.tidy(() => mobilenet.pooled(tf.browser.fromPixels(image).toFloat().div(127).sub(1).expandDims(0)));
  const values = await pooled.data();
  pooled.dispose();
  return values;
}

/**
 * @param {any} tf
 * @param {Float32Array[]} features
 * @returns {Promise<number>} the accuracy on the held-out photos
 */
async function train(tf, features) {
  /** @type {number[]} */ const heldOut = [];
  /** @type {number[]} */ const learn = [];
  for (const [label] of CLASSES.entries()) {
    const ofClass = range(0, features.length).filter((number) => labelOf(number) === label);
    const first = Math.ceil(HELD_OUT * ofClass.length);
    heldOut.push(...ofClass.slice(0, first));
    learn.push(...ofClass.slice(first));
  }
  /** @param {number[]} numbers */
  const examples = (numbers) => [
    tf.tensor2d(
      numbers.flatMap((number) => [.../** @type {Float32Array} */ (features[number])]),
      [numbers.length, MOBILENET_V2_035.features],
    ),
    tf.oneHot(tf.tensor1d(numbers.map(labelOf), "int32"), CLASSES.length).toFloat(),
  ];
  const [x, y] = examples(learn);
  const validationData = examples(heldOut);
  const kernelInitializer = tf.initializers.varianceScaling({});
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        inputShape: [MOBILENET_V2_035.features],
        units: HIDDEN,
        activation: "relu",
        kernelInitializer,
        useBias: true,
      }),
      tf.layers.dense({ units: CLASSES.length, activation: "softmax", kernelInitializer, useBias: false }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(LEARNING_RATE), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  // It would wait for a frame between batches otherwise.
  const { history } = await model.fit(x, y, { epochs: EPOCHS, batchSize: BATCH, validationData, yieldEvery: "never" });
  model.dispose();
  tf.dispose([x, y, ...validationData]);
  return history.val_acc.at(-1);
}
