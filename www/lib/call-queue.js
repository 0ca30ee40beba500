/** @import { CallTable, Handlers, Request, Response } from "./types/calls.d.ts" */
import { cancelled, toMessage } from "./errors.js";

/**
 * @typedef {object} Call
 * @property {number} id
 * @property {string} name
 * @property {unknown} args
 * @property {AbortController} controller
 *
 * @typedef {object} LongCall
 * @property {Call} call
 * @property {AsyncGenerator<unknown, unknown, void>} steps
 * @property {unknown} held  The event of the last piece, not yet sent.
 */

/**
 * The worker's side of the boundary: one thing at a time. The core must never be entered twice, and yet a prediction or
 * a cancellation must not wait for the end of a training: so short calls are served between the pieces of long ones.
 *
 * The event of a piece is sent only after the calls that arrived during that piece have been answered. So a caller who
 * cancels while a batch is being computed never hears of a further batch.
 */
export class CallQueue {
  #post;
  #handlers;
  #macrotask;
  /** @type {Call[]} */
  #waiting = [];
  /** @type {LongCall[]} */
  #long = [];
  /** @type {Map<number, Call>} */
  #open = new Map();
  #running = false;

  /**
   * @param {(response: Response, transfer: Transferable[]) => void} post
   * @param {Handlers<CallTable>} handlers  Of any table: the queue knows none of its calls.
   * @param {() => Promise<void>} [macrotask]  Resolves after the messages that have already arrived were delivered.
   */
  constructor(post, handlers, macrotask = channelMacrotask()) {
    this.#post = post;
    this.#handlers = handlers;
    this.#macrotask = macrotask;
  }

  /**
   * Takes a message of the page. The promise is for tests: it resolves when nothing is left to do.
   * @param {Request} request
   */
  async receive(request) {
    if ("cancel" in request) {
      this.#cancel(request.cancel);
      return;
    }
    const call = { id: request.id, name: request.call, args: request.args, controller: new AbortController() };
    this.#open.set(call.id, call);
    this.#waiting.push(call);
    if (this.#running) return;
    this.#running = true;
    try {
      await this.#drain();
    } finally {
      this.#running = false;
    }
  }

  async #drain() {
    for (;;) {
      const call = this.#waiting.shift();
      if (call) await this.#serve(call);
      else if (!(await this.#advance())) return;
      await this.#macrotask();
    }
  }

  /** @param {number} id */
  #cancel(id) {
    const call = this.#open.get(id);
    if (!call) return; // Answered while the cancellation was on its way.
    call.controller.abort();
    const position = this.#waiting.indexOf(call);
    if (position >= 0) {
      this.#waiting.splice(position, 1);
      this.#fail(call, cancelled());
    }
  }

  /** @param {Call} call */
  async #serve(call) {
    const handler = this.#handlers[call.name];
    try {
      if (!handler) throw new Error(`the worker has no call “${call.name}”`);
      const emit = (/** @type {unknown} */ event) => this.#post({ id: call.id, event }, transferable(event));
      const result = handler(call.args, { signal: call.controller.signal, emit });
      if (isGenerator(result)) this.#long.push({ call, steps: result, held: undefined });
      else this.#answer(call, await result);
    } catch (error) {
      this.#fail(call, error);
    }
  }

  /**
   * Runs one piece of the oldest long call and moves it to the end of the line.
   * @returns {Promise<boolean>} false when there was none
   */
  async #advance() {
    const long = this.#long.shift();
    if (!long) return false;
    const { call, steps } = long;
    try {
      if (call.controller.signal.aborted) {
        await steps.return(undefined);
        throw cancelled();
      }
      if (long.held !== undefined) this.#post({ id: call.id, event: long.held }, []);
      const { done, value } = await steps.next();
      if (done) {
        this.#answer(call, value);
      } else {
        long.held = value;
        this.#long.push(long);
      }
    } catch (error) {
      this.#fail(call, error);
    }
    return true;
  }

  /**
   * @param {Call} call
   * @param {unknown} ok
   */
  #answer(call, ok) {
    this.#open.delete(call.id);
    this.#post({ id: call.id, ok }, transferable(ok));
  }

  /**
   * @param {Call} call
   * @param {unknown} error
   */
  #fail(call, error) {
    this.#open.delete(call.id);
    this.#post({ id: call.id, error: toMessage(error) }, []);
  }
}

/**
 * A macrotask without the four milliseconds that nested timers are held to, or the second that they wait in a
 * background tab.
 * @returns {() => Promise<void>}
 */
function channelMacrotask() {
  const { port1, port2 } = new MessageChannel();
  /** @type {(() => void)[]} */
  const waiting = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}

/**
 * Bytes and numbers go to another thread without a copy.
 * @param {unknown} value
 * @returns {Transferable[]}
 */
export function transferable(value) {
  if (typeof value !== "object" || value === null) return [];
  // The values of an array of numbers would be millions of objects.
  const parts = ArrayBuffer.isView(value) ? [value] : Object.values(value);
  return parts.flatMap((part) =>
    (part instanceof Uint8Array || part instanceof Float32Array) && part.buffer instanceof ArrayBuffer
      ? [part.buffer]
      : [],
  );
}

/**
 * @param {unknown} value
 * @returns {value is AsyncGenerator<unknown, unknown, void>}
 */
function isGenerator(value) {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
