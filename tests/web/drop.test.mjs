// Real drops and pastes: folders of class folders out of the file system, as a file manager hands them over.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { testBed } from "./support/browser.mjs";
import { drawFolders, drawn, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-drop-"));
before(async () => {
  await drawFolders(join(folder, "train"), ["stripes", "discs"], range(0, 3));
  await drawFolders(folder, ["cross"], range(0, 2));
  await drawFolders(join(folder, "test"), ["stripes", "discs"], range(50, 2));
  await mkdir(join(folder, "empty"));
  await writeFile(join(folder, "loose.png"), drawn("checks", 1));
  await writeFile(join(folder, "train", "stripes", "notes.txt"), "not a photo");
});
after(() => rm(folder, { recursive: true }));

/**
 * Drags files and folders over a part of the page and lets them go.
 * @param {RealPage} page
 * @param {string} hook
 * @param {string[]} paths
 */
async function drop(page, hook, paths) {
  const target = page.hook(hook);
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (!box) throw new Error(`${hook} is not on screen`);
  const devtools = await page.page.context().newCDPSession(page.page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of /** @type {const} */ (["dragEnter", "dragOver", "drop"])) {
    await devtools.send("Input.dispatchDragEvent", { type, x: box.x + box.width / 2, y: box.y + box.height / 2, data });
  }
  await devtools.detach();
}

/** @param {RealPage} page @param {number} count */
async function photos(page, count) {
  await page.page.waitForFunction((wanted) => /** @type {import("../../www/element/last-layer.js").LastLayer} */ (document.querySelector("last-layer")).fineTuner?.photos.length === wanted, count);
  return (await page.state()).photos.map(({ name, label }) => `${label}/${name}`).sort();
}

test("a folder of class folders, a class folder and a loose photo in one drop", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
  await drop(page, "drop-photos", [join(folder, "train"), join(folder, "cross"), join(folder, "empty"), join(folder, "loose.png")]);
  const found = await photos(page, 9);
  const loose = found.find((name) => name.endsWith("/loose.png")) ?? "";
  assert.deepEqual(
    found.filter((name) => name !== loose),
    ["cross/0.png", "cross/1.png", "discs/0.png", "discs/1.png", "discs/2.png", "stripes/0.png", "stripes/1.png", "stripes/2.png"],
  );
  assert.ok(!["cross", "discs", "stripes"].includes(loose.split("/")[0] ?? ""), "a loose photo gets a class of its own");
  await page.hook("photo-failures").waitFor();
  assert.match(await page.hook("photo-failures").innerText(), /notes\.txt/);
  assert.deepEqual(page.complaints, []);
});

test("test photos in their class folders: a table, and accuracy", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0", epochs: "20" } });
  await drop(page, "drop-photos", [join(folder, "train")]);
  await photos(page, 6);
  await page.train();
  await drop(page, "drop-test", [join(folder, "test")]);
  await page.page.locator('[data-testid="test-row"]').nth(3).waitFor();
  await page.hook("test-top1").waitFor();
  assert.equal(await page.fraction("test-top1"), 1);
  assert.equal((await page.state()).photos.length, 6, "test photos are not trained on");
});

test("dropped beside every target, a photo does not take the page away", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
  await page.page.evaluate(() => Object.assign(window, { stillHere: true }));
  const devtools = await page.page.context().newCDPSession(page.page);
  await page.page.evaluate(() => scrollTo(0, 0));
  const data = { items: [], files: [join(folder, "loose.png")], dragOperationsMask: 1 };
  for (const type of /** @type {const} */ (["dragEnter", "dragOver", "drop"])) await devtools.send("Input.dispatchDragEvent", { type, x: 5, y: 5, data });
  await page.page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  assert.ok(await page.page.evaluate(() => "stillHere" in window));
  assert.equal((await page.state()).photos.length, 0);
});

test("an image from the clipboard becomes a photo where the pointer is, and nowhere else", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
  const paste = (/** @type {number} */ number) =>
    page.page.evaluate(async (address) => {
      const blob = await (await fetch(address)).blob();
      const transfer = new DataTransfer();
      transfer.items.add(new File([blob], address.split("/").at(-1) ?? "", { type: "image/png" }));
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, composed: true, cancelable: true }));
    }, `${bed.site.origin}/photos/discs/${number}.png`);
  await page.page.locator("h1").hover();
  await paste(7);
  await page.hook("drop-photos").hover();
  await paste(8);
  const names = await photos(page, 1);
  assert.match(names[0] ?? "", /8\.png$/);
});
