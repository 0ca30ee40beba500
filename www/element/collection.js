import { groupByFolder } from "../lib/index.js";
import { ClassViews } from "./class-views.js";

/** @typedef {import("../ui/types.js").Incoming} Incoming */

/** The training photos, as the photos panel shows and changes them. */
export class Collection {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    /** @type {import("../ui/types.js").Count | null} */ this.reading = null;
    /** @type {import("../ui/types.js").FailureView[]} */ this.failures = [];
    /** @type {import("../ui/types.js").DuplicateView[]} */ this.duplicates = [];
    /** Files of drops that have ended while others go on. */ this.ended = 0;
    this.abort = new AbortController();
    this.views = new ClassViews();
  }

  /** The same views as long as nothing has changed, so that the panels have nothing to draw again. @returns {import("../ui/types.js").ClassView[]} */
  get classes() {
    const { photos = [], classes = [] } = this.session.tuner ?? {};
    return this.views.of(photos, classes);
  }

  /**
   * Adds what came in. Dropped on a class, everything is of that class; otherwise each file is of the class its folder names,
   * and loose files start a new class: they surely belong together, and a class is renamed in a second.
   * @param {Incoming} incoming
   * @param {string | null} label
   * @param {(taken: readonly string[]) => string} newLabel
   */
  async add({ files, unreadable }, label, newLabel) {
    this.note({ failures: unreadable.map((name) => ({ name, problem: { code: "unreadable", message: name } })) });
    const groups = label === null ? groupByFolder(files) : [{ label, files: files.map(({ file }) => file) }];
    const count = groups.reduce((sum, group) => sum + group.files.length, 0);
    if (count === 0) return this.session.changed();
    this.#read(0, count);
    const { signal } = this.abort;
    await this.session.attempt(async (tuner) => {
      for (const group of groups) {
        if (signal.aborted) return;
        let before = 0;
        const report = await tuner.add(group.files, group.label ?? newLabel(tuner.classes), {
          signal,
          onProgress: ({ done }) => {
            this.#read(done - before, 0);
            before = done;
          },
        });
        this.note({
          failures: report.failed.map(({ name, error }) => ({ name, problem: error })),
          duplicates: report.duplicates.map(({ name, of }) => ({ name, original: of.name, label: of.label })),
        });
      }
    });
    this.#readEnded(count);
  }

  cancel() {
    this.abort.abort();
    this.abort = new AbortController();
  }

  dismissProblems() {
    this.failures = [];
    this.duplicates = [];
    this.session.changed();
  }

  /** @param {string} label */
  addClass(label) {
    return this.session.attempt((tuner) => tuner.addClass(label));
  }

  /** @param {string} from @param {string} to */
  rename(from, to) {
    return this.session.attempt(async (tuner) => {
      await tuner.rename(from, to);
      this.session.training.renamed(from, to);
      this.session.testing.renamed(from, to);
      this.session.evaluating.renamed(from, to);
    });
  }

  /** @param {string} label */
  removeClass(label) {
    return this.session.attempt((tuner) => tuner.removeClass(label));
  }

  /** @param {number[]} ids @param {string} label */
  move(ids, label) {
    return this.session.attempt((tuner) => tuner.move(ids, label));
  }

  /** @param {number[]} ids */
  remove(ids) {
    return this.session.attempt((tuner) => tuner.remove(ids));
  }

  /** @param {{ failures?: import("../ui/types.js").FailureView[], duplicates?: import("../ui/types.js").DuplicateView[] }} more */
  note({ failures = [], duplicates = [] }) {
    this.failures = [...this.failures, ...failures];
    this.duplicates = [...this.duplicates, ...duplicates];
  }

  /** Several drops at once share one bar. @param {number} done @param {number} total */
  #read(done, total) {
    const before = this.reading ?? { done: 0, total: 0 };
    this.reading = { done: before.done + done, total: before.total + total };
    this.session.changedBit();
  }

  /** The bar goes when the last of them has ended, however it ended. @param {number} count */
  #readEnded(count) {
    this.ended += count;
    if (this.reading && this.ended < this.reading.total) return;
    this.reading = null;
    this.ended = 0;
    const photos = this.session.tuner?.photos.length ?? 0;
    this.session.announce("photos.added", { count: photos });
    this.session.changed();
  }
}
