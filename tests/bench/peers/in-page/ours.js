// lastlayer, through the API that any page uses. Its network runs in a worker; the way there and back is part of every
// time.

/** @import { Contestant, Timing, Work } from "./timing.js" */
/** @import { FineTuner } from "../../../../www/lib/fine-tuner.js" */
/** @import { TrainConfig, TrainEvent } from "../../../../www/lib/types/public.d.ts" */
/** @import { Network } from "./networks.js" */
import { networkOf } from "./networks.js";
import { CLASSES, labelOf, photoFile, wholePicture, wholePictureFile } from "./photos.js";
import { safetensorsFile } from "./safetensors-file.js";
import { medianOf, range, timed } from "./timing.js";

/** Pictures of each photo, in the case `embed-draws`: the photo and augmented draws. */
const DRAWS = 16;

/** Adapters that would take hours for what is done on a graphics card. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/**
 * @param {{ site: string, network: string, device: "cpu" | "webgpu", create?: object, hardware: boolean }} options
 *        `create`: more options of `FineTuner.create`; `hardware`: nothing but a graphics card will do for WebGPU
 * @returns {Promise<Contestant>}
 */
export async function open({ site, network: name, device, create, hardware }) {
  const network = networkOf(name);
  /** @type {typeof import("../../../../www/lib/index.js")} */
  const library = await import(`${site}lib.js`);
  // What is measured begins when it is asked for; but a whole job goes as on any page.
  const options = { device, ...(network.outputLayer ? { backbone: safetensorsFile(network) } : {}), ...create };
  const tuner = await library.FineTuner.create({ ...options, readAhead: false });
  /** @type {Promise<Bench> | undefined} */
  let usual;
  const asUsual = () => (usual ??= library.FineTuner.create(options).then((tuner) => new Bench(tuner, network)));
  const { info } = tuner;
  if (device === "webgpu" && hardware && SOFTWARE.test(info.adapter))
    throw new Error(`${info.adapter} is software: leave --hardware-gpu out`);
  if (info.backbone !== name) throw new Error(`the weights were taken for ${info.backbone}, not ${name}`);
  const bench = new Bench(tuner, network);
  return {
    about: `lastlayer ${info.version} (${info.device}${info.adapter && `, ${info.adapter}`})`,
    cases: {
      "embed-one": (work) => bench.embedOne(work),
      "embed-many": (work) => bench.embedMany(work),
      "embed-draws": (work) => bench.embedDraws(work),
      head: (work) => bench.head(work),
      "last-1": (work) => bench.stages(work, { regime: "last-k", lastStages: 1 }),
      "last-2": (work) => bench.stages(work, { regime: "last-k", lastStages: 2 }),
      full: (work) => bench.stages(work, { regime: "full" }),
      "first-answer": (work) => firstAnswer(() => library.FineTuner.create(options), work),
      "whole-job": async (work) => (await asUsual()).wholeJob(work, {}),
      "whole-job-plain": async (work) => (await asUsual()).wholeJob(work, { augment: 0 }),
    },
  };
}

/**
 * From files to the first answer of a classifier of them, which is provisional. It takes a FineTuner that has trained
 * nothing.
 * @param {() => Promise<FineTuner>} create
 * @param {Work} work
 * @returns {Promise<Timing>}
 */
async function firstAnswer(create, { photos }) {
  const tuner = await create();
  const files = await Promise.all(range(0, photos).map(photoFile));
  const start = performance.now();
  /** @type {Promise<number>} */
  const first = new Promise((resolve) => {
    const answer = async () => {
      await tuner.predict(/** @type {File} */ (files[0]), { model: "provisional" });
      resolve(performance.now());
    };
    tuner.addEventListener("provisional", () => void answer(), { once: true });
  });
  /** @type {Promise<number>} */
  const all = new Promise((resolve) => {
    tuner.addEventListener("provisional", () => tuner.provisional?.photos === photos && resolve(performance.now()));
  });
  await addTo(tuner, files);
  const [milliseconds, complete] = [(await first) - start, (await all) - start];
  tuner.close();
  return { milliseconds, note: `of all ${photos} photos after ${(complete / 1000).toFixed(1)} s` };
}

/**
 * Class by class, as from folders.
 * @param {FineTuner} tuner
 * @param {File[]} files
 */
async function addTo(tuner, files) {
  for (const [index, label] of CLASSES.entries()) {
    const ofClass = files.filter((_, number) => labelOf(number) === index);
    if (ofClass.length === 0) continue;
    const { added } = await tuner.add(ofClass, label);
    if (added.length < ofClass.length) throw new Error("a photo was not taken");
  }
}

class Bench {
  /** What the photos are for that are there, so that the next round of the same finds its cache. */
  #filledFor = "";

  #network;

  /**
   * @param {FineTuner} tuner
   * @param {Network} network
   */
  constructor(tuner, network) {
    this.tuner = tuner;
    this.#network = network;
  }

  /**
   * A picture to the five most probable of 1000 classes. Where the weights are those of the peers, all of them once.
   * @param {Work} work
   * @returns {Promise<Timing>}
   */
  async embedOne({ repeats }) {
    const image = wholePicture(0, this.#network);
    const [milliseconds] = await medianOf(repeats, () => this.tuner.predict(image, { topK: 5, model: "source" }));
    return this.#network.outputLayer ? { milliseconds, output: await this.#logProbabilities(image) } : { milliseconds };
  }

  /**
   * Of all classes, in their order: logits but for a constant.
   * @param {ImageData} image
   */
  async #logProbabilities(image) {
    const topK = this.#network.classes;
    const predictions = await this.tuner.predict(image, { topK, model: "source" });
    return predictions.sort((a, b) => a.index - b.index).map(({ probability }) => Math.log(probability));
  }

  /**
   * Pictures that have been added to cached features.
   * @param {Work} work
   * @returns {Promise<Timing>}
   */
  async embedMany({ photos }) {
    await this.#refill(photos, (number) => wholePictureFile(number, this.#network));
    return { milliseconds: (await this.#embedding({ augment: 0 })) / photos };
  }

  /**
   * The same with draws of a few photos.
   * @param {Work} work
   * @returns {Promise<Timing>}
   */
  async embedDraws({ photos }) {
    await this.#refill(photos / DRAWS, (number) => wholePictureFile(number, this.#network));
    return { milliseconds: (await this.#embedding({ augment: DRAWS - 1 })) / photos };
  }

  /** Milliseconds from the start of a training until all is embedded. @param {Partial<TrainConfig>} config */
  async #embedding(config) {
    const start = performance.now();
    let end = 0;
    await this.#train({ regime: "head", epochs: 1, holdout: 0, ...config }, (event) => {
      if (event.type === "embed" && event.done === event.total) end = performance.now();
    });
    if (!end) throw new Error("nothing was embedded");
    return end - start;
  }

  /**
   * A whole training of the output layer whose features are there.
   * @param {Work} work
   * @returns {Promise<Timing>}
   */
  async head({ photos, batch, epochs }) {
    await this.#embedded(photos, { regime: "head" });
    const [milliseconds] = await timed(() =>
      this.#train({ regime: "head", augment: 0, epochs, holdout: 0, batchSize: batch }),
    );
    return { milliseconds: milliseconds / epochs };
  }

  /**
   * Steps of the second epoch: the first is where everything is made for the first time.
   * @param {Work} work
   * @param {Partial<TrainConfig>} config
   * @returns {Promise<Timing>}
   */
  async stages({ photos, batch }, config) {
    await this.#embedded(photos, config);
    let [start, end] = [0, 0];
    await this.#train({ ...config, augment: 0, epochs: 2, holdout: 0, batchSize: batch }, (event) => {
      if (event.type === "epoch") start = performance.now();
      if (event.type === "done") end = performance.now();
    });
    return { milliseconds: (end - start) / Math.ceil(photos / batch) };
  }

  /**
   * From files to a classifier with the score of held-out photos.
   * @param {Work} work
   * @param {Partial<TrainConfig>} config
   * @returns {Promise<Timing>}
   */
  async wholeJob({ photos }, config) {
    await this.#empty();
    const files = await Promise.all(range(0, photos).map(photoFile));
    const [milliseconds, report] = await timed(async () => {
      await this.#add(files);
      return this.#train({ regime: "head", ...config });
    });
    if (!report.val) throw new Error("no score");
    return {
      milliseconds,
      note: `${report.config.augment} augmented draws a photo, ${report.epochsTried} + ${report.epochs} epochs`,
    };
  }

  /**
   * Photos whose activations are cached, where a stage is frozen.
   * @param {number} photos
   * @param {Partial<TrainConfig>} config
   */
  async #embedded(photos, config) {
    const purpose = JSON.stringify([photos, config]);
    if (this.#filledFor === purpose) return;
    await this.#refill(photos, (number) => wholePictureFile(number, this.#network));
    await this.#train({ ...config, augment: 0, epochs: 1, holdout: 0 });
    this.#filledFor = purpose;
  }

  /**
   * @param {number} photos
   * @param {(number: number) => Promise<File>} file
   */
  async #refill(photos, file) {
    await this.#empty();
    await this.#add(await Promise.all(range(0, photos).map(file)));
  }

  async #empty() {
    this.#filledFor = "";
    for (const label of this.tuner.classes) await this.tuner.removeClass(label);
  }

  /** @param {File[]} files */
  #add(files) {
    return addTo(this.tuner, files);
  }

  /**
   * @param {Partial<TrainConfig>} config
   * @param {(event: TrainEvent) => void} [onEvent]
   */
  #train(config, onEvent = () => {}) {
    return this.tuner.train(config, { onEvent });
  }
}
