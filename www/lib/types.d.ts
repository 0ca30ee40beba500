/**
 * The types of the public API and of what crosses the worker boundary, in one place.
 * Lengths are in bytes or pixels as named, fractions lie in 0..1, durations are seconds.
 */

import type { LastLayerError } from "./errors.js";
import type { OPTIONS } from "./options.js";

/** A device as the caller asks for it. `auto` takes a hardware WebGPU adapter where one answers, the CPU otherwise. */
export type DeviceChoice = "auto" | "webgpu" | "cpu";

/** A device as it is used, and the name of the folder its WebAssembly lies in. */
export type Device = "webgpu" | "cpu";

/** The builds of the core, each in a folder of its name below `wasm/`; see `flavourFor`. */
export type Flavour = Device | "cpu-relaxed";

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
  | "webgpu-failed";

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
  | "invalid-label"
  | "invalid-option"
  | "no-classifier"
  | "weights-corrupt"
  | "weights-mismatch"
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
  /** Workers that read photos at the same time, and share the steps of a training: on the CPU as many as the device bears, and one on WebGPU. */
  workers: number;
  /** Side of the square the source model looks at, in pixels. */
  inputSize: number;
  /** Stages of the source model; `featureMaps` counts them from 0, and after them comes `conv_head`. */
  stages: number;
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

/** A rectangle in a photo, in pixels from its upper left corner; edges may fall between pixels, and beyond the photo's own where it is padded. */
export interface Crop {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What `explain` and `Core.explain` have in common. */
interface ExplanationNumbers {
  /** The class that was asked about. */
  class: ClassScore;
  /** The class it was compared with; null for the average of all classes. */
  against: ClassScore | null;
  /** Columns and rows of `map` and `evidence`, which run row by row: 7 × 7. */
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
  /** The heatmap, to lay over `seen` or over the photo at `crop`: orange speaks for the class, blue against it; transparent where nothing does. */
  overlay: ImageData;
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

/** A picture as the core hands it out. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
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
  /** Whose features were compared: the source model's, also with a classifier whose output layer alone learnt, or those of stages that learnt. */
  features: "source" | "trained";
  /** How many photos were compared: those the network has read for a training. */
  compared: number;
  /** The most alike first. */
  neighbours: Neighbour[];
}

/** As the core knows them: by id. */
export interface NearestIds extends Omit<Nearest, "neighbours"> {
  neighbours: { id: number; name: string; label: string; similarity: number }[];
}

/** Which classifier answers: `auto` is the trained one where there is one, else the source model. */
export type ModelChoice = "auto" | "source" | "trained";

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

/** Accuracies are fractions over the `scored` rows: those that were read and whose label is a class of the classifier. */
export interface TestReport {
  rows: TestRow[];
  scored: number;
  top1: number | null;
  top5: number | null;
}

/** The options of a training, by name: exactly those of the table. */
export type TrainConfig = { [O in (typeof OPTIONS)[number] as O["name"]]: O extends { choices: readonly (infer C)[] } ? C : number };

/** `holdout`: without the held-out photos, which score it. `refit`: on all photos, for as many epochs as the report says. */
export type Phase = "holdout" | "refit";

/** Pictures embedded so far in this training: photos, and augmented draws of them. Those embedded by an earlier one are not counted again. */
export interface EmbedEvent {
  type: "embed";
  done: number;
  total: number;
}

/** `epoch` and `batch` count from 1. On the CPU a batch that stages learn from comes in parts, and each sends this event. */
export interface BatchEvent {
  type: "batch";
  phase: Phase;
  epoch: number;
  epochs: number;
  batch: number;
  batches: number;
}

/** Mean cross-entropy losses and accuracies (fractions) after an epoch; top-5 is null with fewer than six classes, `val*` in a refit. */
export interface EpochEvent {
  type: "epoch";
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
  speed: { measured: { lastStages: number; batchSize: number; embedSeconds: number; trainSeconds: number }[]; readers: number };
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
  similarity: {
    /** How sure the source model is of its answers, 0 to 1; see the README. */
    score: number;
    /** Mean probability of its first guess. */
    confidence: number;
    /** Fraction of the photos that it already sorts right with its own classes. */
    alreadyToldApart: number;
  };
  /** How well an output layer on frozen features tells the classes apart, by cross-validation; null where no photo can be held out. */
  separability: { accuracy: number; interval: { low: number; high: number }; folds: number } | null;
}

export interface DoneEvent {
  type: "done";
  report: Report;
}

/** One step of a cross-validation; `fold`, `epoch` and `batch` count from 1. After its last epoch a fold's photos are judged. */
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

export interface ComparedEvent {
  type: "compared";
  comparison: Comparison;
}

/** Where a training goes on that was paused, or whose worker has died. Pictures are then embedded again as far as they are not cached. */
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
  history: EpochEvent[];
}

/** Worker → library: the state of a training, kept for when the worker dies. */
export interface CheckpointEvent {
  type: "checkpoint";
  checkpoint: Uint8Array<ArrayBuffer>;
}

/**
 * A training sends `embed`, `batch`, `epoch` and `done`, after `advising` and `advised` where it asks first; one that goes on sends `resumed`
 * before. A cross-validation sends `embed`, `fold` and `evaluated`; a comparison `embed`, `run` and `compared`.
 */
export type TrainEvent = AdvisingEvent | AdvisedEvent | ResumedEvent | EmbedEvent | BatchEvent | EpochEvent | DoneEvent | FoldEvent | EvaluatedEvent | RunEvent | ComparedEvent;

export interface Score {
  loss: number;
  top1: number;
  top5: number | null;
  count: number;
}

/** The result of a training. */
export interface Report {
  classes: string[];
  trainImages: number;
  heldOut: number;
  /** How many of them have near-duplicates among the photos learnt from, because their class holds nothing else. */
  heldOutLookAlikes: number;
  /** Photos of each class, in the order of `classes`. */
  perClass: number[];
  /** The classifier was fitted on all photos for that many epochs. */
  epochs: number;
  epochsTried: number;
  /** True where the held-out photos chose `epochs`, the number with the lowest loss on them; false where the schedule was fixed beforehand. */
  epochsChosen: boolean;
  stoppedEarly: boolean;
  /**
   * On the held-out photos, after `epochs`. Where these were chosen it is the best of `epochsTried`, so slightly optimistic. Null where nothing
   * could be held out.
   */
  val: Score | null;
  train: Score;
  /** Where the fit without the held-out photos went on learning its own and got worse on others; null where the curves do not show it. */
  overfitting: Overfitting | null;
  history: EpochEvent[];
  seconds: number;
  embedSeconds: number;
  seed: number;
  /** Why it was trained like this; null where the options said what to train, and where it went on from a checkpoint of an earlier tab. */
  advice: Advice | null;
  /** What had to give way, since the activations of all photos would not have fitted into memory; null where nothing had to. `config` has what was used. */
  reduced: { budgetBytes: number; augment: { asked: number; used: number }; lastStages: { asked: number; used: number } } | null;
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

/** Trainings that learnt from the same photos and were judged on the same others. Classes are positions in `classes`, runs in `runs`. */
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
  history: EpochEvent[];
  overfitting: Overfitting | null;
  /** `embedSeconds` included; what was embedded before costs nothing. */
  seconds: number;
  embedSeconds: number;
}

/** Accuracy of run `b` less that of run `a`, on the same photos, with its limits at 95 %: where these hold 0, the photos are too few to tell. */
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
  /** True where the classifier there is was taught on these photos, and carries the temperature and the threshold now. */
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

/** Whether 80 % means right four times out of five, before and after: mean loss in nats, and expected calibration error. */
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

/** An error as it crosses the worker boundary. */
export interface ErrorMessage {
  code: ErrorCode;
  message: string;
  params: Record<string, string | number>;
}

/** Page → worker. */
export type Request = { id: number; call: string; args: unknown } | { cancel: number };

/** Worker → page: for each call any number of events, then exactly one `ok` or `error`; or, once, why the worker is of no more use. */
export type Response =
  | { id: number; event: unknown }
  | { id: number; ok: unknown }
  | { id: number; error: ErrorMessage }
  | { fatal: ErrorMessage };

/** A step of a training: an event, or the ids of photos whose pixels the core needs next. */
export type StepEvent = TrainEvent | { type: "needPhotos"; ids: number[] };

/** What a cross-validation needs: how it divides the photos, and how its fits go: by default as the last training did. */
export interface EvaluationOptions {
  folds: number | null | undefined;
  rejectRate: number | undefined;
  train: TrainConfig | undefined;
  epochs: number | undefined;
}

/** As the core hands them out. */
export interface CoreFeatureMaps extends Omit<FeatureMaps, "channels" | "seen" | "sheet"> {
  channels: (Omit<FeatureMap, "picture"> & { picture: Picture })[];
  seen: Picture;
  sheet: Picture;
}

/** What a comparison needs; see `FineTuner.compare`. */
export interface ComparisonOptions {
  runs: { name: string; config: Partial<TrainConfig> }[];
  holdout: number | undefined;
  seed: number | undefined;
}

/** The core as wasm-bindgen exports it. Every method throws an `ErrorMessage`. Never two of them at once: the asynchronous ones borrow it. */
export interface Core {
  info(): { device: Device; adapter: string; adapterType: string; backbone: string; inputSize: number; stages: number; version: string };
  inspect(file: Uint8Array): { width: number; height: number; orientation: number; turnedByBrowsers: boolean; rare: ErrorMessage | null };
  examine(file: Uint8Array): { note: PhotoNote | null; repaired: Uint8Array<ArrayBuffer> | null };
  /** For pages without `crypto.subtle`. */
  sha256(file: Uint8Array): string;
  addClass(label: string): void;
  /** For `add` and `supply`. */
  photoToAdd(width: number, height: number): CorePhoto;
  /** For questions to that model. */
  photoToAsk(width: number, height: number, model: ModelChoice): CorePhoto;
  /** For `draws` with these options. */
  photoToDraw(width: number, height: number, config: object): CorePhoto;
  add(id: number, name: string, label: string, sha256: string, photo: CorePhoto): number | undefined;
  supply(id: number, photo: CorePhoto): void;
  remove(ids: Uint32Array): void;
  removeClass(label: string): void;
  rename(from: string, to: string): void;
  move(ids: Uint32Array, label: string): void;
  needsAdvice(config: object): boolean;
  startAdvice(config: object): void;
  startTraining(config: object): void;
  startEvaluation(options: EvaluationOptions): void;
  startComparison(options: ComparisonOptions): void;
  step(): Promise<StepEvent>;
  checkpoint(): Promise<Uint8Array<ArrayBuffer>>;
  pause(): Promise<Uint8Array<ArrayBuffer>>;
  resume(checkpoint: Uint8Array): Omit<ResumedEvent, "type">;
  cancelTraining(): void;
  /** How many workers share the work, this one among them. */
  setReaders(readers: number): void;
  /** Photos that the source model has not read yet. */
  unread(): number;
  /** Draws that can be read ahead and are not lent. */
  leftAhead(): number;
  /** Reads a batch of what the next training is expected to need; false where nothing is left to read here. */
  readAhead(): Promise<boolean>;
  /** `workers`: how many have nothing else to do, this one among them. */
  lend(workers: number): Promise<CoreLoan | { needPhotos: number[] } | undefined>;
  /** Of a step of what is under way; 1 where steps are not shared. */
  parts(): number;
  /** Whether the next step computes what is lent, since nothing else is left to do. */
  waits(): boolean;
  accept(ticket: number, values: Float32Array): void;
  embed(lastStages: number, pictures: Uint8Array): Promise<Float32Array<ArrayBuffer>>;
  learn(parts: CoreParts): Promise<Float32Array<ArrayBuffer>>;
  weights(): { bytes: Uint8Array<ArrayBuffer>; sha256: string };
  predict(photo: CorePhoto, topK: number, model: ModelChoice): Promise<Prediction[]>;
  answer(photo: CorePhoto, topK: number, model: ModelChoice): Promise<Answer>;
  explain(photo: CorePhoto, label: string | undefined, against: string | undefined, model: ModelChoice): Promise<ExplanationNumbers & { seen: Picture; overlay: Picture }>;
  draws(photo: CorePhoto, sha256: string, count: number, config: object): { seen: Picture; crop: Crop; draws: Picture[] };
  featureMaps(photo: CorePhoto, stage: string, channels: number, model: ModelChoice): Promise<CoreFeatureMaps>;
  nearest(photo: CorePhoto, count: number, model: ModelChoice): Promise<NearestIds>;
  exportModel(): Promise<Uint8Array<ArrayBuffer>>;
  openModel(bytes: Uint8Array): { labels: string[] };
}

/** A photo on its way into the core, which takes it as soon as a method is called with it. */
export interface CorePhoto {
  /** The next rows, from the top; `channels`: `RGBA` with straight alpha, or `RGBX` or `BGRX`. */
  push(rows: Uint8Array, channels: string): void;
  /** Lets go of one that no method was called with. */
  free(): void;
}

/** What another worker may do. */
export type CoreLoan = CorePictures | CoreParts;

/** Pictures to read. */
export interface CorePictures {
  ticket: number;
  lastStages: number;
  /** One after the other, three bytes a pixel. */
  pictures: Uint8Array<ArrayBuffer>;
}

/** Parts of an optimiser step, one after the other. */
export interface CoreParts {
  ticket: number;
  lastStages: number;
  classes: number;
  /** Of everything that learns. */
  parameters: Float32Array<ArrayBuffer>;
  /** In each part. */
  photos: Uint32Array<ArrayBuffer>;
  inputs: Float32Array<ArrayBuffer>;
  masks: Float32Array<ArrayBuffer>;
  targets: Float32Array<ArrayBuffer>;
}

/** What another worker needs to have the same core. */
export interface CoreCopy {
  /** Address of the script that wasm-bindgen wrote. */
  glue: string;
  module: WebAssembly.Module;
  weights: { bytes: Uint8Array<ArrayBuffer>; sha256: string };
}

/** The module that wasm-bindgen writes (`--target web`). */
export interface WasmModule {
  default(input: { module_or_path: WebAssembly.Module }): Promise<unknown>;
  OpenDevice: { open(device: Device): Promise<OpenDevice> };
  Core: { open(device: OpenDevice, weights: Uint8Array, sha256: string): Core };
}

/** A device that a core can be opened on. */
export interface OpenDevice {
  /** Has a GPU compile what a backbone of that name computes with; waits for nothing. */
  warmUp(backbone: string): void;
}

/** The small file beside the weights that says which file they are in and what its hash must be. */
export interface WeightsCard {
  name: string;
  file: string;
  bytes: number;
  sha256: string;
}
