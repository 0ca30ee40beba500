/** @import { ErrorCode, Info, Progress } from "./types/public.d.ts" */
/** @import { CallArguments, Caller, CallName, CallOptions, CallResult, Calls, StartOptions } from "./types/calls.d.ts" */
/** @import { WorkerLike } from "./worker-client.js" */
import { LastLayerError } from "./errors.js";
import { WorkerClient } from "./worker-client.js";

/**
 * Workers are disposable: a connection outlives them. When the worker has died, the next call starts another one and has it brought
 * to the state of the old one first.
 * @implements {Caller}
 */
export class Connection {
  #options;
  #startWorker;
  #restore;
  /** @type {Info | null} */
  #info = null;
  /** @type {WorkerClient | null} */
  #client = null;
  /** @type {Promise<WorkerClient> | null} While a new worker is being brought to the state of the old one. */
  #restarting = null;
  /** @type {LastLayerError | null} */
  #closed = null;

  /**
   * @param {StartOptions} options
   * @param {(url: string) => WorkerLike} startWorker
   * @param {(worker: Caller, diedOf: ErrorCode) => Promise<void>} restore  Brings a new worker to the state of the old one.
   */
  constructor(options, startWorker, restore) {
    this.#options = options;
    this.#startWorker = startWorker;
    this.#restore = restore;
  }

  /** What the worker told of itself when it started; null before. */
  get info() {
    return this.#info;
  }

  /** The error that calls reject with after `close`, null before. */
  get closed() {
    return this.#closed;
  }

  /**
   * Starts the first worker. Where this fails, the connection is closed.
   * @param {AbortSignal} [signal]
   * @param {(progress: Progress) => void} [onProgress]
   */
  async open(signal, onProgress) {
    try {
      await this.#connect({ signal, onEvent: onProgress });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * @template {CallName} Name
   * @param {Name} name
   * @param {CallArguments<Calls, Name>} rest
   * @returns {Promise<CallResult<Calls, Name>>}
   */
  async call(name, ...rest) {
    const client = await this.#live();
    return client.call(name, ...rest);
  }

  close() {
    this.#closed ??= new LastLayerError("closed", "This FineTuner has been closed.");
    this.#client?.end(this.#closed);
  }

  /** The worker, or a new one where it has died. */
  async #live() {
    if (this.#closed) throw this.#closed;
    if (this.#restarting) return this.#restarting;
    if (!this.#client) throw new LastLayerError("internal", "A FineTuner is made by FineTuner.create().");
    const { death } = this.#client;
    if (!death) return this.#client;
    this.#restarting = this.#restart(death.code).finally(() => {
      this.#restarting = null;
    });
    return this.#restarting;
  }

  /** @param {CallOptions<Progress>} options */
  async #connect(options) {
    const client = new WorkerClient(this.#startWorker(new URL("worker.js", this.#options.baseUrl).href));
    this.#client = client; // from here on, so that close() reaches it
    this.#info = await client.call("start", this.#options, options);
    return client;
  }

  /** @param {ErrorCode} diedOf */
  async #restart(diedOf) {
    try {
      const client = await this.#connect({});
      await this.#restore(client, diedOf);
      return client;
    } catch (error) {
      // Half a state is worse than none: the next call begins again.
      this.#client?.end(error instanceof LastLayerError ? error : new LastLayerError("internal", String(error)));
      throw error;
    }
  }
}
