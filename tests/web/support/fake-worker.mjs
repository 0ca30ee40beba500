import { CallQueue } from "../../../www/lib/call-queue.js";

/** @import { Handler } from "../../../www/lib/types/calls.d.ts" */
/** @import { WorkerLike } from "../../../www/lib/worker-client.js" */

/** Everything that has been posted arrives before this resolves. */
export const delivered = () => new Promise((resolve) => setImmediate(resolve));

/**
 * A worker without a thread: the real queue of calls, with the test's own handlers behind it. Messages take a turn of
 * the event loop.
 * @implements {WorkerLike}
 */
export class FakeWorker extends EventTarget {
  terminated = false;
  /** Every message in either direction, in order. @type {any[]} */
  log = [];
  #queue;

  /** @param {Record<string, Handler>} handlers */
  constructor(handlers) {
    super();
    this.#queue = new CallQueue(
      (response) => this.#toPage(response),
      handlers,
      async () => void (await delivered()),
    );
  }

  /** @param {any} request */
  postMessage(request) {
    this.log.push(request);
    setImmediate(() => {
      if (!this.terminated) void this.#queue.receive(request);
    });
  }

  terminate() {
    this.terminated = true;
  }

  /**
   * What the page sees when the worker's code throws where nobody catches it.
   * @param {string} message
   */
  crash(message) {
    this.dispatchEvent(Object.assign(new Event("error"), { message }));
  }

  /** @param {any} response */
  #toPage(response) {
    this.log.push(response);
    setImmediate(() => {
      if (!this.terminated) this.dispatchEvent(Object.assign(new Event("message"), { data: response }));
    });
  }
}
