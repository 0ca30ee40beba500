/**
 * What the panels are given. They know these shapes and nothing of the library that makes them.
 *
 * @typedef {import("./localize.js").Language<import("./messages.js").MessageKey>} PanelLanguage
 *
 * @typedef {{ id: number, name: string, label: string, blob: Blob }} Photo
 * @typedef {{ key: number, label: string, photos: Photo[] }} ClassView   `key`: stays when the class is renamed
 * @typedef {{ code: string, message: string, params?: Record<string, string | number> }} ProblemView   an error, by its code
 * @typedef {{ name: string, problem: ProblemView }} FailureView
 * @typedef {{ name: string, code: string }} NoteView   what to know of a photo that was added, by its code
 * @typedef {{ name: string, original: string, label: string }} DuplicateView   a photo that is already there, under which name and class
 * @typedef {{ type: "splits", photos: string[], test: string[] } | { type: "shortened", from: string, to: string }} FolderNote
 *          what was made of folders: parts of a data set instead of classes, or a name that is too long for a class
 * @typedef {{ done: number, total: number }} Count
 *
 * @typedef {{ file: File, path: string }} IncomingFile   a file and where it lay, `folder/name.jpg` or only `name.jpg`
 * @typedef {{ files: IncomingFile[], unreadable: string[] }} Incoming
 *
 * @typedef {"webgpu" | "cpu"} DeviceKind
 * @typedef {"requested" | "hardware-adapter" | "no-webgpu" | "no-adapter" | "software-adapter" | "webgpu-failed" | "webgpu-timeout"
 *   | "webgpu-not-served"} DeviceReason
 * @typedef {{ device: DeviceKind, adapter: string, reason: DeviceReason, warnings: readonly string[] }} DeviceView
 * @typedef {{ state: "idle" | "loading" | "ready" | "failed", bytes: Count | null, device: DeviceView | null, problem: ProblemView | null, restarted: boolean }} LoadingView
 *
 * @typedef {{ name: string, kind: "int" | "float" | "choice", default: number | string, min?: number, max?: number, choices?: readonly string[], doc: Record<import("./localize.js").LanguageCode, string> }} OptionView
 *
 * @typedef {{ loss: number, top1: number, top5: number | null, count: number }} Score
 * @typedef {{ phase: "holdout" | "refit", epoch: number, epochs: number, trainLoss: number, trainTop1: number, trainTop5: number | null,
 *             valLoss: number | null, valTop1: number | null, valTop5: number | null }} EpochView
 * @typedef {{ regime: string, stages: number, draws: number, epochs: number, seconds: number }} PlanView
 * @typedef {{ code: string, params: Record<string, number>, text: string }} ReasonView
 * @typedef {{ plan: PlanView, reasons: readonly ReasonView[], regimes: readonly PlanView[] }} AdviceView
 *
 * @typedef {{ stage: "starting" } | { stage: "advice" } | { stage: "embed", done: number, total: number } | { stage: "holdout" | "refit", epoch: number, epochs: number, epochsChosen: boolean }} TrainingStage
 *          `epochsChosen`: the held-out photos choose the number of epochs
 * @typedef {{ classes: readonly string[], trainImages: number, heldOut: number, heldOutLookAlikes: number, neverHeldOut: readonly string[], epochs: number, epochsTried: number, epochsChosen: boolean, stoppedEarly: boolean,
 *             val: Score | null, train: Score, overfitting: OverfittingView | null, seconds: number,
 *             reduced: ReducedView | null }} ReportView
 * @typedef {{ asked: number, used: number }} ReductionView
 * @typedef {{ budgetBytes: number, augment: ReductionView, lastStages: ReductionView, batchSize: ReductionView | null }} ReducedView
 * @typedef {{ epoch: number, lowestValLoss: number, lastValLoss: number, trainTop1: number, valTop1: number }} OverfittingView
 *          after `epoch` the validation loss rose from its lowest
 * @typedef {{ stage: TrainingStage | null, history: EpochView[], report: ReportView | null, stale: boolean, cancelled: boolean, paused: boolean,
 *             pausable: boolean, opened: { name: string, labels: string[] } | null, hasClassifier: boolean, advice: AdviceView | null }} TrainingView
 *          `pausable`: what runs is a training, and not the advice before it
 *
 * @typedef {{ stage: "starting" } | { stage: "embed", done: number, total: number } | { stage: "fold", fold: number, folds: number, share: number }} EvaluationStage
 *          `share`: how much of all folds is done, 0..1
 * @typedef {{ label: string, precision: number | null, recall: number | null, support: number, predicted: number }} ClassResultView
 * @typedef {{ photo: Photo, looksLike: string, probability: number }} SuspiciousView   a photo that looks like another class than its own
 * @typedef {{ classes: readonly string[], accuracy: number, low: number, high: number, count: number, folds: number, epochs: number, applied: boolean,
 *             neverHeldOut: readonly string[], nearDuplicates: readonly (readonly string[])[], perClass: readonly ClassResultView[],
 *             confusion: readonly (readonly number[])[], suspicious: readonly SuspiciousView[], anySuspicious: boolean }} EvaluationResultView
 *          `nearDuplicates`: names of photos; `anySuspicious`: there were suspicious photos, though all may have been dealt with
 * @typedef {{ stage: EvaluationStage | null, result: EvaluationResultView | null, stale: boolean, cancelled: boolean, possible: boolean }} EvaluationView
 *          `stale`: photos or classes have changed since; `possible`: there is a training to judge
 *
 * @typedef {"head" | "head-augmented" | "last-k" | "last-k-augmented" | "full" | "full-augmented" | "scratch" | "scratch-augmented"} PreparedRun
 * @typedef {{ run: PreparedRun, history: EpochView[] }} RunCurvesView
 * @typedef {{ stage: "starting" } | { stage: "embed", done: number, total: number }
 *           | { stage: "run", run: PreparedRun, number: number, runs: number, pictures: Count | null, epoch: number, epochs: number, share: number }} ComparisonStage
 *          `pictures`: of this run, while they are being read; `share`: how much of all runs is done, 0..1
 * @typedef {{ run: PreparedRun, accuracy: number, low: number, high: number, train: number, epochs: number, inputSize: number, reduced: ReducedView | null, seconds: number,
 *             overfitting: OverfittingView | null, difference: { value: number, low: number, high: number, onlyThis: number, onlyFirst: number } | null }} ComparedRunView
 *          `difference`: from the first run, whose own is null; `inputSize` is 0 where the network sees its usual size
 * @typedef {{ runs: ComparedRunView[], heldOut: number, neverHeldOut: readonly string[], trainImages: number, seconds: number }} ComparisonResultView
 * @typedef {{ chosen: readonly PreparedRun[], stage: ComparisonStage | null, curves: readonly RunCurvesView[], result: ComparisonResultView | null,
 *             stale: boolean, cancelled: boolean }} ComparisonView
 *
 * @typedef {{ label: string, index: number, probability: number }} Prediction
 * @typedef {{ name: string, blob: Blob, label: string | null, predictions: Prediction[], unknown: boolean, threshold: { rejectRate: number } | null,
 *             problem: ProblemView | null, seen: boolean }} TestRowView
 *          `unknown`: it is none of the classes; `threshold`: what that answer costs, null where it cannot be given; `label`: the true class where a folder tells it; `seen`: the same photo is among the training photos
 * @typedef {{ rows: TestRowView[], running: Count | null, waiting: number, parts: { photos: string[], test: string[] } | null, scored: number, top1: number | null, top5: number | null,
 *             model: "source" | "trained", canChoose: boolean, canTellUnknown: boolean | null, why: WhyView | null }} TestView
 *          `waiting`: photos that came with the training photos, and have not been tested yet; `parts`: the folders of a data set, of which only those in
 *          `test` are tested with; `canTellUnknown`: whether the classifier can say “none of these”, null where that is not known
 *
 * @typedef {{ class: { label: string }, width: number, height: number, evidence: Float32Array, crop: { x: number, y: number, width: number, height: number },
 *             seen: ImageData, overlay: ImageData }} ExplanationView
 *          what speaks for a class, place by place, and the pictures of it; `crop` is the part of the photo that the network sees
 * @typedef {{ photo: Photo, similarity: number }} SimilarView   a training photo like the one shown
 * @typedef {{ stage: string, width: number, height: number, of: number, channels: readonly { index: number, picture: ImageData }[], seen: ImageData }} FoundMaps
 *          the channels of a stage that vary most over a photo; `width` and `height` are those of the stage's own maps
 * @typedef {{ stages: readonly string[], stage: string | null, found: FoundMaps | null }} StageMapsView   `stage`: the one that is asked for, null while none is
 * @typedef {{ open: boolean, label: string | null, busy: boolean, explanation: ExplanationView | null, similar: SimilarView[], maps: StageMapsView }} WhyView
 *          `label`: the class that was asked about, null for the first guess
 *
 * @typedef {{ id: number, framing: string, count: number | null, width: number, height: number, crop: { x: number, y: number, width: number, height: number },
 *             seen: ImageData, draws: readonly ImageData[] }} LookView
 *          what the network sees of a training photo, which is `width` × `height`; `count`: augmented draws that a training learns from, null where that decides
 */

export {};
