/** @import { FineTuner } from "../lib/index.js" */

/**
 * Gives a new FineTuner the classes and photos of another one, out of their files.
 * @param {FineTuner} from
 * @param {FineTuner} to
 * @param {{ signal: AbortSignal, onProgress: (done: number, total: number) => void }} following
 * @returns {Promise<string[]>} the names of photos whose files can no longer be read
 */
export async function carryOver(from, to, { signal, onProgress }) {
  const { classes, photos } = from;
  /** @type {string[]} */ const lost = [];
  let done = 0;
  for (const label of classes) {
    await to.addClass(label);
    const members = photos.filter((photo) => photo.label === label);
    const before = done;
    const { failed } = await to.add(
      members.map(({ blob, name }) => (blob instanceof File ? blob : new File([blob], name))),
      label,
      { signal, onProgress: (progress) => onProgress(before + progress.done, photos.length) },
    );
    done += members.length;
    lost.push(...failed.map(({ name }) => name));
  }
  return lost;
}
