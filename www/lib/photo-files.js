/** @import { Calls, Expected, Handlers } from "./types/calls.d.ts" */
/** @import { Bench } from "./core-worker.js" */
import { Ahead } from "./ahead.js";
import { photoOfFile } from "./decode.js";
import { isImageError, LastLayerError, toMessage } from "./errors.js";
import { unreadable } from "./unreadable.js";

/**
 * The photos of the training set as files, for when the core wants to see one again. A blob is a handle: its bytes stay
 * with the browser.
 */
export class PhotoFiles {
  #bench;
  #ahead;
  /** @type {Map<number, { name: string, blob: Blob }>} */
  #files = new Map();

  /**
   * @param {Bench} bench
   * @param {{ files: number, pixels: number }} most  How many files are decoded while the core is busy with others: see
   *   `Ahead`.
   */
  constructor(bench, most) {
    this.#bench = bench;
    this.#ahead = new Ahead(() => bench.core, most);
  }

  handlers = /** @satisfies {Partial<Handlers>} */ ({
    arrange: ({ paths }) => this.#bench.core.arrange(paths),
    addClass: ({ label }) => this.#bench.core.addClass(label),
    forgetNext: ({ ids }) => this.#ahead.forget(ids),
    remove: ({ ids }) => {
      this.#bench.core.remove(Uint32Array.from(ids));
      for (const id of ids) this.#files.delete(id);
    },
    removeClass: ({ label, ids }) => {
      this.#bench.core.removeClass(label);
      for (const id of ids) this.#files.delete(id);
    },
    rename: ({ from, to }) => this.#bench.core.rename(from, to),
    move: ({ ids, label }) => this.#bench.core.move(Uint32Array.from(ids), label),
    features: ({ ids }) => ids.map((id) => this.#bench.core.features(id) ?? null),
  });

  /**
   * Adds one photo, and its class where that is new.
   * @param {Calls["addPhoto"]["args"]} photo
   * @returns {Promise<Calls["addPhoto"]["result"]>}
   */
  async add({ id, name, label, blob, features, next = [] }) {
    this.#ahead.expect(next);
    const { photo, sha256, note } = await photoOfFile(await this.#ahead.take({ id, blob }), this.#toAdd);
    const duplicateOf = this.#bench.core.add(id, name, label, sha256, photo);
    if (duplicateOf !== undefined) return { duplicateOf };
    this.#files.set(id, { name, blob });
    return features ? { note, read: this.#restore(id, features) } : { note };
  }

  /** @param {number} id @param {Uint16Array} features */
  #restore(id, features) {
    try {
      this.#bench.core.restoreFeatures(id, features);
      return true;
    } catch {
      return false; // They are of other weights, or damaged: the photo is read again.
    }
  }

  /** Whether files are to come that were named before their turn. */
  get expected() {
    return this.#ahead.expects;
  }

  /**
   * The turn of one of many files that are no photos of the training set.
   * @param {Expected} file
   * @param {Expected[]} next  Those that will follow.
   */
  turn(file, next) {
    this.#ahead.expect(next);
    return this.#ahead.take(file);
  }

  /** @param {number} id */
  of(id) {
    const photo = this.#files.get(id);
    if (!photo) throw new LastLayerError("unknown-photo", `There is no photo ${id}.`, { id });
    return photo;
  }

  /**
   * Gives the core the pixels of photos, one at a time.
   * @param {number[]} ids
   */
  async *supplied(ids) {
    this.#ahead.expect(ids.map((id) => ({ id, blob: this.of(id).blob })));
    try {
      for (const id of ids) {
        await this.#supply(id);
        yield;
      }
    } finally {
      this.#ahead.forget(ids);
    }
  }

  /** @param {number[]} ids */
  supplyAll = async (ids) => {
    for await (const _ of this.supplied(ids));
  };

  /**
   * Rejects with `photo-unreadable` where one of these can no longer be read, which costs next to nothing to find out.
   * @param {Iterable<number>} ids
   */
  async check(ids) {
    const files = Array.from(ids, (id) => ({ id, ...this.of(id) }));
    const [first, ...others] = await unreadable(files);
    if (first) throw isGone(first, 1 + others.length);
  }

  /** @param {number} id */
  async #supply(id) {
    const { name, blob } = this.of(id);
    try {
      const { photo } = await photoOfFile(await this.#ahead.take({ id, blob }), this.#toAdd);
      this.#bench.core.supply(id, photo);
    } catch (error) {
      // It was fine when it was added.
      const { code, message, params } = toMessage(error);
      if (isImageError(new LastLayerError(code, message))) throw isGone({ id, name }, 1);
      throw new LastLayerError(code, `${name}: ${message}`, { ...params, name, id });
    }
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  #toAdd = (width, height) => this.#bench.core.photoToAdd(width, height);
}

/**
 * @param {{ id: number, name: string }} photo
 * @param {number} count  Photos like it, it among them.
 */
function isGone({ id, name }, count) {
  const [which, they, what] =
    count === 1
      ? [`The file of the photo “${name}”`, "it was", "Remove the photo, and add its file again if it is to stay."]
      : [
          `The files of ${count} photos, “${name}” the first of them,`,
          "they were",
          "Remove these photos, and add their files again if they are to stay.",
        ];
  const message = `${which} can no longer be read: ${they} changed, moved or deleted after being added. ${what}`;
  return new LastLayerError("photo-unreadable", message, { id, name, count });
}
