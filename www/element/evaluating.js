/** @import { Evaluation, Photo, TrainEvent } from "../lib/types/public.d.ts" */
import { renamedEvaluation } from "../lib/index.js";

/** A reader looks at a few photos, not at a list of everything that is hard. */
const MOST_SUSPICIOUS = 8;

/**
 * Cross-validation, as the train panel shows and starts it. The library forgets an evaluation as soon as a photo
 * changes; here it stays until the next training, so that the reader can go through the suspicious labels one after
 * another.
 */
export class Evaluating {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    /** @type {import("../ui/types.d.ts").EvaluationStage | null} */ this.stage = null;
    /** @type {Evaluation | null} */ this.evaluation = null;
    /** Of its classes those that are still there. @type {Set<string>} */ this.own = new Set();
    /** The photos it judged, as they were. @type {Map<number, Photo>} */ this.judged = new Map();
    /** Suspicious photos that the reader found right. @type {Set<number>} */ this.kept = new Set();
    this.cancelled = false;
    this.abort = new AbortController();
    /** @type {{ of: unknown[], view: import("../ui/types.d.ts").EvaluationResultView | null }} */ this.seen = {
      of: [],
      view: null,
    };
  }

  /** @returns {import("../ui/types.d.ts").EvaluationView} */
  get view() {
    const { training, tuner } = this.session;
    const { stage, cancelled } = this;
    return {
      stage,
      cancelled,
      result: this.#result(),
      stale: tuner?.evaluation === null,
      possible: training.opened === null && tuner?.report != null,
    };
  }

  async evaluate() {
    Object.assign(this, { stage: { stage: "starting" }, cancelled: false, abort: new AbortController() });
    this.session.announce("evaluation.starting");
    this.session.changed();
    const { signal } = this.abort;
    const evaluation = await this.session.attempt(
      (tuner) => tuner.evaluate({ signal, onEvent: (event) => this.#follow(event) }),
      { again: () => this.evaluate() },
    );
    Object.assign(this, { stage: null, cancelled: signal.aborted && !evaluation });
    if (evaluation?.applied) this.session.training.saved = false;
    if (evaluation) this.#finish(evaluation);
    else if (this.cancelled) this.session.announce("evaluation.cancelled");
    this.session.changed();
    // The classifier answers with calibrated probabilities from now on, also about the photos that are already there.
    if (evaluation?.applied && this.session.testing.model === "trained") await this.session.testing.choose("trained");
  }

  cancel() {
    this.abort.abort();
  }

  /** @param {number} id  A photo whose label is right after all. */
  keep(id) {
    this.kept = new Set([...this.kept, id]);
    this.session.changed();
  }

  /** There is another classifier: what was said of the one before is past. */
  forget() {
    Object.assign(this, { evaluation: null, cancelled: false });
  }

  /** @param {string} label  Of a class: another one of that name is another one. */
  removed(label) {
    this.own.delete(label);
  }

  /** @param {string} from @param {string} to */
  renamed(from, to) {
    const { evaluation } = this;
    if (!evaluation || !this.own.delete(from)) return;
    // It judged another class of that name, which was removed since: nobody could tell them apart.
    if (evaluation.classes.includes(to)) return this.forget();
    this.own.add(to);
    const rename = (/** @type {string} */ label) => (label === from ? to : label);
    this.judged = new Map([...this.judged].map(([id, photo]) => [id, { ...photo, label: rename(photo.label) }]));
    this.evaluation = renamedEvaluation(evaluation, from, to);
  }

  /** @param {Evaluation} evaluation */
  #finish(evaluation) {
    const photos = this.session.tuner?.photos ?? [];
    Object.assign(this, {
      evaluation,
      own: new Set(evaluation.classes),
      judged: new Map(photos.map((photo) => [photo.id, photo])),
      kept: new Set(),
    });
    this.session.announce("evaluation.done", { top1: evaluation.scores.top1 });
  }

  /**
   * The same object as long as nothing has changed, so that a table of a hundred classes is not drawn again with every
   * batch.
   */
  #result() {
    const { evaluation, kept } = this;
    const photos = this.session.tuner?.photos ?? [];
    const of = [evaluation, kept, photos];
    if (of.some((value, index) => value !== this.seen.of[index]))
      this.seen = { of, view: evaluation && this.#drawnUp(evaluation, photos) };
    return this.seen.view;
  }

  /**
   * @param {Evaluation} evaluation
   * @param {readonly Photo[]} photos
   * @returns {import("../ui/types.d.ts").EvaluationResultView}
   */
  #drawnUp({ classes, method, scores, accuracy, perClass, confusion, photos: results, applied }, photos) {
    const now = new Map(photos.map((photo) => [photo.id, photo]));
    const wrong = results.filter(({ label, predicted }) => label !== predicted).slice(0, MOST_SUSPICIOUS);
    const suspicious = wrong.flatMap(({ id, predicted, probability }) => {
      const photo = now.get(id);
      // Removed or moved, or kept: dealt with.
      if (!photo || photo.label !== this.judged.get(id)?.label || this.kept.has(id)) return [];
      return [{ photo, looksLike: classes[predicted] ?? "", probability }];
    });
    const nearDuplicates = method.nearDuplicates.map((ids) => ids.map((id) => this.judged.get(id)?.name ?? ""));
    const { folds, epochs, neverHeldOut } = method;
    const { low, high } = accuracy;
    return {
      classes,
      accuracy: scores.top1,
      low,
      high,
      count: scores.count,
      folds,
      epochs,
      applied,
      neverHeldOut,
      nearDuplicates,
      perClass,
      confusion,
      suspicious,
      anySuspicious: wrong.length > 0,
    };
  }

  /** @param {TrainEvent} event */
  #follow(event) {
    if (event.type === "embed") this.stage = { stage: "embed", done: event.done, total: event.total };
    if (event.type === "fold") {
      const { fold, folds, epoch, epochs, batch, batches } = event;
      this.stage = { stage: "fold", fold, folds, share: (fold - 1 + (epoch - 1 + batch / batches) / epochs) / folds };
    }
    this.session.changedBit();
  }
}
