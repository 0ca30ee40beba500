/**
 * The boundary of the core, as wasm-bindgen exports it: what goes in, and what comes out. The worker alone sees it.
 * What serde writes is compared with these types, see `tests/boundary.rs`.
 */

import type {
  Answer,
  Crop,
  Device,
  DoneEvent,
  ErrorCode,
  ExplanationNumbers,
  FeatureMap,
  FeatureMaps,
  Layout,
  Impression,
  ModelChoice,
  Nearest,
  PhotoNote,
  Prediction,
  Report,
  ResumedEvent,
  TrainConfig,
  TrainEvent,
} from "./public.d.ts";

/**
 * The builds of the core, each in a folder of its name below `wasm/`; see `flavourFor`. `export` is another module, which
 * writes models for other programs.
 */
export type Flavour = Device | "cpu-relaxed" | "export";

/** An error, as the core throws it and as the worker posts it. */
export interface ErrorMessage {
  code: ErrorCode;
  message: string;
  params: Record<string, string | number>;
}

/** A picture as the core hands it out. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** As the core knows them: by id. */
export interface NearestIds extends Omit<Nearest, "neighbours"> {
  neighbours: { id: number; name: string; label: string; similarity: number }[];
}

/**
 * A report as the core writes it: which advice a training was begun with, only the page knows through the deaths of
 * workers.
 */
export type CoreReport = Omit<Report, "advice">;

/** The end of a training, as the core tells it. */
export interface CoreDoneEvent {
  type: "done";
  report: CoreReport;
}

/** The ids of photos whose pixels the core needs before its next step. */
export interface NeedPhotosEvent {
  type: "needPhotos";
  ids: number[];
}

/** What a run tells, but for the end of a training: of these the page hears as they are. */
export type RunningEvent = Exclude<TrainEvent, ResumedEvent | DoneEvent>;

/** The outcome of a step. `tests/fixtures/boundary.json` has one of each, as the core writes them. */
export type StepEvent = RunningEvent | CoreDoneEvent | NeedPhotosEvent;

/**
 * What a cross-validation needs: how it divides the photos, and how its fits go: by default as the last training did.
 */
export interface EvaluationOptions {
  folds: number | null | undefined;
  rejectRate: number | undefined;
  train: TrainConfig | undefined;
  epochs: number | undefined;
}

/** What the core knows of itself. */
export interface CoreInfo {
  device: Device;
  adapter: string;
  adapterType: string;
  backbone: string;
  inputSize: number;
  stages: number;
  layers: string[];
  sourceClasses: number;
  version: string;
}

/** With pictures as the core hands them out. */
export interface CoreExplanation extends ExplanationNumbers {
  seen: Picture;
  overlay: Picture;
  legend: Picture;
}

/** With pictures as the core hands them out. */
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

/** What a piece of work on the first classifier came to. */
export type ProvisionalStep = { type: "upToDate" } | { type: "more" } | { type: "made"; impression: Impression };

/** Where a training goes on. */
export type CoreResumed = Omit<ResumedEvent, "type">;

/**
 * The core as wasm-bindgen exports it. Every method throws an `ErrorMessage`. Never two of them at once: the
 * asynchronous ones borrow it.
 */
export interface Core {
  info(): CoreInfo;
  /** What a file says of itself before it is decoded. `rare`: what to say where the browser does not decode it. */
  inspect(file: Uint8Array): {
    width: number;
    height: number;
    orientation: number;
    turnedByBrowsers: boolean;
    rare: ErrorMessage | null;
  };
  /** How whole it is, and its bytes as a decoder needs them where these are others. */
  examine(file: Uint8Array): { note: PhotoNote | null; repaired: Uint8Array<ArrayBuffer> | null };
  /** For pages without `crypto.subtle`. */
  sha256(file: Uint8Array): string;
  arrange(paths: string[]): Layout;
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
  resume(checkpoint: Uint8Array): CoreResumed;
  cancelTraining(): void;
  /** Photos whose files what is under way will, or may, need to see again. */
  wantedFiles(): Uint32Array;
  /** How many workers share the work, this one among them. */
  setReaders(readers: number): void;
  /** What the source model has made of a photo, in half precision; undefined where it has not read it. */
  features(id: number): Uint16Array<ArrayBuffer> | undefined;
  /** Hands these back, so that the photo is not read again. */
  restoreFeatures(id: number, features: Uint16Array): void;
  /** Photos that the source model has not read yet. */
  unread(): number;
  /** Draws that can be read ahead and are not lent. */
  leftAhead(): number;
  /** Reads a batch of what the next training is expected to need; false where nothing is left to read here. */
  readAhead(): Promise<boolean>;
  /** Goes on with the first classifier by a piece of work. */
  goOnProvisionally(): ProvisionalStep;
  /** `workers`: how many have nothing else to do, this one among them. */
  lend(workers: number): Promise<CoreLoan | { needPhotos: number[] } | undefined>;
  /** Of a step of what is under way; 1 where steps are not shared. */
  parts(): number;
  /** Whether the next step computes what is lent, since nothing else is left to do. */
  waits(): boolean;
  accept(id: number, answer: Float32Array): void;
  embed(lastStages: number, pictures: Uint8Array): Promise<Float32Array<ArrayBuffer>>;
  learn(parts: CoreParts): Promise<Float32Array<ArrayBuffer>>;
  weights(): { bytes: Uint8Array<ArrayBuffer>; sha256: string };
  predict(photo: CorePhoto, topK: number, model: ModelChoice): Promise<Prediction[]>;
  answer(photo: CorePhoto, topK: number, model: ModelChoice): Promise<Answer>;
  explain(
    photo: CorePhoto,
    label: string | undefined,
    against: string | undefined,
    model: ModelChoice,
  ): Promise<CoreExplanation>;
  draws(
    photo: CorePhoto,
    sha256: string,
    count: number,
    config: object,
  ): { seen: Picture; crop: Crop; draws: Picture[] };
  featureMaps(photo: CorePhoto, stage: string, channels: number, model: ModelChoice): Promise<CoreFeatureMaps>;
  /** Reads a batch of what `nearest` compares with and is not known yet; false where nothing is left. */
  readFeatures(model: ModelChoice): Promise<boolean>;
  nearest(photo: CorePhoto, count: number, model: ModelChoice): Promise<NearestIds>;
  exportModel(): Promise<Uint8Array<ArrayBuffer>>;
  exportSource(): Promise<Uint8Array<ArrayBuffer>>;
  openModel(bytes: Uint8Array, own?: string[]): { labels: string[] };
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
  id: number;
  lastStages: number;
  /** One after the other, three bytes a pixel. */
  pictures: Uint8Array<ArrayBuffer>;
}

/** Parts of an optimiser step, one after the other. */
export interface CoreParts {
  id: number;
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

/** The module that wasm-bindgen writes (`--target web`). */
export interface WasmModule {
  default(input: { module_or_path: WebAssembly.Module }): Promise<unknown>;
  OpenDevice: { open(device: Device): Promise<OpenDevice> };
  Core: { open(device: OpenDevice, weights: Uint8Array, sha256: string | undefined, labels: string[]): Core };
}

/** A device that a core can be opened on. */
export interface OpenDevice {
  /** Has a GPU compile what a backbone of that name computes with; waits for nothing. */
  warmUp(backbone: string): void;
}

/** The module that writes models for other programs, as wasm-bindgen exports it. */
export interface ExportModule {
  default: WasmModule["default"];
  Exporter: {
    /** Of the source model where `model` is undefined. */
    open(weights: Uint8Array, sha256: string | undefined, labels: string[], model: Uint8Array | undefined): Exporter;
  };
}

/** A model with the weights under it. Every method throws an `ErrorMessage`. */
export interface Exporter {
  /** What a model file of it says, as JSON. */
  card(): string;
  write(format: string, precision: string, names: string): Uint8Array<ArrayBuffer>;
  free(): void;
}
