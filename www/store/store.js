/** @import { Database } from "./database.js" */
/** @import { FailureCode } from "./failure.js" */
import { openDatabase, photosOf } from "./database.js";
import { asFailure, StoreFailure } from "./failure.js";
import { Files, projectsWithFiles, spaceFolder } from "./files.js";
import { takeLock } from "./lock.js";
import { Project } from "./project.js";
import { isPhotoRecord, isProjectRecord } from "./records.js";

/**
 * A project, as lists show it. `whole`: it can be opened, as far as its entry tells.
 * @typedef {{ id: string, name: string, photos: number, bytes: number, changed: number, whole: boolean }} Listed
 */

/** The projects of a space that this browser keeps. Every method rejects with a {@link StoreFailure}. */
export class Store {
  #database;
  #folder;
  #space;

  /**
   * @param {Database} database
   * @param {FileSystemDirectoryHandle} folder
   * @param {string} space
   */
  constructor(database, folder, space) {
    this.#database = database;
    this.#folder = folder;
    this.#space = space;
  }

  /**
   * @param {string} space
   * @param {(code: FailureCode) => void} onEnd  It can no longer be used, and why.
   */
  static async open(space, onEnd) {
    try {
      const folder = await spaceFolder(space);
      if (!navigator.locks) throw new StoreFailure("denied");
      const store = new Store(await openDatabase(space, onEnd), folder, space);
      void store.#collect().catch(() => {});
      return store;
    } catch (error) {
      throw asFailure(error, "denied");
    }
  }

  /** The last that was open comes first. @returns {Promise<Listed[]>} */
  async list() {
    return attempt(async () => {
      const records = await this.#database.getAll("projects");
      return records
        .map((record) => ({
          id: record.id,
          name: String(record.name ?? "?"),
          photos: Number(record.photos) || 0,
          bytes: Number(record.bytes) || 0,
          changed: Number(record.changed) || 0,
          whole: isProjectRecord(record),
        }))
        .toSorted((a, b) => b.changed - a.changed);
    });
  }

  /** The project that was open last, where it is still there. @returns {Promise<{ id: string, network: unknown } | null>} */
  async last() {
    return attempt(async () => {
      const id = await this.#database.get("notes", "last");
      const record = typeof id === "string" ? await this.#database.get("projects", id) : undefined;
      return record ? { id: record.id, network: record.network } : null;
    });
  }

  /** It is the one that is open last. @param {string} id */
  async use(id) {
    await attempt(() => this.#database.put("notes", id, "last"));
  }

  /**
   * Opens a project, for reading alone where another tab has it.
   * @param {string} id
   */
  async project(id) {
    return attempt(async () => {
      const release = await takeLock(this.#lockOf(id));
      return new Project(this.#database, new Files(this.#folder, id), { id, name: "" }, release);
    });
  }

  /** A new one. Nothing is written before there is something in it. @param {string} name */
  async create(name) {
    return attempt(async () => {
      const id = crypto.randomUUID();
      const release = await takeLock(this.#lockOf(id));
      return new Project(this.#database, new Files(this.#folder, id), { id, name }, release);
    });
  }

  /** @param {string} id @param {string} name */
  async rename(id, name) {
    await attempt(async () => {
      const transaction = this.#database.transaction("projects", "readwrite");
      const record = await transaction.store.get(id);
      if (record) await transaction.store.put({ ...record, name });
      await transaction.done;
    });
  }

  /**
   * Another one with the same content, in files of its own. One that is being written must be settled before.
   * @param {string} id
   * @param {string} name
   * @param {boolean} ours  This tab has it open.
   */
  async duplicate(id, name, ours) {
    const copy = crypto.randomUUID();
    await this.#alone(ours ? [copy] : [id, copy], async () => {
      const record = await this.#database.get("projects", id);
      const photos = (await this.#database.getAll("photos", photosOf(id))).filter(isPhotoRecord);
      if (!isProjectRecord(record)) throw new StoreFailure("damaged");
      const files = new Files(this.#folder, copy);
      const features = photos.flatMap((photo) => photo.features ?? []);
      const named = [...[...photos, record.model, record.checkpoint].flatMap((of) => of?.file ?? []), ...features];
      try {
        await files.copy(new Files(this.#folder, id), named);
        const transaction = this.#database.transaction(["projects", "photos"], "readwrite");
        const now = Date.now();
        const fresh = { ...record, id: copy, name, created: now, changed: now, unread: [] };
        await Promise.all([
          ...photos.map((photo) => transaction.objectStore("photos").put({ ...photo, project: copy })),
          transaction.objectStore("projects").put(fresh),
          transaction.done,
        ]);
      } catch (error) {
        await this.#removeFiles(copy);
        throw error;
      }
    });
  }

  /**
   * Removes a project with all its files.
   * @param {string} id
   */
  async remove(id) {
    await this.#alone([id], async () => {
      const transaction = this.#database.transaction(["projects", "photos"], "readwrite");
      await Promise.all([
        transaction.objectStore("projects").delete(id),
        transaction.objectStore("photos").delete(photosOf(id)),
        transaction.done,
      ]);
      await this.#removeFiles(id);
    });
  }

  /**
   * How much of its space the browser has given to this site, and whether it keeps it for good.
   * @returns {Promise<{ usage: number, quota: number, persisted: boolean } | null>}
   */
  async space() {
    try {
      const { usage = 0, quota = 0 } = await navigator.storage.estimate();
      return { usage, quota, persisted: await navigator.storage.persisted() };
    } catch {
      return null;
    }
  }

  /** Asks the browser, once and for all, to throw nothing away when it is short of space. */
  async askToPersist() {
    await attempt(async () => {
      if (await this.#database.get("notes", "asked")) return;
      await this.#database.put("notes", true, "asked");
      if (!(await navigator.storage.persisted())) await navigator.storage.persist();
    });
  }

  close() {
    this.#database.close();
  }

  /** @param {string} id */
  #lockOf(id) {
    return `lastlayer/${encodeURIComponent(this.#space)}/${id}`;
  }

  /**
   * With projects that no other tab has.
   * @param {string[]} ids
   * @param {() => Promise<void>} work
   */
  async #alone(ids, work) {
    /** @type {(() => void)[]} */ const releases = [];
    try {
      await attempt(async () => {
        for (const id of ids) {
          const release = await takeLock(this.#lockOf(id), 0);
          if (!release) throw new StoreFailure("elsewhere");
          releases.push(release);
        }
        await work();
      });
    } finally {
      for (const release of releases) release();
    }
  }

  /** Files of projects that are in no index: their making or their removal was interrupted. */
  async #collect() {
    for (const id of await projectsWithFiles(this.#folder)) {
      if (await this.#database.getKey("projects", id)) continue;
      await this.#alone([id], async () => {
        if (!(await this.#database.getKey("projects", id))) await this.#removeFiles(id);
      }).catch(() => {});
    }
  }

  /** @param {string} id */
  async #removeFiles(id) {
    await this.#folder.removeEntry(id, { recursive: true }).catch(() => {});
  }
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    throw asFailure(error);
  }
}
