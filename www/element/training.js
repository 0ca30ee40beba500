/** @import { FineTuner } from "../lib/index.js" */
/** @import { Advice, Plan, TrainConfig, TrainEvent } from "../lib/types/public.d.ts" */
import { saveFile } from "./save-file.js";

import { LastLayerError } from "../lib/index.js";
import { sayProblem } from "../ui/language.js";

/** Trainings and model files, as the train panel shows and starts them. */
export class Training {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    /** @type {import("../ui/types.d.ts").TrainingStage | null} */ this.stage = null;
    /** @type {import("../ui/types.d.ts").EpochView[]} */ this.history = [];
    /** Of the last training that came to its end. @type {import("../ui/types.d.ts").EpochView[]} */ this.before = [];
    /** @type {{ name: string, labels: string[] } | null} */ this.opened = null;
    /** Whether the classifier there is, if there is one, is in a file. */ this.saved = true;
    /** The reader's own choices, on top of those of the element's author. @type {Record<string, number | string>} */
    this.options = {};
    this.optionsValid = true;
    /** Whether the held-out photos choose the number of epochs of the training that runs. */ this.epochsChosen = true;
    this.cancelled = false;
    /** Whether what runs is a training, and not the advice before it. */ this.pausable = false;
    /** The last advice, until a training that was told what to do. @type {Advice | null} */ this.advice = null;
    this.abort = new AbortController();
  }

  /**
   * The classes of the classifier there is, by the names they have now; none, as long as there is none.
   * @returns {readonly string[]}
   */
  get labels() {
    return this.opened?.labels ?? this.session.tuner?.report?.classes ?? [];
  }

  /** @returns {import("../ui/types.d.ts").TrainingView} */
  get view() {
    const { tuner } = this.session;
    const { stage, history, opened, cancelled } = this;
    const paused = stage === null && tuner?.checkpoint != null;
    // An opened model was trained elsewhere: the report of the training before it says nothing about it.
    const report = opened ? null : (tuner?.report ?? null);
    const { pausable } = this;
    return {
      stage,
      history: opened && !stage ? [] : history,
      report,
      stale: tuner?.stale ?? false,
      cancelled,
      paused,
      pausable,
      opened,
      hasClassifier: this.labels.length > 0,
      advice: adviceView(this.advice),
      provisional: tuner?.provisional ?? null,
    };
  }

  /** There is another network, and no classifier of it. */
  forget() {
    Object.assign(this, { history: [], before: [], opened: null, advice: null, cancelled: false, saved: true });
  }

  /** @returns {Promise<void>} */
  train() {
    const { options } = this.session.settings();
    const config = /** @type {Partial<TrainConfig>} */ (options);
    this.epochsChosen = stopsEarly(config);
    this.pausable = (config.regime ?? "auto") !== "auto" || Boolean(config.lastStages);
    return this.#learn((tuner, following) => tuner.train(config, following), { again: () => this.train() });
  }

  /** Goes on with the training that was paused, or that a crash has ended. @returns {Promise<void>} */
  resume() {
    this.pausable = true;
    const again = async () => {
      await this.discard();
      await this.train();
    };
    return this.#learn((tuner, following) => tuner.resume(tuner.checkpoint, following), { again, resuming: true });
  }

  /** Its promise then rejects, which ends `#learn`. */
  pause() {
    return this.session.attempt((tuner) => tuner.pause());
  }

  async discard() {
    await this.session.attempt((tuner) => tuner.discard());
    this.history = this.before;
    this.session.changed();
  }

  /**
   * @param {(
   *   tuner: FineTuner,
   *   following: { signal: AbortSignal, onEvent: (event: TrainEvent) => void },
   * ) => Promise<unknown>} begin
   * @param {{ again: () => Promise<unknown>, resuming?: boolean }} run
   */
  async #learn(begin, run) {
    const shown = this.history;
    if (!this.view.paused) this.before = shown;
    Object.assign(this, { stage: { stage: "starting" }, history: [], cancelled: false, abort: new AbortController() });
    this.session.announce("train.starting");
    this.session.changed();
    const { signal } = this.abort;
    const finished = await this.session.attempt(async (tuner) => {
      await begin(tuner, { signal, onEvent: (event) => this.#follow(event) });
      return tuner.report;
    }, run);
    this.stage = null;
    this.cancelled = signal.aborted && !finished;
    if (!finished) this.#interrupted(shown);
    this.session.changed();
    if (!finished) return;
    this.opened = null;
    this.saved = false;
    this.advice = finished.advice;
    this.session.evaluating.forget();
    if (finished.val) this.session.announce("train.doneScore", { top1: finished.val.top1 });
    else this.session.announce("train.done");
    await this.session.testing.trainedAnew();
  }

  /** Asks what to train, and trains nothing. */
  async advise() {
    Object.assign(this, {
      stage: { stage: "advice" },
      pausable: false,
      cancelled: false,
      abort: new AbortController(),
    });
    this.session.announce("advice.running");
    this.session.changed();
    const { signal } = this.abort;
    const { options } = this.session.settings();
    const config = /** @type {Partial<TrainConfig>} */ (options);
    const advice = await this.session.attempt(
      (tuner) => tuner.advise(config, { signal, onEvent: (event) => this.#follow(event) }),
      { again: () => this.advise() },
    );
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
      saveFile(await tuner.export(), fileName);
      this.saved = true;
    });
  }

  /**
   * The dialog for other programs, which is loaded when it is first asked for.
   * @param {ParentNode & Node} root  Where it is put.
   * @param {import("../ui/types.d.ts").PanelLanguage} language
   */
  takeAlong(root, language) {
    return this.session.attempt(async (tuner) => {
      const url = new URL("late/take-along.js", import.meta.url).href;
      /** @type {typeof import("./take-along.js")} */
      const late = await import(url).catch((error) => {
        throw new LastLayerError("download-failed", `${url} could not be downloaded: ${error}.`);
      });
      late.takeAlong({ tuner, root, language: language.code, say: (problem) => sayProblem(language, problem) });
    });
  }

  /** @param {File} file */
  open(file) {
    return this.session.attempt(async (tuner) => {
      const { labels } = await tuner.open(file);
      this.opened = { name: file.name, labels };
      this.saved = true;
      this.session.evaluating.forget();
      await this.session.testing.trainedAnew();
    });
  }

  /**
   * What a paused training has come to so far stays in sight.
   * @param {import("../ui/types.d.ts").EpochView[]} shown  the curves before it began
   */
  #interrupted(shown) {
    if (!this.view.paused) this.history = this.before;
    else if (this.session.problem) this.history = this.history.length > 0 ? this.history : shown;
    else this.session.announce("train.paused");
  }

  /** @param {TrainEvent} event */
  #follow(event) {
    if (event.type === "resumed") {
      this.epochsChosen = event.epochsChosen;
      this.history = [];
      event.history.forEach((epoch) => this.#draw(epoch));
    }
    if (event.type === "advising") this.stage = { stage: "advice" };
    // What was left to the advice is decided now.
    if (event.type === "advised") {
      this.epochsChosen = stopsEarly(event.advice.plan.config);
      this.pausable = true;
    }
    if (event.type === "embed") this.stage = { stage: "embed", done: event.done, total: event.total };
    if (event.type === "batch" || event.type === "epoch")
      this.stage = { stage: event.phase, epoch: event.epoch, epochs: event.epochs, epochsChosen: this.epochsChosen };
    if (event.type === "epoch") this.#draw(event);
    this.session.changedBit();
  }

  /**
   * The refit repeats what the hold-out has shown, so it is drawn only where nothing could be held out.
   * @param {import("../ui/types.d.ts").EpochView} epoch
   */
  #draw(epoch) {
    if (epoch.phase === "holdout" || this.history.every(({ phase }) => phase === "refit"))
      this.history = [...this.history, epoch];
  }
}

/** @param {Advice | null} advice @returns {import("../ui/types.d.ts").AdviceView | null} */
function adviceView(advice) {
  return advice && { plan: planView(advice.plan), reasons: advice.reasons, regimes: advice.regimes.map(planView) };
}

/** @param {Plan} plan */
function planView({ regime, config, seconds }) {
  return { regime, stages: config.lastStages, draws: Math.max(0, config.augment), epochs: config.epochs, seconds };
}

/**
 * Whether the held-out photos choose the number of epochs; otherwise a fit runs a schedule that is fixed beforehand.
 * @param {Partial<TrainConfig>} config
 */
function stopsEarly({ regime, patience }) {
  return regime === "head" && (patience ?? 0) > 0;
}
