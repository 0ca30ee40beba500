// What a photo costs when it is added among few classes and among many: the cost should not depend on how many there
// are.
//
//     node tests/bench/many_classes.mjs [PHOTOS]      (900 unless told otherwise; after ./build.sh)
//
// The same drawn photos are added through the folder input of the real page, in 3 classes and in 300, on the CPU, in a
// browser of its own each. Printed is the time a photo takes, what of it the page's own thread was busy (script, style,
// layout), and how high the page has become.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { executable, FLAGS } from "../web/support/browser.mjs";
import { DRAWN_KINDS, drawn } from "../web/support/drawn.mjs";
import { Site } from "../web/support/site.mjs";

const PHOTOS = Number(process.argv[2] ?? 900);
const SIDE = 64;
const CLASSES = [3, 300];
const MEASURED = ["TaskDuration", "ScriptDuration", "RecalcStyleDuration", "LayoutDuration"];

const site = await new Site().start();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-many-"));
try {
  /** @type {Record<string, number>[]} */ const rows = [];
  for (const classes of CLASSES) {
    const root = join(folder, String(classes));
    await drawPhotos(root, classes);
    const row = await added(root, classes);
    rows.push(row);
    console.log(
      Object.entries(row)
        .map(([name, value]) => `${name} ${value.toFixed(1)}`)
        .join("  "),
    );
  }
  const [few, many] = rows;
  const ratio = (/** @type {string} */ name) => ((many?.[name] ?? NaN) / (few?.[name] ?? NaN)).toFixed(2);
  console.log(
    `a photo among ${CLASSES[1]} classes against one among ${CLASSES[0]}: ${ratio("ms a photo")} times the time, ${ratio("TaskDuration")} times the page's own`,
  );
} finally {
  await site.stop();
  await rm(folder, { recursive: true });
}

/** `PHOTOS` different photos, spread over the classes. @param {string} root @param {number} classes */
async function drawPhotos(root, classes) {
  for (let number = 0; number < PHOTOS; number += 1) {
    const label = join(root, `class ${String((number % classes) + 1).padStart(3, "0")}`);
    await mkdir(label, { recursive: true });
    const kind = DRAWN_KINDS[number % DRAWN_KINDS.length] ?? "";
    await writeFile(join(label, `${number}.png`), drawn(kind, number, SIDE));
  }
}

/**
 * @param {string} root
 * @param {number} classes
 * @returns {Promise<Record<string, number>>} times in milliseconds a photo
 */
async function added(root, classes) {
  const browser = await chromium.launch({ executablePath: executable(), args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(0);
    await page.goto(`${site.url}?lang=en`);
    await page.locator("last-layer").scrollIntoViewIfNeeded();
    await page.locator("last-layer").evaluate((element) => element.setAttribute("device", "cpu"));
    await page.getByTestId("status-device").waitFor();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable");
    const metrics = async () => {
      const { metrics: found } = await devtools.send("Performance.getMetrics");
      return Object.fromEntries(found.map(({ name, value }) => [name, value]));
    };
    const before = await metrics();
    const start = performance.now();
    await page.getByTestId("input-folder").setInputFiles(root);
    await page.waitForFunction(
      (count) =>
        /** @type {import("../../www/element/last-layer.js").LastLayer} */ (document.querySelector("last-layer"))
          .fineTuner?.photos.length === count,
      PHOTOS,
      { polling: 100 },
    );
    const seconds = (performance.now() - start) / 1000;
    const after = await metrics();
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const busy = MEASURED.map((name) => [name, (1000 * ((after[name] ?? 0) - (before[name] ?? 0))) / PHOTOS]);
    return { classes, "ms a photo": (1000 * seconds) / PHOTOS, ...Object.fromEntries(busy), "page height": height };
  } finally {
    await browser.close();
  }
}
