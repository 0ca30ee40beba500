// Bundles www/ into dist/, beside the WebAssembly and the weights that are there already (see build.sh):
//
//     node scripts/bundle.mjs [--out dist]

import { build } from "esbuild";
import { cp, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { publicTypes } from "./public-types.mjs";
import { siteManifest } from "./site-manifest.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string", default: join(root, "dist") } } });
const out = /** @type {string} */ (values.out);
const www = join(root, "www");

/**
 * What a page loads by name. Everything that two of them share goes into chunks; what is imported when it is needed is a
 * file of the name of its module, with a hash.
 */
const ENTRIES = {
  lib: join(www, "lib/index.js"),
  element: join(www, "element/last-layer.js"),
  page: join(www, "page.js"),
};

/**
 * What is loaded by its address when somebody asks for what it does, and is in no first visit (see
 * scripts/site-manifest.mjs). Each stands alone: code shared with the page would be a file more for everybody.
 */
const LATE = {
  "late/export-as": join(www, "lib/exporting/export-as.js"),
  "late/export-worker": join(www, "lib/export-worker.js"),
  "late/take-along": join(www, "element/take-along.js"),
};

const AS_IS = /\.(html|css|svg|png|jpg|webp|ico|webmanifest)$/;

/** @type {import("esbuild").BuildOptions} */
const options = {
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: "linked",
  legalComments: "linked",
  charset: "utf8",
  loader: { ".css": "text", ".py": "text", ".txt": "text" }, // style sheets go into shadow roots, code into a zip
  logLevel: "warning",
};

/** @param {string} flavour */
async function wasmBytes(flavour) {
  return (await stat(join(out, "wasm", flavour, "lastlayer_bg.wasm"))).size;
}

await mkdir(out, { recursive: true });
await build({ ...options, entryPoints: ENTRIES, outdir: out, splitting: true, chunkNames: "[name]-[hash]" });

// On its own: a worker that shared chunks with the page would make the page wait for code that only the worker needs.
const flavours = await readdir(join(out, "wasm"));
// What wasm-bindgen has written beside each module is loaded by its address, so it stays a file of its own.
await build({
  format: options.format,
  target: options.target,
  minify: true,
  logLevel: options.logLevel,
  entryPoints: flavours.map((flavour) => join(out, "wasm", flavour, "lastlayer.js")),
  outdir: join(out, "wasm"),
  outbase: join(out, "wasm"),
  allowOverwrite: true,
});
const sizes = Object.fromEntries(
  await Promise.all(flavours.map(async (flavour) => [flavour, await wasmBytes(flavour)])),
);
await build({
  ...options,
  entryPoints: { worker: join(www, "lib/worker.js"), ...LATE },
  outdir: out,
  define: { WASM_BYTES: JSON.stringify(sizes) },
});

await writeFile(join(out, "lib.d.ts"), await publicTypes());

// Pages, their styles and pictures go as they are; scripts are in the bundles.
for (const name of await readdir(www, { recursive: true })) {
  if (AS_IS.test(name)) await cp(join(www, name), join(out, name), { recursive: true });
}

// Last, since it names all the others.
const { files, late, version } = await siteManifest(out);
await build({
  ...options,
  entryPoints: { sw: join(www, "sw.js") },
  outdir: out,
  define: {
    SITE_FILES: JSON.stringify(files),
    LATE_FILES: JSON.stringify(late),
    SITE_VERSION: JSON.stringify(version),
  },
});
