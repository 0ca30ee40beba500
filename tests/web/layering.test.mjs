// A module knows only what lies below it. No browser: reads the sources.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const WWW = fileURLToPath(new URL("../../www", import.meta.url));
const IMPORT =
  /(?:^|[\s;])(?:import|export)\s*(?:[\w*{}\s,$]+?\s+from\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

/**
 * Every script below www/, with the local modules and the packages that it imports. Types only are in comments, and do
 * not count.
 */
async function graph() {
  /** @type {Map<string, { local: string[], packages: string[], text: string }>} */
  const modules = new Map();
  const names = (await readdir(WWW, { recursive: true })).filter((name) => name.endsWith(".js"));
  for (const name of names) {
    const text = await readFile(join(WWW, name), "utf8");
    const code = withoutComments(text);
    const found = [...code.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? "");
    const resolve = (/** @type {string} */ path) =>
      relative(WWW, join(WWW, dirname(name), path))
        .split(sep)
        .join("/");
    modules.set(name.split(sep).join("/"), {
      local: found.filter((path) => path.startsWith(".")).map(resolve),
      packages: found.filter((path) => !path.startsWith(".")),
      text: code,
    });
  }
  return modules;
}

/** @param {string} text */
function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** @param {string} name */
const layer = (name) => (name === "sw.js" ? "sw" : name.includes("/") ? (name.split("/")[0] ?? "") : "page");

/**
 * What each folder may import beside itself. Pages use only the element, the public API, and what ui has for texts and
 * drops.
 * @type {Record<string, RegExp>}
 */
const MAY_IMPORT = {
  lib: /^$/,
  store: /^$/,
  ui: /^$/,
  element: /^((lib|store)\/index\.js|ui\/[\w-]+\.js)$/,
  sw: /^lib\/flavour\.js$/,
  page: /^(element\/last-layer\.js|lib\/index\.js|ui\/(drop-target|localize)\.js)$/,
  tutorial: /^(element\/last-layer\.js|lib\/index\.js|ui\/(drop-target|localize)\.js)$/,
};

test("every import leads to a file that is there", async () => {
  const modules = await graph();
  assert.ok(modules.size > 20, "the sources were found");
  for (const [name, { local }] of modules) {
    for (const target of local) assert.ok(existsSync(join(WWW, target)), `${name} imports ${target}`);
  }
});

test("each folder imports only what it may", async () => {
  for (const [name, { local }] of await graph()) {
    const from = layer(name);
    for (const target of local) {
      if (layer(target) === from) continue;
      assert.match(target, MAY_IMPORT[from] ?? /^$/, `${name} (${from}) must not import ${target}`);
    }
  }
});

test("no import cycle", async () => {
  const modules = await graph();
  /** @type {Set<string>} */
  const done = new Set();
  /** @param {string} name @param {string[]} path */
  const visit = (name, path) => {
    assert.ok(!path.includes(name), `cycle: ${[...path.slice(path.indexOf(name)), name].join(" → ")}`);
    if (done.has(name)) return;
    for (const target of modules.get(name)?.local ?? []) visit(target, [...path, name]);
    done.add(name);
  };
  for (const name of modules.keys()) visit(name, []);
});

test("only the worker gets at the wasm, and nobody gets at the worker but by its address", async () => {
  const modules = await graph();
  const reachable = (/** @type {string} */ from) => {
    /** @type {Set<string>} */
    const seen = new Set();
    const todo = [from];
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      todo.push(...(modules.get(name)?.local ?? []));
    }
    return seen;
  };
  for (const worker of ["lib/worker.js", "lib/export-worker.js"]) assert.ok(reachable(worker).has("lib/wasm.js"));
  for (const entry of ["lib/index.js", "element/last-layer.js", "page.js"]) {
    const reached = reachable(entry);
    assert.ok(!reached.has("lib/wasm.js") && !reached.has("lib/worker.js"), `${entry} reaches the wasm`);
    // Asked for by its address, in a bundle of its own.
    assert.ok(
      ![...reached].some((name) => name.startsWith("lib/exporting/")),
      `${entry} has what only an export needs`,
    );
  }
  const naming = [...modules].filter(([, { text }]) => /lastlayer(_bg)?\.(js|wasm)/.test(text)).map(([name]) => name);
  assert.deepEqual(naming, ["lib/wasm.js"]);
});

/** Of scripts that nobody loads who does not ask for a zip. @type {Record<string, string[]>} */
const PACKAGES = { "lib/exporting/png.js": ["fflate"], "lib/exporting/zip.js": ["fflate"] };

test("the library knows no DOM, no package but to zip, and no clock that a background tab slows down", async () => {
  for (const [name, { packages, text }] of await graph()) {
    if (layer(name) !== "lib") continue;
    assert.deepEqual(packages, PACKAGES[name] ?? [], name);
    // Helpers without work may end some seconds later than they should, and so may waits for a graphics device and
    // before reading ahead.
    const known =
      name === "lib/helpers.js" || name === "lib/clock.js" ? text.replaceAll(/setTimeout|setInterval/g, "") : text;
    assert.doesNotMatch(
      known,
      /\b(document|window|HTMLElement|localStorage|requestAnimationFrame|setTimeout|setInterval)\b/,
      name,
    );
  }
});

test("what keeps the work knows no page", async () => {
  for (const [name, { text }] of await graph())
    if (layer(name) === "store") assert.doesNotMatch(text, /\b(document|window|HTMLElement|localStorage)\b/, name);
});

test("what keeps the work is loaded late: nothing but a call for it leads there", async () => {
  const modules = await graph();
  const late = /^(store\/|element\/(keeping|kept-network|kept-page)\.js|ui\/project)/;
  for (const [name, { text, local }] of modules) {
    if (late.test(name)) continue;
    const reached = local.filter((target) => late.test(target));
    assert.deepEqual(reached, name === "element/keep.js" ? ["element/keeping.js"] : [], name);
    if (reached.length > 0) assert.match(text, /\bimport\("\.\/keeping\.js"\)/);
  }
});

test("the packages are those of package.json", async () => {
  const allowed = { ui: /^(lit|uplot)(\/|$)/, element: /^lit(\/|$)/, store: /^idb$/, lib: /^fflate$/ };
  for (const [name, { packages }] of await graph()) {
    for (const target of packages)
      assert.match(
        target,
        allowed[/** @type {keyof typeof allowed} */ (layer(name))] ?? /^$/,
        `${name} imports ${target}`,
      );
  }
});
