import { countBytes, failed, fetchOk } from "./download.js";
import { keep, lookUp } from "./kept-files.js";

/**
 * A weights file that somebody brings, in place of those of the site: what it is shows only when the core reads it. It
 * is not kept: a file of the machine's is there next time, too, and one from an address is in the browser's own cache.
 */
export class BroughtWeights {
  #file;

  /** @param {string | Blob} file  The file, or its address. */
  constructor(file) {
    this.#file = file;
  }

  /** Not known yet. */
  get name() {
    return "";
  }

  /** There is nothing to compare it with. */
  get sha256() {
    return undefined;
  }

  get fromCache() {
    return false;
  }

  /**
   * @param {(done: number, total: number) => void} onProgress  How long a download is may not be known: then `total`
   *                                                           is what has come.
   * @param {AbortSignal} signal
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  async read(onProgress, signal) {
    const file = this.#file;
    if (typeof file !== "string") return this.#bytes(file, "the file");
    const response = await fetchOk(file, { signal });
    const length = Number(response.headers.get("content-length")) || 0;
    const counted = countBytes(response, (done) => onProgress(done, Math.max(done, length)));
    return this.#bytes(new Response(counted), file);
  }

  async keep() {}

  async forget() {}

  /**
   * @param {Blob | Response} source
   * @param {string} name
   */
  async #bytes(source, name) {
    try {
      return new Uint8Array(await source.arrayBuffer());
    } catch (error) {
      if (/** @type {Error} */ (error).name === "AbortError") throw error;
      throw failed(name, String(error));
    }
  }
}

/**
 * The names of ImageNet's classes, in the order of the logits of the networks pretrained on it; none where the site does
 * not have them. They are kept for when there is no network.
 * @param {string} baseUrl
 * @param {AbortSignal} signal
 */
export async function imagenetLabels(baseUrl, signal) {
  const url = new URL("weights/imagenet_labels.txt", baseUrl).href;
  try {
    const text = await (await fetchOk(url, { signal })).text();
    await keep(url, text);
    return namesIn(text);
  } catch (error) {
    if (signal.aborted) throw error;
    const kept = await lookUp(url);
    if (kept) return namesIn(await kept.text());
    console.warn("lastlayer: the names of the network's classes are not there, so they are numbered.", error);
    return [];
  }
}

/** @param {string} text  Lines of an identifier, a tab and a name. */
function namesIn(text) {
  const lines = text.trimEnd().split("\n");
  return lines.map((line) => line.slice(line.indexOf("\t") + 1));
}
