/** What the panels are given. They know these shapes and nothing of the library that makes them. */

export type PanelLanguage = import("./localize.js").Language<import("./messages.js").MessageKey>;

export type Photo = { id: number; name: string; label: string; blob: Blob };
/** `key`: stays when the class is renamed. */
export type ClassView = { key: number; label: string; photos: Photo[] };
/** An error, by its code. */
export type ProblemView = { code: string; message: string; params?: Record<string, string | number> };
export type FailureView = { name: string; problem: ProblemView };
/** What to know of a photo that was added, by its code. */
export type NoteView = { name: string; code: string };
/** A photo that is already there, under which name and class. */
export type DuplicateView = { name: string; original: string; label: string };
/** What was made of folders: parts of a data set instead of classes, or a name that is too long for a class. */
export type FolderNote =
  { type: "parts"; photos: string[]; test: string[] } | { type: "shortened"; from: string; to: string };
export type Count = { done: number; total: number };

/** A file and where it lay, `folder/name.jpg` or only `name.jpg`. */
export type IncomingFile = { file: File; path: string };
export type Incoming = { files: IncomingFile[]; unreadable: string[] };

export type DeviceKind = "webgpu" | "cpu";
export type DeviceReason =
  | "requested"
  | "hardware-adapter"
  | "no-webgpu"
  | "no-adapter"
  | "software-adapter"
  | "webgpu-failed"
  | "webgpu-timeout"
  | "webgpu-not-served";
export type DeviceView = { device: DeviceKind; adapter: string; reason: DeviceReason; warnings: readonly string[] };
export type LoadingView = {
  state: "idle" | "loading" | "ready" | "failed";
  bytes: Count | null;
  device: DeviceView | null;
  problem: ProblemView | null;
  restarted: boolean;
};

/** What is being done to use the network `name`, and how far it is: bytes, or photos. */
export type NetworkStage =
  { stage: "network"; name: string } | ({ stage: "download" | "photos"; name: string } & Count);
export type SiteNetworkView = {
  name: string;
  bytes: number;
  millionParameters: number;
  inputSize: number;
  inUse: boolean;
};
export type KeptNetworkView = { sha256: string; file: string; network: string; bytes: number; inUse: boolean };
/** What a file was recognised as. `classes`: how many it knows by itself. */
export type BroughtNetworkView = {
  file: string;
  bytes: number | null;
  network: string;
  stages: number;
  inputSize: number;
  classes: number;
};
/**
 * `name`: of the network in use, as the core calls it, or of its file before that is known; `brought`: where it comes
 * out of a file; `busy`: something runs that needs it; `asked`: what would be lost with it, before it is changed;
 * `keep`: whether this browser keeps the file that the reader brought; `naming`: its classes, where the site has no
 * names for them, and those that were given, if they are `named`; `startFrom`: there is
 * a classifier that the next task can start from.
 */
export type NetworkView = {
  open: boolean;
  name: string;
  brought: BroughtNetworkView | null;
  site: readonly SiteNetworkView[];
  kept: readonly KeptNetworkView[];
  busy: boolean;
  stage: NetworkStage | null;
  asked: { name: string; paused: boolean; unsaved: boolean } | null;
  problem: (ProblemView & { name: string }) | null;
  keep: "impossible" | "off" | "storing" | "on" | null;
  naming: { count: number; names: readonly string[]; named: boolean } | null;
  startFrom: boolean;
};

export type OptionView = {
  name: string;
  kind: "int" | "float" | "choice";
  default: number | string;
  min?: number;
  max?: number;
  choices?: readonly string[];
  doc: Record<import("./localize.js").LanguageCode, string>;
};

export type Score = { loss: number; top1: number; top5: number | null; count: number };
export type EpochView = {
  phase: "holdout" | "refit";
  epoch: number;
  epochs: number;
  trainLoss: number;
  trainTop1: number;
  trainTop5: number | null;
  valLoss: number | null;
  valTop1: number | null;
  valTop5: number | null;
};
export type PlanView = { regime: string; stages: number; draws: number; epochs: number; seconds: number };
export type ReasonView = { code: string; params: Record<string, number>; text: string };
export type AdviceView = { plan: PlanView; reasons: readonly ReasonView[]; regimes: readonly PlanView[] };

/** `epochsChosen`: the held-out photos choose the number of epochs. */
export type TrainingStage =
  | { stage: "starting" }
  | { stage: "advice" }
  | { stage: "embed"; done: number; total: number }
  | { stage: "holdout" | "refit"; epoch: number; epochs: number; epochsChosen: boolean };
export type ReportView = {
  classes: readonly string[];
  trainImages: number;
  heldOut: number;
  heldOutLookAlikes: number;
  neverHeldOut: readonly string[];
  epochs: number;
  epochsTried: number;
  epochsChosen: boolean;
  stoppedEarly: boolean;
  val: Score | null;
  train: Score;
  overfitting: OverfittingView | null;
  seconds: number;
  reduced: ReducedView | null;
};
export type ReductionView = { asked: number; used: number };
export type ReducedView = {
  budgetBytes: number;
  augment: ReductionView;
  lastStages: ReductionView;
  batchSize: ReductionView | null;
};
/** After `epoch` the validation loss rose from its lowest. */
export type OverfittingView = {
  epoch: number;
  lowestValLoss: number;
  lastValLoss: number;
  trainTop1: number;
  valTop1: number;
};
/** `pausable`: what runs is a training, and not the advice before it. */
/** Of the first classifier: `scores` is null where no class can do without one of its photos. */
export type ImpressionView = {
  photos: number;
  scores: { top1: number; interval: { low: number; high: number } } | null;
};
export type TrainingView = {
  stage: TrainingStage | null;
  history: EpochView[];
  report: ReportView | null;
  stale: boolean;
  cancelled: boolean;
  paused: boolean;
  pausable: boolean;
  opened: { name: string; labels: string[] } | null;
  hasClassifier: boolean;
  advice: AdviceView | null;
  /** Of the first classifier, as long as there is no other. */
  provisional: ImpressionView | null;
};

/** `share`: how much of all folds is done, 0..1. */
export type EvaluationStage =
  | { stage: "starting" }
  | { stage: "embed"; done: number; total: number }
  | { stage: "fold"; fold: number; folds: number; share: number };
export type ClassResultView = {
  label: string;
  precision: number | null;
  recall: number | null;
  support: number;
  predicted: number;
};
/** A photo that looks like another class than its own. */
export type SuspiciousView = { photo: Photo; looksLike: string; probability: number };
/**
 * `nearDuplicates`: names of photos; `anySuspicious`: there were suspicious photos, though all may have been dealt
 * with.
 */
export type EvaluationResultView = {
  classes: readonly string[];
  accuracy: number;
  low: number;
  high: number;
  count: number;
  folds: number;
  epochs: number;
  applied: boolean;
  neverHeldOut: readonly string[];
  nearDuplicates: readonly (readonly string[])[];
  perClass: readonly ClassResultView[];
  confusion: readonly (readonly number[])[];
  suspicious: readonly SuspiciousView[];
  anySuspicious: boolean;
};
/** `stale`: photos or classes have changed since; `possible`: there is a training to judge. */
export type EvaluationView = {
  stage: EvaluationStage | null;
  result: EvaluationResultView | null;
  stale: boolean;
  cancelled: boolean;
  possible: boolean;
};

export type PreparedRun =
  | "head"
  | "head-augmented"
  | "last-k"
  | "last-k-augmented"
  | "full"
  | "full-augmented"
  | "scratch"
  | "scratch-augmented";
export type RunCurvesView = { run: PreparedRun; history: EpochView[] };
/** `pictures`: of this run, while they are being read; `share`: how much of all runs is done, 0..1. */
export type ComparisonStage =
  | { stage: "starting" }
  | { stage: "embed"; done: number; total: number }
  | {
      stage: "run";
      run: PreparedRun;
      number: number;
      runs: number;
      pictures: Count | null;
      epoch: number;
      epochs: number;
      share: number;
    };
/** `difference`: from the first run, whose own is null; `inputSize` is 0 where the network sees its usual size. */
export type ComparedRunView = {
  run: PreparedRun;
  accuracy: number;
  low: number;
  high: number;
  train: number;
  epochs: number;
  inputSize: number;
  reduced: ReducedView | null;
  seconds: number;
  overfitting: OverfittingView | null;
  difference: { value: number; low: number; high: number; onlyThis: number; onlyFirst: number } | null;
};
/** `missing`: runs that were asked for and not brought to their end. */
export type ComparisonResultView = {
  runs: ComparedRunView[];
  missing: readonly PreparedRun[];
  heldOut: number;
  neverHeldOut: readonly string[];
  trainImages: number;
  seconds: number;
};
export type ComparisonView = {
  chosen: readonly PreparedRun[];
  stage: ComparisonStage | null;
  curves: readonly RunCurvesView[];
  result: ComparisonResultView | null;
  stale: boolean;
  cancelled: boolean;
};

export type Prediction = { label: string; index: number; probability: number };
/**
 * `unknown`: it is none of the classes; `threshold`: what that answer costs, null where it cannot be given; `label`:
 * the true class where a folder tells it; `seen`: the same photo is among the training photos.
 */
export type TestRowView = {
  name: string;
  blob: Blob;
  label: string | null;
  predictions: Prediction[];
  unknown: boolean;
  threshold: { rejectRate: number } | null;
  problem: ProblemView | null;
  seen: boolean;
};
/** Who answers: the network as it was pretrained, the classifier that was trained or opened, or the first one. */
export type Answering = "source" | "trained" | "provisional";
/**
 * `waiting`: photos that came with the training photos, and have not been tested yet; `parts`: the folders of a data
 * set, of which only those in `test` are tested with; `sourceClasses`: how many the network knows by itself, 0 where it
 * has to be trained before it answers, null where that is not known yet; `canTellUnknown`: whether the classifier can say “none of these”,
 * null where that is not known.
 */
export type TestView = {
  rows: TestRowView[];
  running: Count | null;
  waiting: number;
  parts: { photos: string[]; test: string[] } | null;
  scored: number;
  top1: number | null;
  top5: number | null;
  model: Answering;
  /** Whose answers these are where they are not the source model's. */
  own: Exclude<Answering, "source">;
  /** Photos that the first classifier has learnt from, where that answers. */
  provisionalPhotos: number;
  canChoose: boolean;
  sourceClasses: number | null;
  canTellUnknown: boolean | null;
  why: WhyView | null;
};

/**
 * What speaks for a class, place by place, and the pictures of it; `crop` is the part of the photo that the network
 * sees, and `legend` the colours of `overlay`, from the strongest against the class to the strongest for it.
 */
export type ExplanationView = {
  class: { label: string };
  width: number;
  height: number;
  evidence: Float32Array;
  crop: { x: number; y: number; width: number; height: number };
  seen: ImageData;
  overlay: ImageData;
  legend: ImageData;
};
/** A training photo like the one shown. */
export type SimilarView = { photo: Photo; similarity: number };
/** The channels of a stage that vary most over a photo; `width` and `height` are those of the stage's own maps. */
export type FoundMaps = {
  stage: string;
  width: number;
  height: number;
  of: number;
  channels: readonly { index: number; picture: ImageData }[];
  seen: ImageData;
};
/** `stage`: the one that is asked for, null while none is. */
export type StageMapsView = { stages: readonly string[]; stage: string | null; found: FoundMaps | null };
/** `label`: the class that was asked about, null for the first guess. */
export type WhyView = {
  open: boolean;
  label: string | null;
  busy: boolean;
  explanation: ExplanationView | null;
  similar: SimilarView[];
  maps: StageMapsView;
};

/**
 * What the network sees of a training photo, which is `width` × `height`; `count`: augmented draws that a training
 * learns from, null where that decides.
 */
export type LookView = {
  id: number;
  framing: string;
  count: number | null;
  width: number;
  height: number;
  crop: { x: number; y: number; width: number; height: number };
  seen: ImageData;
  draws: readonly ImageData[];
};

export type StorageProblem = "denied" | "full" | "newer" | "elsewhere" | "damaged" | "failed";
/**
 * What to know of a project: why it, or what was to be done with it, is not to be had. `missing`: what could not be read
 * of the one that is open. `network`: it belongs to another one, which is not here.
 */
export type ProjectNotice =
  | { code: StorageProblem; name: string }
  | { code: "network"; name: string; network: string }
  | { code: "missing"; name: string; photos: readonly string[]; damaged: readonly ("model" | "checkpoint")[] };
export type ProjectView = {
  id: string;
  name: string;
  photos: number;
  bytes: number;
  changed: number;
  whole: boolean;
  current: boolean;
};
/**
 * `state`: of the open project, by what is kept of it; `unreadable`: photos of it that cannot be kept, since their files
 * cannot be read; `locked`: something runs that needs it as it is; `possible`: there is a place to keep projects in.
 */
export type ProjectsView = {
  open: boolean;
  state: "opening" | "empty" | "keeping" | "kept" | "unreadable" | StorageProblem;
  unreadable: number;
  name: string;
  photos: number;
  bytes: number;
  opening: Count | null;
  notice: ProjectNotice | null;
  locked: boolean;
  possible: boolean;
  list: readonly ProjectView[];
  space: { usage: number; quota: number; persisted: boolean } | null;
};
