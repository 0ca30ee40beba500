// "None of these" on the page: for one photo, for a table of them, and before the classifier can tell.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";
import { drawFolders, drawn, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-none-"));
before(async () => {
  await drawFolders(join(folder, "train"), ["stripes", "checks"], range(0, 8));
  await drawFolders(join(folder, "test"), ["stripes", "checks", "cross"], range(60, 3));
});
after(() => rm(folder, { recursive: true }));

/** @param {string} kind @param {number} number */
const file = (kind, number) => ({ name: `${kind}-${number}.png`, mimeType: "image/png", buffer: drawn(kind, number) });

test("a stranger is none of these once the classifier knows its classes", async () => {
  const context = { reducedMotion: /** @type {const} */ ("reduce"), viewport: { width: 360, height: 900 } };
  const page = await RealPage.open(bed, {
    attributes: { device: "cpu", regime: "head", augment: "0", epochs: "20" },
    context,
  });
  await page.predictions(file("cross", 60));
  assert.equal(await page.hook("unknown-teach").count(), 0, "the source model has its own classes");
  await page.addFolder(join(folder, "train"), 16);
  await page.train();
  await page.hook("unknown-teach").waitFor();
  assert.match(await page.hook("unknown-teach").innerText(), /Cross-validating teaches it/);
  assert.equal(await page.hook("none-of-these").count(), 0);
  const before = await page.hook("prediction-row").allInnerTexts();

  await page.hook("evaluate-button").click();
  // The photo that is there is asked about again.
  await page.hook("none-of-these").waitFor();
  assert.match(
    await page.hook("none-of-these").innerText(),
    /^None of these[\s\S]*about \d+% of photos that do belong/,
  );
  assert.equal(await page.hook("unknown-teach").count(), 0);
  assert.equal(await page.hook("prediction-row").count(), before.length, "the guesses can still be read");
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page.page), [], colorScheme);
  }
  await page.predictions(file("stripes", 70));
  assert.equal(await page.hook("none-of-these").count(), 0, "one of its own");

  await page.hook("input-test-folder").setInputFiles(join(folder, "test"));
  await page.page.locator('[data-testid="test-row"]').nth(8).waitFor();
  await page.hook("unknown-count").waitFor();
  const rows = await page.hook("test-row").evaluateAll((found) =>
    found.map((row) => {
      const { dataset, textContent } = /** @type {HTMLElement} */ (row);
      return {
        kind: dataset.name,
        unknown: dataset.unknown,
        says: textContent?.includes("None of these"),
        label: dataset.predicted,
      };
    }),
  );
  const strangers = rows.filter(({ unknown }) => unknown === "true");
  assert.ok(
    strangers.length >= 3 && strangers.length <= 5,
    `the three crosses, and of the others at most a few: ${JSON.stringify(rows)}`,
  );
  assert.ok(
    rows.every(({ unknown, says, label }) => (unknown === "true") === says && label),
    JSON.stringify(rows),
  );
  assert.match(await page.hook("unknown-count").innerText(), new RegExp(`^${strangers.length} of these photos`));
  assert.deepEqual(await violations(page.page), []);
  assert.equal(
    await page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    0,
    "the page scrolls sideways",
  );
  await page.page.locator('[data-testid="test-row"][data-unknown="true"]').first().getByRole("button").click();
  await page.page.locator("dialog[open]").getByTestId("none-of-these").waitFor();

  await page.page.keyboard.press("Escape");
  await page.hook("language-switch").first().getByText("中文").click();
  await page.page.waitForFunction(() => document.documentElement.lang === "zh-Hans");
  assert.match(await page.page.locator('[data-testid="test-row"][data-unknown="true"]').first().innerText(), /都不是/);
  assert.deepEqual(page.complaints, []);
});

test("a saved model says it too, and one saved before a cross-validation does not", async () => {
  const page = await bed.lab();
  const files = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["stripes", "checks"]) await tuner.add(await lab.photos(kind, 0, 8), kind);
    await tuner.train({ regime: "head", augment: 0, epochs: 20 });
    const bytes = async () => Array.from(new Uint8Array(await (await tuner.export()).arrayBuffer()));
    const before = await bytes();
    await tuner.evaluate();
    const report = await tuner.predictAll([
      await lab.photo("cross", 60),
      await lab.photo("stripes", 60),
      new Blob(["no photo"]),
    ]);
    const after = await bytes();
    tuner.close();
    return {
      before,
      after,
      rows: report.rows.map(({ unknown, threshold }) => [unknown, threshold?.wantedRejectRate ?? null]),
    };
  });
  assert.deepEqual(files.rows, [
    [true, 0.05],
    [false, 0.05],
    [false, null],
  ]);
  const opened = await RealPage.open(bed, { attributes: { device: "cpu" } });
  await opened.predictions(file("cross", 60));
  for (const [bytes, hook, other] of /** @type {const} */ ([
    [files.before, "unknown-teach", "none-of-these"],
    [files.after, "none-of-these", "unknown-teach"],
  ])) {
    await opened
      .hook("input-model")
      .setInputFiles([{ name: "model.safetensors", mimeType: "", buffer: Buffer.from(bytes) }]);
    await opened.hook(hook).waitFor();
    assert.equal(await opened.hook(other).count(), 0);
  }
  assert.deepEqual(opened.complaints, []);
});
