/** @import { Device } from "./types/public.d.ts" */
/** @import { Flavour, WasmModule } from "./types/core.d.ts" */
import { countBytes, failed, fetchOk } from "./download.js";
import { flavourFor } from "./flavour.js";

/**
 * The sizes of the modules: the build writes them in (see scripts/bundle.mjs), since no header tells them reliably.
 * @type {Partial<Record<Flavour, number>>}
 */
const SIZES = typeof WASM_BYTES === "undefined" ? {} : WASM_BYTES;

/**
 * Whether the site has that module: a build serves the page before the one for WebGPU is compiled, and a host may leave
 * it out. Unbundled, nobody knows.
 * @param {Flavour} flavour
 */
export function isServed(flavour) {
  return typeof WASM_BYTES === "undefined" || flavour in SIZES;
}

/**
 * @template [Module=WasmModule]
 * @typedef {object} LoadedWasm
 * @property {Module} wasm
 * @property {string} glue  Address of its script.
 * @property {WebAssembly.Module} module  Compiled; other workers can start it, too.
 */

/**
 * Downloads, compiles and starts the core for a device.
 *
 * @param {string} baseUrl  The folder that `wasm/` lies in.
 * @param {Device} device
 * @param {(done: number, total: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<LoadedWasm>}
 */
export function loadWasm(baseUrl, device, onProgress, signal) {
  return loadModule(baseUrl, flavourFor(device), onProgress, signal);
}

/**
 * The same for any of the modules. Compilation goes on while the bytes come in.
 *
 * @template {{ default: WasmModule["default"] }} Module
 * @param {string} baseUrl
 * @param {Flavour} flavour
 * @param {(done: number, total: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<LoadedWasm<Module>>}
 */
export async function loadModule(baseUrl, flavour, onProgress, signal) {
  const folder = new URL(`wasm/${flavour}/`, baseUrl);
  const glue = new URL("lastlayer.js", folder).href;
  const [wasm, module] = await Promise.all([
    /** @type {Promise<Module>} */ (loadGlue(glue)),
    compile(new URL("lastlayer_bg.wasm", folder).href, SIZES[flavour] ?? 0, onProgress, signal),
  ]);
  await wasm.default({ module_or_path: module });
  return { wasm, glue, module };
}

/**
 * The script that wasm-bindgen writes beside its module.
 * @template [Module=WasmModule]
 * @param {string} url
 * @returns {Promise<Module>}
 */
export function loadGlue(url) {
  return import(url).catch((error) => {
    throw failed(url, String(error));
  });
}

/**
 * @param {string} url
 * @param {number} total
 * @param {(done: number, total: number) => void} onProgress
 * @param {AbortSignal} signal
 */
async function compile(url, total, onProgress, signal) {
  const response = await fetchOk(url, { signal });
  onProgress(0, total);
  const body = countBytes(response, (done) => onProgress(done, total));
  // The type is ours to say: a host that serves .wasm as something else would otherwise cost the streaming.
  const counted = new Response(body, { headers: { "content-type": "application/wasm" } });
  const compiled = WebAssembly.compileStreaming
    ? WebAssembly.compileStreaming(counted)
    : counted.arrayBuffer().then(WebAssembly.compile);
  return compiled.catch((error) => {
    // A module that came whole and does not compile is another matter than one that did not come.
    throw error instanceof WebAssembly.CompileError || signal.aborted ? error : failed(url, String(error));
  });
}
