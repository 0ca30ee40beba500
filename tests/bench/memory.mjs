import { readdirSync, readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { executable, FLAGS } from "../web/support/browser.mjs";

/**
 * Runs a benchmark in a browser of its own: what the one before has not given back yet is none of this one's.
 * @template {object | number} Options
 * @template Result
 * @param {string} origin  of the site
 * @param {{ prepare: (options: Options) => Promise<void>, run: (options: Options) => Promise<Result> }} inPage  Of
 *   `prepare` nothing is measured.
 * @param {Options} options
 * @param {number} interval  Milliseconds between two looks at the memory.
 * @returns {Promise<{ result: Result, memory: number | null }>}  `memory`: of the whole browser at its highest, in MiB,
 *          less what it was before `run`; null where it cannot be known
 */
export async function inFreshBrowser(origin, { prepare, run }, options, interval) {
  const browser = await chromium.launch({ executablePath: executable(), args: FLAGS });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(`${origin}/blank`);
    await page.addScriptTag({ type: "module", content: `import * as lab from "/support/lab.js"; window.lab = lab;` });
    await page.waitForFunction(() => "lab" in window);
    await page.evaluate(/** @type {any} */ (prepare), options);
    const before = residentBytes();
    let highest = before;
    const watch = setInterval(() => (highest = Math.max(highest, residentBytes())), interval);
    /** @type {Result} */
    const result = await page.evaluate(/** @type {any} */ (run), options);
    clearInterval(watch);
    return { result, memory: before > 0 ? (highest - before) / 2 ** 20 : null };
  } finally {
    await browser.close();
  }
}

/** The resident set of all of this process's descendants, in bytes; 0 where there is no /proc. */
function residentBytes() {
  try {
    const processes = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((id) => statusOf(id));
    const ours = new Set([String(process.pid)]);
    // Parents come before their children often, not always.
    for (let found = -1; found !== ours.size;) {
      found = ours.size;
      for (const { id, parent } of processes) if (ours.has(parent)) ours.add(id);
    }
    return processes
      .filter(({ id }) => ours.has(id) && id !== String(process.pid))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  } catch {
    return 0;
  }
}

/** @param {string} id */
function statusOf(id) {
  try {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    const field = (/** @type {string} */ name) => new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? "";
    return [{ id, parent: field("PPid"), bytes: 1024 * Number(field("VmRSS")) }];
  } catch {
    return []; // It has ended.
  }
}
