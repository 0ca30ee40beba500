/** @import { Request, Response } from "./types/calls.d.ts" */
import { CallQueue } from "./call-queue.js";
import { openCopy, startHelper } from "./copy.js";
import { CoreWorker } from "./core-worker.js";
import { watchDevices } from "./device.js";
import { toMessage } from "./errors.js";
import { start } from "./start.js";

/**
 * @param {Response} response
 * @param {Transferable[]} [transfer]
 */
function post(response, transfer = []) {
  self.postMessage(response, { transfer });
}

watchDevices((error) => post({ fatal: toMessage(error) }));

// A rejection that nobody handles is as fatal as an error that nobody catches: the page hears of both in the same way.
addEventListener("unhandledrejection", (event) => reportError(event.reason));

const { handlers } = new CoreWorker({
  open: start,
  openCopy,
  startHelper,
  now: () => performance.now(),
  device: navigator,
});
const queue = new CallQueue(post, handlers);
addEventListener("message", (/** @type {MessageEvent<Request>} */ { data }) => void queue.receive(data));
