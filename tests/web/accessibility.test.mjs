// For everybody: no violation that axe finds, the whole way by keyboard, narrow screens, both languages, both themes.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { badFiles } from "./support/bad-files.mjs";
import { testBed } from "./support/browser.mjs";
import { drawFolders, drawn, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-access-"));
before(async () => {
  await drawFolders(join(folder, "train"), ["stripes", "discs"], range(0, 3));
  await drawFolders(join(folder, "test"), ["stripes", "discs"], range(50, 3));
});
after(() => rm(folder, { recursive: true }));

/**
 * Everything the page can show: photos, failures, a report, one answer and why, then a table of them.
 * @param {RealPage} page
 * @param {(state: string) => Promise<void>} look
 */
async function throughAllStates(page, look) {
  await look("at the start");
  await page.hook("network-toggle").click();
  await page.hook("network-site").first().waitFor();
  await look("with the choice of the network");
  await page.hook("network-toggle").click();
  await page.addFolder(join(folder, "train"), 6);
  const bad = badFiles(Buffer.from([0xff, 0xd8, 0xff])).slice(0, 2);
  await page.page.locator('[data-testid="class-card"] input[type=file]').first().setInputFiles(bad);
  await page.hook("photo-failures").waitFor();
  await look("with photos and failures");
  await page.train();
  await look("with a report");
  await page.predictions({ name: "one.png", mimeType: "image/png", buffer: drawn("discs", 90) });
  await look("with one answer");
  await page.hook("why-button").click();
  await page.hook("heatmap").waitFor();
  await page.hook("similar-photo").first().waitFor();
  await look("with the reasons for it");
  await page.hook("input-test-folder").setInputFiles(join(folder, "test"));
  await page.hook("test-top1").waitFor();
  await look("with a table of answers");
}

for (const { name, path, colorScheme, width } of /** @type {const} */ ([
  { name: "English, light, wide", path: "?lang=en", colorScheme: "light", width: 1440 },
  { name: "Chinese, dark, narrow", path: "?lang=zh", colorScheme: "dark", width: 360 },
])) {
  test(`axe finds nothing: ${name}`, async () => {
    const page = await RealPage.open(bed, {
      path,
      attributes: { device: "cpu", regime: "head", augment: "0", epochs: "20" },
      context: { colorScheme, reducedMotion: "reduce", viewport: { width, height: 900 } },
    });
    await throughAllStates(page, async (state) => assert.deepEqual(await violations(page.page), [], state));
  });

  test(`nothing is wider than the screen: ${name}`, async () => {
    const page = await RealPage.open(bed, {
      path,
      attributes: { device: "cpu", regime: "head", augment: "0", epochs: "20" },
      context: { colorScheme, reducedMotion: "reduce", viewport: { width, height: 900 } },
    });
    await throughAllStates(page, async (state) => {
      const overflow = await page.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(overflow, 0, `${state}, the page scrolls sideways`);
    });
  });
}

test("the tutorial, in both languages", async () => {
  for (const path of ["tutorial/?lang=en", "tutorial/?lang=zh"]) {
    const page = await RealPage.open(bed, {
      path,
      attributes: { device: "cpu" },
      context: { viewport: { width: 360, height: 800 } },
    });
    assert.deepEqual(await violations(page.page), [], path);
    assert.equal(
      await page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
      0,
    );
    assert.deepEqual(page.complaints, []);
  }
});

test("by keyboard alone: photos, training, a photo to test", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0", epochs: "20" } });
  const { keyboard } = page.page;
  // The browser is told at once that choosers are ours: at the first wait it could be told too late.
  page.page.on("filechooser", () => {});

  /**
   * Presses Tab until the focus is on a control of this name inside this part of the page, as a visitor would.
   * @param {string} hook
   * @param {string} [name]
   */
  const tabTo = async (hook, name = "") => {
    for (let presses = 0; presses < 120; presses++) {
      const focused = await page.page.evaluate(() => {
        /** @type {(string | null)[]} */
        const hooks = [];
        let element = document.activeElement;
        for (; element?.shadowRoot?.activeElement; element = element.shadowRoot.activeElement)
          hooks.push(element.getAttribute("data-testid"));
        hooks.push(element?.getAttribute("data-testid") ?? null);
        return { hooks, name: element?.textContent?.trim() ?? "" };
      });
      if (focused.hooks.includes(hook) && focused.name.includes(name)) return;
      await keyboard.press("Tab");
    }
    assert.fail(`Tab never reaches ${name} in ${hook}`);
  };
  /**
   * Opens the file chooser of what has the focus.
   * @param {{ name: string, mimeType: string, buffer: Buffer }[]} files
   */
  const choose = async (files) => {
    const chooser = page.page.waitForEvent("filechooser");
    await keyboard.press("Enter");
    await (await chooser).setFiles(files);
  };

  // The button for folders is there, too; what it opens, the protocol that drives the browser cannot answer.
  await tabTo("drop-photos", "Choose a folder");
  for (const [index, kind] of ["stripes", "discs"].entries()) {
    await tabTo("drop-photos", "Choose photos");
    await choose(
      range(0, 3).map((number) => ({ name: `${number}.png`, mimeType: "image/png", buffer: drawn(kind, number) })),
    );
    await page.hook("class-card").nth(index).waitFor();
  }
  await page.page.locator('[data-testid="train-button"]:not([disabled])').waitFor();
  await tabTo("train-button");
  await keyboard.press("Enter");
  await page.hook("report-explanation").waitFor();
  await tabTo("drop-test", "Choose photos");
  await choose([{ name: "one.png", mimeType: "image/png", buffer: drawn("discs", 90) }]);
  await page.hook("prediction-row").first().waitFor();
  assert.equal(await page.hook("prediction-row").count(), 2);
});

test("the language switch changes every word of the element and of the page, and is remembered", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
  const words = () => page.page.evaluate(() => document.body.innerText);
  const english = await words();
  assert.doesNotMatch(english.replace(/中文/g, ""), /\p{Script=Han}/u);
  await page.hook("language-switch").first().getByText("中文").click();
  await page.page.waitForFunction(() => document.documentElement.lang === "zh-Hans");
  assert.match(await words(), /\p{Script=Han}/u);
  await page.page.goto(bed.site.url);
  await page.hook("status-device").waitFor();
  assert.equal(await page.page.locator("html").getAttribute("lang"), "zh-Hans");
});
