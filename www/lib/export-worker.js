/** @import { Request, Response, Handlers } from "./types/calls.d.ts" */
/** @import { Exporter, ExportModule } from "./types/core.d.ts" */
/** @import { ExportCalls, ModelCard } from "./types/exporting.d.ts" */
/** @import { LoadedWasm } from "./wasm.js" */
import { CallQueue } from "./call-queue.js";
import { LastLayerError } from "./errors.js";
import { zipped } from "./exporting/zip.js";
import { loadModule } from "./wasm.js";

/**
 * The worker that writes one model for other programs, and is ended then: what it takes of memory is given back. It has
 * a module of its own, so that nobody downloads that who does not ask for such a file.
 */

/** Bundled, this script lies in `late/`, in the folder that is served. */
const BASE = new URL("..", import.meta.url).href;

/** @type {LoadedWasm<ExportModule> | null} */
let loaded = null;
/** @type {{ exporter: Exporter, card: ModelCard } | null} */
let opened = null;

function model() {
  if (!opened) throw new LastLayerError("internal", "No model has been opened.");
  return opened;
}

/** @type {Handlers<ExportCalls>} */
const handlers = {
  load: async (_, { emit, signal }) => {
    const onProgress = (/** @type {number} */ done, /** @type {number} */ total) =>
      emit({ stage: "wasm", done, total });
    loaded = await loadModule(BASE, "export", onProgress, signal);
  },
  open: ({ weights, labels, model }) => {
    if (!loaded) throw new LastLayerError("internal", "The module has not been loaded.");
    const { Exporter } = loaded.wasm;
    const exporter = Exporter.open(weights.bytes, weights.sha256, labels, model ?? undefined);
    const card = /** @type {ModelCard} */ (JSON.parse(exporter.card()));
    opened = { exporter, card };
    return card;
  },
  write: ({ format, precision, names }) => model().exporter.write(format, precision, names),
  zip: (order, { emit }) => zipped(model().exporter, model().card, order, BASE, emit),
};

/**
 * @param {Response} response
 * @param {Transferable[]} [transfer]
 */
function post(response, transfer = []) {
  self.postMessage(response, { transfer });
}

// A rejection that nobody handles is as fatal as an error that nobody catches: the page hears of both in the same way.
addEventListener("unhandledrejection", (event) => reportError(event.reason));

const queue = new CallQueue(post, handlers);
addEventListener("message", (/** @type {MessageEvent<Request>} */ { data }) => void queue.receive(data));
