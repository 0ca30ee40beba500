/** @import { ModelChoice } from "./types/public.d.ts" */
/** @import { Picture } from "./types/core.d.ts" */
/** @import { Calls, Handlers } from "./types/calls.d.ts" */
/** @import { Bench } from "./core-worker.js" */
/** @import { PhotoFiles } from "./photo-files.js" */
import { photoOf, photoOfFile } from "./decode.js";

/**
 * What is asked of a classifier, and the classifier itself: short calls, which are served between the steps of a run.
 */
export class Questions {
  #bench;
  #files;

  /**
   * @param {Bench} bench
   * @param {PhotoFiles} files
   */
  constructor(bench, files) {
    this.#bench = bench;
    this.#files = files;
  }

  handlers = /** @satisfies {Partial<Handlers>} */ ({
    predict: async ({ image, topK, model }) => {
      const { photo } = await photoOf(this.#bench.core, image, this.#toAsk(model));
      return this.#bench.core.predict(photo, topK, model);
    },
    answer: async ({ image, topK, model, id, next = [] }) => {
      const ofMany = id !== undefined && image instanceof Blob;
      const { photo } = ofMany
        ? await photoOfFile(await this.#files.turn({ id, blob: image }, next), this.#toAsk(model))
        : await photoOf(this.#bench.core, image, this.#toAsk(model));
      return this.#bench.core.answer(photo, topK, model);
    },
    explain: async ({ image, label, against, model }) => {
      const { photo } = await photoOf(this.#bench.core, image, this.#toAsk(model));
      const { seen, overlay, legend, ...numbers } = await this.#bench.core.explain(photo, label, against, model);
      return { ...numbers, seen: imageData(seen), overlay: imageData(overlay), legend: imageData(legend) };
    },
    draws: async ({ image, count, config }) => {
      const { core } = this.#bench;
      const source = typeof image === "number" ? this.#files.of(image).blob : image;
      const begin = (/** @type {number} */ width, /** @type {number} */ height) =>
        core.photoToDraw(width, height, config);
      const { photo, width, height, sha256 = "" } = await photoOf(core, source, begin);
      const { seen, crop, draws } = core.draws(photo, sha256, count, config);
      return { width, height, crop, seen: imageData(seen), draws: draws.map(imageData) };
    },
    featureMaps: async ({ image, stage, channels, model }) => {
      const { photo } = await photoOf(this.#bench.core, image, this.#toAsk(model));
      const {
        channels: found,
        seen,
        sheet,
        ...rest
      } = await this.#bench.core.featureMaps(photo, stage, channels, model);
      const drawn = found.map(({ picture, ...channel }) => ({ ...channel, picture: imageData(picture) }));
      return { ...rest, channels: drawn, seen: imageData(seen), sheet: imageData(sheet) };
    },
    nearest: (args) => this.#nearest(args),
    exportModel: () => this.#bench.core.exportModel(),
    exportSource: () => this.#bench.core.exportSource(),
    openModel: ({ bytes, own }) => this.#bench.core.openModel(bytes, own),
  });

  /**
   * The photos most like an image. What is not known yet of the session's own photos is found out first, one piece at a
   * time.
   * @param {Calls["nearest"]["args"]} args
   */
  async *#nearest({ image, count, model }) {
    while (await this.#bench.core.readFeatures(model)) yield;
    const { photo } = await photoOf(this.#bench.core, image, this.#toAsk(model));
    return this.#bench.core.nearest(photo, count, model);
  }

  /** @param {ModelChoice} model */
  #toAsk(model) {
    return (/** @type {number} */ width, /** @type {number} */ height) =>
      this.#bench.core.photoToAsk(width, height, model);
  }
}

/** @param {Picture} picture */
function imageData({ data, width, height }) {
  return new ImageData(data, width, height);
}
