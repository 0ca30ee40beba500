/** @import { Evaluation, Impression, Photo, Report, Snapshot } from "./types/public.d.ts" */
import { renamedEvaluation } from "./renamed-evaluation.js";

/**
 * What the page knows of the worker's state: enough to show it without asking, and to build it again in a new worker
 * after the old one has died. Photos are files, not pixels. Each method is called after the worker has accepted the
 * change, and only then.
 */
export class Mirror {
  /** @type {readonly Photo[]} */
  photos = [];
  /** @type {readonly string[]} In order of creation. */
  classes = [];
  /** @type {Report | null} */
  report = null;
  stale = false;
  /** Of the photos as they are and the classifier there is. @type {Evaluation | null} */
  evaluation = null;
  /** Of the first classifier, as long as there is no other. @type {Impression | null} */
  provisional = null;
  /** The classifier as a model file, null where there is none. @type {Uint8Array<ArrayBuffer> | null} */
  model = null;
  /** Of the training that was paused, or else the last one kept of a training that did not end. @type {Blob | null} */
  checkpoint = null;
  /** Labels of that classifier. @type {readonly string[]} */
  labels = [];
  /**
   * Which of these are of classes there are: the others are of classes that were removed since, or of a file, and keep
   * their names.
   * @type {readonly boolean[]}
   */
  own = [];

  /** @param {number} id */
  photo(id) {
    return this.photos.find((photo) => photo.id === id);
  }

  /** @param {string} label */
  addedClass(label) {
    if (this.classes.includes(label)) return;
    this.classes = [...this.classes, label];
    this.#changed();
  }

  /** @param {Photo} photo */
  addedPhoto(photo) {
    this.addedClass(photo.label);
    this.photos = [...this.photos, photo];
    this.#changed();
  }

  /** @param {Iterable<number>} ids */
  removed(ids) {
    const gone = new Set(ids);
    this.photos = this.photos.filter(({ id }) => !gone.has(id));
    this.provisional = null; // until it is made anew
    this.#changed();
  }

  /** @param {string} label */
  removedClass(label) {
    this.classes = this.classes.filter((name) => name !== label);
    this.photos = this.photos.filter((photo) => photo.label !== label);
    this.own = this.own.map((own, output) => own && this.labels[output] !== label);
    this.provisional = null;
    this.#changed();
  }

  /**
   * Another name for the same class: the classifier stays as good as it was.
   * @param {string} from
   * @param {string} to
   */
  renamed(from, to) {
    const rename = (/** @type {string} */ label) => (label === from ? to : label);
    this.classes = this.classes.map(rename);
    this.photos = this.photos.map((photo) => (photo.label === from ? { ...photo, label: to } : photo));
    this.labels = this.labels.map((label, output) => (this.own[output] ? rename(label) : label));
    const { provisional } = this;
    if (provisional) this.provisional = { ...provisional, classes: provisional.classes.map(rename) };
    if (this.report) this.report = { ...this.report, classes: [...this.labels] };
    // Of the classes there are, or it would have been forgotten.
    if (this.evaluation) this.evaluation = renamedEvaluation(this.evaluation, from, to);
  }

  /**
   * @param {Iterable<number>} ids
   * @param {string} label
   */
  moved(ids, label) {
    this.addedClass(label);
    const chosen = new Set(ids);
    this.photos = this.photos.map((photo) => (chosen.has(photo.id) ? { ...photo, label } : photo));
    this.provisional = null;
    this.#changed();
  }

  /**
   * @param {Report} report
   * @param {Uint8Array<ArrayBuffer>} model
   */
  trained(report, model) {
    this.report = report;
    this.provisional = null;
    this.stale = false;
    this.model = model;
    this.labels = report.classes;
    this.own = this.labels.map(() => true);
    this.evaluation = null;
    this.checkpoint = null;
  }

  /**
   * The classifier is the same, but its file carries the temperature and the threshold from now on.
   * @param {Evaluation} evaluation
   * @param {Uint8Array<ArrayBuffer>} model
   */
  evaluated(evaluation, model) {
    this.evaluation = evaluation;
    this.model = model;
  }

  /**
   * A classifier from a file takes the place of a trained one, whose report no longer says anything.
   * @param {Uint8Array<ArrayBuffer>} model
   * @param {readonly string[]} labels
   */
  openedModel(model, labels) {
    this.report = null;
    this.provisional = null;
    this.stale = false;
    this.model = model;
    this.labels = labels;
    this.own = labels.map(() => false);
    this.evaluation = null;
  }

  /**
   * Work of an earlier tab, in place of the nothing there is.
   * @param {Snapshot} work
   */
  restored({ model, checkpoint, ...rest }) {
    Object.assign(this, rest, {
      model: model?.bytes ?? null,
      labels: model?.labels ?? [],
      own: model?.own ?? [],
      checkpoint: checkpoint?.file ?? null,
    });
  }

  #changed() {
    this.stale = this.report !== null;
    this.evaluation = null;
  }
}
