/** @typedef {import("../ui/types.d.ts").Incoming} Incoming */

/** What files of weights are called. */
const ENDING = /\.(safetensors|pth|pt)$/i;
/** The key of a classifier that was saved here, in the metadata of its header. */
const MODEL_KEY = "lastlayer";
/** As many bytes as the length of a safetensors header has, which comes first. */
const LENGTH_BYTES = 8;
/** Longer than the header of any network. */
const LONGEST_HEADER = 1 << 24;

/**
 * Takes the first file of weights out of what was dropped beside photos. One in a folder stays there: it came along with
 * them.
 * @param {Incoming} incoming
 * @returns {{ weights: File | null, rest: Incoming }}
 */
export function sortOut({ files, unreadable }) {
  const found = files.find(({ path }) => !path.includes("/") && ENDING.test(path));
  return { weights: found?.file ?? null, rest: { files: files.filter((item) => item !== found), unreadable } };
}

/**
 * Whether a file is a classifier that was saved here, which has the ending of a network. Told by its header; what
 * cannot be read is none.
 * @param {Blob} file
 */
export async function isModel(file) {
  try {
    const start = new DataView(await file.slice(0, LENGTH_BYTES).arrayBuffer());
    const length = start.getBigUint64(0, true);
    if (length > BigInt(LONGEST_HEADER)) return false;
    const header = JSON.parse(await file.slice(LENGTH_BYTES, LENGTH_BYTES + Number(length)).text());
    return header?.__metadata__?.[MODEL_KEY] !== undefined;
  } catch {
    return false;
  }
}
