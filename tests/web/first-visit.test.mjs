// What a first visit has to wait for, and that a second one waits for nothing.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GROUPS, complaints, groupSizes } from "../../scripts/site-sizes.mjs";
import { testBed } from "./support/browser.mjs";
import { gate } from "./support/gate.mjs";
import { DIST } from "./support/site.mjs";

const bed = testBed();

/** Why the sizes of these modules say nothing, where they do not. */
function notOptimised() {
  for (const flavour of ["cpu", "cpu-relaxed", "webgpu"]) {
    const stamp = join(DIST, "../build/wasm", flavour, "made-from");
    if (existsSync(stamp) && !readFileSync(stamp, "utf8").includes("wasm-opt=1"))
      return `the ${flavour} module was built with WASM_OPT=0, and is larger for it`;
  }
  return false;
}

test("everything before training can begin keeps to the budget", { skip: notOptimised() }, async () => {
  assert.deepEqual(complaints(await groupSizes(DIST)), []);
});

test("the budget tells what grew, from what to what, and what to do", () => {
  const recorded = () =>
    Object.fromEntries(Object.entries(GROUPS).map(([group, { recorded: brotli }]) => [group, { brotli }]));
  const with_ = (/** @type {Record<string, { brotli: number }>} */ changed) =>
    complaints(/** @type {any} */ ({ ...recorded(), ...changed }));
  assert.deepEqual(with_({}), []);
  assert.deepEqual(
    with_({ webgpu: { brotli: GROUPS.webgpu.recorded * 1.02 } }),
    [],
    "a little more is nobody's business",
  );
  const [grown, ...others] = with_({ lite1: { brotli: GROUPS.lite1.recorded * 1.1 } });
  assert.match(
    grown ?? "",
    /^weights, Lite1: grew from .* to .* \(\+10 %\)\. See which tensors are stored in how many bits/,
  );
  assert.deepEqual(others, [], "what most visitors do not download is in no budget");
  const over = with_({ weights: { brotli: 9_000_000 } });
  assert.equal(over.length, 4, "the weights, and all kinds of visit");
  assert.match(
    over[1] ?? "",
    /^first visit, WebGPU: .* the budget is 7.80 MB: wasm, WebGPU flavour .*, weights 9.00 MB \(recorded/,
  );
});

/** Paths of the site's own files, as the host was asked for them. */
const requested = () =>
  bed.site.requests
    .map((path) => new URL(path, bed.site.origin).href.replace(bed.site.url, ""))
    .filter((path) => !path.startsWith("http"));

test("the page is there before WebAssembly and weights are, the rest of the site comes after them, and a second visit needs no network", async () => {
  const held = gate();
  const asked = { wasm: gate(), safetensors: gate() };
  bed.site.intercept = (request, response) => {
    const url = request.url ?? "";
    const kind = url.endsWith(".wasm") ? "wasm" : url.endsWith(".safetensors") ? "safetensors" : null;
    if (!kind) return false;
    asked[kind].open(undefined);
    return bed.site.hold(held.opened, request, response);
  };
  bed.site.requests.length = 0;
  const page = await bed.page(`${bed.site.url}?lang=en`);
  await Promise.all([page.locator("last-layer").scrollIntoViewIfNeeded(), asked.wasm.opened, asked.safetensors.opened]);
  assert.ok(await page.locator("h1").isVisible());
  for (const hook of ["input-folder", "train-button", "input-test"])
    await page.getByTestId(hook).first().waitFor({ state: "attached" });
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length === 1);
  assert.equal(
    await page.evaluate(() => /** @type {any} */ (document.querySelector("last-layer")).fineTuner),
    null,
    "nothing but the page has arrived",
  );

  // A round trip and two frames later, whatever was going to be asked for has been.
  await page.evaluate(async () => {
    await fetch("./favicon.svg", { cache: "reload" });
    for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
  });
  // Chromium has relaxed SIMD.
  const firstVisit = [GROUPS.relaxed, GROUPS.site, GROUPS.weights].map(({ files }) => files);
  for (const file of requested())
    assert.ok(
      file === "" || firstVisit.some((files) => files.test(file)),
      `${file} is not in the budget of a first visit`,
    );
  assert.ok(!requested().includes("sw.js"), "the offline copy waits");

  held.open(undefined);
  await page.getByTestId("status-device").waitFor();
  bed.site.intercept = () => false;
  await page.evaluate(() => navigator.serviceWorker.ready);
  assert.ok(requested().includes("wasm/webgpu/lastlayer_bg.wasm"), "the offline copy is of all the site");
  bed.site.requests.length = 0;
  const again = await page.context().newPage();
  await page.close();
  await again.goto(`${bed.site.url}?lang=en`);
  await again.locator("last-layer").scrollIntoViewIfNeeded();
  await again.getByTestId("status-device").waitFor();
  // The browser's own question whether there is a newer version, which nothing waits for.
  assert.deepEqual(
    requested().filter((file) => file !== "sw.js"),
    [],
  );
});
