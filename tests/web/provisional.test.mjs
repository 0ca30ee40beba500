// A first classifier while photos arrive: by the library, and on the page, where a dropped photo is answered before
// anybody has pressed Train.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { testBed } from "./support/browser.mjs";
import { dataFolder, skipWithout } from "./support/data.mjs";
import { drawFolders, DRAWN_KINDS, drawn, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-provisional-"));
before(async () => {
  await drawFolders(join(folder, "train"), DRAWN_KINDS, range(0, 8));
  await drawFolders(join(folder, "test"), DRAWN_KINDS, range(100, 5));
});
after(() => rm(folder, { recursive: true }));

for (const workers of [1, 2])
  test(`it is made, kept up to date and replaced (${workers} at work)`, async () => {
    const page = await bed.lab();
    const seen = await page.evaluate(async (workers) => {
      const tuner = await lab.tuner({ device: "cpu", workers });
      /** @type {number[]} */
      const photos = [];
      tuner.addEventListener("provisional", (event) => photos.push(/** @type {CustomEvent} */ (event).detail.photos));
      const until = async (/** @type {() => boolean} */ holds) => {
        while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
      };
      for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 6), kind);
      await until(() => tuner.provisional?.photos === 12);
      const first = tuner.provisional;
      const [image] = await lab.photos("discs", 50, 1);
      const ask = (/** @type {import("../../www/lib/types/public.d.ts").ModelChoice} */ model) =>
        tuner.predict(/** @type {File} */ (image), { model, topK: 2 }).then(
          (predictions) => predictions.map(({ label }) => label),
          ({ code }) => code,
        );
      const answers = [await ask("provisional"), await ask("trained")];
      const files = await lab.photos("stripes", 60, 3);
      const tested = await tuner.predictAll(files, { labels: files.map(() => "stripes"), model: "provisional" });
      await tuner.rename("discs", "circles");
      const renamed = await ask("provisional");
      await tuner.move([tuner.photos[0]?.id ?? 0], "circles");
      const moved = tuner.provisional;
      await until(() => tuner.provisional !== null);
      await tuner.train({ regime: "head", epochs: 5, augment: 0 });
      const end = [tuner.provisional, await ask("provisional"), (await ask("auto")).length];
      tuner.close();
      return { photos, first, answers, scored: tested.scored, top1: tested.top1, renamed, moved, end };
    }, workers);
    assert.deepEqual(seen.first?.classes, ["discs", "stripes"]);
    assert.ok(
      seen.photos
        .slice(0, seen.photos.indexOf(12) + 1)
        .every((count, at, all) => at === 0 || count > (all[at - 1] ?? 0)),
      `from more and more photos: ${seen.photos}`,
    );
    assert.deepEqual(seen.answers, [["discs", "stripes"], "no-classifier"]);
    assert.deepEqual([seen.scored, seen.top1], [3, 1]);
    assert.deepEqual(seen.renamed, ["circles", "stripes"]);
    assert.equal(seen.moved, null, "until it is made anew");
    assert.deepEqual(seen.end, [null, "no-classifier", 2]);
  });

test("there is none where nothing is read ahead", async () => {
  const page = await bed.lab();
  const provisional = await page.evaluate(async () => {
    const tuner = await lab.tuner({ device: "cpu", readAhead: false });
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 3), kind);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { provisional } = tuner;
    tuner.close();
    return provisional;
  });
  assert.equal(provisional, null);
});

test("on the page it says how good it seems, on real photos", { skip: skipWithout("flowers5") }, async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu" }, path: "?lang=en" });
  await page.addFolder(join(dataFolder("flowers5") ?? "", "train"), 100);
  await page.page.locator('[data-testid="provisional"][data-photos="100"]').waitFor({ timeout: 120_000 });
  const [, ...numbers] =
    /from 100 photos: (\d+) % are told right when left out, (\d+) % to (\d+) % expected/.exec(
      (await page.hook("provisional").innerText()).replaceAll(/\s/gu, " ").replaceAll("%", " %").replaceAll("  ", " "),
    ) ?? [];
  const [top1 = 0, low = 0, high = 0] = numbers.map(Number);
  assert.ok(top1 > 85 && low < top1 && top1 <= 100 && high >= top1 - 1, `${numbers}`);
  assert.deepEqual(page.complaints, []);
});

test("on the page a photo is answered before anything is trained, and by the training afterwards", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0", epochs: "10" } });
  const single = { name: "discs-300.png", mimeType: "image/png", buffer: drawn("discs", 300) };
  const source = await page.predictions(single);
  assert.equal(source.length, 5, "ImageNet's five best");
  await page.addFolder(join(folder, "train"), 32);
  await page.page.locator('[data-testid="provisional"][data-photos="32"]').waitFor();
  // The photo that the source model has answered is answered again by itself.
  await page.page.locator('[data-testid="test-model"][data-model="provisional"]').waitFor();
  await page.page.locator('[data-testid="prediction-row"][data-label="discs"]').first().waitFor();
  const answers = await page.predictions(single);
  assert.deepEqual(answers.map(({ label }) => label).toSorted(), DRAWN_KINDS.toSorted());
  assert.equal(answers[0]?.label, "discs");
  await page.hook("input-test-folder").setInputFiles(join(folder, "test"));
  await page.hook("test-top1").waitFor();
  assert.ok((await page.fraction("test-top1")) > 0.9);
  // The source model is one choice away, and the choice stays.
  await page.page.getByRole("radio", { name: "Source model" }).check();
  await page.page.locator('[data-testid="test-model"][data-model="source"]').waitFor();
  await page.page.getByRole("radio", { name: "First classifier" }).check();
  await page.page.locator('[data-testid="test-model"][data-model="provisional"]').waitFor();

  await page.train();
  await page.page.locator('[data-testid="test-model"][data-model="trained"]').waitFor();
  assert.equal(await page.hook("provisional").count(), 0);
  assert.deepEqual(page.complaints, []);
});
