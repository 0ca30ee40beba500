/** @import { ErrorCode, Info, Progress } from "./types/public.d.ts" */
/** @import { CallArguments, Caller, CallName, CallResult, Calls, StartOptions } from "./types/calls.d.ts" */
/** @import { Clock } from "./clock.js" */
/** @import { WorkerLike } from "./worker-client.js" */
import { clock } from "./clock.js";
import { webgpuUnavailable } from "./device.js";
import { cancelled, LastLayerError, throwIfAborted } from "./errors.js";
import { START_LIMIT, StartLimit } from "./start-limit.js";
import { WorkerClient } from "./worker-client.js";

/**
 * Workers are disposable: a connection outlives them. When the worker has died, the next call starts another one and
 * has it brought to the state of the old one first.
 * @implements {Caller}
 */
export class Connection {
  /** @type {StartOptions} */
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
  #clock;
  /** Whether WebGPU was given up because it did not answer. */
  #timedOut = false;

  /**
   * @param {StartOptions} options
   * @param {(url: string) => WorkerLike} startWorker
   * @param {(worker: Caller, diedOf: ErrorCode) => Promise<void>} restore  Brings a new worker to the state of the old
   *   one.
   * @param {Clock} [time]
   */
  constructor(options, startWorker, restore, time = clock) {
    this.#clock = time;
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
      await this.#connect(signal, onProgress);
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
    const client = await unlessAborted(this.#live(), rest[1]?.signal);
    return client.call(name, ...rest);
  }

  /**
   * Address of a script that lies where the worker's does.
   * @param {string} script
   */
  addressOf(script) {
    return new URL(script, this.#options.baseUrl).href;
  }

  /**
   * Starts a worker with such a script, which is nobody's before a client is made of it.
   * @param {string} script
   */
  startBeside(script) {
    return this.#startWorker(this.addressOf(script));
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

  /**
   * Starts a worker. An abort ends it: it may be waiting for something that never comes.
   * @param {AbortSignal} [signal]
   * @param {(progress: Progress) => void} [onProgress]
   * @returns {Promise<WorkerClient>}
   */
  async #connect(signal, onProgress) {
    throwIfAborted(signal);
    const client = /** @type {WorkerClient} */ (new WorkerClient(this.startBeside("worker.js")));
    this.#client = client; // from here on, so that close() reaches it
    let expired = false;
    const limit = new StartLimit(this.#clock, () => {
      expired = true;
      client.end(webgpuUnavailable(`it did not answer within ${START_LIMIT} seconds`));
    });
    const abort = () => client.end(cancelled());
    signal?.addEventListener("abort", abort);
    try {
      const onEvent = (/** @type {Calls["start"]["event"]} */ event) => {
        limit.hear(event);
        if (event.stage !== "device") onProgress?.(event);
      };
      const info = await client.call("start", this.#options, { onEvent });
      this.#info = { ...info, reason: this.#timedOut ? "webgpu-timeout" : info.reason };
      return client;
    } catch (error) {
      if (!expired || this.#options.device === "webgpu" || this.#closed) throw error;
    } finally {
      limit.end();
      signal?.removeEventListener("abort", abort);
    }
    // Workers after this one do not try again.
    this.#timedOut = true;
    this.#options = { ...this.#options, device: "cpu" };
    return this.#connect(signal, onProgress);
  }

  /** @param {ErrorCode} diedOf */
  async #restart(diedOf) {
    try {
      const client = await this.#connect();
      await this.#restore(client, diedOf);
      return client;
    } catch (error) {
      // Half a state is worse than none: the next call begins again.
      this.#client?.end(error instanceof LastLayerError ? error : new LastLayerError("internal", String(error)));
      throw error;
    }
  }
}

/**
 * A call that is cancelled does not wait for a new worker.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 */
async function unlessAborted(promise, signal) {
  if (!signal) return promise;
  throwIfAborted(signal);
  /** @type {() => void} */
  let abort = () => {};
  const aborted = new Promise((_, reject) => {
    abort = () => reject(cancelled());
    signal.addEventListener("abort", abort);
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([promise, aborted]));
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
