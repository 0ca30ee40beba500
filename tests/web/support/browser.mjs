import { execFileSync } from "node:child_process";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { Site } from "./site.mjs";

/** @import { Browser, BrowserContext, Page } from "playwright-core" */

/** WebGPU without a GPU, through a software adapter; nothing that talks to the outside. */
export const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Long enough for the slowest machine to start, compile and train; a test never waits for time, only for what it
 * expects.
 */
const PATIENCE = 120_000;

export function executable() {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // Not this one.
    }
  }
  throw new Error("no Chromium on the PATH; name one in CHROME_PATH, or run ./build.sh test, which installs one");
}

/**
 * A browser and a host for the tests of one file. Every test gets a context of its own: no cache, no service worker, no
 * storage of another.
 */
export function testBed() {
  const site = new Site();
  /** @type {Browser | undefined} */
  let browser;
  /** @type {BrowserContext[]} */
  const contexts = [];

  before(async () => {
    await site.start();
    browser = await chromium.launch({ executablePath: executable(), args: FLAGS });
  });
  after(async () => {
    for (const context of contexts) await context.close();
    await browser?.close();
    await site.stop();
  });

  return {
    site,

    /**
     * @param {import("playwright-core").BrowserContextOptions} [options]
     * @returns {Promise<BrowserContext>}
     */
    async context(options) {
      if (!browser) throw new Error("the browser has not been started");
      const context = await browser.newContext(options);
      context.setDefaultTimeout(PATIENCE);
      contexts.push(context);
      return context;
    },

    /**
     * A page at an address, whose uncaught errors fail the test that reads them.
     * @param {string} url
     * @param {import("playwright-core").BrowserContextOptions} [options]
     * @returns {Promise<Page>}
     */
    async page(url, options) {
      const page = await (await this.context(options)).newPage();
      page.on("pageerror", (error) => console.error("uncaught in the page:", error));
      page.on("console", (message) => {
        if (message.type() === "error") console.error("console of the page:", message.text());
      });
      await page.goto(url);
      return page;
    },

    /**
     * An empty page with the public API as `lab`: `lab.FineTuner` and the rest of the library,
     * `lab.photo(kind, number)`, `lab.photos(kind, from, count)` and `lab.tuner(options)`, which makes a FineTuner on
     * the CPU.
     * @returns {Promise<Page>}
     */
    async lab() {
      const page = await this.page(`${site.origin}/blank`);
      await page.addScriptTag({ type: "module", content: `import * as lab from "/support/lab.js"; window.lab = lab;` });
      await page.waitForFunction(() => "lab" in window);
      return page;
    },
  };
}
