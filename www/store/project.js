/** @import { Photo, Snapshot } from "../lib/types/public.d.ts" */
/** @import { Database } from "./database.js" */
/** @import { Files } from "./files.js" */
/** @import { KeptFile, PhotoRecord, ProjectRecord } from "./records.js" */
import { photosOf } from "./database.js";
import { difference } from "./difference.js";
import { asFailure, StoreFailure } from "./failure.js";
import { FORMAT, isPhotoRecord, isProjectRecord } from "./records.js";

/**
 * What is to be kept. `page` and `network` are for the page to understand: plain values.
 * @typedef {{ work: Snapshot, page: unknown, network: unknown }} Content
 *
 * What was kept. `lost`: names of photos whose files are damaged or gone; `damaged`: which of the other files are.
 * @typedef {Content & { lost: string[], damaged: ("model" | "checkpoint")[] }} Kept
 *
 * What became of an attempt to keep everything. `unreadable`: photos whose own files cannot be read any more; `failure`:
 * why something is missing that was to be written.
 * @typedef {{ unreadable: number, failure: StoreFailure | null }} Outcome
 */

/** Photos written within this many milliseconds go into the index together. */
const TOGETHER = 250;
/** Files looked at at a time. */
const AT_A_TIME = 32;

/** Of a classifier that is not there, nothing is said. */
const NOTHING = { report: null, evaluation: null };

/**
 * One project, open. It is kept so that nothing is ever half there: new files first, each whole; then all that the index
 * says, at once; and only then the files that it names no longer are removed. What cannot be read is never removed or
 * written over.
 */
export class Project {
  #database;
  #files;
  #release;
  /** @type {ProjectRecord} */ #record;
  /** Whether there is anything of it in the index. */ #begun = false;
  /** Photos in the index that could be read, by file. @type {Map<string, PhotoRecord>} */ #kept = new Map();
  /** Where the content of these lies. @type {WeakMap<Blob, KeptFile>} */ #fileOf = new WeakMap();
  /** Files that were removed: a photo that comes back is written again. @type {Set<string>} */ #removed = new Set();
  /** What the files of the index hold, as objects of the page. @type {Record<"model" | "checkpoint", unknown>} */
  #held = { model: null, checkpoint: null };

  /**
   * @param {Database} database
   * @param {Files} files
   * @param {{ id: string, name: string }} of
   * @param {(() => void) | null} release  Null where another tab has it: it can be read, and not be kept.
   */
  constructor(database, files, { id, name }, release) {
    this.#database = database;
    this.#files = files;
    this.#release = release;
    this.#record = emptyRecord(id, name);
  }

  get id() {
    return this.#record.id;
  }

  /** What is kept of it by now, in short. */
  get summary() {
    const { name, photos, bytes } = this.#record;
    return { name, photos, bytes };
  }

  /** Whether it is kept at all by now: one that is new is not, before there is something in it. */
  get begun() {
    return this.#begun;
  }

  get readOnly() {
    return this.#release === null;
  }

  /**
   * All there is; null where nothing was kept yet. Rejects with `damaged` or `newer`.
   * @returns {Promise<Kept | null>}
   */
  async read() {
    const [record, keys, records] = await this.#index();
    if (record === undefined) return null;
    if (!isProjectRecord(record)) throw new StoreFailure(isNewer(record) ? "newer" : "damaged");
    this.#record = record;
    this.#begun = true;
    const { model, checkpoint, page, network, classes, report, stale, evaluation } = record;
    const read = await inGroups(records, (photo) => this.#readPhoto(photo));
    const photos = read.filter((photo) => photo !== null);
    const [modelFile, checkpointFile] = await Promise.all([this.#file(model), this.#file(checkpoint)]);
    const bytes = modelFile && new Uint8Array(await modelFile.arrayBuffer());
    const file = checkpointFile && new Blob([checkpointFile], { type: "application/octet-stream" });
    this.#held = { model: bytes, checkpoint: file };
    /** @type {Kept["damaged"]} */ const damaged = [];
    if (model && !bytes) damaged.push("model");
    if (checkpoint && !file) damaged.push("checkpoint");
    if (!this.readOnly) {
      const named = [...keys.map(([, name]) => name), ...records.map(({ features }) => features), ...filesOf(record)];
      await this.#files.collect(new Set(named.filter((name) => name !== null))).catch(() => {});
    }
    const lost = [
      ...names(
        keys,
        records,
        photos.map(({ record: { file: name } }) => name),
      ),
    ];
    const judged = !model || bytes ? { report, evaluation: lost.length > 0 ? null : evaluation } : NOTHING;
    this.leave([], damaged);
    return {
      work: {
        ...judged,
        photos: photos.map(({ photo }) => photo),
        classes,
        stale: judged.report !== null && (stale || lost.length > 0),
        model: model && bytes && { bytes, labels: model.labels, own: model.own },
        checkpoint: checkpoint && file && { file, advice: checkpoint.advice },
      },
      page,
      network,
      lost,
      damaged,
    };
  }

  /**
   * What was kept and is of no use turned out to be so when it was taken up: it is left alone, whatever comes.
   * @param {readonly Photo[]} photos
   * @param {("model" | "checkpoint")[]} others
   */
  leave(photos, others) {
    for (const { blob } of photos) this.#kept.delete(this.#fileOf.get(blob)?.file ?? "");
    for (const which of others) {
      const file = this.#record[which]?.file;
      if (file) this.#record = { ...this.#record, [which]: null, unread: [...this.#record.unread, file] };
      this.#held[which] = null;
    }
  }

  /** These have to be read again. @param {readonly Photo[]} photos */
  forgetFeatures(photos) {
    for (const { blob } of photos) {
      const record = this.#recordOf(blob);
      // The file of the old ones goes when the project is opened next.
      if (record?.features) this.#kept.set(record.file, { ...record, features: null });
    }
  }

  /** What was kept of what the network has read in a photo; null where nothing was. @param {Photo} photo */
  async features({ blob }) {
    const name = this.#recordOf(blob)?.features;
    const content = name ? await (await this.#files.open(name))?.arrayBuffer().catch(() => null) : null;
    return content && content.byteLength % 2 === 0 ? new Uint16Array(content) : null;
  }

  /**
   * Keeps what the network has read in photos by now.
   * @param {(ids: number[]) => Promise<(Uint16Array<ArrayBuffer> | null)[]>} read
   * @param {() => boolean} isUrgent  Whether there is something else to be kept first.
   */
  async keepFeatures(read, isUrgent) {
    const without = [...this.#kept.values()].filter(({ features }) => features === null);
    for (let from = 0; from < without.length && !isUrgent(); from += AT_A_TIME) {
      const group = without.slice(from, from + AT_A_TIME);
      const found = await read(group.map(({ id }) => id));
      /** @type {PhotoRecord[]} */ const put = [];
      for (const [index, record] of group.entries()) {
        const features = found[index];
        if (features) put.push({ ...record, features: await this.#files.write(new Uint8Array(features.buffer)) });
      }
      if (put.length > 0) await this.#commit({}, put, []);
    }
  }

  /**
   * Keeps everything that is not kept yet. Where something cannot be, all else is, and what was kept before stays.
   * @param {Content} content
   * @param {() => void} [onPart]  More of it is kept than before.
   * @returns {Promise<Outcome>}
   */
  async keep({ work, page, network }, onPart = () => {}) {
    if (this.readOnly) throw new StoreFailure("elsewhere");
    const [before, keptBefore] = [this.#record, this.#kept];
    // What one network reads in a photo is nothing to another.
    const sameNetwork = JSON.stringify(before.network) === JSON.stringify(network);
    /** @type {StoreFailure | null} */ let failure = null;
    const fail = (/** @type {unknown} */ error) => {
      failure ??= asFailure(error);
      return undefined;
    };
    const model = await this.#stored("model", work.model?.bytes ?? null).catch(fail);
    const checkpoint = await this.#stored("checkpoint", work.checkpoint?.file ?? null).catch(fail);
    /** What the record says beside the photos. Without the file of the classifier, what is said of that one stays too. */
    const said = {
      page,
      network,
      classes: work.classes,
      ...(model === undefined
        ? {}
        : {
            report: work.report,
            stale: work.stale,
            evaluation: work.evaluation,
            model: model && work.model && { ...model, labels: work.model.labels, own: work.model.own },
          }),
      ...(checkpoint === undefined
        ? {}
        : { checkpoint: checkpoint && work.checkpoint && { ...checkpoint, advice: work.checkpoint.advice } }),
    };
    /** @type {PhotoRecord[]} */ const wanted = [];
    let [unreadable, missing, since] = [0, 0, performance.now()];
    for (const photo of work.photos) {
      const known = this.#fileOf.get(photo.blob);
      let kept = known && !this.#removed.has(known.file) ? known : undefined;
      if (!kept && !failure) {
        const content = await photo.blob.arrayBuffer().catch(() => null);
        if (content) kept = await this.#write(photo.blob, content).catch(fail);
        else unreadable += 1;
        if (!kept && content) missing += 1;
      } else if (!kept) missing += 1;
      const features = (sameNetwork && kept && keptBefore.get(kept.file)?.features) || null;
      if (kept) wanted.push(recordOf(this.id, photo, kept, features));
      if (performance.now() - since < TOGETHER) continue;
      // What is gone from the work stays in the index until all that takes its place is in it.
      await this.#commit(said, difference(this.#kept, wanted).put, []);
      since = performance.now();
      onPart();
    }
    const { put, gone } = difference(this.#kept, wanted);
    if (unreadable + missing > 0 && work.report) said.stale = true;
    await this.#commit(said, put, gone);
    if (model !== undefined) this.#held.model = work.model?.bytes ?? null;
    if (checkpoint !== undefined) this.#held.checkpoint = work.checkpoint?.file ?? null;
    const past = new Set([
      ...filesOf(before),
      ...gone.flatMap(({ file, features }) => (features ? [file, features] : file)),
      ...(sameNetwork ? [] : Array.from(keptBefore.values(), ({ features }) => features ?? "")),
    ]);
    for (const file of ["", ...filesOf(this.#record)]) past.delete(file);
    for (const file of past) this.#removed.add(file);
    await this.#files.remove(past);
    return { unreadable, failure };
  }

  /** It has another name in the index. @param {string} name */
  rename(name) {
    this.#record = { ...this.#record, name };
  }

  /** Lets other tabs have it. */
  close() {
    this.#release?.();
  }

  /** @returns {Promise<[unknown, [string, string][], PhotoRecord[]]>} */
  async #index() {
    const { id } = this;
    try {
      const [record, keys, records] = await Promise.all([
        this.#database.get("projects", id),
        this.#database.getAllKeys("photos", photosOf(id)),
        this.#database.getAll("photos", photosOf(id)),
      ]);
      return [record, keys, records.filter(isPhotoRecord).toSorted((a, b) => a.order - b.order)];
    } catch (error) {
      throw asFailure(error, "damaged");
    }
  }

  /** @param {PhotoRecord} record */
  async #readPhoto(record) {
    const { id, name, type, label, file, bytes } = record;
    const content = await this.#files.read(file, bytes);
    if (!content) return null;
    // By its own name: nothing is copied.
    const blob = new File([content], name, { type, lastModified: content.lastModified });
    this.#fileOf.set(blob, { file, bytes });
    this.#kept.set(file, record);
    return { record, photo: { id, name, label, blob } };
  }

  /** @param {Blob} blob */
  #recordOf(blob) {
    return this.#kept.get(this.#fileOf.get(blob)?.file ?? "");
  }

  /** @param {KeptFile | null} kept */
  async #file(kept) {
    return kept && this.#files.read(kept.file, kept.bytes);
  }

  /**
   * The file of the model or the checkpoint, a new one where it is another one than before.
   * @param {"model" | "checkpoint"} which
   * @param {Blob | Uint8Array<ArrayBuffer> | null} content
   * @returns {Promise<KeptFile | null>}
   */
  async #stored(which, content) {
    if (content === null) return null;
    const kept = this.#record[which];
    if (kept && this.#held[which] === content) return { file: kept.file, bytes: kept.bytes };
    const file = await this.#files.write(content);
    return { file, bytes: content instanceof Blob ? content.size : content.byteLength };
  }

  /** @param {Blob} blob @param {ArrayBuffer} content */
  async #write(blob, content) {
    const kept = { file: await this.#files.write(content), bytes: content.byteLength };
    this.#fileOf.set(blob, kept);
    return kept;
  }

  /**
   * @param {Partial<ProjectRecord>} said
   * @param {PhotoRecord[]} put
   * @param {PhotoRecord[]} gone
   */
  async #commit(said, put, gone) {
    const { id } = this;
    const kept = new Map(this.#kept);
    for (const { file } of gone) kept.delete(file);
    for (const photo of put) kept.set(photo.file, photo);
    const transaction = this.#database.transaction(["projects", "photos"], "readwrite");
    const [projects, photos] = [transaction.objectStore("projects"), transaction.objectStore("photos")];
    // It may have been given another name meanwhile.
    const { name } = (await projects.get(id)) ?? this.#record;
    const record = { ...this.#record, ...said, name, changed: Date.now(), photos: kept.size };
    record.bytes = [...kept.values(), record.model, record.checkpoint].reduce((sum, of) => sum + (of?.bytes ?? 0), 0);
    await Promise.all([
      // First: what cannot be written at all is found out before anything else is.
      projects.put(record),
      ...put.map((photo) => photos.put(photo)),
      ...gone.map(({ file }) => photos.delete([id, file])),
      transaction.done,
    ]);
    this.#record = record;
    this.#begun = true;
    this.#kept = kept;
  }
}

/** @param {string} id @param {string} name @returns {ProjectRecord} */
function emptyRecord(id, name) {
  const now = Date.now();
  return {
    ...{ id, name, format: FORMAT, created: now, changed: now, photos: 0, bytes: 0, unread: [], page: null },
    ...{ classes: [], report: null, stale: false, evaluation: null, model: null, checkpoint: null, network: null },
  };
}

/**
 * @param {string} project
 * @param {Photo} photo
 * @param {KeptFile} kept
 * @param {string | null} features
 * @returns {PhotoRecord}
 */
function recordOf(project, { id, name, label, blob }, { file, bytes }, features) {
  return { project, file, bytes, id, name, label, type: blob.type, order: 0, features };
}

/** All but those of photos. @param {ProjectRecord} record */
function filesOf({ model, checkpoint, unread }) {
  return [model?.file, checkpoint?.file, ...unread].filter((file) => file !== undefined);
}

/** @param {any} record */
function isNewer(record) {
  return Number.isSafeInteger(record?.format) && record.format > FORMAT;
}

/**
 * Of those in the index that could not be read.
 * @param {[string, string][]} keys
 * @param {PhotoRecord[]} records
 * @param {string[]} read
 */
function* names(keys, records, read) {
  const [known, whole] = [new Map(records.map((record) => [record.file, record.name])), new Set(read)];
  for (const [, file] of keys) if (!whole.has(file)) yield known.get(file) ?? "?";
}

/**
 * @template A, B
 * @param {readonly A[]} list
 * @param {(item: A) => Promise<B>} work
 */
async function inGroups(list, work) {
  /** @type {B[]} */ const results = [];
  for (let from = 0; from < list.length; from += AT_A_TIME)
    results.push(...(await Promise.all(list.slice(from, from + AT_A_TIME).map(work))));
  return results;
}
