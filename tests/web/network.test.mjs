// Another network on the page: a file of weights takes the place of the site's network, and the photos stay.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";
import { drawFolders, drawn, range } from "./support/drawn.mjs";
import { drop } from "./support/drop.mjs";
import { gate } from "./support/gate.mjs";
import { RealPage } from "./support/page.mjs";
import { Site } from "./support/site.mjs";
import { pth, resnet18, safetensors } from "./support/weights-files.mjs";

const CLASSES = 10;
const ATTRIBUTES = { device: "cpu", regime: "head", augment: "0", epochs: "10" };
const NAMES = range(0, CLASSES).map((number) => `kind ${number}`);
const PHOTO = { name: "new.png", mimeType: "image/png", buffer: drawn("discs", 90) };

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-network-"));
const tensors = resnet18(CLASSES);
const path = (/** @type {string} */ name) => join(folder, name);
before(async () => {
  await drawFolders(path("train"), ["stripes", "discs"], range(0, 3));
  await writeFile(path("resnet18.pth"), pth(tensors));
  await writeFile(path("features.safetensors"), safetensors(tensors.filter(({ name }) => !name.startsWith("fc."))));
  await writeFile(path("cut.pth"), pth(tensors).subarray(0, 1e6));
});
after(() => rm(folder, { recursive: true }));

/** @param {import("playwright-core").BrowserContextOptions} [context] */
const open = (context) => RealPage.open(bed, { attributes: ATTRIBUTES, ...(context ? { context } : {}) });

/** Waits until a network is in use, and nothing is being done for another one. @param {RealPage} page @param {string} name */
async function inUse(page, name) {
  await page.page.locator(`[data-testid="network-name"][data-network="${name}"]`).waitFor();
  await page.hook("network-progress").waitFor({ state: "detached" });
}

/** @param {RealPage} page @param {string} file */
async function bring(page, file) {
  await page.hook("input-network").setInputFiles(path(file));
}

/** @param {RealPage} page */
async function openChoice(page) {
  await page.hook("network-toggle").click();
  await page.hook("network-site").first().waitFor();
}

/** What there is to lose, without the ids. @param {RealPage} page */
async function work(page) {
  const { classes, photos, report, info } = await page.state();
  return {
    classes,
    photos: photos.map(({ name, label }) => `${label}/${name}`),
    trained: report !== null,
    network: info.backbone,
  };
}

/** The place of a site's network that is asked for by its name. @param {RealPage} page */
const siteButton = (page) => page.hook("network-site").first().getByTestId("network-use");

test("let go on the photos it takes over, with the photos there, is taught and answers; and back again", async () => {
  const page = await open();
  await page.addFolder(path("train"), 6);
  await page.train();
  const before = await work(page);
  assert.deepEqual([before.trained, before.network, before.photos.length], [true, "efficientnet_lite0", 6]);

  // The classifier is in no file: the page asks, and without a word of the reader nothing changes.
  await drop(page, "drop-photos", [path("resnet18.pth")]);
  await page.hook("network-question").waitFor();
  assert.equal(
    await page.page.evaluate(() => {
      const panel = document.querySelector("last-layer")?.shadowRoot?.querySelector("last-layer-network-panel");
      return panel?.shadowRoot?.activeElement?.getAttribute("data-testid");
    }),
    "network-question",
    "the question has the focus",
  );
  await page.hook("network-stay").click();
  await page.hook("network-question").waitFor({ state: "detached" });
  assert.deepEqual(await work(page), before);

  await drop(page, "drop-test", [path("resnet18.pth")]);
  await page.hook("network-go").click();
  await inUse(page, "resnet18");
  assert.deepEqual(await work(page), { ...before, trained: false, network: "resnet18" });
  assert.match(
    await page.hook("network-facts").innerText(),
    /resnet18\.pth: ResNet-18, 4 stages, sees 224 × 224 pixels, has 10 classes/,
  );
  assert.match(await page.hook("test-model").innerText(), /10 classes of its own/);
  assert.equal((await page.predictions(PHOTO)).length, 5, "the network's own classes");

  await page.train();
  const answers = await page.predictions(PHOTO);
  assert.deepEqual(answers.map(({ label }) => label).sort(), ["discs", "stripes"]);

  // A saved classifier is nothing to ask about.
  const download = page.page.waitForEvent("download");
  await page.hook("save-model").click();
  await download;
  await siteButton(page).click();
  await inUse(page, "efficientnet_lite0");
  assert.equal(await page.hook("network-question").count(), 0);
  assert.deepEqual(await work(page), { ...before, trained: false });
  assert.equal(await page.hook("network-facts").count(), 0);
  await page.train();
  assert.deepEqual(page.complaints, []);
});

test("a trained model is the starting point of the next task: its classes are the network's own until something is taught on top", async () => {
  const page = await open();
  await page.addFolder(path("train"), 6);
  await openChoice(page);
  assert.equal(await page.hook("network-start-from").count(), 0, "there is nothing to start from");
  await page.train();
  const before = await page.predictions(PHOTO);

  await page.hook("network-start-from").click();
  await page.page.locator('[data-testid="network-facts"][data-classes="2"]').waitFor();
  await inUse(page, "efficientnet_lite0");
  assert.deepEqual((await work(page)).trained, false);
  assert.match(
    await page.hook("network-facts").innerText(),
    /discs-stripes\.safetensors: EfficientNet-Lite0, 7 stages/,
  );
  const bySource = await page.predictions(PHOTO);
  for (const [index, { label, probability }] of bySource.entries()) {
    const answer = before[index];
    assert.ok(label === answer?.label && Math.abs(probability - answer.probability) < 1e-3, `${label} ${probability}`);
  }

  // The next task: other classes, and the network's own are still there to compare with.
  await page.page.evaluate(async () => {
    const { fineTuner } = /** @type {import("../../www/element/last-layer.js").LastLayer} */ (
      document.querySelector("last-layer")
    );
    await fineTuner?.rename("discs", "round");
    await fineTuner?.rename("stripes", "straight");
  });
  await page.train();
  const answers = await page.predictions(PHOTO);
  assert.deepEqual(answers.map(({ label }) => label).sort(), ["round", "straight"]);
  assert.deepEqual(page.complaints, []);
});

test("names for its numbered classes: a wrong number of them is said, the right one is taken", async () => {
  const page = await open();
  await openChoice(page);
  await bring(page, "resnet18.pth");
  await inUse(page, "resnet18");
  const numbered = await page.predictions(PHOTO);
  assert.ok(numbered.every(({ label }) => /^\d+$/.test(label)));

  await page.page.getByText("Give them names").click();
  await page.hook("names-field").fill(NAMES.slice(1).join("\n"));
  await page.hook("names-apply").click();
  assert.match(await page.hook("names-problem").innerText(), /has 10 classes, and here are 9 names/);
  await page
    .hook("input-names")
    .setInputFiles([{ name: "gbk.txt", mimeType: "text/plain", buffer: Buffer.from([0xc3, 0xb5, 0xb9, 0xe5]) }]);
  await page.hook("names-problem").getByText("UTF-8").waitFor();
  await page
    .hook("input-names")
    .setInputFiles([{ name: "names.txt", mimeType: "text/plain", buffer: Buffer.from(NAMES.join("\r\n")) }]);
  await page.hook("names-problem").waitFor({ state: "detached" });
  await page.hook("names-apply").click();
  await page.page.locator('[data-testid="network-names"][data-named="true"]').waitFor();
  await inUse(page, "resnet18");
  const named = await page.predictions(PHOTO);
  assert.deepEqual(
    named.map(({ label }) => label),
    numbered.map(({ label }) => NAMES[Number(label) - 1]),
  );
  assert.deepEqual(page.complaints, []);
});

test("kept if the reader says so: there after a reload without a network connection, and removed", async (t) => {
  const site = await new Site().start();
  t.after(() => site.listening && site.stop());
  const page = await RealPage.open({ ...bed, site }, { attributes: ATTRIBUTES });
  await openChoice(page);
  await bring(page, "resnet18.pth");
  await inUse(page, "resnet18");
  assert.ok(!(await page.hook("network-keep").isChecked()), "nothing is kept unasked");
  assert.equal(await kept(page), 0);
  await page.hook("network-keep").check();
  await page.hook("network-kept").waitFor();
  assert.equal(await kept(page), 1);
  await page.page.getByText("Give them names").click();
  await page.hook("names-field").fill(NAMES.join("\n"));
  await page.hook("names-apply").click();
  await page.page.locator('[data-testid="network-names"][data-named="true"]').waitFor();

  await page.page.evaluate(() => navigator.serviceWorker.ready);
  await page.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await site.stop();
  await page.page.reload();
  await page.page.locator("last-layer").scrollIntoViewIfNeeded();
  await inUse(page, "resnet18");
  await page.hook("status-device").waitFor();
  assert.ok((await page.predictions(PHOTO)).every(({ label }) => NAMES.includes(label)));
  await openChoice(page);
  assert.ok(await page.hook("network-keep").isChecked());
  await siteButton(page).click();
  await inUse(page, "efficientnet_lite0");
  await page.hook("network-kept").getByTestId("network-use").click();
  await inUse(page, "resnet18");

  await page.hook("network-forget").click();
  await page.hook("network-kept").waitFor({ state: "detached" });
  assert.equal(await kept(page), 0);
  assert.equal(await page.page.evaluate(() => localStorage.getItem("lastlayer-networks")), null);
  assert.ok(!(await page.hook("network-keep").isChecked()));
  assert.equal((await page.state()).info.backbone, "resnet18", "in use it stays");
});

test("a copy that is damaged is said and forgotten, and the visit begins with the site's network", async () => {
  const page = await open();
  await openChoice(page);
  await bring(page, "resnet18.pth");
  await inUse(page, "resnet18");
  await page.hook("network-keep").check();
  await page.hook("network-kept").waitFor();
  await page.page.evaluate(async () => {
    const cache = await caches.open("lastlayer-networks");
    for (const request of await cache.keys()) await cache.put(request, new Response("something else"));
  });
  await page.page.reload();
  await page.page.locator("last-layer").scrollIntoViewIfNeeded();
  await page.hook("network-problem").waitFor();
  assert.equal(await page.hook("network-problem").getAttribute("data-code"), "network-damaged");
  await inUse(page, "efficientnet_lite0");
  await page.hook("status-device").waitFor();
  assert.equal(await page.hook("network-kept").count(), 0);
  assert.equal(await kept(page), 0);
});

test("a file that is no network leaves the old one working; one of a classifier is opened wherever it is dropped", async () => {
  const page = await open();
  await page.addFolder(path("train"), 6);
  await page.train();
  const model = await page.page.evaluate(async () => {
    const { fineTuner } = /** @type {import("../../www/element/last-layer.js").LastLayer} */ (
      document.querySelector("last-layer")
    );
    return [...new Uint8Array((await (await fineTuner?.export())?.arrayBuffer()) ?? new ArrayBuffer(0))];
  });
  await writeFile(path("model.safetensors"), Uint8Array.from(model));
  const before = await work(page);
  await drop(page, "drop-photos", [path("cut.pth")]);
  await page.hook("network-go").click();
  await page.hook("network-problem").waitFor();
  assert.equal(await page.hook("network-problem").getAttribute("data-code"), "weights-corrupt");
  assert.match(await page.hook("network-problem").innerText(), /^cut\.pth: .*damaged/);
  await inUse(page, "efficientnet_lite0");
  assert.deepEqual(await work(page), before, "the classifier is still there");
  assert.equal((await page.predictions(PHOTO)).length, 2);

  await drop(page, "drop-photos", [path("model.safetensors")]);
  await page.page.getByText("“model.safetensors” is open").waitFor();
  assert.equal((await page.state()).info.backbone, "efficientnet_lite0");
  assert.equal((await page.predictions(PHOTO)).length, 2);
});

test("while it comes nothing else begins, and a cancellation leaves everything as it was", async () => {
  const page = await open();
  await page.addFolder(path("train"), 6);
  await page.page.locator('[data-testid="train-button"]:not([disabled])').waitFor();
  const before = await work(page);
  const [asked, released] = [gate(), gate()];
  bed.site.intercept = (request, response) => {
    if (!request.url?.endsWith("imagenet_labels.txt")) return false;
    asked.open(undefined);
    return bed.site.hold(released.opened, request, response);
  };
  await openChoice(page);
  await bring(page, "resnet18.pth");
  await asked.opened;
  await page.hook("network-progress").waitFor();
  assert.ok(await page.hook("train-button").isDisabled());
  assert.ok(await page.hook("input-photos").isDisabled());
  assert.ok(await page.hook("input-network").isDisabled());
  assert.match(await page.hook("train-reasons").innerText(), /Another network is being prepared/);
  await page.hook("network-cancel").click();
  await page.hook("network-progress").waitFor({ state: "detached" });
  released.open(undefined);
  bed.site.intercept = () => false;
  assert.deepEqual(await work(page), before);
  assert.equal(await page.hook("network-problem").count(), 0);
  await page.train();
});

test("photos whose files are gone are named, and the others come along", async () => {
  const page = await open();
  await drawFolders(path("gone"), ["checks", "cross"], range(0, 2));
  await page.addFolder(path("gone"), 4);
  await rm(path("gone/cross/1.png"));
  await openChoice(page);
  await bring(page, "resnet18.pth");
  await inUse(page, "resnet18");
  assert.deepEqual((await work(page)).photos, ["checks/0.png", "checks/1.png", "cross/0.png"]);
  assert.match(await page.hook("photo-failures").innerText(), /1\.png/);
});

test("a network without classes of its own says that it has to be trained, and photos wait for that", async () => {
  const page = await open();
  await openChoice(page);
  await bring(page, "features.safetensors");
  await inUse(page, "resnet18");
  assert.equal(await page.hook("network-facts").getAttribute("data-classes"), "0");
  assert.match(await page.hook("test-model").innerText(), /no classes of its own/);
  // Before there are photos of which a first classifier could be made.
  await page.hook("input-test").setInputFiles([PHOTO]);
  await page.page.locator('[data-testid="test-waiting"][data-count="1"]').waitFor();
  assert.equal(await page.hook("problem").count(), 0);
  await page.addFolder(path("train"), 6);
  await page.train();
  await page.hook("prediction-row").first().waitFor();
  assert.equal(await page.page.locator('[data-testid="test-model"] input').count(), 0, "nobody else can answer");
});

for (const { lang, colorScheme, width } of /** @type {const} */ ([
  { lang: "en", colorScheme: "light", width: 1200 },
  { lang: "zh", colorScheme: "dark", width: 320 },
])) {
  test(`axe finds nothing and nothing is cut off: ${lang}, ${colorScheme}, ${width} pixels`, async () => {
    const page = await RealPage.open(bed, {
      path: `?lang=${lang}`,
      attributes: ATTRIBUTES,
      context: { colorScheme, reducedMotion: "reduce", hasTouch: true, viewport: { width, height: 900 } },
    });
    const look = async (/** @type {string} */ state) => {
      assert.deepEqual(await violations(page.page), [], state);
      const wider = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
      assert.equal(await page.page.evaluate(wider), 0, `${state}, the page scrolls sideways`);
      const targets = page.page
        .locator("last-layer-network-panel")
        .locator("button, summary, label:has(input), textarea");
      const sizes = await targets.evaluateAll((elements) =>
        elements
          .filter((element) => element.checkVisibility())
          .map((element) => element.getBoundingClientRect().height),
      );
      assert.ok(sizes.length >= 5 && sizes.every((height) => height >= 44), `${state}: ${sizes}`);
    };
    await page.addFolder(path("train"), 6);
    await page.train();
    await openChoice(page);
    await bring(page, "resnet18.pth");
    await page.hook("network-question").waitFor();
    await look("with the question");
    await page.hook("network-go").click();
    await inUse(page, "resnet18");
    await page.hook("network-keep").check();
    await page.hook("network-kept").waitFor();
    await page.page.locator("last-layer-network-names summary").click();
    await page.hook("names-apply").click();
    await page.hook("names-problem").waitFor();
    await bring(page, "cut.pth");
    await page.hook("network-problem").waitFor();
    await look("with a network that was brought, and a file that is none");
  });
}

test("the element takes names for the classes from the address in its attribute", async () => {
  await writeFile(path("names.txt"), NAMES.join("\n"));
  bed.site.pages["/named"] =
    `<script type="module" src="${bed.site.url}element.js"></script>` +
    `<last-layer device="cpu" backbone="/brought/resnet18.pth" labels="/brought/names.txt"></last-layer>`;
  bed.site.intercept = (request, response) => {
    if (request.url === "/brought/resnet18.pth") response.end(pth(tensors));
    else if (request.url === "/brought/names.txt") response.end(NAMES.join("\n"));
    else return false;
    return true;
  };
  const page = await bed.page(`${bed.site.origin}/named`);
  await page.locator("last-layer").scrollIntoViewIfNeeded();
  await page.getByTestId("status-device").waitFor();
  await page.getByTestId("input-test").setInputFiles([PHOTO]);
  await page.getByTestId("prediction-row").first().waitFor();
  const labels = await page
    .getByTestId("prediction-row")
    .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-label")));
  assert.equal(labels.length, 5);
  assert.ok(labels.every((label) => NAMES.includes(label ?? "")));
  bed.site.intercept = () => false;
});

/** How many files of networks the browser keeps. @param {RealPage} page */
function kept(page) {
  return page.page.evaluate(async () => {
    if (!(await caches.has("lastlayer-networks"))) return 0;
    return (await (await caches.open("lastlayer-networks")).keys()).length;
  });
}
