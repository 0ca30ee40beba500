/**
 * What a user of the library sees. The built site has these types in `lib.d.ts`, beside `lib.js`.
 * Lengths are in bytes or pixels as named, fractions lie in 0..1, durations are seconds.
 */

import type { LastLayerError } from "../errors.js";
import type { OPTIONS } from "../options.js";

/** A device as the caller asks for it. `auto` takes a hardware WebGPU adapter where one answers, the CPU otherwise. */
export type DeviceChoice = "auto" | "webgpu" | "cpu";

/** A device as it is used, and the name of the folder its WebAssembly lies in. */
export type Device = "webgpu" | "cpu";

/** Why this device was chosen. */
export type DeviceReason =
  /** The caller named it. */
  | "requested"
  /** A hardware adapter answered. */
  | "hardware-adapter"
  /** This browser has no WebGPU here (an old browser, or a page that is not a secure context). */
  | "no-webgpu"
  /** WebGPU is there, but no adapter answered. */
  | "no-adapter"
  /** The only adapter computes on the CPU, and far slower than our own CPU path. */
  | "software-adapter"
  /** The adapter answered, but starting on it failed. */
  | "webgpu-failed"
  /** WebGPU did not answer within twenty seconds. */
  | "webgpu-timeout"
  /** The site has no module for WebGPU, or none yet. */
  | "webgpu-not-served";

/** What the lib found out about the browser that the user ought to know. */
export type Warning = "canvas-noise";

/** The closed set of what can go wrong; `params` of the error names what was involved. */
export type ErrorCode =
  | "not-an-image"
  | "unsupported-format"
  | "image-truncated"
  | "image-empty"
  | "image-too-large"
  | "too-few-classes"
  | "empty-class"
  | "too-few-photos"
  | "class-exists"
  | "unknown-class"
  | "unknown-photo"
  | "photo-unreadable"
  | "invalid-label"
  | "invalid-option"
  | "no-classifier"
  | "weights-corrupt"
  | "weights-mismatch"
  | "weights-unsupported"
  | "model-corrupt"
  | "model-mismatch"
  | "download-failed"
  | "webgpu-unavailable"
  | "device-lost"
  | "worker-crashed"
  | "no-checkpoint"
  | "checkpoint-corrupt"
  | "checkpoint-mismatch"
  | "paused"
  | "busy"
  | "cancelled"
  | "closed"
  | "internal";

/** How far a download (bytes) or a list of photos (files) has come. `total` is 0 while it is not known. */
export interface Progress {
  stage: "wasm" | "weights" | "photos";
  done: number;
  total: number;
}

export interface Info {
  device: Device;
  /** What the device calls itself. */
  adapter: string;
  reason: DeviceReason;
  /** Name of the source model. */
  backbone: string;
  /**
   * Workers that read photos at the same time, and share the steps of a training: on the CPU as many as the device
   * bears, and one on WebGPU.
   */
  workers: number;
  /** Side of the square the source model looks at, in pixels. */
  inputSize: number;
  /** Stages of the source model. */
  stages: number;
  /** What `featureMaps` may be asked for: the stages from `"0"`, and a convolution after them, by its name, if there is one. */
  layers: string[];
  /** How many classes the source model knows by itself; 0 where its file has no output layer on pooled features. */
  sourceClasses: number;
  version: string;
  warnings: Warning[];
}

/** A photo of the training set: the file itself, never its decoded pixels. */
export interface Photo {
  readonly id: number;
  readonly name: string;
  readonly label: string;
  readonly blob: Blob;
}

/** All that makes up the work of a `FineTuner`, for another one: see `snapshot` and `restore`. */
export interface Snapshot {
  photos: readonly Photo[];
  /** In order of creation, those of empty classes too. */
  classes: readonly string[];
  report: Report | null;
  stale: boolean;
  evaluation: Evaluation | null;
  /**
   * The classifier as a model file with the names of its outputs, and which of these are of classes there are: the
   * others keep their names.
   */
  model: { bytes: Uint8Array<ArrayBuffer>; labels: readonly string[]; own: readonly boolean[] } | null;
  /** Where a training can be continued, and why it was begun as it was. */
  checkpoint: { file: Blob; advice: Advice | null } | null;
}

/** Finds what `features` gave of a photo in an earlier visit; null where there is nothing. */
export type FeaturesOf = (photo: Photo) => Promise<Uint16Array | null>;

/** What became of work that was restored. */
export interface Restored {
  /** Photos whose files can no longer be read. */
  lost: Photo[];
  /** Photos that the network reads again when it needs them: there were no features, or by other weights. */
  unread: Photo[];
  /** Why there is no classifier where there was one: its file is damaged, or of another network. */
  refused: LastLayerError | null;
}

/** What became of each file of an `add`: every one is in exactly one of the three lists. */
export interface AddReport {
  added: Photo[];
  /** Files with the very bytes of a photo that is already there (`of`), whatever its class. */
  duplicates: { name: string; label: string; of: Photo }[];
  failed: { name: string; error: LastLayerError }[];
  /** Of photos that were added, what one should know of their files. */
  notes: { name: string; code: PhotoNote }[];
}

/** `nearly-whole`: a small part of the picture, or its finest details, is missing. */
export type PhotoNote = "nearly-whole";

export interface Prediction {
  label: string;
  /** Position of the label among the outputs. */
  index: number;
  /** Softmax, 0..1. */
  probability: number;
}

/** What a classifier says of one image. */
export interface Answer {
  /** The most probable classes, the best first. */
  predictions: Prediction[];
  /** “None of these”: the image is unlike everything the classifier was shown. False where that cannot be told. */
  unknown: boolean;
  /** How like the nearest class it is, −1 to 1 (a cosine); null before a cross-validation. */
  similarity: number | null;
  /** Where “none of these” begins, and what it costs; null as long as the classifier cannot tell. */
  threshold: UnknownThreshold | null;
}

/** A class and what the classifier gives it. */
export interface ClassScore extends Prediction {
  logit: number;
}

/**
 * A rectangle in a photo, in pixels from its upper left corner; edges may fall between pixels, and beyond the photo's
 * own where it is padded.
 */
export interface Crop {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** An explanation without its pictures. */
export interface ExplanationNumbers {
  /** The class that was asked about. */
  class: ClassScore;
  /** The class it was compared with; null for the average of all classes. */
  against: ClassScore | null;
  /** Columns and rows of `map` and `evidence`, which run row by row: 7 × 7 for pictures of 224 pixels. */
  width: number;
  height: number;
  /** The class's logit, place by place: their mean is the logit. */
  map: Float32Array;
  /** The same less that of `against`: positive where a place speaks for the class. The heatmap draws it. */
  evidence: Float32Array;
  /** The largest absolute value of `evidence`, which gets the strongest colour. */
  scale: number;
  /** The five best guesses. */
  top: Prediction[];
  /** The part of the upright photo that the network sees, in the photo's own pixels: where `overlay` belongs. */
  crop: Crop;
}

/** Why a classifier answers as it does. */
export interface Explanation extends ExplanationNumbers {
  /** What the network sees: the crop, at its input size. */
  seen: ImageData;
  /**
   * The heatmap, to lay over `seen` or over the photo at `crop`: orange speaks for the class, blue against it;
   * transparent where nothing does.
   */
  overlay: ImageData;
  /** Its colours in one row of pixels, from the strongest against the class to the strongest for it. */
  legend: ImageData;
}

/** What the network sees of a photo in a training, and what else of it that training learns from. */
export interface Draws {
  /** Of the upright photo, in its own pixels. */
  width: number;
  height: number;
  /** Where in the photo `seen` lies. */
  crop: Crop;
  /** The photo as it is: at the input size, framed as the options say. */
  seen: ImageData;
  /** Augmented draws of it, by number from 1: with the same options, the very pictures that a training learns from. */
  draws: ImageData[];
}

/** What single channels of a stage respond to in an image. */
export interface FeatureMaps {
  stage: string;
  /** Columns and rows of the stage's maps, before they are enlarged: places at which it looks. */
  width: number;
  height: number;
  /** How many channels the stage has. */
  of: number;
  /** Those that vary most over the image, the most varying first. */
  channels: FeatureMap[];
  /** What the network sees of the image. */
  seen: ImageData;
  /** `seen` and all channels on one picture. */
  sheet: ImageData;
}

export interface FeatureMap {
  /** Position in the stage. */
  index: number;
  /** Of the activation over the image. */
  variance: number;
  /** The activations drawn black and white. */
  range: [number, number];
  /** In grey, enlarged to the size of `seen`. */
  picture: ImageData;
}

/** `similarity`: cosine of the angle between the two photos' features, 1 for the same photo. */
export interface Neighbour {
  photo: Photo;
  /** The class it is in now. */
  label: string;
  similarity: number;
}

/** The photos most like the one asked about. */
export interface Nearest {
  /**
   * Whose features were compared: the source model's, also with a classifier whose output layer alone learnt, or those
   * of stages that learnt.
   */
  features: "source" | "trained";
  /** How many photos were compared: those the network has read for a training. */
  compared: number;
  /** The most alike first. */
  neighbours: Neighbour[];
}

/**
 * A model for other programs. `onnx`: takes pictures that are prepared; `onnx-image`: takes a photo of any size and
 * prepares it; `safetensors`: every tensor, for PyTorch; `head`: the output layer alone; `card`: a model card in
 * Markdown; `zip`: a folder with all that somebody needs to use it, and to check that it works.
 */
export type ExportFormat = "onnx" | "onnx-image" | "safetensors" | "head" | "card" | "zip";

/** What a zip may have in it beside the model file, the card and the words. At least one of the ONNX files. */
export type ExportContent = "onnx" | "onnx-image" | "safetensors";

export interface ExportOptions {
  /** Of the weights in an ONNX file, `single` by default: `half` makes half the file; it computes in single. */
  precision?: "single" | "half";
  /** Whose names the tensors of `safetensors` have, `timm`'s by default. */
  names?: "timm" | "torchvision";
  /** What is in a `zip`: `["onnx-image"]` by default. */
  contents?: ExportContent[];
  /** The trained or opened classifier (the default), or the source model. */
  model?: "trained" | "source";
  /** Ends the work at once. */
  signal?: AbortSignal | undefined;
  /** `wasm`: the download of what writes the files; `export`: files of a zip that are written. */
  onProgress?: ((progress: ExportProgress) => void) | undefined;
}

/** How far a download (bytes) or the writing (files) has come. */
export interface ExportProgress {
  stage: "wasm" | "export";
  done: number;
  total: number;
}

/**
 * Which classifier answers: `auto` is the trained one where there is one, else the source model; `provisional` the first
 * one, as long as nothing is trained or opened (see `FineTuner.provisional`).
 */
export type ModelChoice = "auto" | "source" | "trained" | "provisional";

/** The first classifier, made of what is read of the photos before anything is trained. */
export interface Impression {
  /** Its classes: those of which a photo is read. */
  classes: string[];
  /** Photos that it has learnt from, 400 at most. */
  photos: number;
  /**
   * How often it is right about each of these photos as learnt from all others, near-duplicates of it left out with it;
   * classes of one photo, or of near-duplicates of one, aside. Null where all are such.
   */
  scores: { top1: number; interval: { low: number; high: number } } | null;
}

export interface TestRow {
  name: string;
  /** The true class, where it is known. */
  label: string | null;
  /** Best first; empty where `error` says why. */
  predictions: Prediction[];
  /** “None of these”; false where that cannot be told. The scores count the first guess all the same. */
  unknown: boolean;
  /** As in `Answer`. */
  threshold: UnknownThreshold | null;
  error: LastLayerError | null;
}

/**
 * Accuracies are fractions over the `scored` rows: those that were read and whose label is a class of the classifier.
 */
export interface TestReport {
  rows: TestRow[];
  scored: number;
  top1: number | null;
  top5: number | null;
}

/** The options of a training, by name: exactly those of the table. */
export type TrainConfig = {
  [O in (typeof OPTIONS)[number] as O["name"]]: O extends { choices: readonly (infer C)[] } ? C : number;
};

/**
 * `holdout`: without the held-out photos, which score it. `refit`: on all photos, for as many epochs as the report
 * says.
 */
export type Phase = "holdout" | "refit";

/**
 * Pictures embedded so far in this training: photos, and augmented draws of them. Those embedded by an earlier one are
 * not counted again.
 */
export interface EmbedEvent {
  type: "embed";
  done: number;
  total: number;
}

/**
 * `epoch` and `batch` count from 1. On the CPU a batch that stages learn from comes in parts, and each sends this
 * event.
 */
export interface BatchEvent {
  type: "batch";
  phase: Phase;
  epoch: number;
  epochs: number;
  batch: number;
  batches: number;
}

/**
 * Mean cross-entropy losses and accuracies (fractions) after an epoch; top-5 is null with fewer than six classes,
 * `val*` in a refit.
 */
export interface EpochScores {
  phase: Phase;
  epoch: number;
  epochs: number;
  trainLoss: number;
  trainTop1: number;
  trainTop5: number | null;
  valLoss: number | null;
  valTop1: number | null;
  valTop5: number | null;
}

export interface EpochEvent extends EpochScores {
  type: "epoch";
}

/** Something was found out about the photos or the device. */
export interface AdvisingEvent {
  type: "advising";
}

export interface AdvisedEvent {
  type: "advised";
  advice: Advice;
}

/** What to train, and why. */
export interface Advice {
  plan: Plan;
  reasons: Reason[];
  findings: Findings;
  /** What was measured of this device, at each split that may be advised. */
  speed: {
    measured: { lastStages: number; batchSize: number; embedSeconds: number; trainSeconds: number }[];
    readers: number;
  };
  /** In seconds. */
  timeLimit: number;
  /** What would have been advised without a time limit; null where that is the same. */
  withoutLimit: Plan | null;
  /** `head`, `last-k`, `full` and `scratch` at their usual settings. */
  regimes: Plan[];
}

/** A training that was considered; `train(plan.config)` is that training. */
export interface Plan {
  regime: "head" | "last-k" | "full" | "scratch";
  config: TrainConfig;
  /** How long it should take here, from what is embedded by now. */
  seconds: number;
}

/** A sentence of the advice: `text` in English, `code` and `params` for other languages. */
export interface Reason {
  code: string;
  params: Record<string, number>;
  text: string;
}

export interface Findings {
  photos: number;
  classes: number;
  /** Photos of the smallest and of the largest class. */
  smallest: number;
  largest: number;
  /** `null` where the source model has no classes of its own. */
  similarity: {
    /** How sure the source model is of its answers, 0 to 1; see the README. */
    score: number;
    /** Mean probability of its first guess. */
    confidence: number;
    /** Fraction of the photos that it already sorts right with its own classes. */
    alreadyToldApart: number;
  } | null;
  /**
   * How well an output layer on frozen features tells the classes apart, by cross-validation; null where no photo can
   * be held out.
   */
  separability: { accuracy: number; interval: { low: number; high: number }; folds: number } | null;
  /**
   * A short try of whether deeper stages pay: the last `lastStages` beside the output layer alone, each of `folds` parts of
   * the photos judged by fits of the others. Null where that was not open, or would have taken too long.
   */
  trial: {
    lastStages: number;
    folds: number;
    /** Photos that were judged. */
    photos: number;
    head: { accuracy: number; loss: number };
    deeper: { accuracy: number; loss: number };
    seconds: number;
    /** How long it should have taken: deeper trainings are expected to take as many times longer, or shorter. */
    expectedSeconds: number;
  } | null;
}

export interface DoneEvent {
  type: "done";
  report: Report;
}

/**
 * One step of a cross-validation; `fold`, `epoch` and `batch` count from 1. After its last epoch a fold's photos are
 * judged.
 */
export interface FoldEvent {
  type: "fold";
  fold: number;
  folds: number;
  epoch: number;
  epochs: number;
  batch: number;
  batches: number;
}

export interface EvaluatedEvent {
  type: "evaluated";
  evaluation: Evaluation;
}

/** What one of the runs of a comparison does, the first of which is 1. */
export interface RunEvent {
  type: "run";
  run: number;
  runs: number;
  name: string;
  event: EmbedEvent | BatchEvent | EpochEvent;
}

/** A run of a comparison is over and another one follows: those that are over, compared. */
export interface ComparedSoFarEvent {
  type: "comparedSoFar";
  comparison: Comparison;
}

export interface ComparedEvent {
  type: "compared";
  comparison: Comparison;
}

/**
 * Where a training goes on that was paused, or whose worker has died. Pictures are then embedded again as far as they
 * are not cached.
 */
export interface ResumedEvent {
  type: "resumed";
  config: TrainConfig;
  /** Whether the held-out photos choose the number of epochs. */
  epochsChosen: boolean;
  /** Null where pictures were still embedded; `epoch` is 0 then. */
  phase: Phase | null;
  epoch: number;
  epochs: number;
  /** Of the epochs that are done. Those since the checkpoint come again. */
  history: EpochScores[];
}

/**
 * A training sends `embed`, `batch`, `epoch` and `done`, after `advising` and `advised` where it asks first; one that
 * goes on sends `resumed` before. A cross-validation sends `embed`, `fold` and `evaluated`; a comparison `embed`, `run`
 * and `compared`.
 */
export type TrainEvent =
  | AdvisingEvent
  | AdvisedEvent
  | ResumedEvent
  | EmbedEvent
  | BatchEvent
  | EpochEvent
  | DoneEvent
  | FoldEvent
  | EvaluatedEvent
  | RunEvent
  | ComparedSoFarEvent
  | ComparedEvent;

export interface Score {
  loss: number;
  top1: number;
  top5: number | null;
  count: number;
}

/**
 * What the folders of files mean. Files go by their position in the list of paths; what a system left behind is in none
 * of the lists.
 */
export interface Layout {
  /** To learn from, by class in natural order of the names, and by path in each. */
  photos: FileGroup[];
  /** Of a folder such as `test` beside `train`: to be tested with, and never learnt from. */
  test: FileGroup[];
  /** Beside the class folders, and so of no class. */
  leftOut: number[];
  notes: LayoutNote[];
}

/** `label`: null for files that came without a folder. */
export interface FileGroup {
  label: string | null;
  files: number[];
}

/**
 * Folders that were taken as parts of a data set and not as classes; or a folder whose name is too long for a class.
 */
export type LayoutNote =
  { type: "parts"; photos: string[]; test: string[] } | { type: "shortened"; from: string; to: string };

/** The result of a training. */
export interface Report {
  classes: string[];
  trainImages: number;
  heldOut: number;
  /** How many of them have near-duplicates among the photos learnt from, because their class holds nothing else. */
  heldOutLookAlikes: number;
  /** Classes of a single photo, of which none could be held out: the score says nothing of them. */
  neverHeldOut: string[];
  /** Photos of each class, in the order of `classes`. */
  perClass: number[];
  /** The classifier was fitted on all photos for that many epochs. */
  epochs: number;
  epochsTried: number;
  /**
   * True where the held-out photos chose `epochs`, the number with the lowest loss on them; false where the schedule
   * was fixed beforehand.
   */
  epochsChosen: boolean;
  stoppedEarly: boolean;
  /**
   * On the held-out photos, after `epochs`. Where these were chosen it is the best of `epochsTried`, so slightly
   * optimistic. Null where nothing could be held out.
   */
  val: Score | null;
  train: Score;
  /**
   * Where the fit without the held-out photos went on learning its own and got worse on others; null where the curves
   * do not show it.
   */
  overfitting: Overfitting | null;
  history: EpochScores[];
  seconds: number;
  embedSeconds: number;
  seed: number;
  /**
   * Why it was trained like this; null where the options said what to train, and where it went on from a checkpoint of
   * an earlier tab.
   */
  advice: Advice | null;
  /**
   * What had to give way, since the activations of all photos would not have fitted into memory; null where nothing had
   * to. `config` has what was used.
   */
  reduced: {
    budgetBytes: number;
    augment: { asked: number; used: number };
    lastStages: { asked: number; used: number };
    /** With the regime `scratch`, where a step bears fewer photos than `batchSize`; `budgetBytes` are a step's then. */
    batchSize: { asked: number; used: number } | null;
  } | null;
  config: TrainConfig;
  device: Device;
  adapter: string;
  backbone: string;
  version: string;
  /** Photos that had to be decoded and embedded in this training. */
  photosRead: number;
}

/** Where the curves of a fit part: losses are means over three epochs, accuracies those of the last one. */
export interface Overfitting {
  /** After this epoch only the photos learnt from were learnt better. */
  epoch: number;
  lowestValLoss: number;
  lastValLoss: number;
  /** Of the lowest loss: the rise is more than twice as much. */
  standardError: number;
  trainTop1: number;
  valTop1: number;
  /** The first less the second. */
  gap: number;
}

/** One training of a comparison. */
export interface RunConfig {
  name: string;
  /** Epochs that are left out are fewer than in a training, so that a comparison takes minutes. */
  config?: Partial<TrainConfig>;
}

/**
 * Trainings that learnt from the same photos and were judged on the same others. Classes are positions in `classes`,
 * runs in `runs`.
 */
export interface Comparison {
  classes: string[];
  trainImages: number;
  /** Ids of the photos held out, and the class each is in. */
  heldOut: number[];
  labels: number[];
  /** As how many independent photos they count: fewer than there are where some are near-duplicates. */
  independent: number;
  /** How many have near-duplicates among the photos learnt from, because their class holds nothing else. */
  heldOutLookAlikes: number;
  /** Classes of a single photo, which no score covers. */
  neverHeldOut: string[];
  holdout: number;
  seed: number;
  runs: ComparedRun[];
  /** Of every pair of runs. */
  differences: Difference[];
  seconds: number;
  device: Device;
  adapter: string;
  backbone: string;
  version: string;
}

export interface ComparedRun {
  name: string;
  /** With everything decided: a training with it repeats the fit. */
  config: TrainConfig;
  /** As of a `Report`. */
  reduced: Report["reduced"];
  /** On the held-out photos after the last epoch, which was fixed beforehand. */
  val: Score;
  /** Limits at 95 % of the accuracy on new photos. */
  accuracy: { low: number; high: number };
  /** The class each held-out photo was taken for. */
  predicted: number[];
  history: EpochScores[];
  overfitting: Overfitting | null;
  /** `embedSeconds` included; what was embedded before costs nothing. */
  seconds: number;
  embedSeconds: number;
}

/**
 * Accuracy of run `b` less that of run `a`, on the same photos, with its limits at 95 %: where these hold 0, the photos
 * are too few to tell.
 */
export interface Difference {
  a: number;
  b: number;
  bothRight: number;
  onlyA: number;
  onlyB: number;
  bothWrong: number;
  difference: number;
  low: number;
  high: number;
}

/** The result of a cross-validation. Classes are positions in `classes`. */
export interface Evaluation {
  classes: string[];
  method: EvaluationMethod;
  /** Over all photos held out, before calibration. */
  scores: Score;
  /** Limits at 95 % of the accuracy on new photos of the classifier taught on all of them. */
  accuracy: { low: number; high: number };
  perClass: ClassResult[];
  /** `[true class][predicted class]`; the photos of a cell are those of `photos` with these two. */
  confusion: number[][];
  calibration: Calibration;
  /** “None of these”: what is less similar to the nearest class than this. */
  unknown: UnknownThreshold;
  /** Every photo held out, the most suspicious label first: by falling loss. */
  photos: PhotoResult[];
  /**
   * True where the classifier there is was taught on these photos, and carries the temperature and the threshold now.
   */
  applied: boolean;
}

/** How the photos were divided and what was fitted. */
export interface EvaluationMethod {
  folds: number;
  /** Of every fold: fixed beforehand, so that no fold chooses its own best. */
  epochs: number;
  seed: number;
  lastStages: number;
  /** Photos in all, those never held out included. */
  photos: number;
  /** Ids of near-duplicates, which stayed in one fold. */
  nearDuplicates: number[][];
  /** Classes of one photo, or of near-duplicates of one: the score does not cover them. */
  neverHeldOut: string[];
}

/** One class in a cross-validation. */
export interface ClassResult {
  label: string;
  /** Of the photos said to be of this class, the fraction that are; null where none was. */
  precision: number | null;
  /** Of the photos of this class, the fraction that were recognised; null where there is none. */
  recall: number | null;
  /** Photos of this class. */
  support: number;
  /** Photos said to be of this class. */
  predicted: number;
}

/**
 * Whether 80 % means right four times out of five, before and after: mean loss in nats, and expected calibration error.
 */
export interface Calibration {
  /** Logits are divided by it before the softmax. Above 1: the classifier was too sure of itself. */
  temperature: number;
  nllBefore: number;
  nllAfter: number;
  eceBefore: number;
  eceAfter: number;
  /** The reliability diagram at this temperature. */
  bins: { low: number; high: number; count: number; confidence: number; accuracy: number }[];
}

export interface UnknownThreshold {
  similarity: number;
  /** The fraction of photos of its classes that it was meant to cost. */
  wantedRejectRate: number;
  /** The fraction that it costs on average; more where there are too few photos for less. */
  rejectRate: number;
}

/** A photo as it was judged by a classifier that never saw it; probabilities are calibrated. */
export interface PhotoResult {
  id: number;
  label: number;
  predicted: number;
  /** Of the predicted class. */
  probability: number;
  /** Of its own class: −ln of its probability. */
  loss: number;
  similarity: number;
  /** Whether the answer would have been “none of these”. */
  unknown: boolean;
  fold: number;
}

/** A row of the table of options, as the Rust core prints it. */
export interface Option {
  name: string;
  kind: "int" | "float" | "choice";
  /** One of `choices` where there are any. */
  default: number | string;
  min?: number;
  max?: number;
  choices?: readonly string[];
  doc: { en: string; zh: string };
}
