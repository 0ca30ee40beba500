// Real drops and pastes: folders of class folders out of the file system, as a file manager hands them over.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { testBed } from "./support/browser.mjs";
import { drawFolders, drawn, range } from "./support/drawn.mjs";
import { drop } from "./support/drop.mjs";
import { RealPage } from "./support/page.mjs";

const LONG = "a rather long name ".repeat(7);
/** Files of a folder: path, what is drawn there, and which. @type {[string, string, number][]} */
const DISK = [
  ["stripes/monday/10.png", "stripes", 10],
  ["stripes/monday/9.png", "stripes", 9],
  ["stripes/tuesday/evening/8.png", "stripes", 8],
  ["stripes/7.png", "stripes", 7],
  ["caf\u00e9/1.png", "discs", 1],
  ["cafe\u0301/2.png", "discs", 2],
  ["caf\u00e9/3.png", "discs", 3],
  [`${LONG}/1.png`, "checks", 1],
  [`${LONG}/2.png`, "checks", 2],
  ["zebra/1.png", "cross", 1],
  ["zebra/2.png", "cross", 2],
  ...[".DS_Store", "Thumbs.db", "desktop.ini", "._7.png", "@eaDir/7.png", ".ipynb_checkpoints/7.png"].map(
    (name) => /** @type {[string, string, number]} */ ([`stripes/${name}`, "junk", 0]),
  ),
  ["@eaDir/zebra/1.png", "cross", 70],
  [".ipynb_checkpoints/2.png", "cross", 71],
  ["zebra/notes.txt", "junk", 0],
  ["zebra/more notes.md", "junk", 0],
];

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
before(async () => {
  const set = join(folder, "set");
  await drawFolders(join(set, "train"), ["stripes", "discs"], range(0, 3));
  await drawFolders(join(set, "Val"), ["stripes", "discs"], range(3, 1));
  await drawFolders(join(set, "test"), ["stripes", "discs"], range(50, 2));
  await writeFile(join(set, "train", "labels.csv"), "a,b");
  // As people's disks have them: by day, with what systems leave, with two ways to write an accent, and with names of
  // any length.
  const disk = join(folder, "disk");
  for (const [path, kind, number] of DISK) {
    await mkdir(dirname(join(disk, path)), { recursive: true });
    await writeFile(join(disk, path), kind === "junk" ? "no photo" : drawn(kind, number));
  }
});
after(() => rm(folder, { recursive: true }));

/** @param {RealPage} page @param {number} count */
async function photos(page, count) {
  await page.page.waitForFunction(
    (wanted) =>
      /** @type {import("../../www/element/last-layer.js").LastLayer} */ (document.querySelector("last-layer"))
        .fineTuner?.photos.length === wanted,
    count,
  );
  return (await page.state()).photos.map(({ name, label }) => `${label}/${name}`).sort();
}

test("a folder of class folders, a class folder and a loose photo in one drop", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
  await drop(page, "drop-photos", [
    join(folder, "train"),
    join(folder, "cross"),
    join(folder, "empty"),
    join(folder, "loose.png"),
  ]);
  const found = await photos(page, 9);
  const loose = found.find((name) => name.endsWith("/loose.png")) ?? "";
  assert.deepEqual(
    found.filter((name) => name !== loose),
    [
      "cross/0.png",
      "cross/1.png",
      "discs/0.png",
      "discs/1.png",
      "discs/2.png",
      "stripes/0.png",
      "stripes/1.png",
      "stripes/2.png",
    ],
  );
  assert.ok(
    !["cross", "discs", "stripes"].includes(loose.split("/")[0] ?? ""),
    "a loose photo gets a class of its own",
  );
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

test("of a data set dropped whole, test photos are not learnt from: they wait under Test, and are scored after the training", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0", epochs: "20" } });
  await drop(page, "drop-photos", [join(folder, "set")]);
  assert.deepEqual(
    await photos(page, 8),
    ["discs", "stripes"].flatMap((label) => [0, 1, 2, 3].map((number) => `${label}/${number}.png`)),
  );
  const notes = await page.hook("folder-notes").innerText();
  assert.match(notes, /“train”, “Val”.*“test”/);
  assert.match(await page.hook("photo-failures").innerText(), /set\/train\/labels\.csv lies beside the class folders/);
  assert.equal(await page.hook("test-waiting").getAttribute("data-count"), "4");
  await page.train();
  await page.hook("test-top1").waitFor();
  assert.equal(await page.fraction("test-top1"), 1);
  assert.equal(await page.page.locator('[data-testid="test-row"]').count(), 4);
  assert.equal(await page.hook("test-waiting").count(), 0);
  assert.equal((await page.state()).report?.trainImages, 8);
  assert.deepEqual(page.complaints, []);
});

test("of a data set dropped on Test, only the test photos are tested with, and the page says so", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
  await drop(page, "drop-test", [join(folder, "set")]);
  await page.page.locator('[data-testid="test-row"]').nth(3).waitFor();
  assert.match(
    await page.hook("test-parts").innerText(),
    /Only the photos of “test” are tested with; those of “train”, “Val” are for training/,
  );
  assert.equal(await page.page.locator('[data-testid="test-row"]').count(), 4);
});

test("the folders train and test dropped side by side are parts of a data set, too", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
  await drop(page, "drop-photos", [join(folder, "set", "test"), join(folder, "set", "train")]);
  assert.equal((await photos(page, 6)).length, 6);
  assert.equal(await page.hook("test-waiting").getAttribute("data-count"), "4");
});

test("a folder means the same dropped as chosen: classes, photos, what is held out and what is learnt", async () => {
  const attributes = { device: "cpu", regime: "head", augment: "1", epochs: "4", holdout: "0.4" };
  const dropped = await RealPage.open(bed, { attributes });
  await drop(dropped, "drop-photos", [join(folder, "disk")]);
  const found = await photos(dropped, 11);
  const chosen = await RealPage.open(bed, { attributes });
  await chosen.addFolder(join(folder, "disk"), 11);
  assert.deepEqual(await photos(chosen, 11), found);
  const { classes } = await dropped.state();
  assert.equal(classes[0]?.slice(0, 40), LONG.slice(0, 40));
  assert.ok((classes[0]?.length ?? 0) <= 100);
  assert.deepEqual(classes.slice(1), ["caf\u00e9", "stripes", "zebra"], "the first level, whatever lies in it");
  assert.deepEqual((await chosen.state()).classes, classes);
  assert.deepEqual(
    found.filter((name) => name.startsWith("stripes")),
    ["10", "7", "8", "9"].map((name) => `stripes/${name}.png`),
  );
  assert.match(await dropped.hook("folder-notes").innerText(), /too long for a class/);
  for (const page of [dropped, chosen]) {
    const problems = page.hook("photo-failures");
    await problems.waitFor();
    assert.match(await problems.innerText(), /2 files that are no images: more notes\.md, notes\.txt/);
    assert.equal(await problems.locator("li").count(), 1, "and no line for what a system left behind");
    await page.train();
  }
  const [one, other] = [(await dropped.state()).report, (await chosen.state()).report];
  assert.equal(one?.heldOut, 5);
  assert.deepEqual(other?.history, one.history);
});

test("a class that was not judged is named, and the sentence about the held-out photos is true", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0", epochs: "3" } });
  await drop(page, "drop-photos", [join(folder, "train"), join(folder, "loose.png")]);
  await photos(page, 7);
  await page.train();
  assert.match(await page.hook("never-held-out").innerText(), /Not judged: Class \d/);
  assert.match(await page.hook("report-explanation").innerText(), /about the same share of every class but Class \d/);
});

test("dropped beside every target, a photo does not take the page away", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
  await page.page.evaluate(() => Object.assign(window, { stillHere: true }));
  const devtools = await page.page.context().newCDPSession(page.page);
  await page.page.evaluate(() => scrollTo(0, 0));
  const data = { items: [], files: [join(folder, "loose.png")], dragOperationsMask: 1 };
  for (const type of /** @type {const} */ (["dragEnter", "dragOver", "drop"]))
    await devtools.send("Input.dispatchDragEvent", { type, x: 5, y: 5, data });
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
      document.body.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, composed: true, cancelable: true }),
      );
    }, `${bed.site.origin}/photos/discs/${number}.png`);
  await page.page.locator("h1").hover();
  await paste(7);
  await page.hook("drop-photos").hover();
  await paste(8);
  const names = await photos(page, 1);
  assert.match(names[0] ?? "", /8\.png$/);
});
