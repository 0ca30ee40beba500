import { countBytes, failed, fetchOk } from "./download.js";
import { forget, keep, lookUp } from "./kept-files.js";

/**
 * The small file beside the weights that says which file they are in and what its hash must be.
 * @typedef {{ name: string, file: string, bytes: number, sha256: string }} WeightsCard
 */

/**
 * The weights of a source model, downloaded once: what has been fetched is kept in the Cache API under its hash, so
 * that a new build with the same weights, or the same weights from another address, needs no second download. Where
 * there is no such cache (a page that is not a secure context, a private window, a full disk) everything works, and
 * downloads again.
 */
export class Weights {
  #baseUrl;
  #card;
  #fromCache = false;

  /**
   * @param {string} baseUrl
   * @param {WeightsCard} card
   */
  constructor(baseUrl, card) {
    this.#baseUrl = baseUrl;
    this.#card = card;
  }

  /**
   * @param {string} baseUrl  The folder that `weights/` lies in.
   * @param {string} backbone
   * @param {AbortSignal} signal
   */
  static async find(baseUrl, backbone, signal) {
    const url = new URL(`weights/${encodeURIComponent(backbone)}.json`, baseUrl).href;
    // The card is asked for anew each time, since it says which weights are the right ones; without a network the last
    // one serves.
    try {
      const response = await fetchOk(url, { signal, cache: "no-cache" });
      const text = await response.text();
      const card = parseCard(url, text);
      await keep(url, text);
      return new Weights(baseUrl, card);
    } catch (error) {
      const kept = signal.aborted ? null : await lookUp(url);
      if (!kept) throw error;
      return new Weights(baseUrl, parseCard(url, await kept.text()));
    }
  }

  /** Of the backbone. */
  get name() {
    return this.#card.name;
  }

  get sha256() {
    return this.#card.sha256;
  }

  /** True where the bytes last read came from the cache, and so a fresh download might be better ones. */
  get fromCache() {
    return this.#fromCache;
  }

  /** Under this the bytes are kept. The address is never fetched: it only has to be the same for the same bytes. */
  get #key() {
    return `https://lastlayer.invalid/weights/${this.#card.sha256}`;
  }

  /**
   * The file's bytes, not yet checked against the hash: the core does that.
   * @param {(done: number, total: number) => void} onProgress
   * @param {AbortSignal} signal
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  async read(onProgress, signal) {
    const kept = await lookUp(this.#key);
    this.#fromCache = kept !== undefined;
    const url = new URL(`weights/${this.#card.file}`, this.#baseUrl).href;
    return collect(kept ?? (await fetchOk(url, { signal })), this.#card.bytes, url, onProgress);
  }

  /**
   * To be called once the bytes have proved right.
   * @param {Uint8Array<ArrayBuffer>} bytes
   */
  async keep(bytes) {
    if (!this.#fromCache) await keep(this.#key, bytes);
  }

  /** Forgets the cached copy, which has turned out to be damaged. */
  async forget() {
    await forget(this.#key);
  }
}

/**
 * @param {Response} response
 * @param {number} total
 * @param {string} url
 * @param {(done: number, total: number) => void} onProgress
 */
async function collect(response, total, url, onProgress) {
  const bytes = new Uint8Array(total);
  let end = 0;
  onProgress(0, total);
  const reader = countBytes(response, (done) => onProgress(Math.min(done, total), total)).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      throw error?.name === "AbortError" ? error : failed(url, `the connection broke after ${end} of ${total} bytes`);
    });
    if (done) break;
    if (end + value.byteLength > total) {
      await reader.cancel();
      throw failed(url, `it is longer than the ${total} bytes that were expected`);
    }
    bytes.set(value, end);
    end += value.byteLength;
  }
  if (end < total) throw failed(url, `it ended after ${end} of ${total} bytes`);
  return bytes;
}

/**
 * @param {string} url
 * @param {string} text
 * @returns {WeightsCard}
 */
function parseCard(url, text) {
  try {
    const { name, file, bytes, sha256 } = JSON.parse(text);
    if (typeof file === "string" && Number.isSafeInteger(bytes) && bytes > 0 && typeof sha256 === "string")
      return { name, file, bytes, sha256 };
  } catch {
    // Said below: a page that answers in place of the file is not JSON at all.
  }
  throw failed(url, "it does not name a file of weights");
}
