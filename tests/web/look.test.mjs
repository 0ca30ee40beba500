// What the network sees: framings, augmented draws and feature maps, through the library and on the page.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";
import { drawn } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";
import { png } from "./support/png.mjs";

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-look-"));

/**
 * Twice as wide as high: a colour of its own at either end, stripes of a class between them.
 * @param {boolean} across
 * @param {number} number
 */
function wide(across, number) {
  return png(240, 120, (x, y) => {
    if (x < 60) return [230, 30, 30];
    if (x >= 180) return [30, 30, 230];
    const light = Math.floor((across ? y : x) / (5 + number)) % 2 === 0;
    return light ? [220, 220, 40] : [20, 60, 20];
  });
}

before(async () => {
  for (const label of ["across", "down"]) {
    await mkdir(join(folder, label));
    for (const number of [0, 1, 2, 3])
      await writeFile(join(folder, label, `${number}.png`), wide(label === "across", number));
  }
});
after(() => rm(folder, { recursive: true }));

test("draws are of the framing, of the options, and the same every time", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(
    async (bytes) => {
      const tuner = await lab.tuner();
      const file = new File([Uint8Array.from(bytes)], "wide.png", { type: "image/png" });
      const { added } = await tuner.add([file], "across");
      const id = added[0]?.id ?? -1;
      /** @param {ImageData} picture @param {number} x @param {number} y */
      const at = ({ data, width }, x, y) => Array.from(data.slice((y * width + x) * 4, (y * width + x) * 4 + 3));
      const same = (/** @type {ImageData[]} */ a, /** @type {ImageData[]} */ b) =>
        a.length === b.length &&
        a.every(({ data }, index) => data.every((value, place) => value === b[index]?.data[place]));
      const framings = {};
      for (const framing of /** @type {const} */ (["crop", "pad", "squash"])) {
        const { seen, crop, draws, width, height } = await tuner.draws(id, { count: 3, options: { framing } });
        Object.assign(framings, {
          [framing]: {
            crop,
            photo: [width, height],
            sizes: [seen, ...draws].map((picture) => [picture instanceof ImageData, picture.width, picture.height]),
            left: at(seen, 5, 112),
            top: at(seen, 112, 5),
          },
        });
      }
      const [byId, byFile, unflipped] = [
        await tuner.draws(id),
        await tuner.draws(file),
        await tuner.draws(id, { options: { flip: 0 } }),
      ];
      const result = {
        framings,
        count: byId.draws.length,
        repeated: same(byId.draws, byFile.draws),
        distinct: !same(byId.draws.slice(0, 1), byId.draws.slice(1, 2)),
        flipMatters: !same(byId.draws, unflipped.draws),
        none: (await tuner.draws(id, { count: 0 })).draws.length,
        unknown: await lab.outcome(tuner.draws(999)),
        many: await lab.outcome(tuner.draws(id, { count: 65 })),
        option: await lab.outcome(tuner.draws(id, { options: /** @type {any} */ ({ framing: "stretch" }) })),
      };
      tuner.close();
      return result;
    },
    [...wide(true, 0)],
  );
  const sizes = Array.from({ length: 4 }, () => [true, 224, 224]);
  const photo = [240, 120];
  const { crop, pad, squash } = /** @type {any} */ (seen.framings);
  assert.deepEqual([crop.photo, crop.crop, crop.sizes], [photo, { x: 60, y: 0, width: 120, height: 120 }, sizes]);
  assert.deepEqual([pad.crop, pad.sizes], [{ x: 0, y: -60, width: 240, height: 240 }, sizes]);
  assert.deepEqual([squash.crop, squash.sizes], [{ x: 0, y: 0, width: 240, height: 120 }, sizes]);
  assert.deepEqual(
    [pad.top, pad.left, squash.left],
    [
      [127, 127, 127],
      [230, 30, 30],
      [230, 30, 30],
    ],
  );
  assert.notDeepEqual(crop.left, [230, 30, 30], "the ends are cut off");
  const { framings, ...rest } = seen;
  assert.deepEqual(rest, {
    count: 8,
    repeated: true,
    distinct: true,
    flipMatters: true,
    none: 0,
    unknown: "unknown-photo",
    many: "invalid-option",
    option: "invalid-option",
  });
});

test("another framing is learnt, kept in the file, and looked at with", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner({ readAhead: false });
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 3), kind);
    const train = (/** @type {"crop" | "pad"} */ framing) =>
      tuner.train({ regime: "head", augment: 0, epochs: 5, framing });
    const first = await train("crop");
    const second = await train("pad");
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(200, 100).getContext("2d"));
    context.fillRect(20, 20, 90, 70);
    const photo = context.getImageData(0, 0, 200, 100);
    const { crop } = await tuner.explain(photo);
    const source = (await tuner.explain(photo, { model: "source" })).crop;
    const expected = await tuner.predict(photo);
    const other = await lab.tuner();
    await other.open(await tuner.export());
    const result = {
      read: [first.photosRead, second.photosRead],
      crop,
      source,
      expected,
      opened: await other.predict(photo),
    };
    other.close();
    tuner.close();
    return result;
  });
  assert.deepEqual(seen.read, [6, 6], "each framing reads the photos once");
  assert.deepEqual(
    [seen.crop, seen.source],
    [
      { x: 0, y: -50, width: 200, height: 200 },
      { x: 50, y: 0, width: 100, height: 100 },
    ],
  );
  assert.deepEqual(seen.opened, seen.expected);
});

test("with flipAverage, a photo and its mirror image get the same answer", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    for (const kind of ["cross", "discs"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
    const bitmap = await createImageBitmap(await lab.photo("cross", 61));
    const drawing = (/** @type {boolean} */ mirrored) => {
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(224, 224).getContext("2d"));
      if (mirrored) context.setTransform(-1, 0, 0, 1, 224, 0);
      context.drawImage(bitmap, 0, 0, 160, 160, 0, 0, 160, 190);
      return context.getImageData(0, 0, 224, 224);
    };
    const differences = [];
    for (const flipAverage of [1, 0]) {
      await tuner.train({ regime: "head", augment: 0, epochs: 10, flipAverage });
      const [one, other] = [await tuner.predict(drawing(false)), await tuner.predict(drawing(true))];
      differences.push(
        Math.abs((one[0]?.probability ?? 0) - (other.find(({ index }) => index === one[0]?.index)?.probability ?? 1)),
      );
    }
    tuner.close();
    return differences;
  });
  assert.ok((seen[0] ?? 1) < 1e-5 && (seen[1] ?? 0) > 1e-4, `${seen}`);
});

test("feature maps through the library", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const photo = await lab.photo("checks", 5);
    const [first, last] = [
      await tuner.featureMaps(photo, { stage: 0, channels: 4 }),
      await tuner.featureMaps(photo, { stage: "conv_head", channels: 2 }),
    ];
    const shape = (/** @type {typeof first} */ { stage, width, height, of, channels, seen, sheet }) => ({
      stage,
      size: [width, height],
      of,
      count: channels.length,
      pictures: [...channels.map(({ picture }) => picture), seen].every(
        (picture) => picture instanceof ImageData && picture.width === 224,
      ),
      falling: channels.every(({ variance }, index) => variance <= (channels[index - 1]?.variance ?? Infinity)),
      sheet: sheet instanceof ImageData,
    });
    const result = {
      stages: tuner.info.stages,
      first: shape(first),
      last: shape(last),
      wrong: [
        await lab.outcome(tuner.featureMaps(photo, { stage: "7" })),
        await lab.outcome(tuner.featureMaps(photo, { channels: 0 })),
        await lab.outcome(tuner.featureMaps(photo, { model: "trained" })),
      ],
    };
    tuner.close();
    return result;
  });
  const common = { pictures: true, falling: true, sheet: true };
  assert.deepEqual(seen.first, { stage: "0", size: [112, 112], of: 16, count: 4, ...common });
  assert.deepEqual(seen.last, { stage: "conv_head", size: [7, 7], of: 1280, count: 2, ...common });
  assert.deepEqual([seen.stages, seen.wrong], [7, ["invalid-option", "invalid-option", "no-classifier"]]);
});

test("on the page: the crop over a photo, and its draws under the options", async () => {
  const context = { reducedMotion: /** @type {const} */ ("reduce"), viewport: { width: 360, height: 800 } };
  const page = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", augment: "3" }, context });
  await page.addFolder(folder, 8);
  const open = () =>
    page.page
      .locator("last-layer-class-card")
      .first()
      .getByRole("button", { name: "0.png: enlarge, move or remove" })
      .click();
  await open();
  await page.hook("crop-frame").waitFor({ state: "attached" });
  assert.deepEqual(
    await page.hook("crop-frame").evaluate(({ dataset: { x, y, width, height } }) => [x, y, width, height]),
    ["60", "0", "120", "120"],
  );
  assert.equal(await page.hook("look-picture").count(), 4, "the photo and three draws");
  assert.ok(await painted(page), "the pictures are painted");
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page.page), [], colorScheme);
  }
  // On to the next photo by key, and back; then away.
  await page.page.keyboard.press("ArrowRight");
  await page.page.locator("last-layer-photo-dialog .name").filter({ hasNotText: "0.png" }).waitFor();
  await page.hook("look-picture").nth(3).waitFor();
  await page.page.keyboard.press("Escape");
  await page.hook("photo-look").waitFor({ state: "detached" });

  // The element's author asks for something else.
  await page.page.evaluate(() => {
    const element = document.querySelector("last-layer");
    element?.setAttribute("framing", "pad");
    element?.setAttribute("augment", "0");
  });
  await open();
  await page.page.locator('[data-testid="photo-look"][data-framing="pad"]').waitFor();
  assert.equal(await page.hook("crop-frame").count(), 0, "all of it is seen");
  assert.equal(await page.hook("look-picture").count(), 1);
  assert.match(
    await page.hook("photo-look").innerText(),
    /between bars\. With these options it learns from no augmented draws\./,
  );
  assert.deepEqual(page.complaints, []);
});

test("on the page: what the stages see, and the heatmap of a padded photo", async () => {
  const context = { reducedMotion: /** @type {const} */ ("reduce"), viewport: { width: 360, height: 900 } };
  const page = await RealPage.open(bed, {
    attributes: { device: "cpu", regime: "head", augment: "0", epochs: "10", framing: "pad" },
    context,
  });
  await page.addFolder(folder, 8);
  await page.train();
  await page.predictions({ name: "new.png", mimeType: "image/png", buffer: wide(true, 7) });
  await page.hook("why-button").click();
  await page.page.locator('[data-testid="heatmap"][data-label]').waitFor();
  // All of the photo is under the map: nothing is dimmed to black at its ends, and no frame is drawn.
  const ends = await page.hook("heatmap").evaluate((element) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element);
    const context = canvas.getContext("2d");
    return [2, canvas.width - 3].map((x) => context?.getImageData(x, canvas.height / 2, 1, 1).data[3]);
  });
  assert.deepEqual(ends, [255, 255]);
  assert.ok(!(await page.hook("why-legend").locator("xpath=..").innerText()).includes("inside the frame"));

  const summary = page.page.getByText("What the stages see");
  await summary.focus();
  await page.page.keyboard.press("Enter");
  await page.page.locator('[data-testid="feature-maps"][data-stage="0"]').waitFor();
  assert.equal(await page.hook("feature-map").count(), 12);
  assert.ok(await painted(page));
  assert.deepEqual(
    await page
      .hook("stage-select")
      .locator("option")
      .evaluateAll((options) => options.map((option) => /** @type {HTMLOptionElement} */ (option).value)),
    ["0", "1", "2", "3", "4", "5", "6", "conv_head"],
  );
  await page.hook("stage-select").selectOption("conv_head");
  await page.page.locator('[data-testid="feature-maps"][data-stage="conv_head"]').waitFor();
  assert.match(
    await page.hook("feature-maps").locator("xpath=..").innerText(),
    /Deep stages .* 12 of 1,280 channels .* 7 × 7/s,
  );
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page.page), [], colorScheme);
  }
  assert.equal(
    await page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    0,
    "the page scrolls sideways",
  );

  // Another photo: the same stage, of that one.
  const before = await page.hook("feature-map").first().getAttribute("data-index");
  await page.predictions({ name: "discs.png", mimeType: "image/png", buffer: drawn("discs", 90) });
  await page.page.locator('[data-testid="feature-maps"][data-stage="conv_head"]').waitFor();
  assert.notEqual(await page.hook("feature-map").first().getAttribute("data-index"), before);
  assert.deepEqual(page.complaints, []);
});

/** Whether every picture shown has more than one colour. @param {RealPage} page */
function painted(page) {
  return page.page.locator("last-layer-picture canvas").evaluateAll(
    (canvases) =>
      canvases.length > 0 &&
      canvases.every((element) => {
        const canvas = /** @type {HTMLCanvasElement} */ (element);
        const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(
          0,
          0,
          canvas.width,
          canvas.height,
        );
        return data.some((value, index) => index % 4 < 3 && value !== data[index % 4]);
      }),
  );
}
