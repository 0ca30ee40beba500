import { saveFile } from "./save-file.js";
import { isTrainingPhoto } from "./training-photo.js";
import { Why } from "./why.js";

/** @typedef {{ file: File, folder: string | null }} TestItem */

const NOTHING = { scored: 0, top1: null, top5: null };

/** Photos to be recognised, as the test panel shows them. They are never added to the training photos. */
export class Testing {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    /** @type {TestItem[]} */ this.items = [];
    /** @type {import("../ui/types.d.ts").TestRowView[]} */ this.unreadable = [];
    /** @type {import("../ui/types.d.ts").TestRowView[]} */ this.rows = [];
    /** @type {import("../ui/types.d.ts").Count | null} */ this.running = null;
    /** @type {{ scored: number, top1: number | null, top5: number | null }} */ this.score = NOTHING;
    /** How many photos came with the training photos, and have not been tested yet. */ this.waiting = 0;
    /** The folders of a data set that was dropped whole. @type {import("../ui/types.d.ts").TestView["parts"]} */
    this.parts = null;
    /** What the reader chose, where there is a choice. @type {"source" | "own"} */ this.choice = "own";
    /** Who has answered. @type {import("../ui/types.d.ts").Answering} */ this.answered = "source";
    this.abort = new AbortController();
    this.why = new Why(session);
  }

  /** Whose answers are shown. */
  get model() {
    const { own } = this;
    return own !== null && this.choice === "own" ? own : "source";
  }

  /** Who answers beside the source model, if anybody does. */
  get own() {
    if (this.session.training.labels.length > 0) return "trained";
    return this.session.tuner?.provisional ? "provisional" : null;
  }

  /** The classes of who answers, where they are the reader's. */
  get #known() {
    const { model, session } = this;
    if (model === "source") return [];
    return model === "trained" ? session.training.labels : (session.tuner?.provisional?.classes ?? []);
  }

  /** How many classes the network knows by itself; null as long as that is not known. */
  get #sourceClasses() {
    return this.session.tuner?.info.sourceClasses ?? null;
  }

  /** @returns {import("../ui/types.d.ts").TestView} */
  get view() {
    const { rows, running, score, model, waiting, parts } = this;
    const answered = rows.find(({ predictions }) => predictions.length > 0);
    // An answer tells, also of a classifier out of a file.
    const canTellUnknown = model === "trained" && answered ? answered.threshold !== null : null;
    return {
      rows,
      running,
      ...score,
      waiting,
      parts,
      model,
      own: this.own ?? "trained",
      provisionalPhotos: this.session.tuner?.provisional?.photos ?? 0,
      canChoose: this.own !== null && this.#sourceClasses !== 0,
      sourceClasses: this.#sourceClasses,
      canTellUnknown,
      why: this.why.view,
    };
  }

  /**
   * Of a data set with a part for testing, that part alone; otherwise all of it.
   * @param {import("../ui/types.d.ts").Incoming} incoming
   */
  async show({ files, unreadable }) {
    this.running = { done: 0, total: files.length };
    this.session.changed();
    const layout = await this.session.attempt((tuner) =>
      tuner.arrange([...files.map(({ path }) => path), ...unreadable]),
    );
    this.running = null;
    if (!layout) return this.session.changed();
    const { photos, test, leftOut, notes } = layout;
    const groups = test.length > 0 ? test : [...photos, { label: null, files: leftOut }];
    this.items = groups.flatMap(({ label, files: indices }) =>
      indices.flatMap((index) => (files[index] ? [{ file: files[index].file, folder: label }] : [])),
    );
    const gone = groups.flatMap((group) => group.files).flatMap((index) => unreadable[index - files.length] ?? []);
    this.unreadable = gone.map(unreadableRow);
    const parts = notes.find((note) => note.type === "parts");
    this.parts = parts && test.length > 0 ? { photos: parts.photos, test: parts.test } : null;
    await this.#run();
  }

  /**
   * Photos that came with others to learn from, and are to be tested with: after the training, or when the reader says
   * so.
   * @param {TestItem[]} items
   */
  offer(items) {
    this.cancel();
    Object.assign(this, {
      items,
      unreadable: [],
      rows: [],
      score: NOTHING,
      running: null,
      waiting: items.length,
      parts: null,
    });
    this.why.about(null);
    this.session.changed();
  }

  testNow() {
    return this.#run();
  }

  /** @param {import("../ui/types.d.ts").Answering} model */
  choose(model) {
    this.choice = model === "source" ? "source" : "own";
    return this.#run();
  }

  /**
   * There is a first classifier, or a better one. It answers about what is shown where another one has answered, and
   * about a single photo every time.
   */
  impressed() {
    const { items, running, waiting, answered, model } = this;
    if (model !== "provisional" || items.length === 0 || running || waiting > 0) return;
    if (answered !== model || items.length === 1) void this.#run();
  }

  /** There is a new classifier: it answers from now on, also about the photos that are already here. */
  trainedAnew() {
    return this.choose("trained");
  }

  /** There is another network, and no classifier of it: that one answers from now on. */
  otherNetwork() {
    this.choice = "own";
    void this.#run();
  }

  cancel() {
    this.abort.abort();
  }

  /** What was answered so far, as a table. */
  saveTable() {
    return this.session.attempt(async () => {
      const { predictionsCsv } = await import("./predictions-csv.js");
      saveFile(new Blob([predictionsCsv(this.rows)], { type: "text/csv" }), "predictions.csv");
    });
  }

  clear() {
    this.cancel();
    Object.assign(this, { items: [], unreadable: [], rows: [], score: NOTHING, waiting: 0, parts: null });
    this.why.about(null);
    this.session.changed();
  }

  /** @param {string} from @param {string} to */
  renamed(from, to) {
    const rename = (/** @type {string} */ label) => (label === from ? to : label);
    this.rows = this.rows.map((row) => ({
      ...row,
      label: row.label === null ? null : rename(row.label),
      predictions:
        this.model === "source"
          ? row.predictions
          : row.predictions.map((prediction) => ({ ...prediction, label: rename(prediction.label) })),
    }));
    this.items = this.items.map((item) => ({ ...item, folder: item.folder === null ? null : rename(item.folder) }));
    this.why.renamed(from, to);
  }

  /** Recognises all of them. A newer run takes over from an older one. */
  async #run() {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const { items, model } = this;
    Object.assign(this, { rows: [...this.unreadable], score: NOTHING, waiting: 0, answered: model });
    this.why.about(null);
    // A network without classes of its own answers once it has been taught some.
    const mute = model === "source" && this.#sourceClasses === 0;
    if (mute) this.waiting = items.length;
    this.running = items.length > 0 && !mute ? { done: 0, total: items.length } : null;
    this.session.changed();
    if (items.length === 0 || mute) return;
    const known = new Set(this.#known);
    const labels = items.map(({ folder }) => (folder !== null && known.has(folder) ? folder : null));
    const report = await this.session.attempt((tuner) =>
      tuner.predictAll(
        items.map(({ file }) => file),
        { labels, model, signal, onResult: (row, done, total) => this.#add(row, items, done, total, signal) },
      ),
    );
    if (signal !== this.abort.signal) return;
    this.running = null;
    if (report) this.#finish(report);
    const [only, second] = this.rows;
    if (only && !second && only.predictions.length > 0) this.why.about({ blob: only.blob, model });
    this.session.changed();
  }

  /**
   * @param {import("../lib/types/public.d.ts").TestRow} row
   * @param {TestItem[]} items
   * @param {number} done
   * @param {number} total
   * @param {AbortSignal} signal
   */
  #add({ name, label, predictions, unknown, threshold, error }, items, done, total, signal) {
    const file = items[done - 1]?.file;
    if (signal.aborted || !file) return;
    const view = { name, blob: file, label, predictions, unknown, threshold, problem: error, seen: false };
    this.rows = [...this.rows, view];
    this.running = { done, total };
    this.session.changedBit();
    void this.#markSeen(view);
  }

  /**
   * Notes a photo that was trained on. One that cannot be read any more stays unmarked: its row already says so.
   * @param {import("../ui/types.d.ts").TestRowView} view
   */
  async #markSeen(view) {
    const seen = await isTrainingPhoto(view.blob, this.session.tuner?.photos ?? []);
    if (!seen) return;
    this.rows = this.rows.map((row) => (row === view ? { ...row, seen } : row));
    this.session.changedBit();
  }

  /** @param {{ scored: number, top1: number | null, top5: number | null }} report */
  #finish({ scored, top1, top5 }) {
    this.score = { scored, top1, top5 };
    if (this.rows.length === 1 && this.rows[0]?.unknown) this.session.announce("unknown.done");
    else if (top1 === null) this.session.announce("test.done", { count: this.rows.length });
    else this.session.announce("test.doneScore", { count: this.rows.length, top1 });
  }
}

/** @param {string} name @returns {import("../ui/types.d.ts").TestRowView} */
function unreadableRow(name) {
  const problem = { code: "unreadable", message: name };
  return {
    name,
    blob: new Blob(),
    label: null,
    predictions: [],
    unknown: false,
    threshold: null,
    problem,
    seen: false,
  };
}
