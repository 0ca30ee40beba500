/**
 * Why something is not kept, in a word that a page can put into its own:
 * - `denied`: this browser, or the frame that the page is in, lets it keep nothing
 * - `full`: there is no space left
 * - `newer`: what is kept was written by a newer version of the page
 * - `elsewhere`: the project is open in another tab
 * - `damaged`: what is kept of a project cannot be understood
 * - `failed`: anything else
 * @typedef {"denied" | "full" | "newer" | "elsewhere" | "damaged" | "failed"} FailureCode
 */

export class StoreFailure extends Error {
  /**
   * @param {FailureCode} code
   * @param {unknown} [cause]
   */
  constructor(code, cause) {
    super(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause ?? code), { cause });
    this.name = "StoreFailure";
    /** @readonly */
    this.code = code;
  }
}

/** @type {Record<string, FailureCode>} */
const BY_NAME = {
  QuotaExceededError: "full",
  VersionError: "newer",
  SecurityError: "denied",
  NotAllowedError: "denied",
};

/**
 * What a browser threw, as one of ours.
 * @param {unknown} thrown
 * @param {FailureCode} [otherwise]
 */
export function asFailure(thrown, otherwise = "failed") {
  if (thrown instanceof StoreFailure) return thrown;
  return new StoreFailure(BY_NAME[nameOf(thrown)] ?? otherwise, thrown);
}

/** @param {unknown} thrown */
function nameOf(thrown) {
  return typeof thrown === "object" && thrown !== null && "name" in thrown ? String(thrown.name) : "";
}
