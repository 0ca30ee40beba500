// Every network of the registry against PyTorch, stage after stage, as `tests/networks.rs` does it, in WebAssembly: on the CPU all of
// them, on WebGPU one of each family. `build/network-test` has the module, which `./build.sh test` makes of `tests/wasm`.
//
//     node --test tests/web/networks.test.mjs      prints the table

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { staticFiles } from "../../scripts/static-server.mjs";
import { testBed } from "./support/browser.mjs";

/** Of the largest value there. */
const TOLERANCE = 1e-3;
/** On an emulated device a large network takes minutes. */
const ON_WEBGPU = new Set(["efficientnet_lite0", "mobilenetv2_035", "resnet18", "resnet50", "vgg16", "vgg16_bn"]);

const MODULES = fileURLToPath(new URL("../../build/network-test/", import.meta.url));
const golden = JSON.parse(await readFile(new URL("../fixtures/networks.json", import.meta.url), "utf8"));

const bed = testBed();
const modules = staticFiles(MODULES);
bed.site.intercept = (request, response) => {
  const ours = request.url?.startsWith("/network-test/") === true;
  if (ours) {
    request.url = request.url?.slice("/network-test".length);
    modules(request, response);
  }
  return ours;
};

for (const device of /** @type {const} */ (["cpu", "webgpu"])) {
  const missing = existsSync(`${MODULES}${device}`)
    ? false
    : `build/network-test/${device} is not built (./build.sh test)`;
  test(`every network computes in a browser what PyTorch does: ${device}`, { skip: missing }, async () => {
    const page = await bed.page(`${bed.site.origin}/blank`);
    await page.evaluate(async (device) => {
      const { default: initialise, NetworkTest } = await import(`/network-test/${device}/lastlayer.js`);
      await initialise();
      Reflect.set(globalThis, "networkTest", await NetworkTest.open(device));
    }, device);
    const wrong = [];
    for (const network of golden.networks) {
      const { name, names } = network;
      // Of another origin the names alone differ, which the CPU tests.
      if (device === "webgpu" && !(ON_WEBGPU.has(name) && names === "timm")) continue;
      const differences = await page.evaluate(async (network) => {
        return [...(await Reflect.get(globalThis, "networkTest").differences(network))];
      }, JSON.stringify(network));
      console.log(
        `${device} ${name.padEnd(20)} ${names.padEnd(12)} ${differences.map((x) => x.toExponential(1)).join(" ")}`,
      );
      if (!(Math.max(...differences) <= TOLERANCE)) wrong.push(`${name} (${names})`);
    }
    assert.deepEqual(wrong, [], `these differ by more than ${TOLERANCE} of the largest value`);
  });
}
