// The element on a host of its own, the page on another; and inside a frame of another origin. No special headers
// anywhere.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { testBed } from "./support/browser.mjs";
import { drawFolders, drawn, range } from "./support/drawn.mjs";
import { Site } from "./support/site.mjs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bed = testBed();
const host = new Site();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-origin-"));
before(async () => {
  await host.start();
  await drawFolders(folder, ["stripes", "discs"], range(0, 4));
});
after(async () => {
  await host.stop();
  await rm(folder, { recursive: true });
});

/**
 * Trains through the element that is in this page or frame, has it recognise a photo and takes the model along.
 * @param {import("playwright-core").Page | import("playwright-core").FrameLocator} place
 */
async function trainAndTest(place) {
  await place.locator("last-layer").scrollIntoViewIfNeeded();
  await place.getByTestId("status-device").waitFor();
  await place.getByTestId("input-folder").setInputFiles(folder);
  await place.getByTestId("class-card").nth(1).waitFor();
  await place.locator('[data-testid="train-button"]:not([disabled])').click();
  await place.getByTestId("report-explanation").waitFor();
  await place
    .getByTestId("input-test")
    .setInputFiles([{ name: "a.png", mimeType: "image/png", buffer: drawn("discs", 50) }]);
  await place.locator('[data-testid="prediction-row"][data-label="discs"]').waitFor();
  // What is loaded for it comes from the element's host, too: the dialog, a worker, a module, licences.
  const element = place.locator("last-layer");
  const zip = await element.evaluate(
    async (/** @type {any} */ { fineTuner }) => (await fineTuner.exportAs("zip")).size,
  );
  assert.ok(zip > 13e6);
  await place.getByTestId("take-along").click();
  // A frame that is higher than the window has the middle of its dialog somewhere below.
  await place.getByTestId("take-close").evaluate((/** @type {HTMLElement} */ button) => button.click());
  return Number(
    await place.locator('[data-testid="prediction-row"][data-label="discs"]').getAttribute("data-probability"),
  );
}

test("script from one port, page on another", async () => {
  host.pages["/article"] =
    `<h1>An article</h1><script type="module" src="${bed.site.url}element.js"></script><last-layer device="cpu"></last-layer>`;
  const page = await bed.page(`${host.origin}/article`);
  assert.equal(await page.evaluate(() => crossOriginIsolated), false);
  assert.ok((await trainAndTest(page)) > 0.5);
  const registrations = await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
  assert.equal(registrations, 0, "the element registers nothing on the pages of others");
});

test("inside a frame of another origin", async () => {
  bed.site.pages["/framed"] =
    `<script type="module" src="${bed.site.url}element.js"></script><last-layer device="cpu"></last-layer>`;
  host.pages["/around"] =
    `<h1>An article</h1><iframe src="${bed.site.origin}/framed" width="900" height="900"></iframe>`;
  const page = await bed.page(`${host.origin}/around`);
  assert.ok((await trainAndTest(page.frameLocator("iframe"))) > 0.5);
});

test("inside a sandboxed frame without an origin of its own", async () => {
  host.pages["/sandboxed"] =
    `<script type="module" src="${bed.site.url}element.js"></script><last-layer device="cpu"></last-layer>`;
  host.pages["/around-sandbox"] =
    `<h1>An article</h1><iframe sandbox="allow-scripts" src="${host.origin}/sandboxed" width="900" height="900"></iframe>`;
  const page = await bed.page(`${host.origin}/around-sandbox`);
  const frame = page.frames().find((frame) => frame.url().endsWith("/sandboxed"));
  assert.equal(await frame?.evaluate(() => origin), "null");
  assert.ok((await trainAndTest(page.frameLocator("iframe"))) > 0.5);
});

test("the library from another origin, on WebGPU too", async () => {
  const page = await bed.page(`${host.origin}/blank`);
  const seen = await page.evaluate(async (url) => {
    /** @type {typeof import("../../www/lib/index.js")} */
    const { FineTuner } = await import(`${url}lib.js`);
    const infos = [];
    for (const device of /** @type {const} */ (["cpu", "webgpu"])) {
      const tuner = await FineTuner.create({ device });
      infos.push(tuner.info.device);
      tuner.close();
    }
    return infos;
  }, bed.site.url);
  assert.deepEqual(seen, ["cpu", "webgpu"]);
});

test("a script that is loaded twice, and two elements on one page", async () => {
  host.pages["/twice"] = `<script type="module" src="${bed.site.url}element.js"></script>
    <script type="module" src="${bed.site.url}element.js?again"></script>
    <last-layer device="cpu" loading="eager"></last-layer><last-layer device="cpu" loading="eager" lang="zh"></last-layer>`;
  const page = await bed.page(`${host.origin}/twice`);
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.getByTestId("status-device").nth(1).waitFor();
  assert.deepEqual(errors, []);
});
