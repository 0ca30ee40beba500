/** @import { Core, CoreLoan } from "./types/core.d.ts" */
/** @import { CoreCopy } from "./types/calls.d.ts" */
/** @import { Helper } from "./helpers.js" */
import { transferable } from "./call-queue.js";
import { LastLayerError } from "./errors.js";
import { spawn } from "./spawn.js";
import { loadGlue } from "./wasm.js";
import { WorkerClient } from "./worker-client.js";

/**
 * Starts another worker with a copy of a core, to read photos and to share steps. Nothing is downloaded and nothing
 * compiled again.
 * @param {string} baseUrl  Where `worker.js` lies.
 * @param {Core} core
 * @param {Pick<CoreCopy, "glue" | "module">} wasm
 * @returns {Promise<Helper>}
 */
export async function startHelper(baseUrl, core, wasm) {
  const client = new WorkerClient(spawn(new URL("worker.js", baseUrl).href));
  const end = () => client.end(new LastLayerError("closed", "This worker is not needed any more."));
  const weights = core.weights();
  try {
    await client.call("startCopy", { ...wasm, weights }, { transfer: [weights.bytes.buffer] });
  } catch (error) {
    end();
    throw error;
  }
  /** @param {CoreLoan} loan */
  const work = (loan) => client.call("pictures" in loan ? "embed" : "learn", loan, { transfer: transferable(loan) });
  return { work, end };
}

/**
 * In that worker: the core, on the CPU.
 * @param {CoreCopy} copy
 * @returns {Promise<Core>}
 */
export async function openCopy({ glue, module, weights }) {
  const wasm = await loadGlue(glue);
  await wasm.default({ module_or_path: module });
  return wasm.Core.open(await wasm.OpenDevice.open("cpu"), weights.bytes, weights.sha256, []);
}
