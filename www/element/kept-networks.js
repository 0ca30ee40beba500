/** Of the Cache API, for the files, and of the local storage, for what is known of them. */
const PLACE = "lastlayer-networks";

/**
 * What is known of a file that is kept. `labels`: the names that the reader gave to its classes.
 * @typedef {{ sha256: string, file: string, network: string, bytes: number, labels: readonly string[] | null }} KeptNetwork
 * @typedef {{ used: string | null, networks: KeptNetwork[] }} Records
 */

/**
 * Networks that the reader brought and wants to find here next time, each under the hash of its bytes. Only what the
 * reader asks for is written. Where the browser keeps nothing, the list is empty.
 */
export class KeptNetworks {
  /** Whether there is a place for them. */
  get possible() {
    try {
      return typeof caches !== "undefined" && typeof crypto.subtle !== "undefined" && Boolean(localStorage);
    } catch {
      return false; // in a sandboxed frame, asking is an error
    }
  }

  /** @returns {readonly KeptNetwork[]} */
  get networks() {
    return read().networks;
  }

  /** The one that was in use last, by its hash. */
  get used() {
    return read().used;
  }

  /** Notes which of them is in use; null for none of them. @param {string | null} sha256 */
  use(sha256) {
    const { used, networks } = read();
    if (used !== sha256) write({ used: sha256, networks });
  }

  /**
   * Rejects where it cannot be kept, and has kept nothing then.
   * @param {File} file
   * @param {Pick<KeptNetwork, "network" | "labels">} about
   * @returns {Promise<string>} its hash
   */
  async keep(file, about) {
    const sha256 = await hashOf(file);
    const cache = await caches.open(PLACE);
    await cache.put(keyOf(sha256), new Response(file));
    const others = read().networks.filter((network) => network.sha256 !== sha256);
    const kept = write({
      used: sha256,
      networks: [...others, { sha256, file: file.name, bytes: file.size, ...about }],
    });
    if (!kept) {
      await cache.delete(keyOf(sha256));
      throw new Error("the browser keeps no list");
    }
    return sha256;
  }

  /** @param {string} sha256 @param {readonly string[] | null} labels */
  rename(sha256, labels) {
    const { used, networks } = read();
    write({
      used,
      networks: networks.map((network) => (network.sha256 === sha256 ? { ...network, labels } : network)),
    });
  }

  /**
   * The file, byte for byte as it was kept; null where it is damaged or gone, and forgotten then.
   * @param {KeptNetwork} network
   * @returns {Promise<File | null>}
   */
  async open({ sha256, file }) {
    try {
      const blob = await (await (await caches.open(PLACE)).match(keyOf(sha256)))?.blob();
      if (blob && (await hashOf(blob)) === sha256) return new File([blob], file);
    } catch (error) {
      console.warn("lastlayer: a network that was kept cannot be read.", error);
    }
    await this.remove(sha256);
    return null;
  }

  /** @param {string} sha256 */
  async remove(sha256) {
    const { used, networks } = read();
    write({ used: used === sha256 ? null : used, networks: networks.filter((network) => network.sha256 !== sha256) });
    try {
      await (await caches.open(PLACE)).delete(keyOf(sha256));
    } catch (error) {
      console.warn("lastlayer: a network that was kept could not be removed.", error);
    }
  }
}

/** The address is never fetched. @param {string} sha256 */
function keyOf(sha256) {
  return `https://lastlayer.invalid/networks/${sha256}`;
}

/** @param {Blob} file */
async function hashOf(file) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {Records} */
function read() {
  try {
    const { used, networks } = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    const whole = Array.isArray(networks) ? networks.filter(isRecord) : [];
    return { used: whole.some(({ sha256 }) => sha256 === used) ? used : null, networks: whole };
  } catch {
    return { used: null, networks: [] };
  }
}

/** @param {Records} records @returns {boolean} whether they are kept */
function write(records) {
  try {
    if (records.networks.length > 0) localStorage.setItem(PLACE, JSON.stringify(records));
    else localStorage.removeItem(PLACE);
    return true;
  } catch {
    return false;
  }
}

/** @param {any} record @returns {record is KeptNetwork} */
function isRecord(record) {
  const { sha256, file, network, bytes, labels } = record ?? {};
  const named = labels === null || (Array.isArray(labels) && labels.every((label) => typeof label === "string"));
  return [sha256, file, network].every((text) => typeof text === "string") && Number.isSafeInteger(bytes) && named;
}
