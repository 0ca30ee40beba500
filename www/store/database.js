/** @import { DBSchema, IDBPDatabase } from "idb" */
/** @import { FailureCode } from "./failure.js" */
/** @import { PhotoRecord, ProjectRecord } from "./records.js" */
import { openDB } from "idb";

/** Of the object stores: rises when they change. */
const VERSION = 1;

/**
 * `notes`: `last`, the project that was open last; `asked`, whether the browser was asked to keep everything for good.
 * @typedef {DBSchema & {
 *   projects: { key: string, value: ProjectRecord },
 *   photos: { key: [string, string], value: PhotoRecord },
 *   notes: { key: string, value: unknown },
 * }} Schema
 * @typedef {IDBPDatabase<Schema>} Database
 */

/**
 * The index of a space: what its projects are made of, and in which files that lies.
 * @param {string} space
 * @param {(code: FailureCode) => void} onEnd  It can no longer be used: a newer version of the page wants to change it,
 *   or the browser has closed it.
 * @returns {Promise<Database>}
 */
export async function openDatabase(space, onEnd) {
  /** @type {Database} */
  const database = await openDB(space ? `lastlayer-${space}` : "lastlayer", VERSION, {
    upgrade(fresh) {
      fresh.createObjectStore("projects", { keyPath: "id" });
      fresh.createObjectStore("photos", { keyPath: ["project", "file"] });
      fresh.createObjectStore("notes");
    },
    blocking() {
      database.close();
      onEnd("newer");
    },
    terminated: () => onEnd("failed"),
  });
  return database;
}

/** All photos of a project. @param {string} project */
export function photosOf(project) {
  return IDBKeyRange.bound([project], [project, []]);
}
