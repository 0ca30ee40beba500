/** @import { Page } from "playwright-core" */
/** @import { LastLayer } from "../../../www/element/last-layer.js" */

/**
 * The real page as a visitor meets it, with what the tests do on it again and again. Whatever the browser complains
 * about is kept.
 */
export class RealPage {
  /** @type {string[]} */
  complaints = [];

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text().slice(0, 200));
    });
  }

  /**
   * @param {ReturnType<typeof import("./browser.mjs").testBed>} bed
   * @param {{
   *   attributes?: Record<string, string>,
   *   path?: string,
   *   context?: import("playwright-core").BrowserContextOptions,
   * }} [options]
   */
  static async open(bed, { attributes = {}, path = "?lang=en", context } = {}) {
    const page = await (await bed.context(context)).newPage();
    const opened = new RealPage(page);
    await page.addInitScript(setAttributes, attributes);
    await page.goto(bed.site.url + path);
    await page.locator("last-layer").scrollIntoViewIfNeeded();
    await opened.hook("status-device").waitFor();
    return opened;
  }

  /** @param {string} name */
  hook(name) {
    return this.page.getByTestId(name);
  }

  /** The photos and classes that the page has, as its script sees them. */
  state() {
    return this.page.evaluate(() => {
      const { fineTuner } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
      if (!fineTuner) throw new Error("the element has not started");
      const { classes, photos, report, stale, info } = fineTuner;
      return { classes, photos: photos.map(({ name, label }) => ({ name, label })), report, stale, info };
    });
  }

  /**
   * Adds a folder of class folders.
   * @param {string} folder
   * @param {number} total  How many photos there will be then.
   */
  async addFolder(folder, total) {
    await this.hook("input-folder").setInputFiles(folder);
    await this.page.waitForFunction(
      (count) => /** @type {LastLayer} */ (document.querySelector("last-layer")).fineTuner?.photos.length === count,
      total,
    );
  }

  /** Presses the button and waits for the report. */
  async train() {
    const before = (await this.state()).report?.seconds ?? -1;
    await this.page.locator('[data-testid="train-button"]:not([disabled])').click();
    await this.page.waitForFunction((seconds) => {
      /** @type {LastLayer | null} */
      const element = document.querySelector("last-layer");
      return (element?.fineTuner?.report?.seconds ?? seconds) !== seconds;
    }, before);
    await this.hook("report-explanation").waitFor();
  }

  /** @param {string} name  A hook that carries a fraction. */
  async fraction(name) {
    return Number(await this.hook(name).getAttribute("data-value"));
  }

  /**
   * What the page shows of one photo, from the top down.
   * @param {{ name: string, mimeType: string, buffer: Buffer }} file
   */
  async predictions(file) {
    await this.hook("input-test").setInputFiles([file]);
    // What was answered about the same file before may still stand there, until the page has begun to ask anew.
    await this.page.waitForTimeout(200);
    await this.page.locator("figcaption", { hasText: file.name }).waitFor();
    await this.hook("prediction-row").first().waitFor();
    const rows = await this.hook("prediction-row").all();
    return Promise.all(
      rows.map(async (row) => ({
        label: (await row.getAttribute("data-label")) ?? "",
        probability: Number(await row.getAttribute("data-probability")),
        text: await row.innerText(),
        bar: await row.locator("progress").evaluate((bar) => /** @type {HTMLProgressElement} */ (bar).position),
      })),
    );
  }
}

/**
 * The page leaves its element everything to choose; a test that wants something else says so before the element starts.
 * @param {Record<string, string>} attributes
 */
function setAttributes(attributes) {
  const observer = new MutationObserver(() => {
    const element = document.querySelector("last-layer");
    if (!element) return;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    observer.disconnect();
  });
  observer.observe(document, { childList: true, subtree: true });
}
