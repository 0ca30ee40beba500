// Many classes: a page of bounded height, and a photo that costs no more than among few. And links that are dropped,
// files that have gone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";

/** @import { LastLayer } from "../../www/element/last-layer.js" */

const bed = testBed();

/**
 * The real page over a false FineTuner that holds `classes` classes of three photos: its element shows them, and
 * nothing is downloaded or computed.
 * @param {import("playwright-core").BrowserContextOptions} context
 * @param {number} classes
 * @param {string} [language]
 */
async function pageWith(context, classes, language = "en") {
  const page = await (await bed.context({ reducedMotion: "reduce", ...context })).newPage();
  // The element never comes into view, so it does not start a FineTuner of its own.
  await page.addInitScript(() => {
    Object.assign(window, {
      IntersectionObserver: class extends IntersectionObserver {
        observe(/** @type {Element} */ element) {
          if (element.localName !== "last-layer") super.observe(element);
        }
      },
    });
  });
  await page.goto(`${bed.site.url}?lang=${language}`);
  await page.waitForFunction(() => customElements.get("last-layer"));
  await page.evaluate((count) => {
    const { session } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
    const labels = Array.from({ length: count }, (_, index) => `class ${index + 1}`);
    const blob = new Blob(['<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'], {
      type: "image/svg+xml",
    });
    const photo = (/** @type {number} */ id, /** @type {string} */ label) => ({ id, name: `${id}.png`, label, blob });
    /** @type {Record<string, any>} */
    const tuner = {
      classes: labels,
      photos: labels.flatMap((label, index) => [0, 1, 2].map((number) => photo(3 * index + number, label))),
      report: null,
      evaluation: null,
      checkpoint: null,
      stale: false,
      info: {
        device: "cpu",
        adapter: "",
        reason: "requested",
        warnings: [],
        stages: 7,
        layers: ["0"],
        sourceClasses: 1000,
      },
      trainings: 0,
      addOne: (/** @type {number} */ id, /** @type {string} */ label) =>
        (tuner.photos = [...tuner.photos, photo(id, label)]),
      async remove(/** @type {number[]} */ ids) {
        tuner.photos = tuner.photos.filter((/** @type {{ id: number }} */ { id }) => !ids.includes(id));
      },
      async train() {
        tuner.trainings += 1;
        const missing = await tuner.checkFiles();
        if (missing.length > 0) {
          const { LastLayerError } = await import(new URL("lib.js", location.href).href);
          throw new LastLayerError("photo-unreadable", "The file of a photo has changed.", {
            id: missing[0].id,
            name: missing[0].name,
            count: missing.length,
          });
        }
      },
      checkFiles: async () => tuner.photos.filter((/** @type {{ id: number }} */ { id }) => id === 1 || id === 4),
      close() {},
    };
    Object.assign(window, { tuner });
    session.tuner = /** @type {any} */ (tuner);
    session.starting = Promise.resolve(/** @type {any} */ (tuner));
    session.loading = { state: "ready", bytes: null, device: tuner.info, problem: null, restarted: false };
    session.changed();
  }, classes);
  await page
    .getByTestId("class-card")
    .nth(classes - 1)
    .waitFor({ state: "attached" });
  return page;
}

for (const { name, viewport, most } of [
  { name: "1280 × 800", viewport: { width: 1280, height: 800 }, most: 4000 },
  { name: "a phone", viewport: { width: 390, height: 844 }, most: 6000 },
]) {
  test(`300 classes on ${name}: the page is no higher than ${most} pixels, and the classes scroll in a pane that the keyboard reaches`, async () => {
    const page = await pageWith({ viewport }, 300);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    assert.ok(height < most, `${height} pixels`);
    const pane = page.getByRole("region", { name: "Classes", exact: true });
    assert.equal(await pane.getAttribute("tabindex"), "0");
    assert.ok(await pane.evaluate((element) => element.scrollHeight > 2 * element.clientHeight), "it scrolls");
    assert.deepEqual(await violations(page), []);
  });
}

test("of 300 classes those near the sight have their photos drawn, and the others when they come there", async () => {
  const page = await pageWith({ viewport: { width: 1280, height: 800 } }, 300);
  const card = (/** @type {number} */ index) => page.getByTestId("class-card").nth(index);
  await card(0).locator(".photo").nth(2).waitFor();
  const drawn = await page.getByTestId("class-card").locator(".photo").count();
  assert.ok(drawn < 300, `${drawn} photos of 900 are drawn`);
  assert.equal(await card(299).locator(".photo").count(), 0);
  assert.equal(
    await card(299).getByTestId("class-name").inputValue(),
    "class 300",
    "it can be found and read all the same",
  );
  await card(299).scrollIntoViewIfNeeded();
  await card(299).locator(".photo").nth(2).waitFor();
  await card(0).scrollIntoViewIfNeeded();
  assert.equal(await card(0).locator(".photo").count(), 3, "what was drawn stays");
});

test("a photo that joins one of 300 classes has one card drawn again", async () => {
  const page = await pageWith({}, 300);
  const drawn = await page.evaluate(async () => {
    const { session, renderRoot } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
    const panel = /** @type {import("lit").LitElement} */ (
      /** @type {ParentNode} */ (renderRoot).querySelector("last-layer-photos-panel")
    );
    const cards = [...panel.renderRoot.querySelectorAll("last-layer-class-card")];
    /** @type {(string | null)[]} */ const seen = [];
    for (const card of /** @type {any[]} */ (cards)) {
      const { updated } = card;
      card.updated = (/** @type {unknown} */ changed) => {
        seen.push(card.getAttribute("data-label"));
        updated.call(card, changed);
      };
    }
    /** @type {any} */ (window).tuner.addOne(5000, "class 7");
    session.changed();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return seen;
  });
  assert.deepEqual(drawn, ["class 7"]);
});

test("after a training of seven classes there is one score; top-5 stands beside it from ten classes on", async () => {
  const page = await pageWith({}, 2);
  const shown = await page.evaluate(async () => {
    const { language } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
    const scores = async (/** @type {number} */ classes, /** @type {number} */ top1, /** @type {number} */ top5) => {
      const result = /** @type {any} */ (document.createElement("last-layer-training-result"));
      const val = { loss: 0.1, top1, top5, count: 20 };
      const report = {
        classes: Array.from({ length: classes }, String),
        trainImages: 80,
        heldOut: 20,
        heldOutLookAlikes: 0,
        neverHeldOut: [],
        epochs: 5,
        epochsTried: 9,
        epochsChosen: true,
        stoppedEarly: false,
        val,
        train: val,
        overfitting: null,
        seconds: 1,
        reduced: null,
      };
      document.body.append(Object.assign(result, { language, report }));
      await result.updateComplete;
      return result.renderRoot.querySelectorAll("dd").length;
    };
    return [await scores(7, 1, 1), await scores(7, 0.8, 1), await scores(12, 0.8, 0.95)];
  });
  assert.deepEqual(shown, [1, 1, 2]);
});

/**
 * Drags something without a file over a place and lets it go; tells whether the page took it from the browser.
 * @param {import("playwright-core").Page} page
 * @param {string} selector
 * @param {Record<string, string>} data
 */
function dropText(page, selector, data) {
  return page
    .locator(selector)
    .first()
    .evaluate((target, given) => {
      const transfer = new DataTransfer();
      for (const [type, value] of Object.entries(given)) transfer.setData(type, value);
      return ["dragover", "drop"].map(
        (type) =>
          !target.dispatchEvent(
            new DragEvent(type, { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }),
          ),
      );
    }, data);
}

const IMAGE_LINK = {
  "text/uri-list": "https://example.org/cat.jpg",
  "text/html": '<img src="https://example.org/cat.jpg">',
};

for (const [language, words] of /** @type {const} */ ([
  ["en", /Save the image on this device/],
  ["zh", /保存到本机/],
])) {
  test(`an image dragged out of another page opens nothing, and what to do is said at once: ${language}`, async () => {
    const page = await pageWith({}, 2, language);
    for (const place of ["[data-testid=drop-photos]", "[data-testid=class-card]", "[data-testid=drop-test]"]) {
      assert.deepEqual(await dropText(page, place, IMAGE_LINK), [true, true], place);
    }
    const notices = page.getByTestId("drop-link");
    assert.equal(await notices.count(), 2, "one in each panel");
    assert.equal(await notices.first().getAttribute("role"), "alert");
    assert.match(await notices.first().innerText(), words);
    assert.deepEqual(await violations(page), []);
    await notices.first().getByRole("button").click();
    assert.equal(await notices.count(), 1);
  });
}

test("beside the element a link is refused as well; text for a class name is the text field's", async () => {
  const page = await pageWith({}, 2);
  assert.deepEqual(await dropText(page, "h1", IMAGE_LINK), [true, true]);
  assert.deepEqual(await dropText(page, "last-layer header", { "text/plain": "daisy" }), [true, true]);
  assert.deepEqual(await dropText(page, "[data-testid=class-name]", { "text/plain": "daisy" }), [false, false]);
  assert.deepEqual(await dropText(page, "[data-testid=class-name]", IMAGE_LINK), [false, false]);
  assert.equal(await page.getByTestId("drop-link").count(), 0);
});

test("where the browser hands over the dragged image as a file, it is taken", async () => {
  const page = await pageWith({}, 2);
  const files = await page.getByTestId("drop-photos").evaluate(async (target) => {
    const { session } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
    /** @type {string[]} */ const names = [];
    session.collection.add = async (/** @type {any} */ incoming) =>
      void names.push(...incoming.files.map((/** @type {any} */ { file }) => file.name));
    const transfer = new DataTransfer();
    transfer.setData("text/uri-list", "https://example.org/cat.jpg");
    transfer.items.add(new File(["x"], "cat.jpg", { type: "image/jpeg" }));
    target.dispatchEvent(
      new DragEvent("drop", { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    return names;
  });
  assert.deepEqual(files, ["cat.jpg"]);
  assert.equal(await page.getByTestId("drop-link").count(), 0);
});

test("photos whose files have gone are named; without them the same training begins again", async () => {
  for (const language of ["en", "zh"]) {
    const page = await pageWith({}, 3, language);
    await page.getByTestId("train-button").click();
    const notice = page.getByTestId("unreadable-photos");
    await notice.waitFor();
    assert.match(await notice.innerText(), /1\.png.*4\.png/);
    assert.deepEqual(await violations(page), []);
    assert.ok(await notice.evaluate((element) => element.matches(":focus")), "the question has the focus");
    await page.getByTestId("unreadable-keep").click();
    await notice.waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => /** @type {any} */ (window).tuner.photos.length), 9, "kept");
    await page.getByTestId("train-button").click();
    await page.getByTestId("unreadable-remove").click();
    await page.waitForFunction(() => /** @type {any} */ (window).tuner.trainings === 3);
    assert.deepEqual(
      await page.evaluate(() => /** @type {any} */ (window).tuner.photos.map((/** @type {any} */ { id }) => id)),
      [0, 2, 3, 5, 6, 7, 8],
    );
    assert.equal(await notice.count(), 0);
  }
});
