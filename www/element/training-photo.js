/**
 * Whether an image is one of the training photos, byte for byte. A test on photos that were trained on flatters, and
 * people do it without noticing, by dropping the same folder twice. Only photos of exactly the same length are read.
 * @param {Blob} image
 * @param {readonly { blob: Blob }[]} photos
 */
export async function isTrainingPhoto(image, photos) {
  const candidates = photos.filter(({ blob }) => blob.size === image.size);
  if (candidates.length === 0) return false;
  try {
    const bytes = new Uint8Array(await image.arrayBuffer());
    for (const { blob } of candidates) {
      const other = new Uint8Array(await blob.arrayBuffer());
      if (other.every((value, index) => value === bytes[index])) return true;
    }
  } catch {
    // A file that has gone since: nothing can be said about it.
  }
  return false;
}
