/** @import { Device, DeviceChoice, DeviceReason } from "./types/public.d.ts" */
import { LastLayerError } from "./errors.js";

/** Names of adapters that compute on the CPU, as they appear in the texts of `GPUAdapterInfo`. */
const SOFTWARE = ["swiftshader", "llvmpipe", "lavapipe", "microsoft basic render driver"];

/** @type {Awaited<ReturnType<typeof probe>>} */
const NOT_SERVED = {
  adapter: null,
  missing: "webgpu-not-served",
  detail: "this site has no module for it, or none yet",
};

/**
 * Chooses the device before any WebAssembly is downloaded, since each device has its own.
 *
 * `auto` refuses a software adapter: it is about twenty times slower than our CPU path. `webgpu` takes whatever
 * answers.
 *
 * @param {DeviceChoice} choice
 * @param {Pick<GPU, "requestAdapter"> | undefined} gpu  `navigator.gpu`
 * @param {boolean} [served]  Whether the site has the module for WebGPU.
 * @returns {Promise<{ device: Device, reason: DeviceReason, adapter: string }>}  `adapter` is empty on the CPU
 */
export async function chooseDevice(choice, gpu, served = true) {
  if (choice === "cpu") return cpu("requested");
  if (choice !== "auto" && choice !== "webgpu") {
    const message = `The device must be “auto”, “webgpu” or “cpu”, not “${choice}”.`;
    throw new LastLayerError("invalid-option", message, { name: "device", value: String(choice) });
  }
  const { adapter, missing, detail } = served ? await probe(gpu) : NOT_SERVED;
  if (!adapter) {
    if (choice === "webgpu") throw webgpuUnavailable(detail);
    return cpu(missing);
  }
  if (choice === "auto" && isSoftware(adapter)) return cpu("software-adapter");
  return {
    device: "webgpu",
    reason: choice === "webgpu" ? "requested" : "hardware-adapter",
    adapter: describe(adapter.info),
  };
}

/** @param {string} detail */
export function webgpuUnavailable(detail) {
  return new LastLayerError(
    "webgpu-unavailable",
    `WebGPU cannot be used here: ${detail}. Choose “auto” or “cpu” to compute on the CPU.`,
    { detail },
  );
}

/**
 * Tells when a device that this worker has made is lost: a driver that was reset or updated, a machine back from sleep,
 * memory used up. The core makes its device itself and cannot say so in time (it would stop with an obscure error, or
 * wait for ever), hence the detour.
 * @param {(error: LastLayerError) => void} onLost
 */
export function watchDevices(onLost) {
  if (typeof GPUAdapter === "undefined") return;
  const requestDevice = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    void device.lost.then(({ reason, message }) => {
      if (reason !== "destroyed")
        onLost(new LastLayerError("device-lost", `The graphics device was lost: ${message}`, { detail: message }));
    });
    return device;
  };
}

/**
 * @param {Pick<GPU, "requestAdapter"> | undefined} gpu
 * @returns {Promise<{ adapter: GPUAdapter | null, missing: DeviceReason, detail: string }>}
 */
async function probe(gpu) {
  if (!gpu) return { adapter: null, missing: "no-webgpu", detail: "this browser does not offer it on this page" };
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
    return { adapter, missing: "no-adapter", detail: "no graphics adapter answered" };
  } catch (error) {
    return { adapter: null, missing: "no-adapter", detail: `asking for an adapter failed (${error})` };
  }
}

/** @param {GPUAdapter} adapter */
function isSoftware(adapter) {
  // Older browsers say it on the adapter, newer ones in its info.
  const old = /** @type {{ isFallbackAdapter?: boolean }} */ (adapter);
  if (adapter.info?.isFallbackAdapter || old.isFallbackAdapter) return true;
  return namesSoftware(describe(adapter.info));
}

/** Whether an adapter of that name computes on the CPU. @param {string} adapter */
export function namesSoftware(adapter) {
  return SOFTWARE.some((name) => adapter.toLowerCase().includes(name));
}

/**
 * What the browser tells of the adapter: it leaves most of it empty, to make visitors harder to recognise. Older ones
 * tell nothing.
 * @param {GPUAdapterInfo | undefined} info
 */
function describe(info) {
  if (!info) return "";
  return [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(" ");
}

/**
 * @param {DeviceReason} reason
 * @returns {{ device: Device, reason: DeviceReason, adapter: string }}
 */
function cpu(reason) {
  return { device: "cpu", reason, adapter: "" };
}
