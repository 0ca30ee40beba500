// The choice of the device, with adapters made up by the test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseDevice } from "../../../www/lib/device.js";
import { rejection } from "../support/gate.mjs";

/** @param {Partial<GPUAdapterInfo>} info @param {object} [more] @returns {any} */
const gpu = (info, more) => ({
  requestAdapter: async () => ({
    info: { vendor: "", architecture: "", device: "", description: "", ...info },
    ...more,
  }),
});
/** @type {any} */
const noAdapter = { requestAdapter: async () => null };
/** @type {any} */
const broken = {
  requestAdapter: async () => {
    throw new TypeError("driver");
  },
};

test("auto takes a hardware adapter, and nothing else", async () => {
  const cases = [
    { browser: gpu({ vendor: "acme", architecture: "mk2" }), device: "webgpu", reason: "hardware-adapter" },
    { browser: gpu({}), device: "webgpu", reason: "hardware-adapter" },
    {
      browser: /** @type {any} */ ({ requestAdapter: async () => ({}) }),
      device: "webgpu",
      reason: "hardware-adapter",
    },
    { browser: undefined, device: "cpu", reason: "no-webgpu" },
    { browser: noAdapter, device: "cpu", reason: "no-adapter" },
    { browser: broken, device: "cpu", reason: "no-adapter" },
    { browser: gpu({ vendor: "google", architecture: "swiftshader" }), device: "cpu", reason: "software-adapter" },
    { browser: gpu({ description: "llvmpipe (LLVM 15, 256 bits)" }), device: "cpu", reason: "software-adapter" },
    { browser: gpu({ device: "Microsoft Basic Render Driver" }), device: "cpu", reason: "software-adapter" },
    { browser: gpu({ isFallbackAdapter: true }), device: "cpu", reason: "software-adapter" },
    { browser: gpu({}, { isFallbackAdapter: true }), device: "cpu", reason: "software-adapter" },
  ];
  for (const { browser, device, reason } of cases) {
    const chosen = await chooseDevice("auto", browser);
    assert.deepEqual({ device: chosen.device, reason: chosen.reason }, { device, reason });
  }
});

test("webgpu takes whatever answers, and fails with words where nothing does", async () => {
  const chosen = await chooseDevice("webgpu", gpu({ vendor: "google", architecture: "swiftshader" }));
  assert.deepEqual(chosen, { device: "webgpu", reason: "requested", adapter: "google swiftshader" });
  for (const browser of [undefined, noAdapter, broken])
    assert.equal((await rejection(chooseDevice("webgpu", browser))).code, "webgpu-unavailable");
});

test("a site without the module for WebGPU computes on the CPU, and asks no adapter", async () => {
  assert.deepEqual(await chooseDevice("auto", gpu({ vendor: "acme" }), false), {
    device: "cpu",
    reason: "webgpu-not-served",
    adapter: "",
  });
  const { code, message } = await rejection(chooseDevice("webgpu", gpu({ vendor: "acme" }), false));
  assert.equal(code, "webgpu-unavailable");
  assert.match(message, /this site has no module for it/);
});

test("cpu asks no adapter; anything else is refused", async () => {
  assert.deepEqual(await chooseDevice("cpu", broken), { device: "cpu", reason: "requested", adapter: "" });
  assert.equal((await rejection(chooseDevice(/** @type {any} */ ("gpu"), undefined))).code, "invalid-option");
});
