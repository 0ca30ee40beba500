// The real page, as a visitor uses it: drop class folders, train, drop test photos, read top-5 and accuracy.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { testBed } from "./support/browser.mjs";
import { classesOf, dataFolder, skipWithout } from "./support/data.mjs";
import { drawFolders, DRAWN_KINDS, drawn, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-page-"));
before(async () => {
  await drawFolders(join(folder, "train"), DRAWN_KINDS, range(0, 8));
  await drawFolders(join(folder, "test"), DRAWN_KINDS, range(100, 5));
  await drawFolders(join(folder, "small"), ["stripes", "discs"], range(0, 3));
  await drawFolders(join(folder, "more"), ["stripes", "cross"], range(50, 2));
});
after(() => rm(folder, { recursive: true }));

/** @param {string} kind @param {number} number */
const file = (kind, number) => ({ name: `${kind}-${number}.png`, mimeType: "image/png", buffer: drawn(kind, number) });

/**
 * Source model, training, one test photo, a folder of them.
 * @param {RealPage} page
 * @param {{
 *   train: string,
 *   test: string,
 *   photos: number,
 *   tested: number,
 *   single: { name: string; mimeType: string, buffer: Buffer },
 * }} data
 */
async function wholeWay(page, { train, test: testFolder, photos, tested, single }) {
  const source = await page.predictions(single);
  assert.equal(source.length, 5, "before any training: ImageNet's five best");
  assert.equal(await page.hook("test-model").getAttribute("data-model"), "source");

  const classes = await classesOf(train);
  await page.addFolder(train, photos);
  assert.deepEqual((await page.hook("class-card").all()).length, classes.length);
  for (const label of classes) await page.page.locator(`[data-testid="class-card"][data-label="${label}"]`).waitFor();
  await page.train();
  const { report } = await page.state();
  assert.ok(report);
  assert.deepEqual(report.classes.toSorted(), classes);
  assert.equal(report.trainImages, photos);
  assert.equal(await page.fraction("val-top1"), report.val?.top1);
  const explanation = await page.hook("report-explanation").innerText();
  for (const number of [report.heldOut, report.epochs, report.epochsTried])
    assert.ok(explanation.includes(String(number)), `“${explanation}” names ${number}`);

  const trained = await page.predictions(single);
  assert.equal(await page.hook("test-model").getAttribute("data-model"), "trained");
  assert.deepEqual(trained.map(({ label }) => label).toSorted(), classes.slice(0, trained.length));
  assert.equal(trained.length, Math.min(5, classes.length));
  assert.ok(Math.abs(trained.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-3);
  for (const [index, { probability, text, label, bar }] of trained.entries()) {
    assert.ok(index === 0 || probability <= (trained[index - 1]?.probability ?? 0), "the most probable is on top");
    assert.ok(text.includes(label));
    assert.ok(Math.abs(bar - probability) < 1e-3, `the bar of ${label} shows ${bar}, not ${probability}`);
  }

  await page.hook("input-test-folder").setInputFiles(testFolder);
  await page.hook("test-top1").waitFor();
  await page.page.waitForFunction(
    (count) => document.querySelector("last-layer")?.shadowRoot?.querySelector("progress") === null && count > 0,
    tested,
  );
  await page.page
    .locator('[data-testid="test-row"]')
    .nth(tested - 1)
    .waitFor();
  const verdicts = await page.page
    .locator('[data-testid="test-row"]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-verdict")));
  assert.equal(verdicts.length, tested);
  const top1 = await page.fraction("test-top1");
  assert.ok(
    Math.abs(top1 - verdicts.filter((verdict) => verdict === "right").length / tested) < 1e-6,
    "the accuracy is that of the table",
  );
  const [saved] = await Promise.all([page.page.waitForEvent("download"), page.hook("save-predictions").click()]);
  const table = (await readFile(await saved.path(), "utf8")).split("\r\n");
  assert.ok(saved.suggestedFilename() === "predictions.csv" && table[0]?.startsWith("\ufefffile,class,label_1,"));
  const lines = table.slice(1, -1).map((line) => line.split(","));
  assert.equal(lines.length, tested);
  assert.equal(lines.filter(([, label, predicted]) => label === predicted).length / tested, top1);
  return { top1, report, best: trained[0] };
}

test("flowers5 on the CPU: all photos, from folders to accuracy", { skip: skipWithout("flowers5") }, async () => {
  const data = dataFolder("flowers5") ?? "";
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0" } });
  const image = {
    name: "a-bluebell.jpg",
    mimeType: "image/jpeg",
    buffer: await readFile(join(data, "test/bluebell", (await firstFile(join(data, "test/bluebell"))) ?? "")),
  };
  const { top1, report } = await wholeWay(page, {
    train: join(data, "train"),
    test: join(data, "test"),
    photos: 100,
    tested: 100,
    single: image,
  });
  assert.equal(report.device, "cpu");
  assert.equal(report.heldOut, 20);
  // PyTorch's head gets 0.80 to 0.90 on splits of this set: well below that something is broken.
  assert.ok(top1 > 0.75, `top-1 ${top1}`);
  assert.deepEqual(page.complaints, []);
});

test("drawn photos on the CPU, from folders to accuracy", async () => {
  // By the advice, as the page comes; with little time, since a slow machine would use all of the two minutes.
  const page = await RealPage.open(bed, { attributes: { "time-limit": "15" } });
  const { top1, best } = await wholeWay(page, {
    train: join(folder, "train"),
    test: join(folder, "test"),
    photos: 32,
    tested: 20,
    single: file("discs", 300),
  });
  assert.ok(top1 > 0.9, `top-1 ${top1}`);
  assert.equal(best?.label, "discs");
  assert.equal(await page.hook("status-device").getAttribute("data-device"), "cpu");
  assert.equal(
    await page.hook("status-device").getAttribute("data-reason"),
    "software-adapter",
    "the page says why it is not WebGPU",
  );
  assert.deepEqual(page.complaints, []);
});

test("a small set on WebGPU", async () => {
  const page = await RealPage.open(bed, {
    attributes: { device: "webgpu", regime: "head", augment: "0", epochs: "5" },
  });
  assert.equal(await page.hook("status-device").getAttribute("data-device"), "webgpu");
  await page.addFolder(join(folder, "small"), 6);
  await page.train();
  const { report, info } = await page.state();
  assert.equal(info.device, "webgpu");
  assert.equal(report?.device, "webgpu");
  assert.equal(report?.trainImages, 6);
  const answers = await page.predictions(file("discs", 200));
  assert.deepEqual(answers.map(({ label }) => label).toSorted(), ["discs", "stripes"]);
  assert.deepEqual(page.complaints, []);
});

test("deeper stages: a fixed schedule, and the page does not say that the photos chose the epochs", async () => {
  const page = await RealPage.open(bed, {
    attributes: { device: "cpu", epochs: "3", "last-stages": "1", augment: "0" },
  });
  await page.addFolder(join(folder, "small"), 6);
  await page.train();
  const { report } = await page.state();
  assert.deepEqual([report?.epochsChosen, report?.epochs, report?.epochsTried], [false, 3, 3]);
  const explanation = await page.hook("report-explanation").innerText();
  assert.match(explanation, /fixed beforehand/);
  assert.doesNotMatch(explanation, /lowest validation loss|best of/);
  assert.equal(await page.page.locator("tr.chosen").count(), 0);
  await page.hook("language-switch").first().getByText("中文").click();
  await page.page.waitForFunction(() => document.documentElement.lang === "zh-Hans");
  assert.match(await page.hook("report-explanation").innerText(), /事先定为 3 轮/);
});

test("options that are on or off are checkboxes, and numbers all the same", async () => {
  const page = await RealPage.open(bed, {
    attributes: { device: "cpu", regime: "head", augment: "0", epochs: "3", balance: "0" },
  });
  await page.addFolder(join(folder, "small"), 6);
  await page.page.locator("summary", { hasText: "Advanced options" }).click();
  const [flip, balance] = [
    page.page.getByRole("checkbox", { name: "Mirror photos" }),
    page.page.getByRole("checkbox", { name: "Balance classes" }),
  ];
  assert.deepEqual([await flip.isChecked(), await balance.isChecked()], [true, false]);
  await flip.uncheck();
  await balance.check();
  await page.train();
  const { report } = await page.state();
  assert.deepEqual([report?.config.flip, report?.config.balance, report?.config.epochs], [0, 1, 3]);
});

test("photos added after a training: said on the page, and only they are read", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0" } });
  await page.addFolder(join(folder, "small"), 6);
  await page.train();
  await page.addFolder(join(folder, "more"), 10);
  await page.hook("train-stale").waitFor();
  await page.train();
  const { report, classes } = await page.state();
  // Fewer where some were read before the button was pressed.
  assert.ok((report?.photosRead ?? 10) <= 4, `${report?.photosRead} photos were read`);
  assert.deepEqual(classes.toSorted(), ["cross", "discs", "stripes"]);
  assert.equal(await page.hook("train-stale").count(), 0);
});

test("bad files among good ones: named on the page, the good ones are there", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0" } });
  await page.addFolder(join(folder, "small"), 6);
  await page.page
    .locator('[data-testid="class-card"][data-label="discs"] input[type=file]')
    .setInputFiles([
      file("discs", 40),
      { name: "notes.jpg", mimeType: "image/jpeg", buffer: Buffer.from("not a photo at all") },
      { name: "cut.png", mimeType: "image/png", buffer: drawn("discs", 41).subarray(0, 200) },
      file("discs", 42),
    ]);
  await page.hook("photo-failures").waitFor();
  const failures = await page.hook("photo-failures").innerText();
  assert.ok(failures.includes("notes.jpg") && failures.includes("cut.png"), failures);
  await page.page.waitForFunction(
    () =>
      /** @type {import("../../www/element/last-layer.js").LastLayer} */ (document.querySelector("last-layer"))
        .fineTuner?.photos.length === 8,
  );
  const { photos } = await page.state();
  assert.equal(photos.filter(({ label }) => label === "discs").length, 5);
  await page.train();
});

test("a training is cancelled with the button, and the page works on", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0" } });
  await page.addFolder(join(folder, "train"), 32);
  await page.page.locator('[data-testid="train-button"]:not([disabled])').click();
  await page.hook("cancel-button").click();
  await page.page.locator('[data-testid="train-button"]:not([disabled])').waitFor();
  assert.equal((await page.state()).report, null);
  // The first classifier answers as it did before the training.
  await page.page.locator('[data-testid="provisional"][data-photos="32"]').waitFor();
  const answers = await page.predictions(file("discs", 300));
  assert.deepEqual(answers.map(({ label }) => label).toSorted(), DRAWN_KINDS.toSorted());
  await page.train();
  assert.ok((await page.state()).report);
  assert.deepEqual(page.complaints, []);
});

/** @param {string} path */
async function firstFile(path) {
  return (await readdir(path)).sort()[0];
}
