/** How many files are looked at at a time. */
const TOGETHER = 32;

/**
 * Those of some photos whose files can no longer be read, since they were changed, moved or deleted after they were
 * chosen. A browser tells that when it is asked for a single byte.
 * @template {{ blob: Blob }} Photo
 * @param {readonly Photo[]} photos
 * @returns {Promise<Photo[]>}  In the same order.
 */
export async function unreadable(photos) {
  /** @type {Photo[]} */
  const found = [];
  for (let from = 0; from < photos.length; from += TOGETHER) {
    const some = photos.slice(from, from + TOGETHER);
    const bytes = await Promise.allSettled(some.map(({ blob }) => blob.slice(0, 1).arrayBuffer()));
    found.push(...some.filter((_, index) => bytes[index]?.status === "rejected"));
  }
  return found;
}
