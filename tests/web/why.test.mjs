// Why a classifier answers as it does: through the library, and on the page.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { testBed } from "./support/browser.mjs";
import { drawFolders, drawn, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-why-"));
before(() => drawFolders(folder, ["stripes", "discs"], range(0, 4)));
after(() => rm(folder, { recursive: true }));

/** @param {string} kind @param {number} number */
const file = (kind, number) => ({ name: `${kind}-${number}.png`, mimeType: "image/png", buffer: drawn(kind, number) });

/**
 * Waits for the heatmap of a class; how many of its pixels are orange, blue and grey.
 * @param {RealPage} page
 * @param {string} label
 */
async function colours(page, label) {
  const canvas = page.page.locator(`[data-testid="heatmap"][data-label="${label}"]`);
  await canvas.waitFor();
  return canvas.evaluate((element) => {
    const { width, height } = /** @type {HTMLCanvasElement} */ (element);
    const { data } = /** @type {CanvasRenderingContext2D} */ (
      /** @type {HTMLCanvasElement} */ (element).getContext("2d")
    ).getImageData(0, 0, width, height);
    const count = { orange: 0, blue: 0, grey: 0 };
    for (let i = 0; i < data.length; i += 4) {
      const warmth = (data[i] ?? 0) - (data[i + 2] ?? 0);
      count[warmth > 30 ? "orange" : warmth < -30 ? "blue" : "grey"]++;
    }
    return count;
  });
}

test("the evidence for a class lies where its drawing is planted", async () => {
  const page = await bed.lab();
  const explained = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["cross", "discs"]) await tuner.add(await lab.photos(kind, 0, 6), kind);
    await tuner.train({ regime: "head", augment: 0, epochs: 30 });

    /**
     * A drawing, small, in one quarter of a grey photo that is wider than the network sees.
     * @param {string} kind
     * @param {number} quarter
     */
    const planted = async (kind, quarter) => {
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(300, 200).getContext("2d"));
      context.fillStyle = "#808080";
      context.fillRect(0, 0, 300, 200);
      context.drawImage(
        await createImageBitmap(await lab.photo(kind, 70 + quarter)),
        55 + 100 * (quarter % 2),
        5 + 100 * Math.floor(quarter / 2),
        90,
        90,
      );
      return context.getImageData(0, 0, 300, 200);
    };

    const results = [];
    for (const kind of ["cross", "discs"]) {
      for (const quarter of [0, 1, 2, 3]) {
        const { seen, overlay, legend, ...rest } = await tuner.explain(await planted(kind, quarter), { class: kind });
        // How much orange each quarter has.
        const orange = [0, 0, 0, 0];
        for (let pixel = 0; pixel < overlay.width * overlay.height; pixel++) {
          const [x, y] = [pixel % overlay.width, Math.floor(pixel / overlay.width)];
          const [red = 0, , blue = 0, alpha = 0] = overlay.data.subarray(pixel * 4, pixel * 4 + 4);
          const of = (x < overlay.width / 2 ? 0 : 1) + (y < overlay.height / 2 ? 0 : 2);
          if (red > blue) orange[of] = (orange[of] ?? 0) + alpha;
        }
        results.push({
          ...rest,
          map: [...rest.map],
          evidence: [...rest.evidence],
          kind,
          quarter,
          orange,
          pictures: [seen, overlay].map((picture) => [picture instanceof ImageData, picture.width, picture.height]),
          // Blue, nothing, orange.
          legend: [0, legend.width / 2, legend.width - 1].map((pixel) => [
            ...legend.data.subarray(4 * pixel, 4 * pixel + 4),
          ]),
        });
      }
    }
    tuner.close();
    return results;
  });
  for (const {
    kind,
    quarter,
    class: asked,
    against,
    width,
    height,
    map,
    evidence,
    scale,
    top,
    crop,
    orange,
    pictures,
    legend,
  } of explained) {
    const which = `${kind} in quarter ${quarter}`;
    assert.equal(asked.label, kind);
    assert.equal(against, null);
    assert.deepEqual([width, height, map.length, evidence.length], [14, 14, 196, 196]);
    assert.ok(
      Math.abs(map.reduce((sum, value) => sum + value, 0) / 196 - asked.logit) < 1e-3,
      `${which}: the map's mean is the logit`,
    );
    assert.ok(Math.abs(scale - Math.max(...evidence.map(Math.abs))) < 1e-6);
    assert.equal(top.length, 2);
    assert.deepEqual(crop, { x: 50, y: 0, width: 200, height: 200 });
    const [strongestAgainst = [], nothing = [], strongestFor = []] = legend;
    assert.ok(Number(strongestAgainst[2]) > Number(strongestAgainst[0]), `${which}: blue against: ${legend}`);
    assert.ok(Number(strongestFor[0]) > Number(strongestFor[2]), `${which}: orange for: ${legend}`);
    assert.ok(Number(nothing[3]) < 5 && strongestFor[3] === strongestAgainst[3], `${which}: opacity: ${legend}`);
    assert.deepEqual(pictures, [
      [true, 224, 224],
      [true, 224, 224],
    ]);
    const best = evidence.indexOf(Math.max(...evidence));
    const [x, y] = [best % 14, Math.floor(best / 14)];
    assert.ok((quarter % 2 ? x >= 6 : x <= 7) && (quarter > 1 ? y >= 6 : y <= 7), `${which}: strongest at ${x}, ${y}`);
    assert.equal(orange.indexOf(Math.max(...orange)), quarter, `${which}: ${orange}`);
  }
});

test("a training photo is most like itself", async () => {
  const page = await bed.lab();
  const found = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const photo = await lab.photo("discs", 2);
    const before = await tuner.nearest(photo);
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
    await tuner.train({ regime: "head", augment: 0, epochs: 10 });
    const itself = await tuner.nearest(photo, { count: 3 });
    const another = await tuner.nearest(await lab.photo("stripes", 80));
    const first = itself.neighbours[0];
    await tuner.rename("discs", "dots");
    const renamed = await tuner.nearest(photo, { count: 1 });
    const result = {
      before,
      itself: { ...itself, neighbours: itself.neighbours.map(({ photo, ...rest }) => ({ name: photo.name, ...rest })) },
      known: tuner.photos.some(({ id }) => id === first?.photo.id) && first?.photo.blob instanceof Blob,
      another: another.neighbours.map(({ label }) => label),
      renamed: renamed.neighbours.map(({ label }) => label),
    };
    tuner.close();
    return result;
  });
  assert.deepEqual(found.before, { features: "source", compared: 0, neighbours: [] });
  assert.deepEqual([found.itself.features, found.itself.compared, found.itself.neighbours.length], ["source", 8, 3]);
  const [first, second] = found.itself.neighbours;
  assert.deepEqual([first?.name, first?.label], ["discs-2.png", "discs"]);
  assert.ok((first?.similarity ?? 0) > 0.999 && (second?.similarity ?? 1) < (first?.similarity ?? 0));
  assert.ok(found.known, "the photo is the library's own, file and all");
  assert.equal(found.another.length, 5, "five unless told otherwise");
  assert.deepEqual(found.another.slice(0, 3), ["stripes", "stripes", "stripes"]);
  assert.deepEqual(found.renamed, ["dots"]);
});

test("questions that have no answer, and those while a training runs", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const photo = await lab.photo("stripes", 50);
    const source = await tuner.explain(photo, { class: "zebra", against: "tabby" });
    const answers = {
      source: [source.class.label, source.against?.label],
      untrained: await lab.outcome(tuner.explain(photo, { model: "trained" })),
      untrainedNearest: await lab.outcome(tuner.nearest(photo, { model: "trained" })),
      unknown: await lab.outcome(tuner.explain(photo, { class: "no such thing" })),
      itself: await lab.outcome(tuner.explain(photo, { class: "zebra", against: "zebra" })),
      none: await lab.outcome(tuner.nearest(photo, { count: 0 })),
      file: await lab.outcome(tuner.explain(new Blob(["not a photo"]))),
      aborted: await lab.outcome(tuner.explain(photo, { signal: AbortSignal.abort() })),
      bitmap: (await tuner.explain(await createImageBitmap(photo))).top.length,
    };
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
    const order = /** @type {string[]} */ ([]);
    /** @type {Promise<unknown> | undefined} */ let asked;
    await tuner.train(
      { regime: "head", augment: 0, epochs: 50 },
      {
        onEvent: ({ type }) => {
          if (type === "batch") asked ??= tuner.explain(photo).then(({ class: { label } }) => order.push(label));
          if (type === "done") order.push("done");
        },
      },
    );
    await asked;
    tuner.close();
    return { answers, order };
  });
  assert.deepEqual(seen.answers, {
    source: ["zebra", "tabby"],
    untrained: "no-classifier",
    untrainedNearest: "no-classifier",
    unknown: "unknown-class",
    itself: "invalid-option",
    none: "invalid-option",
    file: "not-an-image",
    aborted: "cancelled",
    bitmap: 5,
  });
  assert.equal(seen.order[1], "done", "answered while the training ran");
});

test("on the page: the heatmap of the first guess, of another class, of another photo", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0", epochs: "20" } });
  assert.equal((await page.predictions(file("discs", 90))).length, 5);
  const why = page.hook("why-button");
  await why.click();
  const zebra = await page.hook("prediction-row").first().getAttribute("data-label");
  assert.ok((await colours(page, zebra ?? "")).orange > 0, "the source model says why, too");
  assert.equal(await page.hook("similar-photo").count(), 0);

  await page.addFolder(folder, 8);
  await page.train();
  // The same photo before the new classifier: still open, and worked out anew.
  const discs = await colours(page, "discs");
  assert.ok(discs.orange > 10_000, `painted: ${JSON.stringify(discs)}`);
  assert.match(
    (await page.hook("heatmap").getAttribute("aria-label")) ?? "",
    /^Heatmap for “discs”.* strongest (at|on|in) the /,
  );
  assert.equal(await why.getAttribute("aria-expanded"), "true");
  await page.hook("similar-photo").nth(4).waitFor();
  assert.equal(await page.hook("similar-photo").first().getAttribute("data-label"), "discs");

  // Before the average of two classes, what speaks for one speaks against the other.
  await page.page.getByRole("button", { name: "stripes", exact: true, pressed: false }).click();
  const stripes = await colours(page, "stripes");
  assert.ok(Math.abs(stripes.blue - discs.orange) < 0.1 * discs.orange, JSON.stringify({ stripes, discs }));
  assert.match(await page.hook("why-legend").innerText(), /for “stripes”/);
  const legend = await page
    .hook("why-legend")
    .locator("canvas")
    .evaluate((canvas) => {
      const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
      const pixels = /** @type {HTMLCanvasElement} */ (canvas).getContext("2d")?.getImageData(0, 0, width, height).data;
      return [...(pixels ?? [])];
    });
  assert.ok(Number(legend.at(-4)) > Number(legend.at(-2)) && Number(legend[2]) > Number(legend[0]), "blue to orange");

  // A photo that was trained on; the class is the first guess again.
  await page.predictions(file("stripes", 1));
  await page.hook("similar-photo").first().waitFor();
  assert.ok(Number(await page.hook("similar-photo").first().getAttribute("data-similarity")) > 0.999);
  await colours(page, "stripes");

  await page.hook("language-switch").first().getByText("中文").click();
  await page.page.waitForFunction(() => document.documentElement.lang === "zh-Hans");
  assert.match((await page.hook("heatmap").getAttribute("aria-label")) ?? "", /“stripes”的热图.*最强/);

  await why.click();
  assert.equal(await page.hook("heatmap").count(), 0);
  assert.equal(await page.hook("similar-photo").count(), 0);
  assert.equal(await page.page.getByRole("button", { name: "stripes", exact: true }).count(), 0, "bars are bars again");
  assert.deepEqual(page.complaints, []);
});

test("on the page: nothing of a photo before is ever shown with another one", async () => {
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "0", epochs: "20" } });
  await page.predictions(file("discs", 90));
  await page.hook("why-button").click();
  await page.hook("heatmap").waitFor();
  // Photos of different sizes: the part that the network sees tells which one an explanation is of.
  await page.page.evaluate(() => {
    const panel = document.querySelector("last-layer")?.shadowRoot?.querySelector("last-layer-test-panel");
    const seen = /** @type {Set<string>} */ (new Set());
    Object.assign(window, { seen });
    const look = () => {
      const name = panel?.shadowRoot?.querySelector("figcaption")?.textContent ?? "";
      const map = /** @type {any} */ (panel?.shadowRoot?.querySelector("last-layer-heatmap"));
      if (map?.explanation) seen.add(`${name} ${map.explanation.crop.width}`);
      requestAnimationFrame(look);
    };
    look();
  });
  const small = { name: "small.png", mimeType: "image/png", buffer: drawn("stripes", 91, 100) };
  for (const next of [small, file("discs", 92), small, small]) await page.hook("input-test").setInputFiles([next]);
  await page.page.locator("figcaption", { hasText: "small.png" }).waitFor();
  await page.hook("heatmap").waitFor();
  const seen = await page.page.evaluate(() => [.../** @type {any} */ (window).seen]);
  assert.ok(seen.includes("small.png 100"), `${seen}`);
  for (const pair of seen) assert.match(pair, /^(small\.png 100|discs-\d+\.png 160)$/);
});

test("on the page: by keyboard, while a training runs", async () => {
  const page = await RealPage.open(bed, {
    attributes: { device: "cpu", epochs: "1000", "last-stages": "2", augment: "0" },
  });
  await page.addFolder(folder, 8);
  await page.predictions(file("discs", 90));
  await page.page.locator('[data-testid="train-button"]:not([disabled])').click();
  await page.page.locator('[data-testid="train-progress"][data-stage="holdout"]').waitFor();
  await page.hook("why-button").focus();
  await page.page.keyboard.press("Enter");
  await page.hook("heatmap").waitFor();
  assert.equal(await page.hook("train-progress").count(), 1, "still training");
  const second = page.hook("prediction-row").nth(1);
  await second.getByRole("button").focus();
  await page.page.keyboard.press("Space");
  await colours(page, (await second.getAttribute("data-label")) ?? "");
  await page.hook("cancel-button").click();
});
