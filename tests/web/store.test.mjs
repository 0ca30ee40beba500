// What the page keeps in the browser: everything is there again after a reload, a crash or a killed tab, and where
// something cannot be kept or read, the page says so, works on, and loses nothing of what was kept before.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";
import { drawFolders, drawn, range } from "./support/drawn.mjs";
import { RealPage } from "./support/page.mjs";

/** @import { BrowserContext, Page } from "playwright-core" */
/** @import { LastLayer } from "../../www/element/last-layer.js" */

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-store-"));
before(async () => {
  await drawFolders(join(folder, "small"), ["stripes", "discs"], range(0, 6));
  await drawFolders(join(folder, "more"), ["stripes", "discs"], range(20, 2));
});
after(() => rm(folder, { recursive: true }));

const HEAD = { device: "cpu", regime: "head", augment: "0", epochs: "8" };

/** @param {string} kind @param {number} number */
const file = (kind, number) => ({ name: `${kind}-${number}.png`, mimeType: "image/png", buffer: drawn(kind, number) });

/** A page of one browser, as a later visit is. */
class Visit extends RealPage {
  /**
   * @param {BrowserContext} context
   * @param {{
   *   attributes?: Record<string, string>,
   *   path?: string,
   *   before?: (page: Page) => Promise<unknown>,
   * }} [options]
   */
  static async to(context, { attributes = HEAD, path = "?lang=en", before: prepare = async () => {} } = {}) {
    const page = await context.newPage();
    const visit = new Visit(page);
    await prepare(page);
    await page.addInitScript((given) => {
      new MutationObserver((_, observer) => {
        const element = document.querySelector("last-layer");
        if (!element) return;
        for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
        observer.disconnect();
      }).observe(document, { childList: true, subtree: true });
    }, attributes);
    await page.goto(bed.site.url + path);
    await visit.ready();
    return visit;
  }

  async ready() {
    await this.page.locator("last-layer").scrollIntoViewIfNeeded();
    await this.page.waitForFunction(() => {
      const line = document
        .querySelector("last-layer")
        ?.shadowRoot?.querySelector("last-layer-projects-panel")
        ?.shadowRoot?.querySelector("[data-testid=project-line]");
      return line && line.getAttribute("data-state") !== "opening" && line.getAttribute("data-name") !== "";
    });
  }

  async reload() {
    await this.page.reload();
    await this.ready();
  }

  /** @param {string} state @param {number} [photos] */
  async line(state, photos) {
    const count = photos === undefined ? "" : `[data-photos="${photos}"]`;
    await this.page.locator(`[data-testid="project-line"][data-state="${state}"]${count}`).waitFor();
  }

  /** Everything that is to be the same at a later visit. */
  work() {
    return this.page.evaluate(async () => {
      const { fineTuner } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
      if (!fineTuner) throw new Error("the element has not started");
      const { photos, classes, report, stale, evaluation, checkpoint } = fineTuner;
      const canvas = new OffscreenCanvas(96, 96);
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
      context.fillStyle = "#d33";
      context.fillRect(10, 30, 70, 20);
      const picture = context.getImageData(0, 0, 96, 96);
      const hashes = await Promise.all(
        photos.map(async ({ blob }) => {
          const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
          return [...new Uint8Array(hash)].slice(0, 6).join(".");
        }),
      );
      const model = await fineTuner.export().catch(() => null);
      return {
        photos: photos.map(({ id, name, label }, index) => ({ id, name, label, hash: hashes[index] })),
        classes,
        report,
        stale,
        evaluation,
        answer: await fineTuner.answer(picture),
        model: model && (await model.arrayBuffer()).byteLength,
        checkpoint: checkpoint && checkpoint.size,
      };
    });
  }

  /** What the project line, its notices and problems say. */
  async told() {
    const codes = await this.page
      .locator("[data-testid=project-notice], [data-testid=project-problem]")
      .evaluateAll((notices) => notices.map((notice) => notice.getAttribute("data-code")));
    return codes.sort();
  }

  /** @param {string} name */
  row(name) {
    return this.page.locator(`[data-testid="project"][data-name="${name}"]`);
  }
}

/** An empty page of the site's origin, to look at what is kept. @param {BrowserContext} context */
async function beside(context) {
  const page = await context.newPage();
  await page.goto(`${bed.site.origin}/blank`);
  return page;
}

/** Numbers of a photo's features: of all that the output layer sees, and four that say of which weights. */
const FEATURES = 3968 + 4;

/** Every file that is kept but for features, which come when they are read, with its bytes. @param {Page} page */
async function filesIn(page) {
  const files = Object.entries(await allFilesIn(page));
  return Object.fromEntries(files.filter(([, bytes]) => bytes !== 2 * FEATURES));
}

/** Every file, with its bytes. @param {Page} page */
function allFilesIn(page) {
  return page.evaluate(async () => {
    /** @type {Record<string, number>} */ const found = {};
    /** @param {FileSystemDirectoryHandle} directory @param {string} path */
    const walk = async (directory, path) => {
      for await (const [name, handle] of directory.entries()) {
        if (handle.kind === "file")
          found[path + name] = (await /** @type {FileSystemFileHandle} */ (handle).getFile()).size;
        else await walk(/** @type {FileSystemDirectoryHandle} */ (handle), `${path}${name}/`);
      }
    };
    await walk(await navigator.storage.getDirectory(), "");
    return found;
  });
}

/**
 * All entries of the index.
 * @param {Page} page
 * @returns {Promise<{ projects: any[], photos: any[] }>}
 */
function entriesIn(page) {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("lastlayer");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const transaction = opening.result.transaction(["projects", "photos"]);
          const projects = transaction.objectStore("projects").getAll();
          const photos = transaction.objectStore("photos").getAll();
          transaction.oncomplete = () => {
            opening.result.close();
            resolve({ projects: projects.result, photos: photos.result });
          };
        };
      }),
  );
}

/** @param {Page} page @param {any} record  In place of the project of its id. */
function putProject(page, record) {
  return page.evaluate(
    (changed) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("lastlayer");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const transaction = opening.result.transaction("projects", "readwrite");
          transaction.objectStore("projects").put(changed);
          transaction.oncomplete = () => {
            opening.result.close();
            resolve(undefined);
          };
        };
      }),
    record,
  );
}

test("after a reload everything is there again, and answers as before", async () => {
  const visit = await Visit.to(await bed.context());
  await visit.line("empty");
  await visit.addFolder(join(folder, "small"), 12);
  await visit.line("kept", 12);
  await visit.train();
  await visit.page.evaluate(async () => {
    const { fineTuner } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
    await fineTuner?.rename("discs", "circles");
  });
  await visit.hook("evaluate-button").click();
  await visit.page.waitForFunction(
    () => /** @type {LastLayer} */ (document.querySelector("last-layer")).fineTuner?.evaluation != null,
  );
  await visit.line("kept", 12);
  const judged = await visit.work();
  await visit.page.locator("last-layer-curves canvas").first().waitFor();
  const curves = await visit.page.locator("last-layer-curves canvas").count();
  assert.ok(curves > 0);
  await visit.reload();
  assert.deepEqual(await visit.work(), judged);
  assert.equal(judged.stale, false);
  await visit.page
    .locator("last-layer-curves canvas")
    .nth(curves - 1)
    .waitFor();
  assert.ok(await visit.hook("report-explanation").isVisible());

  // A photo moved, one removed, an empty class: the classifier is as it was, and behind.
  await visit.page.evaluate(async () => {
    const { fineTuner } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
    const [first, second] = fineTuner?.photos ?? [];
    await fineTuner?.move([Number(first?.id)], "stripes");
    await fineTuner?.remove([Number(second?.id)]);
    await fineTuner?.addClass("none yet");
  });
  await visit.line("kept", 11);
  const changed = await visit.work();
  assert.equal(changed.stale, true);
  assert.equal(changed.evaluation, null);
  assert.deepEqual(changed.classes, ["circles", "stripes", "none yet"]);
  await visit.reload();
  assert.deepEqual(await visit.work(), changed);
  assert.deepEqual(await visit.told(), []);
  // What the page showed of the evaluation is still shown, as of photos that have changed since.
  assert.ok((await visit.hook("confusion-matrix").count()) > 0);
  assert.deepEqual(visit.complaints, []);
});

test("what was read in photos is not read again at a later visit", async () => {
  const context = await bed.context();
  const look = await beside(context);
  const visit = await Visit.to(context);
  await visit.addFolder(join(folder, "small"), 12);
  const kept = async () => {
    const { photos } = await entriesIn(look);
    return photos.flatMap(({ features }) => features ?? []);
  };
  for (const until = Date.now() + 60_000; (await kept()).length < 12 && Date.now() < until;)
    await look.waitForTimeout(100);
  const names = await kept();
  assert.equal(names.length, 12);
  const sizes = Object.entries(await allFilesIn(look)).filter(([path]) => names.some((name) => path.endsWith(name)));
  assert.deepEqual(new Set(sizes.map(([, size]) => size)), new Set([2 * FEATURES]));

  await visit.reload();
  await visit.page.locator('[data-testid="provisional"][data-photos="12"]').waitFor();
  await visit.train();
  const first = await visit.work();
  assert.equal(first.report?.photosRead, 0, "nothing is embedded again");
  await visit.line("kept", 12);

  // One of them is damaged, one of other weights.
  await look.evaluate(
    async ([cut, other]) => {
      /** @param {FileSystemDirectoryHandle} directory */
      const walk = async (directory) => {
        for await (const handle of directory.values()) {
          if (handle instanceof FileSystemDirectoryHandle) await walk(handle);
          else if (handle instanceof FileSystemFileHandle && (handle.name === cut || handle.name === other)) {
            const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
            bytes[0] = (bytes[0] ?? 0) ^ 1;
            const stream = await handle.createWritable();
            await stream.write(handle.name === cut ? bytes.subarray(0, 101) : bytes);
            await stream.close();
          }
        }
      };
      await walk(await navigator.storage.getDirectory());
    },
    names.slice(0, 2),
  );
  await visit.reload();
  assert.deepEqual(await visit.work(), first);
  await visit.train();
  const second = await visit.work();
  assert.equal(second.report?.photosRead, 2);
  assert.deepEqual(second.report?.history, first.report?.history, "and the training is the same");
  assert.deepEqual(visit.complaints, []);
});

test("a training that was paused goes on after a reload", async () => {
  const attributes = { device: "cpu", "last-stages": "1", augment: "0", epochs: "6", "batch-size": "4" };
  const visit = await Visit.to(await bed.context(), { attributes });
  await visit.addFolder(join(folder, "small"), 12);
  await visit.page.locator('[data-testid="train-button"]:not([disabled])').click();
  await visit.hook("train-pause").click();
  await visit.hook("train-resume").waitFor();
  await visit.line("kept", 12);
  const paused = await visit.work();
  assert.ok(paused.checkpoint);
  await visit.reload();
  assert.deepEqual(await visit.work(), paused);
  await visit.hook("train-resume").click();
  await visit.hook("report-explanation").waitFor();
  const { report, checkpoint } = await visit.work();
  assert.equal(report?.config.lastStages, 1);
  assert.equal(checkpoint, null);
  await visit.line("kept", 12);
  await visit.reload();
  assert.deepEqual((await visit.work()).report, report);
});

test("a second tab says that it keeps nothing, and leaves the first one's project alone", async () => {
  const context = await bed.context();
  const first = await Visit.to(context);
  await first.addFolder(join(folder, "small"), 12);
  await first.line("kept", 12);
  const second = await Visit.to(context);
  await second.line("elsewhere");
  assert.deepEqual(await second.told(), ["elsewhere"]);
  assert.equal((await second.state()).photos.length, 12, "it shows what there is");
  await second.addFolder(join(folder, "more"), 16);
  await second.page.waitForTimeout(500);
  await first.page.bringToFront();
  await first.addFolder(join(folder, "more"), 16);
  await first.line("kept", 16);
  await second.page.close();
  await first.reload();
  await first.line("kept", 16);
  assert.deepEqual(first.complaints, []);
});

test("projects: begun, renamed, duplicated, opened, deleted with all their bytes", async () => {
  const context = await bed.context();
  const visit = await Visit.to(context);
  await visit.addFolder(join(folder, "small"), 12);
  await visit.train();
  await visit.line("kept", 12);
  const flowers = await visit.work();
  await visit.hook("projects-toggle").click();
  await visit.row("Project 1").getByTestId("project-rename").click();
  await visit.hook("project-new-name").fill("Stripes & discs");
  await visit.page.keyboard.press("Enter");
  await visit.row("Stripes & discs").waitFor();
  await visit.row("Stripes & discs").getByTestId("project-duplicate").click();
  await visit.row("Stripes & discs (copy)").waitFor();
  assert.deepEqual(await violations(visit.page), []);

  await visit.hook("project-new").click();
  await visit.line("empty", 0);
  const { photos, report, classes } = await visit.work();
  assert.deepEqual({ photos, report, classes }, { photos: [], report: null, classes: [] });
  await visit.addFolder(join(folder, "more"), 4);
  await visit.line("kept", 4);
  const looker = await beside(context);
  const three = await filesIn(looker);

  // It is the one that is open next time.
  await visit.reload();
  await visit.line("kept", 4);
  await visit.hook("projects-toggle").click();
  await visit.row("Stripes & discs (copy)").getByTestId("project-delete").click();
  await visit.hook("project-confirm-keep").click();
  await visit.row("Stripes & discs (copy)").getByTestId("project-open").click();
  await visit.line("kept", 12);
  assert.deepEqual(await visit.work(), flowers, "the copy is what was copied");

  await visit.row("Stripes & discs").getByTestId("project-delete").click();
  await visit.hook("project-confirm-delete").click();
  await visit.row("Stripes & discs").waitFor({ state: "detached" });
  assert.deepEqual((await visit.work()).photos, flowers.photos, "the copy has files of its own");
  const two = await filesIn(looker);
  const sum = (/** @type {Record<string, number>} */ files) => Object.values(files).reduce((a, b) => a + b, 0);
  const copied = (await entriesIn(looker)).projects.find(({ name }) => name === "Stripes & discs (copy)");
  assert.equal(sum(three) - sum(two), copied.bytes, "its bytes are free again");

  // The open one can be deleted too: an empty one takes its place.
  await visit.row("Stripes & discs (copy)").getByTestId("project-delete").click();
  await visit.hook("project-confirm-delete").click();
  await visit.line("empty", 0);
  await visit.row("Stripes & discs (copy)").waitFor({ state: "detached" });
  const { projects, photos: entries } = await entriesIn(looker);
  assert.deepEqual(
    projects.map(({ photos: count }) => count),
    [4],
  );
  assert.equal(entries.length, 4);
  assert.equal(Object.keys(await filesIn(looker)).length, 4);
  assert.deepEqual(visit.complaints, []);
});

test("a full disk: what fits is kept, the page says what is not, and keeps it when there is space again", async () => {
  const context = await bed.context();
  const visit = await Visit.to(context);
  await visit.addFolder(join(folder, "small"), 12);
  await visit.line("kept", 12);
  const devtools = await context.newCDPSession(visit.page);
  const { usage } = await visit.page.evaluate(async () => ({ usage: (await navigator.storage.estimate()).usage ?? 0 }));
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: bed.site.origin, quotaSize: usage + 1000 });
  await visit.addFolder(join(folder, "more"), 16);
  await visit.line("full");
  assert.deepEqual(await visit.told(), ["full"]);
  assert.ok((await visit.predictions(file("discs", 300))).length > 0, "it works on");
  const reopened = await Visit.to(context);
  assert.ok((await reopened.state()).photos.length >= 12, "what was kept is there");
  await reopened.page.close();

  await devtools.send("Storage.overrideQuotaForOrigin", { origin: bed.site.origin });
  await visit.hook("projects-retry").click();
  await visit.line("kept", 16);
  await visit.reload();
  await visit.line("kept", 16);
});

test("storage that is denied: said in words, and everything works", async () => {
  const before = (/** @type {Page} */ page) =>
    page.addInitScript(() => {
      const denied = () => Promise.reject(new DOMException("denied by the test", "SecurityError"));
      Object.defineProperty(StorageManager.prototype, "getDirectory", { value: denied });
    });
  const page = await (await bed.context()).newPage();
  const visit = new Visit(page);
  await before(page);
  await page.goto(`${bed.site.url}?lang=en`);
  await page.locator("last-layer").evaluate((element, given) => {
    for (const [name, value] of Object.entries(given)) element.setAttribute(name, value);
  }, HEAD);
  await page.locator("last-layer").scrollIntoViewIfNeeded();
  await visit.line("denied");
  assert.deepEqual(await visit.told(), ["denied"]);
  await visit.addFolder(join(folder, "small"), 12);
  await visit.train();
  await visit.line("denied");
  assert.deepEqual(visit.complaints, []);
});

test("a frame without an origin keeps nothing and works; an element without persist writes nothing", async () => {
  bed.site.pages["/element"] =
    `<script type="module" src="/some/where/element.js"></script><last-layer persist loading="eager" lang="en" device="cpu"></last-layer>`;
  bed.site.pages["/frame"] = `<iframe sandbox="allow-scripts" src="/element" width="900" height="900"></iframe>`;
  bed.site.pages["/plain"] =
    `<script type="module" src="/some/where/element.js"></script><last-layer loading="eager" lang="en" device="cpu"></last-layer>`;
  const context = await bed.context();
  const page = await context.newPage();
  await page.goto(`${bed.site.origin}/frame`);
  const frame = page.frameLocator("iframe");
  await frame.locator('[data-testid="project-problem"][data-code="denied"]').waitFor();
  await frame.getByTestId("status-device").waitFor();

  const plain = new Visit(await context.newPage());
  await plain.page.goto(`${bed.site.origin}/plain`);
  await plain.hook("status-device").waitFor();
  await plain.addFolder(join(folder, "small"), 12);
  assert.equal(await plain.hook("project-line").count(), 0);
  const kept = await plain.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  assert.deepEqual(kept, []);
  assert.deepEqual(await filesIn(plain.page), {});
});

test("a browser that writes files in workers alone keeps them too", async () => {
  const context = await bed.context();
  const before = (/** @type {Page} */ page) =>
    page.addInitScript(() => {
      if (typeof FileSystemFileHandle !== "undefined")
        Reflect.deleteProperty(FileSystemFileHandle.prototype, "createWritable");
    });
  const visit = await Visit.to(context, { before });
  await visit.addFolder(join(folder, "small"), 12);
  await visit.train();
  await visit.line("kept", 12);
  const work = await visit.work();
  await visit.reload();
  assert.deepEqual(await visit.work(), work);
  await visit.hook("projects-toggle").click();
  await visit.row("Project 1").getByTestId("project-duplicate").click();
  await visit.row("Project 1 (copy)").getByTestId("project-open").click();
  await visit.page.locator('[data-testid="project-line"][data-state="kept"][data-name="Project 1 (copy)"]').waitFor();
  assert.deepEqual(await visit.work(), work);
});

for (const { lang, colorScheme, width } of /** @type {const} */ ([
  { lang: "en", colorScheme: "light", width: 1200 },
  { lang: "zh", colorScheme: "dark", width: 320 },
])) {
  test(`axe finds nothing and nothing is cut off: ${lang}, ${colorScheme}, ${width} pixels`, async () => {
    const context = await bed.context({
      colorScheme,
      reducedMotion: "reduce",
      hasTouch: true,
      viewport: { width, height: 900 },
    });
    let asked = 0;
    await context.exposeFunction("askedToPersist", () => (asked += 1));
    const before = (/** @type {Page} */ page) =>
      page.addInitScript(() => {
        StorageManager.prototype.persist = async () => /** @type {any} */ (window).askedToPersist() && false;
      });
    const visit = await Visit.to(context, { path: `?lang=${lang}`, before });
    const look = async (/** @type {string} */ state) => {
      assert.deepEqual(await violations(visit.page), [], state);
      const wider = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
      assert.equal(await visit.page.evaluate(wider), 0, `${state}, the page scrolls sideways`);
      const targets = visit.page.locator("last-layer-projects-panel").locator("button, input");
      const heights = await targets.evaluateAll((elements) =>
        elements.map((element) => element.getBoundingClientRect().height),
      );
      assert.ok(heights.length > 0 && heights.every((height) => height >= 44), `${state}: ${heights}`);
    };
    await look("with nothing in it");
    await visit.addFolder(join(folder, "more"), 4);
    await visit.line("kept", 4);
    assert.equal(asked, 1, "the browser was asked to keep it for good");
    await visit.hook("projects-toggle").click();
    const row = visit.page.getByTestId("project");
    await row.waitFor();
    assert.ok(Number(await visit.hook("storage-meter").getAttribute("data-quota")) > 1e6);
    await look("with the list");
    // By keyboard: the focus follows, and comes back.
    await row.getByTestId("project-rename").focus();
    await visit.page.keyboard.press("Enter");
    const focused = () =>
      visit.page.evaluate(() => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        return element?.getAttribute("data-testid");
      });
    assert.equal(await focused(), "project-new-name");
    await look("with a new name");
    await visit.page.keyboard.press("Escape");
    assert.equal(await focused(), "projects-toggle");
    await row.getByTestId("project-delete").focus();
    await visit.page.keyboard.press("Enter");
    assert.equal(await focused(), "project-confirm-keep");
    await look("with the question");
    await visit.page.keyboard.press("Enter");
    const second = await Visit.to(context, { path: `?lang=${lang}`, before });
    await second.line("elsewhere");
    await second.page.close();
    await visit.reload();
    await visit.addFolder(join(folder, "small"), 16);
    await visit.line("kept", 16);
    assert.equal(asked, 1, "once");
  });
}

test("a space of its own has projects of its own", async () => {
  const context = await bed.context();
  const visit = await Visit.to(context, { attributes: { ...HEAD, persist: "lesson 1/a" } });
  await visit.addFolder(join(folder, "more"), 4);
  await visit.line("kept", 4);
  const other = await Visit.to(context);
  await other.line("empty", 0);
  await visit.reload();
  await visit.line("kept", 4);
});

test("a store of a newer version is left as it is", async () => {
  const context = await bed.context();
  const looker = await beside(context);
  await looker.evaluate(
    () =>
      new Promise((resolve) => {
        const opening = indexedDB.open("lastlayer", 99);
        opening.onupgradeneeded = () => opening.result.createObjectStore("tomorrow").put("precious", "key");
        opening.onsuccess = () => resolve(opening.result.close());
      }),
  );
  const page = await context.newPage();
  const visit = new Visit(page);
  await page.goto(`${bed.site.url}?lang=en`);
  await page.locator("last-layer").scrollIntoViewIfNeeded();
  await visit.line("newer");
  await visit.addFolder(join(folder, "small"), 12);
  assert.deepEqual(await visit.told(), ["newer"]);
  const [version, value] = await looker.evaluate(
    () =>
      new Promise((resolve) => {
        const opening = indexedDB.open("lastlayer");
        opening.onsuccess = () => {
          const asked = opening.result.transaction("tomorrow").objectStore("tomorrow").get("key");
          asked.onsuccess = () => resolve([opening.result.version, asked.result]);
        };
      }),
  );
  assert.deepEqual([version, value], [99, "precious"]);
});

test("a newer version that comes while the page is open may change the store; the page says that it keeps nothing now", async () => {
  const context = await bed.context();
  const visit = await Visit.to(context);
  await visit.addFolder(join(folder, "more"), 4);
  await visit.line("kept", 4);
  const looker = await beside(context);
  await looker.evaluate(
    () =>
      new Promise((resolve) => {
        const opening = indexedDB.open("lastlayer", 99);
        opening.onsuccess = () => resolve(opening.result.close());
      }),
  );
  await visit.page.bringToFront();
  await visit.line("newer");
  await visit.addFolder(join(folder, "small"), 16);
  assert.equal((await filesIn(looker).then(Object.keys)).length, 4);
});

test("damaged and missing files: the rest opens, and nothing that could not be read is touched", async () => {
  const context = await bed.context();
  const visit = await Visit.to(context);
  await visit.addFolder(join(folder, "small"), 12);
  await visit.train();
  await visit.line("kept", 12);
  await visit.page.close();
  const looker = await beside(context);
  const { projects, photos } = await entriesIn(looker);
  const [project] = projects;
  const [gone, short] = photos;
  await looker.evaluate(
    async ({ id, goneFile, shortFile, model, bytes }) => {
      const root = await navigator.storage.getDirectory();
      const ours = await (await root.getDirectoryHandle("lastlayer")).getDirectoryHandle("space-");
      const files = await ours.getDirectoryHandle(id);
      await files.removeEntry(goneFile);
      /** @param {string} name @param {Uint8Array<ArrayBuffer>} content */
      const write = async (name, content) => {
        const stream = await (await files.getFileHandle(name)).createWritable();
        await stream.write(content);
        await stream.close();
      };
      await write(shortFile, new Uint8Array(10));
      await write(model, new Uint8Array(bytes));
    },
    {
      id: project.id,
      goneFile: gone.file,
      shortFile: short.file,
      model: project.model.file,
      bytes: project.model.bytes,
    },
  );
  const again = await Visit.to(context);
  assert.deepEqual(await again.told(), ["missing"]);
  const said = await again.hook("project-notice").innerText();
  assert.match(said, /2 photos/);
  assert.match(said, /classifier is damaged/);
  const opened = await again.work();
  assert.equal(opened.photos.length, 10);
  assert.equal(opened.report, null);
  // More work, and another visit: what could not be read still lies there.
  await again.addFolder(join(folder, "more"), 14);
  await again.train();
  await again.page.waitForTimeout(500);
  await again.reload();
  assert.equal((await again.state()).photos.length, 14);
  const after = await entriesIn(looker);
  assert.equal(after.photos.length, 16, "their entries too");
  const names = Object.keys(await filesIn(looker)).map((path) => path.split("/").at(-1));
  for (const name of [short.file, project.model.file]) assert.ok(names.includes(name), `${name} was not removed`);
});

test("an entry that cannot be understood, or of a newer version, is left alone, and a new project is begun", async () => {
  for (const [changes, code] of /** @type {[any, string][]} */ ([
    [{ classes: 5 }, "damaged"],
    [{ format: 2 }, "newer"],
  ])) {
    const context = await bed.context();
    const visit = await Visit.to(context);
    await visit.addFolder(join(folder, "more"), 4);
    await visit.line("kept", 4);
    await visit.page.close();
    const looker = await beside(context);
    const [project] = (await entriesIn(looker)).projects;
    await putProject(looker, { ...project, ...changes });
    const files = await filesIn(looker);
    const again = await Visit.to(context);
    assert.deepEqual(await again.told(), [code]);
    await again.addFolder(join(folder, "small"), 12);
    await again.line("kept", 12);
    await again.reload();
    await again.line("kept", 12);
    const { projects } = await entriesIn(looker);
    assert.deepEqual(
      projects.find(({ id }) => id === project.id),
      { ...project, ...changes },
    );
    const now = await filesIn(looker);
    for (const [path, bytes] of Object.entries(files)) assert.equal(now[path], bytes, path);
  }
});

test("a project belongs to its network: opened again with it, or the page says which one it lacks", async () => {
  const context = await bed.context();
  const visit = await Visit.to(context);
  await visit.hook("network-toggle").click();
  await visit.page
    .locator('[data-testid="network-site"][data-network="efficientnet_lite1"]')
    .getByTestId("network-use")
    .click();
  await visit.page.locator('[data-testid="network-name"][data-network="efficientnet_lite1"]').waitFor();
  await visit.addFolder(join(folder, "small"), 12);
  await visit.train();
  await visit.line("kept", 12);
  const work = await visit.work();
  await visit.reload();
  assert.equal((await visit.state()).info.backbone, "efficientnet_lite1");
  assert.deepEqual(await visit.work(), work);
  await visit.page.close();

  const looker = await beside(context);
  const [project] = (await entriesIn(looker)).projects;
  await putProject(looker, { ...project, network: { kind: "file", key: "mine.pth", name: "mine.pth" } });
  const without = await Visit.to(context);
  assert.deepEqual(await without.told(), ["network"]);
  assert.match(await without.hook("project-notice").innerText(), /mine\.pth/);
  await without.addFolder(join(folder, "more"), 4);
  await without.line("kept", 4);
  assert.equal((await entriesIn(looker)).projects.length, 2);
  await without.hook("projects-toggle").click();
  await without.row("Project 1").getByTestId("project-open").click();
  await without.page.locator('[data-testid="project-notice"][data-code="network"]').waitFor();
  await without.line("kept", 4);
});

/** @param {number} seed */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("twenty crashes while adding, training and saving: what was announced as kept is there every time", async () => {
  const random = randomNumbers(20261130);
  const context = await bed.context();
  /** What the page had announced before it died. */
  let kept = { photos: 0, checkpoint: false };
  let number = 0;
  /** @type {string[]} */ const added = [];
  const moments = { adding: 0, training: 0, saving: 0 };
  let midway = () => {};
  let continued = 0;
  for (let crash = 0; crash < 20; crash += 1) {
    const visit = await Visit.to(context, {
      attributes: { device: "cpu", "last-stages": "1", augment: "0", epochs: "400", "batch-size": "4" },
      before: async (page) => {
        await page.exposeFunction("heard", (/** @type {typeof kept} */ now) => (kept = now));
        await page.exposeFunction("midway", () => midway());
        // Tells when a file, or an entry of the index, is about to be written for the nth time.
        await page.addInitScript(() => {
          const told = { file: 0, entry: 0 };
          const tell = (/** @type {"file" | "entry"} */ what) => {
            const here = /** @type {any} */ (window);
            if (here.moment?.what === what && ++told[what] === here.moment.count) void here.midway();
          };
          const { createWritable } = FileSystemFileHandle.prototype;
          FileSystemFileHandle.prototype.createWritable = function (...given) {
            tell("file");
            return createWritable.apply(this, given);
          };
          const { put } = IDBObjectStore.prototype;
          IDBObjectStore.prototype.put = function (...given) {
            tell("entry");
            return put.apply(this, given);
          };
        });
        await page.addInitScript(() =>
          document.addEventListener("kept", (event) => {
            const { photos, all } = /** @type {CustomEvent} */ (event).detail;
            const { fineTuner } = /** @type {LastLayer} */ (event.target);
            // A checkpoint is announced with all the rest.
            void (/** @type {any} */ (window).heard({ photos, checkpoint: all && fineTuner?.checkpoint != null }));
          }),
        );
      },
    });
    const announced = kept;
    const opened = await visit.page.evaluate(async () => {
      const { fineTuner } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
      if (!fineTuner) throw new Error("it has not started");
      return {
        names: fineTuner.photos.map(({ name }) => name),
        unreadable: (await fineTuner.checkFiles()).length,
        checkpoint: fineTuner.checkpoint !== null,
      };
    });
    assert.deepEqual(await visit.told(), [], `after ${crash} crashes`);
    assert.ok(
      opened.names.length >= announced.photos,
      `${opened.names.length} of ${announced.photos} photos are there`,
    );
    assert.deepEqual(opened.names, added.slice(0, opened.names.length), "in their order");
    assert.equal(opened.unreadable, 0);
    if (announced.checkpoint) assert.ok(opened.checkpoint, "the training can go on");
    if (announced.checkpoint) continued += 1;
    added.length = opened.names.length;

    const kind = crash < 4 ? "adding" : /** @type {const} */ (["adding", "training", "saving"])[crash % 3];
    moments[kind ?? "adding"] += 1;
    const died = new Promise((resolve) => visit.page.once("crash", resolve));
    const devtools = await context.newCDPSession(visit.page);
    if (kind === "training") {
      await visit.page.evaluate(() => {
        const { fineTuner } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
        void fineTuner?.train({ lastStages: 1, augment: 0, epochs: 400, batchSize: 4 }).catch(() => {});
      });
      // Every other time with a checkpoint that is kept, however long the first one takes.
      if (moments.training % 2 === 1) {
        kept = { ...kept, checkpoint: false };
        for (const since = Date.now(); !kept.checkpoint && Date.now() - since < 60_000;)
          await visit.page.waitForTimeout(50);
      }
      await visit.page.waitForTimeout(random() * 3000);
    } else {
      const names = range(number, 6).map((index) => `${index % 2 ? "stripes" : "discs"}-${index}.png`);
      number += 6;
      added.push(...names);
      const moment = { what: random() < 0.5 ? "file" : "entry", count: 1 + Math.floor(random() * 6) };
      const reached = new Promise((resolve) => (midway = () => resolve(undefined)));
      await visit.page.evaluate(([files, at]) => {
        Object.assign(window, { moment: at });
        const { fineTuner } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
        void (async () => {
          for (const name of files) {
            const [label = "", index = ""] = name.replace(".png", "").split("-");
            const blob = await (await fetch(`/photos/${label}/${index}.png`)).blob();
            await fineTuner?.add([new File([blob], name, { type: "image/png" })], label);
          }
        })();
      }, /** @type {const} */ ([names, moment]));
      await (kind === "saving" ? reached : visit.page.waitForTimeout(random() * 700));
    }
    devtools.send("Page.crash").catch(() => {});
    await died;
    await visit.page.close();
  }
  assert.ok(moments.training > 3 && moments.saving > 3 && kept.photos > 20 && continued > 0);
  const last = await Visit.to(context, { attributes: HEAD });
  assert.ok((await last.state()).photos.length >= kept.photos);
  if (kept.checkpoint) await last.hook("train-discard").click();
  await last.train();
  // Nothing lies there that no project needs.
  await last.line("kept");
  const looker = await beside(context);
  const { photos, projects } = await entriesIn(looker);
  const named = photos.length + projects.flatMap(({ model, checkpoint }) => [model, checkpoint].filter(Boolean)).length;
  assert.equal(projects.length, 1);
  assert.equal(Object.keys(await filesIn(looker)).length, named);
});
