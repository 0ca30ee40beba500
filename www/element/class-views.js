/** @import { ClassView, Photo } from "../ui/types.d.ts" */

/**
 * The classes with their photos, as the panels show them. A class in which nothing has changed is the same object as
 * before, so that a photo that joins one class among hundreds has one card drawn again, and not all of them. A class
 * keeps its `key` when it is renamed.
 */
export class ClassViews {
  /** @type {readonly Photo[]} */ #photos = [];
  /** @type {readonly string[]} */ #labels = [];
  /** @type {ClassView[]} */ #views = [];
  #keys = 0;

  /**
   * @param {readonly Photo[]} photos
   * @param {readonly string[]} labels  in the order in which they are shown
   * @returns {ClassView[]} the same array as long as nothing has changed
   */
  of(photos, labels) {
    if (photos === this.#photos && labels === this.#labels) return this.#views;
    const before = this.#before(labels);
    /** @type {Map<string, Photo[]>} */ const members = new Map(labels.map((label) => [label, []]));
    for (const photo of photos) members.get(photo.label)?.push(photo);
    const views = Array.from(members, ([label, own]) => {
      const view = before.get(label);
      if (view && view.label === label && isSame(view.photos, own)) return view;
      return { key: view?.key ?? this.#keys++, label, photos: own };
    });
    [this.#photos, this.#labels] = [photos, labels];
    if (!isSame(views, this.#views)) this.#views = views;
    return this.#views;
  }

  /** What there was of each class, by the name that it has now. @param {readonly string[]} labels */
  #before(labels) {
    const before = new Map(this.#views.map((view) => [view.label, view]));
    const renamed =
      labels.length === this.#labels.length ? labels.filter((label, index) => label !== this.#labels[index]) : [];
    const [label] = renamed;
    // One name is another one and all the rest are as they were: that class was renamed.
    const view = renamed.length === 1 && label !== undefined ? this.#views[labels.indexOf(label)] : undefined;
    if (view && label !== undefined && !before.has(label)) before.set(label, view);
    return before;
  }
}

/** @param {readonly unknown[]} left @param {readonly unknown[]} right */
function isSame(left, right) {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
