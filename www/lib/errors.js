/** @import { ErrorCode } from "./types/public.d.ts" */
/** @import { ErrorMessage } from "./types/core.d.ts" */

/**
 * Every failure of the library. `code` is one of a closed set, so that a page can put it into its own words and
 * language; `params` names what was involved; `message` is the English sentence: what was expected, what came, what to
 * do. A cancelled call carries the name `AbortError`, as `fetch` does.
 */
export class LastLayerError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {Record<string, string | number>} [params]
   */
  constructor(code, message, params = {}) {
    super(message);
    this.name = code === "cancelled" ? "AbortError" : "LastLayerError";
    /** @readonly */
    this.code = code;
    /** @readonly */
    this.params = params;
  }
}

/**
 * Work that was not brought to its end, since it was cancelled or something went wrong, with what had been done by then
 * in `report`. Of a list of files: what became of those that were looked at. Of a comparison: the runs that were over.
 * @template Report
 */
export class InterruptedError extends LastLayerError {
  /**
   * @param {LastLayerError} cause
   * @param {Report} report
   */
  constructor(cause, report) {
    super(cause.code, cause.message, cause.params);
    /** @readonly */
    this.report = report;
  }
}

/**
 * What ended the work, with what had been done before.
 * @template Report
 * @param {unknown} error
 * @param {Report} report
 */
export function interrupted(error, report) {
  return error instanceof LastLayerError ? new InterruptedError(error, report) : error;
}

/** The codes that speak of one image file: the others go on. */
const OF_ONE_IMAGE = new Set([
  "not-an-image",
  "unsupported-format",
  "image-truncated",
  "image-empty",
  "image-too-large",
]);

/**
 * True where the fault is one file's own, so that a list of files can go on without it.
 * @param {unknown} error
 * @returns {error is LastLayerError}
 */
export function isImageError(error) {
  return error instanceof LastLayerError && OF_ONE_IMAGE.has(error.code);
}

/**
 * True where the fault is the model file's own.
 * @param {unknown} error
 * @returns {error is LastLayerError}
 */
export function isModelError(error) {
  return error instanceof LastLayerError && (error.code === "model-corrupt" || error.code === "model-mismatch");
}

/** @returns {LastLayerError} */
export function cancelled() {
  return new LastLayerError("cancelled", "The call was cancelled through its signal.");
}

/** @returns {LastLayerError} */
export function paused() {
  return new LastLayerError("paused", "The training was paused. resume() goes on with it.");
}

/**
 * True where it was the worker that failed, and not the call: another worker can take the call up.
 * @param {unknown} error
 */
export function isDeath(error) {
  return error instanceof LastLayerError && (error.code === "worker-crashed" || error.code === "device-lost");
}

/**
 * @param {AbortSignal | undefined} signal
 */
export function throwIfAborted(signal) {
  if (signal?.aborted) throw cancelled();
}

/**
 * What was thrown, as a plain object that can be posted. The core throws such objects itself; a WebAssembly trap means
 * that the core's memory can no longer be trusted, hence `worker-crashed`; the rest are faults of ours.
 * @param {unknown} thrown
 * @returns {ErrorMessage}
 */
export function toMessage(thrown) {
  if (isErrorMessage(thrown)) return { code: thrown.code, message: thrown.message, params: thrown.params ?? {} };
  if (thrown instanceof DOMException && thrown.name === "AbortError") return toMessage(cancelled());
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  if (thrown instanceof WebAssembly.RuntimeError) {
    return {
      code: "worker-crashed",
      message: `The core stopped: ${detail}. Its work goes on in a new worker.`,
      params: { detail },
    };
  }
  return { code: "internal", message: `Unexpected failure: ${detail}. Please report it.`, params: { detail } };
}

/**
 * The other way: a posted error as an `Error`.
 * @param {ErrorMessage} message
 */
export function fromMessage(message) {
  return new LastLayerError(message.code, message.message, message.params);
}

/**
 * @param {unknown} thrown
 * @returns {thrown is ErrorMessage}
 */
function isErrorMessage(thrown) {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    "code" in thrown &&
    typeof thrown.code === "string" &&
    "message" in thrown
  );
}
