// Advice: what to train, asked for and taken, in the API and on the page.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";
import { drawFolders, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-"));
await drawFolders(folder, ["stripes", "discs"], range(0, 4));
after(() => rm(folder, { recursive: true }));

test("advise says what, how long and why; train takes it where nothing else is said, and embeds nothing twice", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner({ device: "cpu", readAhead: false });
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
    /** @type {string[]} */ const advising = [];
    const advice = await tuner.advise({}, { onEvent: ({ type }) => advising.push(type) });
    /** @type {string[]} */ const training = [];
    const report = await tuner.train({ epochs: 2, augment: 0 }, { onEvent: ({ type }) => training.push(type) });
    const told = await tuner.train({ regime: "head", epochs: 2, augment: 0 });
    const codes = [
      await lab.outcome(tuner.advise({ batchSize: 0 })),
      await lab.outcome(tuner.train({ regime: "head", lastStages: 2 })),
    ];
    tuner.close();
    return { advice, advising, training, report, told, codes };
  });
  const { advice } = seen;
  assert.equal(advice.findings.photos, 8);
  assert.ok((advice.findings.similarity?.score ?? 0) > 0 && (advice.findings.similarity?.score ?? 1) < 1);
  assert.equal(advice.findings.separability?.accuracy, 1, "stripes and discs are told apart");
  assert.ok(advice.speed.measured.length >= 2 && advice.speed.measured.every(({ trainSeconds }) => trainSeconds > 0));
  assert.deepEqual(
    advice.regimes.map(({ regime }) => regime),
    ["head", "last-k", "full", "scratch"],
  );
  assert.ok(advice.reasons.length >= 4 && advice.reasons.every(({ text }) => text.length > 20));
  assert.ok(
    seen.advising.includes("embed") && seen.advising.includes("advising") && seen.advising.at(-1) === "advised",
  );

  const { report } = seen;
  assert.ok(report.advice, "nothing was said, so it was advised");
  assert.equal(report.config.regime, report.advice.plan.regime);
  assert.deepEqual([report.config.epochs, report.config.augment], [2, 0], "what was said stays");
  assert.ok(seen.training.indexOf("advised") < seen.training.indexOf("batch"));
  if (report.config.regime === "head") assert.equal(report.photosRead, 0, "the advice has embedded them");
  assert.equal(seen.told.advice, null);
  assert.deepEqual(seen.codes, ["invalid-option", "invalid-option"]);
});

test("advice can be cancelled, and predictions are answered meanwhile", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner({ device: "cpu" });
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
    const controller = new AbortController();
    /** @type {Promise<unknown> | undefined} */ let prediction;
    const image = await lab.photo("discs", 70);
    const code = await lab.outcome(
      tuner.advise(
        {},
        {
          signal: controller.signal,
          onEvent: () => {
            prediction ??= tuner.predict(image).then(() => controller.abort());
          },
        },
      ),
    );
    await prediction;
    const report = await tuner.train({ regime: "head", epochs: 2, augment: 0 });
    tuner.close();
    return { code, epochs: report.epochsTried };
  });
  assert.deepEqual(seen, { code: "cancelled", epochs: 2 });
});

test("on the page: asked for, read in both languages, and overridden", async () => {
  const page = await RealPage.open(bed, {
    attributes: { device: "cpu", epochs: "2", augment: "0" },
    context: { reducedMotion: "reduce", viewport: { width: 360, height: 900 } },
  });
  await page.addFolder(folder, 8);
  await page.hook("advise-button").focus();
  await page.page.keyboard.press("Enter");
  await page.hook("advice-plan").waitFor();
  assert.ok((await page.hook("advice-reason").count()) >= 4);
  const english = await page.hook("advice-reason").allInnerTexts();
  for (const text of english) assert.ok(!/[{}]|undefined|–$/.test(text), text);
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page.page), [], colorScheme);
  }
  assert.equal(
    await page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    0,
    "the page scrolls sideways",
  );

  await page.page.locator('[data-language="zh"]').click();
  for (const text of await page.hook("advice-reason").allInnerTexts()) assert.match(text, /\p{Script=Han}/u);
  await page.page.locator('[data-language="en"]').click();

  await page.page.locator("last-layer-advice summary").click();
  await page.page.locator('[data-testid="regime-row"][data-regime="head"] button').press("Enter");
  await page.page.locator('[data-testid="regime-row"][data-regime="head"]', { hasText: "Chosen" }).waitFor();
  await page.train();
  const { report } = await page.state();
  assert.equal(report?.config.regime, "head");
  assert.equal(report?.advice, null, "who was told need not ask");
  assert.deepEqual(page.complaints, []);
});
