/** @import { AddReport, Advice, Answer, Comparison, Draws, ErrorCode, Evaluation } from "./types/public.d.ts" */
/** @import { ExportFormat, ExportOptions } from "./types/public.d.ts" */
/** @import { Explanation, FeatureMaps, FeaturesOf, Impression, Info, Layout, ModelChoice, Nearest, Photo } from "./types/public.d.ts" */
/** @import { Prediction, Progress, Report, Restored, RunConfig, Snapshot, TestReport, TestRow } from "./types/public.d.ts" */
/** @import { TrainConfig, TrainEvent } from "./types/public.d.ts" */
/** @import { Caller, ProvisionalEvent } from "./types/calls.d.ts" */
/** @import { CreateOptions } from "./create-options.js" */
import { clock } from "./clock.js";
import { Connection } from "./connection.js";
import { checkLabels, checkWorkers, resolvedBackbone } from "./create-options.js";
import { failed } from "./download.js";
import { fromMessage, interrupted, isDeath, isImageError, isModelError } from "./errors.js";
import { LastLayerError, throwIfAborted } from "./errors.js";
import { nameOf } from "./file-name.js";
import { Following } from "./following.js";
import { cleanLabel } from "./label.js";
import { Learning } from "./learning.js";
import { Mirror } from "./mirror.js";
import { spawn } from "./spawn.js";
import { testAll } from "./test-all.js";
import { unreadable } from "./unreadable.js";

/** This many milliseconds after the last photo was added, reading ahead begins. */
const QUIET = 500;

/**
 * Fine-tunes an image classifier in this browser. Everything heavy runs in a worker, and no image leaves the machine.
 *
 * Every method rejects with a {@link LastLayerError}. A call whose signal is aborted rejects with code `cancelled` once
 * the worker has given it up, and everything works on. A worker that dies rejects the open calls (`worker-crashed`,
 * `device-lost`); the next call starts a new one, which gets the photos and the classifier of the old. A training of
 * more than a few seconds goes on in the new worker by itself, from the last of the checkpoints that are kept
 * meanwhile.
 *
 * Events (`CustomEvent`, with `detail`):
 * - `change`: photos, classes, report, stale, evaluation, provisional or checkpoint changed.
 * - `provisional`: an {@link Impression}: there is a first classifier of the photos that were added, or a better one.
 * - `progress`: {@link Progress} of photos being added.
 * - `train`: {@link TrainEvent}, of trainings, cross-validations and comparisons.
 * - `checkpoint`: a `Blob`, from which {@link FineTuner#resume} goes on: to be stored by pages that want to survive
 *   their tab.
 * - `restart`: a new worker took over; `{ code, lost }`, why, and the photos whose files can no longer be read.
 */
export class FineTuner extends EventTarget {
  #mirror = new Mirror();
  #connection;
  /** Of photos, and of other files that the worker is told of before their turn. */
  #nextId = 1;
  /** Ends the wait until nothing more is added. */
  #stopWaiting = () => {};
  #learning;

  /**
   * Use {@link FineTuner.create}: an instance is of no use before its worker has started.
   * @param {CreateOptions} options
   */
  constructor({
    device = "auto",
    backbone = "efficientnet_lite0",
    labels,
    baseUrl = ".",
    workers,
    readAhead = true,
    startWorker = spawn,
  }) {
    super();
    checkWorkers(workers);
    checkLabels(labels, backbone);
    // Bundled, this script lies in the folder that is served.
    const base = new URL(baseUrl, import.meta.url).href;
    const options = {
      device,
      backbone: resolvedBackbone(backbone),
      labels: labels && [...labels],
      workers,
      readAhead,
      baseUrl: base.endsWith("/") ? base : `${base}/`,
    };
    this.#connection = new Connection(options, startWorker, (worker, code) => this.#restore(worker, code));
    this.#learning = new Learning(this.#connection, this.#mirror, {
      change: (apply) => this.#change(apply),
      dispatch: (type, detail) => this.#dispatch(type, detail),
    });
  }

  /**
   * Downloads what is needed, chooses the device and starts the worker. Where a graphics device has not answered for
   * twenty seconds it is given up: `auto` goes to the CPU (`info.reason` says why). A cancellation ends the worker at
   * once. Rejects with `download-failed`, `weights-corrupt`, `weights-mismatch`, `weights-unsupported`,
   * `webgpu-unavailable` (only where `webgpu` was asked for), `invalid-option` (`workers`, or `labels` that are not as
   * many as the network has outputs) or `cancelled`.
   *
   * @param {CreateOptions} [options]
   * @returns {Promise<FineTuner>}
   */
  static async create(options = {}) {
    const tuner = new FineTuner(options);
    await tuner.#connection.open(options.signal, options.onProgress);
    return tuner;
  }

  /** The device, why it was chosen, and the source model. @returns {Info} */
  get info() {
    const { info } = this.#connection;
    if (!info) throw new LastLayerError("internal", "A FineTuner is made by FineTuner.create().");
    return info;
  }

  /** @returns {readonly Photo[]} */
  get photos() {
    return this.#mirror.photos;
  }

  /** Labels in order of creation, those of empty classes too. @returns {readonly string[]} */
  get classes() {
    return this.#mirror.classes;
  }

  /** Of the last finished training. @returns {Report | null} */
  get report() {
    return this.#mirror.report;
  }

  /** True where photos or classes have changed since that training. */
  get stale() {
    return this.#mirror.stale;
  }

  /**
   * Of the last cross-validation; null again as soon as photos or classes change (a new name is no change), a training
   * has ended or a model was opened.
   * @returns {Evaluation | null}
   */
  get evaluation() {
    return this.#mirror.evaluation;
  }

  /**
   * What the first classifier is made of and how good it seems: it is there a moment after photos of two classes were
   * added, is kept up to date while more arrive, and answers where `model: "provisional"` asks it. A training takes its
   * place. Null where there is none: also where `create` was told to read nothing ahead, or the device is too slow.
   * @returns {Impression | null}
   */
  get provisional() {
    return this.#mirror.provisional;
  }

  /**
   * Where a training can be continued: the paused one, or the last state kept of one that a crash has ended. Null again
   * when a training has ended or was cancelled, and after {@link FineTuner#discard}.
   * @returns {Blob | null}
   */
  get checkpoint() {
    return this.#mirror.checkpoint;
  }

  /**
   * Adds an empty class. Rejects with `class-exists`, `invalid-label` or `busy` (a training runs), as the other changes
   * do.
   * @param {string} label
   */
  async addClass(label) {
    label = cleanLabel(label);
    await this.#connection.call("addClass", { label });
    this.#change(() => this.#mirror.addedClass(label));
  }

  /**
   * What the folders of files mean, by the rule of the page and the command line: the first level below what everything
   * lies in are the classes, however deep a file lies; `train`, `val` and `test` with class folders in them are parts
   * of a data set; hidden and system files are nobody's. Adds nothing: see {@link FineTuner#add}.
   *
   * @param {Iterable<string>} paths  Relative, with slashes, as `webkitRelativePath`. A file without a folder is its
   *   name alone.
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Layout>}
   */
  async arrange(paths, { signal } = {}) {
    return this.#connection.call("arrange", { paths: [...paths] }, { signal });
  }

  /**
   * Adds photos to a class, which is made where there is none of that name. Whatever cannot be used is listed in the
   * report, the rest goes in. Where it is cancelled or ends otherwise, what had gone in before stays, and the rejection
   * (an {@link InterruptedError}) has the report so far in `report`. Unless `create` was told otherwise, the photos are
   * then read in the background, with the augmented draws that a training like the last one (with the defaults before
   * one) asks for, until a training begins: it finds them read.
   *
   * @param {Iterable<Blob>} files
   * @param {string} label
   * @param {{ signal?: AbortSignal, onProgress?: (progress: Progress) => void }} [options]
   * @returns {Promise<AddReport>}
   */
  async add(files, label, { signal, onProgress } = {}) {
    label = cleanLabel(label);
    const list = [...files].map((blob, position) => ({
      id: this.#nextId++,
      name: nameOf(blob, position),
      label,
      blob,
    }));
    /** @type {AddReport} */
    const report = { added: [], duplicates: [], failed: [], notes: [] };
    this.#progress(0, list.length, onProgress);
    // One by one, so that the worker can answer something else in between; the next ones are decoded meanwhile.
    const work = this.#inOrder(list, async (next) => {
      for (const [position, photo] of list.entries()) {
        try {
          const { duplicateOf, note } = await this.#connection.call(
            "addPhoto",
            { ...photo, next: next(position) },
            { signal, onEvent: this.#made },
          );
          const of = duplicateOf === undefined ? undefined : this.#mirror.photo(duplicateOf);
          if (of) {
            report.duplicates.push({ name: photo.name, label, of });
          } else {
            report.added.push(photo);
            if (note) report.notes.push({ name: photo.name, code: note });
            this.#change(() => this.#mirror.addedPhoto(photo));
          }
        } catch (error) {
          if (!isImageError(error)) throw error;
          report.failed.push({ name: photo.name, error });
        }
        this.#progress(position + 1, list.length, onProgress);
      }
    });
    await work.catch((error) => {
      throw interrupted(error, report);
    });
    return report;
  }

  /**
   * Rejects with `unknown-photo`, then nothing was removed.
   * @param {Iterable<number>} ids
   */
  async remove(ids) {
    const list = [...ids];
    await this.#connection.call("remove", { ids: list });
    this.#change(() => this.#mirror.removed(list));
    this.#readAhead();
  }

  /**
   * Removes a class and its photos. Rejects with `unknown-class`.
   * @param {string} label
   */
  async removeClass(label) {
    label = cleanLabel(label);
    const ids = this.photos.filter((photo) => photo.label === label).map(({ id }) => id);
    await this.#connection.call("removeClass", { label, ids });
    this.#change(() => this.#mirror.removedClass(label));
    this.#readAhead();
  }

  /**
   * Gives a class another name, in the classifier too where that was trained with it: no new training is needed. A
   * model file that was opened keeps its own names. Rejects with `unknown-class`, `invalid-label` or `class-exists`:
   * also where the classifier was trained with another class of that name, which was removed since (`params.removed`).
   * @param {string} from
   * @param {string} to
   */
  async rename(from, to) {
    [from, to] = [cleanLabel(from), cleanLabel(to)];
    await this.#connection.call("rename", { from, to });
    const model = this.#mirror.model && (await this.#connection.call("exportModel"));
    this.#change(() => {
      this.#mirror.renamed(from, to);
      this.#mirror.model = model;
    });
  }

  /**
   * The photos whose files can no longer be read, because they were changed, moved or deleted since they were added. A
   * training that needs one of them rejects with `photo-unreadable`; the others go on once these are
   * {@link FineTuner#remove}d. Reads one byte of each file.
   * @returns {Promise<Photo[]>}
   */
  async checkFiles() {
    return unreadable(this.photos);
  }

  /**
   * Moves photos to another class, which is made where there is none of that name.
   * Rejects with `unknown-photo` or `invalid-label`, then nothing was moved.
   * @param {Iterable<number>} ids
   * @param {string} label
   */
  async move(ids, label) {
    const list = [...ids];
    label = cleanLabel(label);
    await this.#connection.call("move", { ids: list, label });
    this.#change(() => this.#mirror.moved(list, label));
    this.#readAhead();
  }

  /**
   * Looks at the photos and at the device and says what to train: a regime with its settings, how long it should take
   * here, and the reasons, each with its number. Trains nothing; the photos are embedded on the way, which a training
   * does not repeat. What `config` holds is kept, and its `timeLimit` respected. Takes a few seconds more than
   * embedding the photos. Rejects as `train` does.
   *
   * @param {Partial<TrainConfig>} [config]
   * @param {{ signal?: AbortSignal, onEvent?: (event: TrainEvent) => void }} [options]
   * @returns {Promise<Advice>}
   */
  async advise(config = {}, { signal, onEvent } = {}) {
    return this.#connection.call("advise", { config: defined(config) }, { signal, onEvent: this.#forward(onEvent) });
  }

  /**
   * Fine-tunes on the photos. Unless `config` says what is to learn (`regime`, or `lastStages`), the photos are asked
   * first, as {@link FineTuner#advise} does, and the report has the advice. Photos that were embedded before are not
   * read again. Rejects with `too-few-classes`, `empty-class`, `invalid-option`, `busy`, `cancelled` or `paused`, or
   * with `photo-unreadable` (see {@link FineTuner#checkFiles}) before it begins; where a file goes bad in its midst,
   * {@link FineTuner#checkpoint} has what there was until then, for when the photo is there again. The classifier from
   * before is then still there. Where the worker dies, a new one takes the training up at the last checkpoint (kept
   * after epochs, every two seconds and for at most a twentieth of the time); it rejects with the worker's end only
   * where there is none since the last time.
   *
   * @param {Partial<TrainConfig>} [config]  What is left out takes its default from `OPTIONS`.
   * @param {{ signal?: AbortSignal, onEvent?: (event: TrainEvent) => void }} [options]
   * @returns {Promise<Report>}
   */
  async train(config = {}, { signal, onEvent } = {}) {
    return this.#learning.train(defined(config), { signal, onEvent });
  }

  /**
   * Pauses the training under way: its promise rejects with `paused`, and this one resolves to a checkpoint
   * (safetensors), from which {@link FineTuner#resume} goes on, here or in another tab, to the very result that it
   * would have had. Predictions are answered meanwhile. Photos can be changed, but have to be as they were to go on.
   * Resolves to null where no training has begun, as while it is still advised.
   * @returns {Promise<Blob | null>}
   */
  async pause() {
    const bytes = await this.#connection.call("pause");
    return bytes && this.#learning.keep(bytes);
  }

  /**
   * Goes on with a training: with the one that was paused or interrupted here (the default), or with one of an earlier
   * tab. The photos and classes must be those that it was begun with, whatever their order. Resolves as
   * {@link FineTuner#train} would have, and sends its events after a first one of the type `resumed`; nothing is
   * advised again. Rejects as `train` does, with `no-checkpoint`, `checkpoint-corrupt`, or `checkpoint-mismatch` for
   * other photos, classes or another backbone.
   *
   * @param {Blob | null} [checkpoint]
   * @param {{ signal?: AbortSignal, onEvent?: (event: TrainEvent) => void }} [options]
   * @returns {Promise<Report>}
   */
  async resume(checkpoint = this.checkpoint, { signal, onEvent } = {}) {
    if (this.#connection.closed) throw this.#connection.closed;
    if (!checkpoint)
      throw new LastLayerError(
        "no-checkpoint",
        "There is no training to continue: pause one first, or give its checkpoint.",
      );
    return this.#learning.resume(checkpoint, { signal, onEvent });
  }

  /** Gives a paused or interrupted training up. */
  async discard() {
    this.#change(() => (this.#mirror.checkpoint = null));
    await this.#connection.call("discard");
  }

  /**
   * Cross-validates the last training on the photos as they are: in each of `folds` folds the layers that learn are
   * taught afresh without the photos of the fold, for as many epochs as that training chose, and then judge these. So
   * every photo is judged once, by a classifier that saw neither it nor a near-duplicate of it. Where the classifier
   * was taught on these very photos by this worker (`applied`), its probabilities are calibrated from then on and it
   * knows what is none of its classes (see {@link FineTuner#answer}); its file says so, too.
   *
   * `folds`: from 2 to the number of photos; default (or null) five, or as many as the smallest class has photos.
   * `rejectRate`: which fraction of photos of its classes “none of these” may cost, 0 to 0.5; default 0.05.
   *
   * Takes about as long as `folds` trainings. Predictions are answered meanwhile. Rejects with `no-classifier` (nothing
   * was trained here), `too-few-photos`, `too-few-classes`, `empty-class`, `invalid-option`, `busy` or `cancelled`;
   * nothing has changed then.
   *
   * @param {{
   *   folds?: number | null,
   *   rejectRate?: number,
   *   signal?: AbortSignal,
   *   onEvent?: (event: TrainEvent) => void,
   * }} [options]
   * @returns {Promise<Evaluation>}
   */
  async evaluate({ folds, rejectRate, signal, onEvent } = {}) {
    // Named, and not left to the core to remember: a new worker knows nothing of the training.
    const { config: train, epochs } = this.#mirror.report ?? {};
    const options = { folds, rejectRate, train, epochs };
    const { evaluation, model } = await this.#connection.call("evaluate", options, {
      signal,
      onEvent: this.#forward(onEvent),
    });
    this.#change(() => this.#mirror.evaluated(evaluation, model));
    return evaluation;
  }

  /**
   * Trains in several ways on the same photos and judges each on the same others: what a regime, augmentation or
   * another option is worth on these photos. Every run has a fixed number of epochs, so none chooses its best on the
   * photos it is judged by; where `epochs` is left out they are 30 for `head`, 10 for `last-k`, 4 for `full` and 20 for
   * `scratch`, and `scratch` sees 96 pixels. Nothing is kept: classifier, report and evaluation stay as they are, and
   * answer meanwhile.
   *
   * A run whose config says nothing of what is to learn is advised first, as in `train`, and has the settings of that
   * advice.
   *
   * `runs`: two to six, of different names. `holdout`: the fraction of every class held out, above 0 to 0.5; default a
   * third, since a difference takes more photos to show than an accuracy. `seed`: of the photos held out, and of runs
   * whose config names none; default 0. Rejects with `too-few-classes`, `empty-class`, `too-few-photos`,
   * `invalid-option`, `busy`, `photo-unreadable` or `cancelled`. Runs that were over by then are not lost: the rejection
   * is an {@link InterruptedError} with their comparison in `report`.
   *
   * @param {RunConfig[]} runs
   * @param {{ holdout?: number, seed?: number, signal?: AbortSignal, onEvent?: (event: TrainEvent) => void }} [options]
   * @returns {Promise<Comparison>}
   */
  async compare(runs, { holdout, seed, signal, onEvent } = {}) {
    const options = { runs: runs.map(({ name, config = {} }) => ({ name, config: defined(config) })), holdout, seed };
    const forward = this.#forward(onEvent);
    let soFar = /** @type {Comparison | null} */ (null);
    try {
      return await this.#connection.call("compare", options, {
        signal,
        onEvent: (event) => {
          if (event.type === "comparedSoFar") soFar = event.comparison;
          forward(event);
        },
      });
    } catch (error) {
      throw soFar ? interrupted(error, soFar) : error;
    }
  }

  /**
   * As `predict`, and whether the image is of any class at all: `unknown` is true where it is less like the nearest
   * class than all but `rejectRate` of the held-out photos were. It takes a cross-validation to tell; before one,
   * `similarity` is null and `unknown` false.
   *
   * @param {Blob | ImageBitmap | ImageData} image
   * @param {{ topK?: number, model?: ModelChoice, signal?: AbortSignal }} [options]
   * @returns {Promise<Answer>}
   */
  async answer(image, { topK = 5, model = "auto", signal } = {}) {
    const answer = await this.#connection.call("answer", { image, topK, model }, { signal });
    throwIfAborted(signal);
    return answer;
  }

  /**
   * What is on the image: the `topK` best classes (fewer where there are fewer), best first.
   * Rejects with one of the image codes, `no-classifier` (model `trained` before a training) or `cancelled`.
   *
   * @param {Blob | ImageBitmap | ImageData} image
   * @param {{ topK?: number, model?: ModelChoice, signal?: AbortSignal }} [options]
   * @returns {Promise<Prediction[]>}
   */
  async predict(image, { topK = 5, model = "auto", signal } = {}) {
    const predictions = await this.#connection.call("predict", { image, topK, model }, { signal });
    throwIfAborted(signal);
    return predictions;
  }

  /**
   * Why the classifier answers as it does: where in the image the evidence for a class lies. The output layer is linear
   * on features that are averaged over places, so this is no approximation. Takes about as long as `predict`.
   *
   * `class`: the label asked about; default the first guess. `against`: the label it is compared with; default the
   * average of all. Rejects with `unknown-class`, `invalid-option` (a class against itself), one of the image codes,
   * `no-classifier` or `cancelled`.
   *
   * @param {Blob | ImageBitmap | ImageData} image
   * @param {{ class?: string, against?: string, model?: ModelChoice, signal?: AbortSignal }} [options]
   * @returns {Promise<Explanation>}
   */
  async explain(image, { class: label, against, model = "auto", signal } = {}) {
    const explanation = await this.#connection.call("explain", { image, label, against, model }, { signal });
    throwIfAborted(signal);
    return explanation;
  }

  /**
   * The training photos most like an image, in the eyes of the network, the most alike first. Compared are those that
   * it has read for a training; a new worker has read none until the next one. Rejects with `invalid-option` (a `count`
   * of 0), one of the image codes, `no-classifier` or `cancelled`.
   *
   * @param {Blob | ImageBitmap | ImageData} image
   * @param {{ count?: number, model?: ModelChoice, signal?: AbortSignal }} [options]
   * @returns {Promise<Nearest>}
   */
  async nearest(image, { count = 5, model = "auto", signal } = {}) {
    const { neighbours, ...found } = await this.#connection.call("nearest", { image, count, model }, { signal });
    throwIfAborted(signal);
    return {
      ...found,
      neighbours: neighbours.flatMap(({ id, label, similarity }) => {
        const photo = this.#mirror.photo(id);
        return photo ? [{ photo, label, similarity }] : [];
      }),
    };
  }

  /**
   * What the network sees of a photo in a training with these options, and the first `count` augmented draws of it.
   * Given a photo of this FineTuner by its id, or its file, these are the pictures that such a training learns from.
   * Nothing is computed but pixels. Rejects with `unknown-photo`, `invalid-option` (a `count` above 64, or as `train`
   * does), one of the image codes or `cancelled`.
   *
   * @param {number | Blob | ImageBitmap | ImageData} image  The id of a photo, or an image.
   * @param {{ count?: number, options?: Partial<TrainConfig>, signal?: AbortSignal }} [options]
   * @returns {Promise<Draws>}
   */
  async draws(image, { count = 8, options = {}, signal } = {}) {
    const draws = await this.#connection.call("draws", { image, count, config: defined(options) }, { signal });
    throwIfAborted(signal);
    return draws;
  }

  /**
   * What a stage of the network responds to in an image: the `channels` channels of it (128 at most) that vary most
   * over the image, as grey pictures. `stage`: `"0"` to the last of `info.stages`, or `"conv_head"`. Shallow stages
   * respond to edges and colours, deep ones to parts of things. Takes at most about as long as `predict`. Rejects with
   * `invalid-option`, one of the image codes, `no-classifier` or `cancelled`.
   *
   * @param {Blob | ImageBitmap | ImageData} image
   * @param {{ stage?: string | number, channels?: number, model?: ModelChoice, signal?: AbortSignal }} [options]
   * @returns {Promise<FeatureMaps>}
   */
  async featureMaps(image, { stage = "0", channels = 15, model = "auto", signal } = {}) {
    const maps = await this.#connection.call(
      "featureMaps",
      { image, stage: String(stage), channels, model },
      { signal },
    );
    throwIfAborted(signal);
    return maps;
  }

  /**
   * Predicts many files, one by one, and scores them where `labels` names their true class (see {@link scoreRows} for
   * which rows count). A file that cannot be used gets a row with its error. Where it is cancelled or ends otherwise,
   * the rejection (an {@link InterruptedError}) has the rows so far, scored, in `report`.
   *
   * @param {Iterable<Blob>} files
   * @param {{ labels?: (string | null)[], topK?: number, model?: ModelChoice, signal?: AbortSignal,
   *           onResult?: (row: TestRow, done: number, total: number) => void }} [options]
   * @returns {Promise<TestReport>}
   */
  async predictAll(files, { labels = [], topK = 5, model = "auto", signal, onResult } = {}) {
    const list = [...files].map((blob) => ({ id: this.#nextId++, blob }));
    return this.#inOrder(list, (next) => {
      const answer = async (/** @type {number} */ position) => {
        const { id, blob: image } = /** @type {typeof list[0]} */ (list[position]);
        const answer = await this.#connection.call(
          "answer",
          { image, id, next: next(position), topK: Math.max(topK, 5), model },
          { signal },
        );
        throwIfAborted(signal);
        return answer;
      };
      labels = labels.map((label) => label && cleanLabel(label));
      // The source model's labels are not ours to compare with: it was never shown these classes.
      const { labels: trained, provisional } = this.#mirror;
      const known = model === "source" ? [] : model === "provisional" ? (provisional?.classes ?? []) : trained;
      return testAll(
        list.map(({ blob }) => blob),
        answer,
        { labels, topK, known, onResult },
      );
    });
  }

  /**
   * The classifier as a model file (safetensors: the output layer, the labels, the hash of the weights it belongs to;
   * after a cross-validation the temperature and what “none of these” needs). Rejects with `no-classifier` before a
   * training.
   * @returns {Promise<Blob>}
   */
  async export() {
    return new Blob([this.#model()], { type: "application/octet-stream" });
  }

  /**
   * The network as it is now, trained, as a weights file (4 MB and more): the source model of the next task, for
   * `FineTuner.create({ backbone })`. It answers with its own classes there until something is trained on top of it, and
   * what is trained then opens again with the backbone of this FineTuner alone. Rejects with `no-classifier` before a
   * training.
   * @returns {Promise<Blob>}
   */
  async exportSource() {
    this.#model();
    return new Blob([await this.#connection.call("exportSource")], { type: "application/octet-stream" });
  }

  /**
   * The model for programs that know nothing of this one: ONNX, safetensors for PyTorch, its output layer alone, a model
   * card, or a zip of all that somebody needs to use it and to check that it works (see {@link ExportFormat} and
   * {@link ExportOptions}). What `lastlayer export` writes of the same model file are the same bytes. It takes a worker
   * and a module of its own (0.2 MB), which are loaded when this is first called; training and predictions go on
   * meanwhile. Rejects with `no-classifier` before a training, `invalid-option` (also where half precision does not hold
   * a weight), `download-failed` or `cancelled`.
   *
   * @param {ExportFormat} format
   * @param {ExportOptions} [options]
   * @returns {Promise<Blob>}
   */
  async exportAs(format, options = {}) {
    if (this.#connection.closed) throw this.#connection.closed;
    const url = this.#connection.addressOf("late/export-as.js");
    const late = await /** @type {Promise<typeof import("./exporting/export-as.js")>} */ (import(url)).catch(
      (error) => {
        throw failed(url, String(error));
      },
    );
    // A bundle of its own has classes of its own: errors cross as messages.
    return late.exportAs(this.#connection, this.info, this.#mirror, format, options).catch((error) => {
      throw fromMessage(error);
    });
  }

  /**
   * Opens a model file: predictions come from it from now on. Rejects with `model-corrupt` or `model-mismatch`, then
   * nothing changes.
   * @param {Blob} file
   * @returns {Promise<{ labels: string[] }>}
   */
  async open(file) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { labels } = await this.#connection.call("openModel", { bytes });
    this.#change(() => this.#mirror.openedModel(bytes, labels));
    return { labels };
  }

  /**
   * All that makes up the work so far, to be kept somewhere and given to {@link FineTuner#restore} of a later one: photos
   * and classes, the classifier with its report and evaluation, and the training that can be continued. Costs nothing:
   * what has not changed since the last one is the same object, and nothing of it is to be changed.
   * @returns {Snapshot}
   */
  snapshot() {
    const { photos, classes, report, stale, evaluation, model: bytes, labels, own, checkpoint } = this.#mirror;
    return {
      photos,
      classes,
      report,
      stale,
      evaluation,
      model: bytes && { bytes, labels, own },
      checkpoint: checkpoint && { file: checkpoint, advice: this.#learning.advised(checkpoint) },
    };
  }

  /**
   * What the network has read in photos (8 kB of each), which need not be read again where a later
   * {@link FineTuner#restore} gets it; null where it has not read one, or there is none of that id. Rejects with
   * `cancelled`.
   * @param {Iterable<number>} ids
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<(Uint16Array<ArrayBuffer> | null)[]>}
   */
  async features(ids, { signal } = {}) {
    return this.#connection.call("features", { ids: [...ids] }, { signal });
  }

  /**
   * Takes up work that was kept: photos keep their ids. `features` finds what {@link FineTuner#features} gave of a photo;
   * what other weights have made is left out, and the photo is `unread`. Where a file can no longer be read, the others
   * go in, and the classifier is `stale` then; where the model file is damaged or of another network, everything but the
   * classifier does. Rejects with `class-exists` where there are classes already, with `cancelled`, or with the worker's end: then
   * close this one, and try with another.
   *
   * @param {Snapshot} work
   * @param {{ signal?: AbortSignal, onProgress?: (progress: Progress) => void, features?: FeaturesOf }} [options]
   * @returns {Promise<Restored>}
   */
  async restore(work, { signal, onProgress, features } = {}) {
    if (this.classes.length > 0)
      throw new LastLayerError("class-exists", "Work can be restored where there is none: make a new FineTuner.");
    /** @type {ProvisionalEvent | null} */
    let made = null;
    const onEvent = (/** @type {ProvisionalEvent} */ event) => (made = event);
    const { lost, unread } = await this.#bring(this.#connection, work, { signal, onProgress, features, onEvent });
    /** @type {LastLayerError | null} */
    let refused = null;
    if (work.model) {
      await this.#bringModel(this.#connection, work.model).catch((error) => {
        if (!isModelError(error)) throw error;
        refused = error;
      });
    }
    const ids = lost.map(({ id }) => id);
    this.#nextId = work.photos.reduce((next, { id }) => Math.max(next, id + 1), this.#nextId);
    if (work.checkpoint) this.#learning.advise(work.checkpoint.file, work.checkpoint.advice);
    this.#change(() => {
      this.#mirror.restored(refused ? { ...work, model: null, report: null, stale: false, evaluation: null } : work);
      if (ids.length > 0) this.#mirror.removed(ids);
    });
    // Where there is a classifier, nobody waits for a first one, nor for what a training would ask for.
    if (!this.#mirror.model) {
      // Of photos that need not be read it may have been made meanwhile.
      if (made) this.#made(made);
      this.#readAhead();
    }
    return { lost, unread, refused };
  }

  /** The bytes of the model file. */
  #model() {
    if (this.#connection.closed) throw this.#connection.closed;
    if (this.#mirror.model) return this.#mirror.model;
    throw new LastLayerError("no-classifier", "There is no classifier yet: train one, or open a model file.");
  }

  /** Ends the worker. Open and later calls reject with `closed`. */
  close() {
    this.#stopWaiting();
    this.#connection.close();
  }

  /**
   * Gives a new worker what the one before it had.
   * @param {Caller} worker
   * @param {ErrorCode} code  What the one before it died of.
   */
  async #restore(worker, code) {
    const { classes, photos, model: bytes, labels, own } = this.#mirror;
    // It may be what the worker died of: it is made again when more photos come.
    this.#mirror.provisional = null;
    const { lost } = await this.#bring(worker, { classes, photos });
    if (bytes) await this.#bringModel(worker, { bytes, labels, own });
    if (lost.length > 0) this.#change(() => this.#mirror.removed(lost.map(({ id }) => id)));
    this.#dispatch("restart", { code, lost });
  }

  /**
   * Gives a worker that has none classes and photos.
   * @param {Caller} worker
   * @param {Pick<Snapshot, "classes" | "photos">} work
   * @param {{
   *   signal?: AbortSignal | undefined,
   *   onProgress?: ((progress: Progress) => void) | undefined,
   *   features?: FeaturesOf | undefined,
   *   onEvent?: ((event: ProvisionalEvent) => void) | undefined,
   * }} [options]
   * @returns {Promise<Pick<Restored, "lost" | "unread">>}
   */
  async #bring(worker, { classes, photos }, { signal, onProgress, features, onEvent } = {}) {
    /** @type {Photo[]} */
    const lost = [];
    /** @type {Photo[]} */
    const unread = [];
    for (const label of classes) await worker.call("addClass", { label });
    const following = new Following(photos);
    for (const [position, photo] of photos.entries()) {
      try {
        const known = (await features?.(photo)) ?? undefined;
        const args = { ...photo, next: following.after(position), ...(known ? { features: known } : {}) };
        const { read } = await worker.call("addPhoto", args, { signal, onEvent });
        if (!read) unread.push(photo);
      } catch (error) {
        if (!isImageError(error)) throw error;
        lost.push(photo);
      }
      this.#progress(position + 1, photos.length, onProgress);
    }
    return { lost, unread };
  }

  /**
   * @param {Caller} worker
   * @param {NonNullable<Snapshot["model"]>} model
   */
  async #bringModel(worker, { bytes, labels, own }) {
    await worker.call("openModel", { bytes, own: labels.filter((_, output) => own[output]) });
  }

  /**
   * Works through files of which the worker is told before their turn, and tells it where that ends early.
   * @template T
   * @param {readonly { id: number, blob: Blob }[]} files
   * @param {(next: Following["after"]) => Promise<T>} work  `next` names what follows the file at a position.
   */
  async #inOrder(files, work) {
    this.#stopWaiting();
    const following = new Following(files);
    try {
      const result = await work((position) => following.after(position));
      this.#readAhead();
      return result;
    } catch (error) {
      // A new worker has not been told anything, and is not started for this.
      if (!isDeath(error)) {
        this.#connection.call("forgetNext", { ids: following.open }).catch(() => {});
        this.#readAhead();
      }
      throw error;
    }
  }

  /**
   * Has photos read once nothing has been added for a moment: a folder of classes comes class by class, and between two
   * of them there is nothing to be read that would not be in the way of the next. What fails here fails again, and is
   * told, when a training reads.
   */
  #readAhead() {
    this.#stopWaiting();
    this.#stopWaiting = clock.every(QUIET, () => {
      this.#stopWaiting();
      this.#connection.call("readAhead", undefined, { onEvent: this.#made }).catch(() => {});
    });
  }

  /**
   * There is a first classifier, or a better one.
   * @param {ProvisionalEvent} event
   */
  #made = ({ impression }) => {
    this.#change(() => (this.#mirror.provisional = impression));
    this.#dispatch("provisional", impression);
  };

  /** @param {() => void} apply */
  #change(apply) {
    apply();
    this.#dispatch("change", null);
  }

  /**
   * @param {number} done
   * @param {number} total
   * @param {(progress: Progress) => void} [onProgress]
   */
  #progress(done, total, onProgress) {
    /** @type {Progress} */
    const progress = { stage: "photos", done, total };
    this.#dispatch("progress", progress);
    onProgress?.(progress);
  }

  /**
   * Events of the worker go to the listeners and to the caller.
   * @param {((event: TrainEvent) => void) | undefined} onEvent
   */
  #forward(onEvent) {
    return (/** @type {TrainEvent} */ event) => {
      this.#dispatch("train", event);
      onEvent?.(event);
    };
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/**
 * What is given as undefined is left out: the core knows no such value.
 * @param {Partial<TrainConfig>} config
 * @returns {Partial<TrainConfig>}
 */
function defined(config) {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
