import { InterruptedError, LastLayerError } from "../lib/index.js";
import { ClassViews } from "./class-views.js";

/** @import { AddReport } from "../lib/types/public.d.ts" */
/** @typedef {import("../ui/types.d.ts").Incoming} Incoming */

/** The training photos, as the photos panel shows and changes them. */
export class Collection {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    /** @type {import("../ui/types.d.ts").Count | null} */ this.reading = null;
    /** @type {import("../ui/types.d.ts").FailureView[]} */ this.failures = [];
    /** @type {import("../ui/types.d.ts").DuplicateView[]} */ this.duplicates = [];
    /** @type {import("../ui/types.d.ts").FolderNote[]} */ this.folderNotes = [];
    /** @type {import("../ui/types.d.ts").NoteView[]} */ this.notes = [];
    /** Files of drops that have ended while others go on. */ this.ended = 0;
    this.abort = new AbortController();
    this.views = new ClassViews();
  }

  /**
   * The same views as long as nothing has changed, so that the panels have nothing to draw again.
   * @returns {import("../ui/types.d.ts").ClassView[]}
   */
  get classes() {
    const { photos = [], classes = [] } = this.session.tuner ?? {};
    return this.views.of(photos, classes);
  }

  /**
   * Adds what came in. Dropped on a class, everything is of that class; otherwise the folders say what each file is,
   * test photos are handed on to be tested with, and loose files start a new class: they surely belong together, and a
   * class is renamed in a second.
   * @param {Incoming} incoming
   * @param {string | null} label
   * @param {(taken: readonly string[]) => string} newLabel
   */
  async add({ files, unreadable }, label, newLabel) {
    let count = files.length;
    this.#read(0, count);
    const { signal } = this.abort;
    await this.session.attempt(async (tuner) => {
      const { photos, test, leftOut, notes } = await tuner.arrange([...files.map(({ path }) => path), ...unreadable], {
        signal,
      });
      const all = [...photos, ...test].flatMap((group) => group.files).concat(leftOut);
      const chosen = label === null ? photos : [{ label, files: all }];
      const groups = chosen
        .map((group) => ({ ...group, files: filesAt(files, group.files) }))
        .filter((group) => group.files.length > 0);
      this.note({ failures: all.flatMap((index) => problemOf(unreadable[index - files.length])) });
      if (label === null) this.#arranged({ files, test, leftOut, notes });
      const wanted = groups.reduce((sum, group) => sum + group.files.length, 0);
      this.#read(0, wanted - count);
      count = wanted;
      for (const group of groups) {
        if (signal.aborted) return;
        await this.#addGroup(tuner, group.files, group.label ?? newLabel(tuner.classes), signal);
      }
    });
    this.#readEnded(count);
  }

  /**
   * What became of the folders, but for the photos to be added.
   * @param {Pick<Incoming, "files"> & Omit<import("../lib/types/public.d.ts").Layout, "photos">} arranged
   */
  #arranged({ files, test, leftOut, notes }) {
    const beside = leftOut.flatMap((index) => files[index]?.path ?? []);
    this.note({
      failures: beside.map((name) => ({
        name,
        problem: { code: "no-class", message: `${name} lies beside the class folders.` },
      })),
    });
    this.folderNotes = [...this.folderNotes, ...notes];
    const waiting = test.flatMap(({ label, files: indices }) =>
      filesAt(files, indices).map((file) => ({ file, folder: label })),
    );
    if (waiting.length > 0) this.session.testing.offer(waiting);
  }

  /**
   * Adds the photos of a class. What is wrong with the class is listed under its name: it costs no other one.
   * @param {import("../lib/index.js").FineTuner} tuner
   * @param {File[]} files
   * @param {string} label
   * @param {AbortSignal} signal
   */
  async #addGroup(tuner, files, label, signal) {
    let before = 0;
    const onProgress = (/** @type {{ done: number }} */ { done }) => {
      this.#read(done - before, 0);
      before = done;
    };
    try {
      this.#noteReport(await tuner.add(files, label, { signal, onProgress }));
    } catch (error) {
      // One that ended early tells of the files before, too.
      if (error instanceof InterruptedError) this.#noteReport(error.report);
      if (!(error instanceof LastLayerError) || error.code !== "invalid-label") throw error;
      this.note({ failures: [{ name: label, problem: error }] });
    }
  }

  cancel() {
    this.abort.abort();
    this.abort = new AbortController();
  }

  dismissProblems() {
    this.failures = [];
    this.duplicates = [];
    this.notes = [];
    this.session.changed();
  }

  dismissNotes() {
    this.folderNotes = [];
    this.session.changed();
  }

  /** @param {string} label */
  addClass(label) {
    return this.session.attempt((tuner) => tuner.addClass(label));
  }

  /** @param {string} from @param {string} to */
  rename(from, to) {
    return this.session.attempt(async (tuner) => {
      const before = this.session.training.labels;
      await tuner.rename(from, to);
      // A class that the classifier does not know may be called as one of its outputs is.
      const output = before.findIndex((label, output) => label !== this.session.training.labels[output]);
      if (output >= 0) this.session.testing.renamed(from, to);
      this.session.evaluating.renamed(from, to);
    });
  }

  /** @param {string} label */
  removeClass(label) {
    return this.session.attempt(async (tuner) => {
      await tuner.removeClass(label);
      this.session.evaluating.removed(label);
    });
  }

  /** @param {number[]} ids @param {string} label */
  move(ids, label) {
    return this.session.attempt((tuner) => tuner.move(ids, label));
  }

  /** @param {number[]} ids */
  remove(ids) {
    return this.session.attempt((tuner) => tuner.remove(ids));
  }

  /** @param {AddReport} report */
  #noteReport({ failed, duplicates, notes }) {
    this.note({
      failures: failed.map(({ name, error }) => ({ name, problem: error })),
      duplicates: duplicates.map(({ name, of }) => ({ name, original: of.name, label: of.label })),
      notes,
    });
  }

  /**
   * @param {object} more
   * @param {import("../ui/types.d.ts").FailureView[]} [more.failures]
   * @param {import("../ui/types.d.ts").DuplicateView[]} [more.duplicates]
   * @param {import("../ui/types.d.ts").NoteView[]} [more.notes]
   */
  note({ failures = [], duplicates = [], notes = [] }) {
    this.failures = [...this.failures, ...failures];
    this.duplicates = [...this.duplicates, ...duplicates];
    this.notes = [...this.notes, ...notes];
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

/**
 * @param {readonly import("../ui/types.d.ts").IncomingFile[]} files
 * @param {readonly number[]} indices  Those beyond the files are of what could not be read.
 */
function filesAt(files, indices) {
  return indices.flatMap((index) => files[index]?.file ?? []);
}

/** @param {string | undefined} path  Of what could not be read. @returns {import("../ui/types.d.ts").FailureView[]} */
function problemOf(path) {
  return path === undefined ? [] : [{ name: path, problem: { code: "unreadable", message: path } }];
}
