/**
 * The calls of the worker, in one table. Both sides are checked against it: what the page sends and gets
 * (`Connection.call`), and what answers it in the worker (`CoreWorker.handlers`). A call that is missing on one side,
 * or has other arguments there, is an error of `tsc`.
 */

import type {
  CoreDoneEvent,
  CoreParts,
  CorePictures,
  CoreReport,
  ComparisonOptions,
  ErrorMessage,
  EvaluationOptions,
  NearestIds,
  RunningEvent,
} from "./core.d.ts";
import type {
  Advice,
  Answer,
  Comparison,
  DeviceChoice,
  Draws,
  Evaluation,
  Explanation,
  FeatureMaps,
  Impression,
  Info,
  Layout,
  ModelChoice,
  PhotoNote,
  Prediction,
  Progress,
  ResumedEvent,
  TrainConfig,
} from "./public.d.ts";

/** What is asked about: a file or an image. The library passes these on as they are. */
export type Image = Blob | ImageBitmap | ImageData;

type Bytes = Uint8Array<ArrayBuffer>;

/** One call. What goes in is cloned, what comes out too, but for bytes and numbers, which are handed over. */
export interface Call<Args, Result, Event = never> {
  args: Args;
  result: Result;
  /** What it tells before its end, any number of times. */
  event: Event;
}

/** What became of a file. */
export interface Added {
  duplicateOf?: number;
  note?: PhotoNote | null;
  /** Whether the features that came with it are of these weights, so that it need not be read again. */
  read?: boolean;
}

export interface Calls {
  /** The first of all: makes the core. */
  start: Call<StartOptions, Info, Progress | DeviceEvent>;

  arrange: Call<{ paths: string[] }, Layout>;
  addClass: Call<{ label: string }, void>;
  /**
   * The class is made where there is none of that label. The answer is the id of the photo with the same bytes where
   * there is one already, or else what the person should know of the file. `features`: what `features` gave of it.
   */
  addPhoto: Call<
    { id: number; name: string; label: string; blob: Blob; features?: Uint16Array; next?: Expected[] },
    Added,
    ProvisionalEvent
  >;
  /** What the source model has made of photos, for another visit; null where it has not read one. */
  features: Call<{ ids: number[] }, (Uint16Array<ArrayBuffer> | null)[]>;
  /** Files that were to follow will not. */
  forgetNext: Call<{ ids: number[] }, void>;
  remove: Call<{ ids: number[] }, void>;
  /** `ids`: the photos that go with the class. */
  removeClass: Call<{ label: string; ids: number[] }, void>;
  rename: Call<{ from: string; to: string }, void>;
  move: Call<{ ids: number[]; label: string }, void>;

  /** Reads photos and the draws that a training is likely to ask for, until there is something better to do. */
  readAhead: Call<undefined, void, ProvisionalEvent>;
  advise: Call<{ config: Partial<TrainConfig> }, Advice, RunningEvent>;
  train: Call<{ config: Partial<TrainConfig> }, Learnt, LearningEvent>;
  /** A training that goes on where its checkpoint was taken; what was left to advice was decided before. */
  resume: Call<{ checkpoint: Uint8Array }, Learnt, LearningEvent>;
  /** Ends the training under way; the answer is its checkpoint, or null where there is none. */
  pause: Call<undefined, Bytes | null>;
  /** A paused training will not be resumed: what is kept for it alone can go. */
  discard: Call<undefined, void>;
  /** The model file is a new one: it carries the temperature and the threshold from now on. */
  evaluate: Call<EvaluationOptions, { evaluation: Evaluation; model: Bytes }, RunningEvent>;
  /** Trainings that are left to advice are advised first. The classifier stays as it is. */
  compare: Call<ComparisonOptions, Comparison, RunningEvent>;

  predict: Call<{ image: Image; topK: number; model: ModelChoice }, Prediction[]>;
  /** `id`: of one of many files, and `next` those that will follow. */
  answer: Call<{ image: Image; topK: number; model: ModelChoice; id?: number; next?: Expected[] }, Answer>;
  explain: Call<
    { image: Image; label: string | undefined; against: string | undefined; model: ModelChoice },
    Explanation
  >;
  /** `image`: or the id of a photo. */
  draws: Call<{ image: number | Image; count: number; config: Partial<TrainConfig> }, Draws>;
  featureMaps: Call<{ image: Image; stage: string; channels: number; model: ModelChoice }, FeatureMaps>;
  nearest: Call<{ image: Image; count: number; model: ModelChoice }, NearestIds>;
  exportModel: Call<undefined, Bytes>;
  exportSource: Call<undefined, Bytes>;
  /** The weights file that the core was made of. */
  weights: Call<undefined, { bytes: Bytes; sha256: string }>;
  /** `own`: labels of classes that are there, where a worker before this one wrote the file. */
  openModel: Call<{ bytes: Uint8Array; own?: string[] }, { labels: string[] }>;

  /** The first of a worker that only helps another one. */
  startCopy: Call<CoreCopy, void>;
  /** In such a worker: reads pictures for the other one. */
  embed: Call<CorePictures, Float32Array<ArrayBuffer>>;
  /** In such a worker: computes parts of a step of the other one. */
  learn: Call<CoreParts, Float32Array<ArrayBuffer>>;
}

export type CallName = keyof Calls;

/** What calls are made of, in general: for those who carry them and know none of them. */
export type CallTable = Record<string, Call<any, any, any>>;

/** What is given to a call beside its name. */
export type CallArguments<Table, Name extends keyof Table> =
  Table[Name] extends Call<infer Args, unknown, infer Event>
    ? undefined extends Args
      ? [args?: Args, options?: CallOptions<Event>]
      : [args: Args, options?: CallOptions<Event>]
    : never;

export type CallResult<Table, Name extends keyof Table> =
  Table[Name] extends Call<any, infer Result, any> ? Result : never;

/** How calls are made, whoever carries them. */
export interface Caller<Table = Calls> {
  call<Name extends string & keyof Table>(
    name: Name,
    ...rest: CallArguments<Table, Name>
  ): Promise<CallResult<Table, Name>>;
}

export interface CallOptions<Event> {
  /**
   * Asks the worker to give the call up. The promise settles with the worker's own answer, so that nothing of the call
   * is still going on when it rejects.
   */
  signal?: AbortSignal | undefined;
  onEvent?: ((event: Event) => void) | undefined;
  transfer?: Transferable[];
}

/** What a handler is given beside its arguments. */
export interface CallContext<Event> {
  /** Aborted when the page cancels the call. */
  signal: AbortSignal;
  /** Sends the page an event of this call. */
  emit(event: Event): void;
}

/**
 * A handler answers at once, or with a promise. A long one is an async generator: one `yield` for each piece of work,
 * the value is an event for the page (or undefined), and what it returns is the answer. Between two pieces whatever has
 * arrived is served, and a cancelled generator is ended there, through its `finally`.
 */
export type Handler<Args = any, Result = any, Event = any> = (
  args: Args,
  context: CallContext<Event>,
) => Result | Promise<Result> | AsyncGenerator<Event | undefined, Result, void>;

/** What answers the calls of a table. */
export type Handlers<Table = Calls> = {
  [Name in keyof Table]: Table[Name] extends Call<infer Args, infer Result, infer Event>
    ? Handler<Args, Result, Event>
    : never;
};

/** What a worker is started with. */
export interface StartOptions {
  baseUrl: string;
  device: DeviceChoice;
  /** The name of a network of this site, the address of a weights file, or the file itself. */
  backbone: string | Blob;
  /** Names for the outputs of such a file. */
  labels?: string[] | undefined;
  /** Whether photos are read before a training asks for them. */
  readAhead: boolean;
  /** How many read photos and share steps on the CPU; as many as the device bears where it is missing. */
  workers?: number | undefined;
}

/** Whether the start waits for a graphics device: such a wait may have no end. */
export interface DeviceEvent {
  stage: "device";
  waiting: boolean;
}

/** A file under the number by which it will be asked for. */
export interface Expected {
  id: number;
  blob: Blob;
}

/** The end of a training: its report, and the classifier as a model file. */
export interface Learnt {
  report: CoreReport;
  model: Bytes;
}

/** There is a first classifier, or another one: it is made while photos are added and read. */
export interface ProvisionalEvent {
  type: "provisional";
  impression: Impression;
}

/** The state of a training, kept for when the worker dies. */
export interface CheckpointEvent {
  type: "checkpoint";
  checkpoint: Bytes;
}

/** What a training tells: the library makes events of the public API of it. */
export type LearningEvent = RunningEvent | CoreDoneEvent | ResumedEvent | CheckpointEvent;

/** What another worker needs to have the same core. */
export interface CoreCopy {
  /** Address of the script that wasm-bindgen wrote. */
  glue: string;
  module: WebAssembly.Module;
  weights: { bytes: Bytes; sha256: string };
}

/** Page → worker. */
export type Request = { id: number; call: string; args: unknown } | { cancel: number };

/**
 * Worker → page: for each call any number of events, then exactly one `ok` or `error`; or, once, why the worker can no
 * longer be used.
 */
export type Response =
  | { id: number; event: unknown }
  | { id: number; ok: unknown }
  | { id: number; error: ErrorMessage }
  | { fatal: ErrorMessage };
