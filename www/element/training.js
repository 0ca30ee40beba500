/** @import { FineTuner } from "../lib/index.js" */
/** @import { Advice, Plan, TrainConfig, TrainEvent } from "../lib/types.d.ts" */

/** Trainings and model files, as the train panel shows and starts them. */
export class Training {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    /** @type {import("../ui/types.js").TrainingStage | null} */ this.stage = null;
    /** @type {import("../ui/types.js").EpochView[]} */ this.history = [];
    /** @type {{ name: string, labels: string[] } | null} */ this.opened = null;
    /** The reader's own choices, on top of those of the element's author. @type {Record<string, number | string>} */ this.options = {};
    this.optionsValid = true;
    /** Whether the held-out photos choose the number of epochs of the training that runs. */ this.epochsChosen = true;
    this.cancelled = false;
    /** The last advice, until a training that was told what to do. @type {Advice | null} */ this.advice = null;
    this.abort = new AbortController();
  }

  /** The classes of the classifier there is, by the names they have now; none, as long as there is none. @returns {readonly string[]} */
  get labels() {
    return this.opened?.labels ?? this.session.tuner?.report?.classes ?? [];
  }

  /** @returns {import("../ui/types.js").TrainingView} */
  get view() {
    const { tuner } = this.session;
    const { stage, history, opened, cancelled } = this;
    // An opened model was trained elsewhere: the report of the training before it says nothing about it.
    const report = opened ? null : (tuner?.report ?? null);
    return { stage, history: opened && !stage ? [] : history, report, stale: tuner?.stale ?? false, cancelled, opened, hasClassifier: this.labels.length > 0, advice: adviceView(this.advice) };
  }

  async train() {
    const before = this.history;
    Object.assign(this, { stage: { stage: "starting" }, history: [], cancelled: false });
    this.session.announce("train.starting");
    this.session.changed();
    const report = await this.session.attempt((tuner) => this.#run(tuner));
    this.stage = null;
    if (!report) this.history = before;
    this.session.changed();
    if (!report) return;
    this.opened = null;
    this.advice = report.advice;
    this.session.evaluating.forget();
    if (report.val) this.session.announce("train.doneScore", { top1: report.val.top1 });
    else this.session.announce("train.done");
    await this.session.testing.trainedAnew();
  }

  /** Asks what to train, and trains nothing. */
  async advise() {
    Object.assign(this, { stage: { stage: "advice" }, cancelled: false, abort: new AbortController() });
    this.session.announce("advice.running");
    this.session.changed();
    const { signal } = this.abort;
    const { options } = this.session.settings();
    const config = /** @type {Partial<TrainConfig>} */ (options);
    const advice = await this.session.attempt((tuner) => tuner.advise(config, { signal, onEvent: (event) => this.#follow(event) }));
    this.stage = null;
    if (advice) this.advice = advice;
    if (advice) this.session.announce("advice.done");
    this.session.changed();
  }

  cancel() {
    this.abort.abort();
  }

  /** @param {Record<string, number | string>} values @param {boolean} valid */
  choose(values, valid) {
    this.options = values;
    this.optionsValid = valid;
    this.session.changed();
  }

  /** @param {string} fileName */
  save(fileName) {
    return this.session.attempt(async (tuner) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await tuner.export());
      link.download = fileName;
      link.click();
      // The download has its own hold on the blob only once it has begun, which no event tells.
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    });
  }

  /** @param {File} file */
  open(file) {
    return this.session.attempt(async (tuner) => {
      const { labels } = await tuner.open(file);
      this.opened = { name: file.name, labels };
      this.session.evaluating.forget();
      await this.session.testing.trainedAnew();
    });
  }

  /** @param {string} from @param {string} to */
  renamed(from, to) {
    if (this.opened) this.opened = { ...this.opened, labels: this.opened.labels.map((label) => (label === from ? to : label)) };
  }

  /** @param {FineTuner} tuner */
  async #run(tuner) {
    this.abort = new AbortController();
    const { signal } = this.abort;
    try {
      const { options } = this.session.settings();
      // A fit of deeper stages runs a schedule that is fixed beforehand.
      this.epochsChosen = options.regime === "head";
      return await tuner.train(/** @type {Partial<TrainConfig>} */ (options), { signal, onEvent: (event) => this.#follow(event) });
    } finally {
      this.cancelled = signal.aborted;
    }
  }

  /** @param {TrainEvent} event */
  #follow(event) {
    if (event.type === "advising") this.stage = { stage: "advice" };
    // What was left to the advice is decided now.
    if (event.type === "advised") this.epochsChosen = event.advice.plan.regime === "head";
    if (event.type === "embed") this.stage = { stage: "embed", done: event.done, total: event.total };
    if (event.type === "batch" || event.type === "epoch") this.stage = { stage: event.phase, epoch: event.epoch, epochs: event.epochs, epochsChosen: this.epochsChosen };
    // The refit repeats what the hold-out has shown, so it is drawn only where nothing could be held out.
    const drawn = event.type === "epoch" && (event.phase === "holdout" || this.history.every(({ phase }) => phase === "refit"));
    if (drawn) this.history = [...this.history, event];
    this.session.changed();
  }
}

/** @param {Advice | null} advice @returns {import("../ui/types.js").AdviceView | null} */
function adviceView(advice) {
  return advice && { plan: planView(advice.plan), reasons: advice.reasons, regimes: advice.regimes.map(planView) };
}

/** @param {Plan} plan */
function planView({ regime, config, seconds }) {
  return { regime, stages: config.lastStages, draws: Math.max(0, config.augment), epochs: config.epochs, seconds };
}
