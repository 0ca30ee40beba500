// A model for other programs, written in the browser: the same bytes as on the command line, and a zip whose own code
// runs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { testBed } from "./support/browser.mjs";
import { pth, resnet18 } from "./support/weights-files.mjs";

const run = promisify(execFile);
const LASTLAYER = fileURLToPath(new URL("../../target/release/lastlayer", import.meta.url));
const missing = existsSync(LASTLAYER) ? false : "target/release/lastlayer is not built (cargo build --release)";
/** @typedef {import("../../www/lib/types/public.d.ts").ExportOptions} Options */
/** @type {{ format: "onnx" | "onnx-image" | "safetensors" | "head" | "card", options?: Options, extra?: string[] }[]} */
const FILES = [
  { format: "onnx" },
  { format: "onnx-image" },
  { format: "onnx-image", options: { precision: "half" }, extra: ["--precision", "half"] },
  { format: "safetensors" },
  { format: "safetensors", options: { names: "torchvision" }, extra: ["--names", "torchvision"] },
  { format: "head" },
  { format: "card" },
];

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-export-"));
const brought = pth(resnet18(10));
before(async () => {
  await writeFile(join(folder, "resnet18.pth"), brought);
  bed.site.intercept = (request, response) => {
    const wanted = request.url === "/brought/resnet18.pth";
    if (wanted) response.end(brought);
    return wanted;
  };
});
after(() => rm(folder, { recursive: true }));

/**
 * Saves a file that a script of the page has left in `window.files`, in the folder.
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
async function saved(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.evaluate((name) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(/** @type {any} */ (window).files[name]);
      link.download = name;
      link.click();
    }, name),
  ]);
  const file = join(folder, name);
  await download.saveAs(file);
  return file;
}

/** @param {Buffer} bytes */
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/**
 * What the command line writes from a model file.
 * @param {string} model  A file, or `source`.
 * @param {(typeof FILES)[0]} file
 * @param {string[]} [options]
 */
async function byCommandLine(model, { format, extra = [] }, options = []) {
  const file = join(folder, "theirs");
  await run(LASTLAYER, ["export", model, "--format", format, "-o", file, ...extra, ...options]);
  return readFile(file);
}

for (const [name, config, backbone] of /** @type {const} */ ([
  ["the output layer", { regime: "head", augment: 0, epochs: 10, seed: 1 }, null],
  [
    "the last stage, mirror images and bars",
    { regime: "last-k", lastStages: 1, augment: 0, epochs: 2, flipAverage: 1, framing: "pad" },
    null,
  ],
  ["a network that was brought", { regime: "last-k", lastStages: 1, augment: 0, epochs: 1 }, "/brought/resnet18.pth"],
])) {
  test(`the same bytes as on the command line: ${name}`, { skip: missing }, async () => {
    const page = await bed.lab();
    const ours = await page.evaluate(
      async ({ config, backbone, files }) => {
        const options = backbone ? { backbone: await (await fetch(backbone)).blob() } : {};
        const tuner = await lab.tuner({ ...options, readAhead: false });
        for (const kind of ["discs", "stripes"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
        await tuner.train(config);
        const photo = await lab.photo("discs", 60);
        const before = await tuner.predict(photo);
        const written = [];
        for (const { format, options } of files) {
          const start = performance.now();
          const blob = await tuner.exportAs(format, options);
          const seconds = (performance.now() - start) / 1000;
          const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
          const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
          written.push({ sha256, bytes: blob.size, type: blob.type, seconds });
        }
        /** @type {any} */ (window).files = { "model.safetensors": await tuner.export() };
        const after = await tuner.predict(photo);
        tuner.close();
        return { before, after, written };
      },
      { config, backbone, files: FILES },
    );
    assert.deepEqual(ours.after, ours.before, "the core is as it was");
    const model = await saved(page, "model.safetensors");
    const options = backbone ? ["--backbone", join(folder, "resnet18.pth")] : [];
    for (const [index, file] of FILES.entries()) {
      const theirs = sha256(await byCommandLine(model, file, options));
      assert.equal(ours.written[index]?.sha256, theirs, `${file.format} ${file.extra?.join(" ") ?? ""}`);
    }
    console.log(
      ours.written
        .map(({ seconds, bytes }, index) => `${FILES[index]?.format} ${bytes} bytes ${seconds.toFixed(2)} s`)
        .join(", "),
    );
  });
}
