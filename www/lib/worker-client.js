/** @import { CallArguments, CallOptions, CallResult, Calls, Request, Response } from "./types/calls.d.ts" */
import { cancelled, fromMessage, LastLayerError } from "./errors.js";

/**
 * What a client needs of a worker: a `Worker`, or a stand-in for one.
 * @typedef {Pick<Worker, "postMessage" | "terminate" | "addEventListener">} WorkerLike
 *
 * @typedef {object} Pending
 * @property {(value: any) => void} resolve
 * @property {(error: LastLayerError) => void} reject
 * @property {((event: any) => void) | undefined} onEvent
 * @property {() => void} release  Takes the listener off the signal.
 */

/**
 * Calls into a worker as promises. It knows none of the worker's methods: a call is a name and an argument, answered by
 * events and then one result or error. A worker that dies takes its open calls with it: they reject with
 * `worker-crashed` (or with the code the worker died of), and the client is dead from then on; starting another is its
 * owner's decision.
 *
 * @template [Table=Calls]  The calls that the worker answers.
 */
export class WorkerClient {
  #worker;
  #nextId = 1;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  /** @type {LastLayerError | null} */
  #death = null;
  #heard = false;

  /** @param {WorkerLike} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener("message", (event) => this.#receive(/** @type {MessageEvent} */ (event).data));
    worker.addEventListener("messageerror", () => this.#crashed("a message from it could not be read"));
    worker.addEventListener("error", (event) => this.#crashed(/** @type {ErrorEvent} */ (event).message));
  }

  /** Why the worker is dead, or null while it lives. */
  get death() {
    return this.#death;
  }

  /**
   * @template {string & keyof Table} Name
   * @param {Name} name
   * @param {CallArguments<Table, Name>} rest  What the structured clone algorithm takes, and options.
   * @returns {Promise<CallResult<Table, Name>>}
   */
  call(name, ...rest) {
    const [args, { signal, onEvent, transfer = [] } = {}] = /** @type {[unknown, CallOptions<any>?]} */ (
      /** @type {unknown} */ (rest)
    );
    if (this.#death) return Promise.reject(this.#death);
    if (signal?.aborted) return Promise.reject(cancelled());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const abort = () => this.#post({ cancel: id });
      const release = () => signal?.removeEventListener("abort", abort);
      signal?.addEventListener("abort", abort, { once: true });
      this.#pending.set(id, { resolve, reject, onEvent, release });
      try {
        this.#post({ id, call: name, args }, transfer);
      } catch (error) {
        // Something in `args` cannot be cloned: the worker never saw the call.
        this.#settle(id)?.reject(
          new LastLayerError("internal", `The call “${name}” cannot be sent to the worker: ${error}.`),
        );
      }
    });
  }

  /**
   * Ends the worker at once; open and later calls reject with `error`.
   * @param {LastLayerError} error
   */
  end(error) {
    if (this.#death) return;
    this.#death = error;
    this.#worker.terminate();
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
  }

  /**
   * @param {Request} request
   * @param {Transferable[]} [transfer]
   */
  #post(request, transfer = []) {
    this.#worker.postMessage(request, transfer);
  }

  /** @param {Response} response */
  #receive(response) {
    this.#heard = true;
    if ("fatal" in response) {
      this.end(fromMessage(response.fatal));
    } else if ("event" in response) {
      const onEvent = this.#pending.get(response.id)?.onEvent;
      // A fault of the listener is its owner's, and must not stop the answers that follow.
      if (onEvent) callOrReport(onEvent, response.event);
    } else if ("error" in response) {
      const error = fromMessage(response.error);
      const { code } = error;
      // After these two nothing that the worker holds can be relied on.
      if (code === "worker-crashed" || code === "device-lost") this.end(error);
      else this.#settle(response.id)?.reject(error);
    } else {
      this.#settle(response.id)?.resolve(response.ok);
    }
  }

  /** @param {string | undefined} detail */
  #crashed(detail) {
    if (detail || this.#heard) {
      this.end(
        new LastLayerError("worker-crashed", `The worker stopped: ${detail || "no reason was given"}.`, {
          detail: detail ?? "",
        }),
      );
    } else {
      // An `error` without a message, before a first answer, is how a browser says that the worker's script did not
      // load.
      this.end(
        new LastLayerError(
          "download-failed",
          "The worker's script could not be loaded. Check the connection, then try again.",
        ),
      );
    }
  }

  /** @param {number} id */
  #settle(id) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.release();
    return pending;
  }
}

/**
 * @param {(event: any) => void} listener
 * @param {unknown} event
 */
function callOrReport(listener, event) {
  try {
    listener(event);
  } catch (error) {
    reportError(error);
  }
}
