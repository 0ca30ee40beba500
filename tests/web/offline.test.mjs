// A second visit works with the network off.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { siteManifest } from "../../scripts/site-manifest.mjs";
import { testBed } from "./support/browser.mjs";
import { drawn } from "./support/drawn.mjs";
import { DIST, Site } from "./support/site.mjs";

const bed = testBed();
/** @type {Site[]} */
const sites = [];
const folder = await mkdtemp(join(tmpdir(), "lastlayer-offline-"));
after(async () => {
  for (const site of sites) if (site.listening) await site.stop();
  await rm(folder, { recursive: true });
});

/** A host of its own, which a test may switch off. */
async function host(dist = DIST) {
  const site = await new Site(dist).start();
  sites.push(site);
  return site;
}

/** The service worker has everything and serves this page. @param {import("playwright-core").Page} page */
async function kept(page) {
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
}

test("the page, its classifier and the tutorial, with the network off", async () => {
  const site = await host();
  const page = await bed.page(site.url);
  await page.locator("last-layer").scrollIntoViewIfNeeded();
  await page.getByTestId("status-device").waitFor();
  await kept(page);
  await site.stop();

  await page.reload();
  await page.locator("last-layer").scrollIntoViewIfNeeded();
  await page.getByTestId("status-device").waitFor();
  const file = { name: "stripes.png", mimeType: "image/png", buffer: drawn("stripes", 1) };
  await page.getByTestId("input-test").setInputFiles([file]);
  await page.getByTestId("prediction-row").first().waitFor();
  assert.equal(await page.getByTestId("prediction-row").count(), 5);

  await page.goto(`${site.url}tutorial/`);
  assert.ok((await page.locator("h1").innerText()).length > 0);
  await page.goto(`${site.url}index.html?lang=zh`);
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-Hans");
});

test("the service worker keeps exactly the files of the build that this browser can need, and no weights", async () => {
  const site = await host();
  const page = await bed.page(site.url);
  await kept(page);
  const { files: all, version } = await siteManifest(DIST);
  // Chromium has relaxed SIMD: the other build for the CPU is not for it.
  const files = all.filter((file) => !file.startsWith("wasm/cpu/"));
  const caches = await cachesOf(page, site.url);
  assert.deepEqual(caches, [{ name: `lastlayer-site-${version}`, files: files.toSorted() }]);
  assert.ok(
    files.length === all.length - 2 &&
      files.includes("index.html") &&
      files.includes("wasm/cpu-relaxed/lastlayer_bg.wasm"),
  );
  assert.deepEqual(
    files.filter((file) => file.startsWith("weights/")),
    ["weights/efficientnet_lite0.json"],
    "the lib keeps weights, and the card of another network for those who choose it",
  );
});

test("a new version takes over when the old one's pages are gone, and removes its files", async () => {
  const dist = join(folder, "dist");
  await cp(DIST, dist, { recursive: true });
  const site = await host(dist);
  const context = await bed.context();
  const page = await context.newPage();
  await page.goto(site.url);
  await kept(page);
  const [before] = await cachesOf(page, site.url);

  // The next build: another text, and so another hash in sw.js.
  const html = await readFile(join(dist, "index.html"), "utf8");
  await writeFile(join(dist, "index.html"), html.replace("</title>", " (new)</title>"));
  const worker = await readFile(join(dist, "sw.js"), "utf8");
  const oldVersion = before?.name.replace("lastlayer-site-", "") ?? "";
  const { version } = await siteManifest(dist);
  assert.ok(worker.includes(oldVersion) && version !== oldVersion);
  await writeFile(join(dist, "sw.js"), worker.replaceAll(oldVersion, version));

  await page.reload();
  assert.ok(!(await page.title()).includes("(new)"), "an open page gets no part of the new version");
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    const fresh = registration.installing ?? registration.waiting;
    if (fresh?.state === "installing") await new Promise((resolve) => fresh.addEventListener("statechange", resolve));
  });
  await page.close();
  const next = await context.newPage();
  // A page outside of the service worker's scope: one inside it could be in time to hold on to the old version.
  await next.goto(new URL("/blank", site.url).href);
  await takenOver(next, site.url, before?.name ?? "");
  await next.goto(site.url);
  assert.ok((await next.title()).includes("(new)"));
  assert.deepEqual(
    (await cachesOf(next, site.url)).map(({ name }) => name),
    [`lastlayer-site-${version}`],
  );
});

test("other origins and files that are not of the build go past the service worker", async () => {
  const site = await host();
  const page = await bed.page(site.url);
  await kept(page);
  site.requests.length = 0;
  const seen = await page.evaluate(
    async () => (await fetch("weights/efficientnet_lite0.json")).ok && (await fetch("element.js")).ok,
  );
  assert.ok(seen);
  assert.deepEqual(site.requests, [], "files of the build come from the cache");
  const status = await page.evaluate(async () => (await fetch("not-of-the-build.txt")).status);
  assert.equal(status, 404);
  assert.equal(site.requests.length, 1);
});

/**
 * The new service worker has removed the old one's files, which is the beginning of taking over, and is at the end of
 * it. (Not `waitForFunction`: it takes a promise for a true value.)
 * @param {import("playwright-core").Page} page
 * @param {string} scope
 * @param {string} oldCache
 */
function takenOver(page, scope, oldCache) {
  return page.evaluate(async ([url, name]) => {
    const oldIsGone = async () => {
      const registration = await navigator.serviceWorker.getRegistration(url);
      return !registration?.waiting && registration?.active?.state === "activated" && !(await caches.has(name));
    };
    while (!(await oldIsGone())) await new Promise((resolve) => setTimeout(resolve, 50));
  }, /** @type {const} */ ([scope, oldCache]));
}

/**
 * The caches of the service worker, with their files relative to the site.
 * @param {import("playwright-core").Page} page
 * @param {string} base
 */
function cachesOf(page, base) {
  return page.evaluate(async (root) => {
    const found = [];
    for (const name of await caches.keys()) {
      if (!name.startsWith("lastlayer-site-")) continue;
      const files = (await (await caches.open(name)).keys()).map(({ url }) => url.replace(root, "")).sort();
      found.push({ name, files });
    }
    return found;
  }, base);
}
