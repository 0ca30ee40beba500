import { writeFile } from "./writing.js";

/** @typedef {Parameters<typeof writeFile>[2]} Content */

/** Everything of ours lies in this folder of the origin private file system: a folder for each space, in it one for each project. */
const ROOT = "lastlayer";

/**
 * The files of one project. A file is written once, whole, under a name that nothing has had before, and never changed:
 * what the index names is always complete.
 */
export class Files {
  #space;
  #project;
  /** @type {FileSystemDirectoryHandle | null} */ #opened = null;

  /**
   * @param {FileSystemDirectoryHandle} space
   * @param {string} project
   */
  constructor(space, project) {
    this.#space = space;
    this.#project = project;
  }

  /** Made when there is something to put into it. */
  async #folder() {
    this.#opened ??= await this.#space.getDirectoryHandle(this.#project, { create: true });
    return this.#opened;
  }

  /**
   * @param {Content} content
   * @returns {Promise<string>} its name
   */
  async write(content) {
    const name = crypto.randomUUID();
    try {
      await this.#put(name, content);
    } catch (error) {
      await this.remove([name]);
      throw error;
    }
    return name;
  }

  /**
   * Null where it is gone, or not as long as it was.
   * @param {string} name
   * @param {number} bytes
   * @returns {Promise<File | null>}
   */
  async read(name, bytes) {
    const file = await this.open(name);
    return file?.size === bytes ? file : null;
  }

  /** However long it is; null where it is gone. @param {string} name @returns {Promise<File | null>} */
  async open(name) {
    try {
      return await (await (await this.#folder()).getFileHandle(name)).getFile();
    } catch {
      return null;
    }
  }

  /** What cannot be removed now is collected when the project is opened again. @param {Iterable<string>} names */
  async remove(names) {
    const folder = await this.#folder().catch(() => null);
    for (const name of names) await folder?.removeEntry(name).catch(() => {});
  }

  /** Removes what the index does not name: of writes that were interrupted. @param {Set<string>} named */
  async collect(named) {
    /** @type {string[]} */ const orphans = [];
    for await (const name of (await this.#folder()).keys()) if (!named.has(name)) orphans.push(name);
    await this.remove(orphans);
  }

  /** Copies those that are there. @param {Files} from @param {Iterable<string>} names */
  async copy(from, names) {
    for (const name of names) {
      const source = await (await from.#folder()).getFileHandle(name).catch(() => null);
      if (source) await this.#put(name, await source.getFile());
    }
  }

  /**
   * @param {string} name
   * @param {Content} content
   */
  async #put(name, content) {
    const handle = await (await this.#folder()).getFileHandle(name, { create: true });
    await writeFile(handle, [ROOT, this.#space.name, this.#project, name], content);
  }
}

/**
 * The folder of a space.
 * @param {string} space
 */
export async function spaceFolder(space) {
  const root = await navigator.storage.getDirectory();
  const ours = await root.getDirectoryHandle(ROOT, { create: true });
  return ours.getDirectoryHandle(`space-${encodeURIComponent(space)}`, { create: true });
}

/** @param {FileSystemDirectoryHandle} space */
export async function projectsWithFiles(space) {
  /** @type {string[]} */ const names = [];
  for await (const name of space.keys()) names.push(name);
  return names;
}
