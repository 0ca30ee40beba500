// A model for other programs, written in the browser: the same bytes as on the command line, and a zip whose own code
// runs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { violations } from "./support/axe.mjs";
import { testBed } from "./support/browser.mjs";
import { drawFolders, range } from "./support/drawn.mjs";
import { gate } from "./support/gate.mjs";
import { RealPage } from "./support/page.mjs";
import { Site } from "./support/site.mjs";
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

/** The programs that run the code of a zip, and why one is not there. */
const PYTHON = process.env.LASTLAYER_PYTHON ?? "python3";
const noPython = await run(PYTHON, ["-c", "import onnxruntime, numpy, PIL"]).then(
  () => false,
  () => `${PYTHON} has no onnxruntime, numpy and Pillow: name one that has in LASTLAYER_PYTHON`,
);
const PEERS = fileURLToPath(new URL("../bench/peers/node_modules", import.meta.url));
const noNode = existsSync(join(PEERS, "onnxruntime-web"))
  ? false
  : "no onnxruntime-web: npm ci --ignore-scripts --prefix tests/bench/peers";

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-export-"));
const brought = pth(resnet18(10));
before(async () => {
  await writeFile(join(folder, "resnet18.pth"), brought);
  await drawFolders(join(folder, "photos"), ["discs", "stripes"], range(0, 3));
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

/** @param {string} program @param {string} file */
const outcome = (program, file) =>
  run(program, [file]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout, stderr }) => ({ code, stdout: `${stdout}${stderr}` }),
  );

describe("a zip", () => {
  /** @type {Record<string, Record<string, Uint8Array>>} */
  const zips = {};
  /** @type {Record<string, unknown>[]} */
  let progress = [];

  before(async () => {
    const page = await bed.lab();
    progress = await page.evaluate(async () => {
      const tuner = await lab.tuner({ readAhead: false });
      for (const kind of ["discs", "stripes"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
      await tuner.train({ regime: "head", augment: 0, epochs: 10 });
      /** @type {any[]} */
      const progress = [];
      /** @type {any} */ (window).files = {
        "photo.zip": await tuner.exportAs("zip", { onProgress: (event) => progress.push(event) }),
        "all.zip": await tuner.exportAs("zip", { contents: ["onnx", "onnx-image", "safetensors"], precision: "half" }),
        "tensor.zip": await tuner.exportAs("zip", { contents: ["onnx"] }),
        "source.zip": await tuner.exportAs("zip", { model: "source" }),
        "again.zip": await tuner.exportAs("zip"),
        "model.onnx": await tuner.exportAs("onnx-image"),
        "model.safetensors": await tuner.export(),
        "README.md": await tuner.exportAs("card"),
      };
      await tuner.evaluate({ folds: 2 });
      /** @type {any} */ (window).files["evaluated.zip"] = await tuner.exportAs("zip");
      tuner.close();
      return progress;
    });
    const names = ["photo.zip", "all.zip", "tensor.zip", "source.zip", "again.zip", "evaluated.zip"];
    for (const name of names) {
      zips[name] = unzipSync(await readFile(await saved(page, name)));
      for (const [path, bytes] of Object.entries(zips[name])) {
        const file = join(folder, name.replace(".zip", ""), path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, bytes);
      }
    }
    for (const name of ["model.onnx", "model.safetensors", "README.md"]) await saved(page, name);
  });

  test("has what is written alone, in words what it is, and the licences", async () => {
    const files = zips["photo.zip"] ?? {};
    assert.deepEqual(Object.keys(files).sort(), [
      "README.md",
      "curves.svg",
      "labels.txt",
      "licences/LICENSE-APACHE",
      "licences/LICENSE-MIT",
      "licences/NOTICE.md",
      "model-lastlayer.safetensors",
      "model.onnx",
      "run.mjs",
      "run.py",
      "test/expected.json",
      "test/picture.png",
      "test/picture.rgb",
    ]);
    for (const [path, alone] of [
      ["model.onnx", "model.onnx"],
      ["model-lastlayer.safetensors", "model.safetensors"],
    ])
      assert.ok((await readFile(join(folder, alone ?? ""))).equals(files[path ?? ""] ?? new Uint8Array()), path);
    const text = (/** @type {string} */ path) => Buffer.from(files[path] ?? []).toString();
    assert.equal(text("labels.txt"), "discs\nstripes\n");
    assert.ok(text("README.md").startsWith(await readFile(join(folder, "README.md"), "utf8")), "the card comes first");
    assert.match(text("README.md"), /\| `run\.py` \|/);
    assert.doesNotMatch(text("README.md"), /model-tensor/);
    assert.match(text("licences/NOTICE.md"), /EfficientNet-Lite0/);
    assert.deepEqual(zips["again.zip"], files, "the same model gives the same zip");
    const { labels, probabilities, tolerance } = JSON.parse(text("test/expected.json"));
    assert.deepEqual([labels, probabilities.length, tolerance], [["discs", "stripes"], 2, 0.001]);
    assert.ok(Math.abs(probabilities[0] + probabilities[1] - 1) < 1e-5);
  });

  test("has both forms, the tensors and a wider tolerance where that is asked for", () => {
    const files = Object.keys(zips["all.zip"] ?? {});
    for (const name of ["model.onnx", "model-tensor.onnx", "model.safetensors", "test/seen.png"])
      assert.ok(files.includes(name), name);
    assert.equal(JSON.parse(Buffer.from(zips["all.zip"]?.["test/expected.json"] ?? []).toString()).tolerance, 0.05);
    assert.ok(!("model-lastlayer.safetensors" in (zips["source.zip"] ?? {})), "nothing was taught");
  });

  test("has the scores of a cross-validation, in numbers and as a picture", () => {
    const files = zips["evaluated.zip"] ?? {};
    const text = (/** @type {string} */ path) => Buffer.from(files[path] ?? []).toString();
    assert.match(text("README.md"), /Cross-validated in 2 folds: .* \(95 % interval\)/);
    assert.match(text("README.md"), /\| `confusion\.svg` \|/);
    assert.equal(text("confusion.svg").match(/<rect x=/g)?.length, 4);
    assert.match(text("curves.svg"), /<polyline [^>]*points="56\.0,/);
    for (const path of ["curves.svg", "confusion.svg"]) assert.match(text(path), /^<svg xmlns=[\s\S]*<\/svg>\n$/);
    assert.ok(!("confusion.svg" in (zips["photo.zip"] ?? {})), "nothing was cross-validated then");
  });

  test("tells how far it is", () => {
    const stages = progress.map(({ stage }) => stage);
    assert.ok(stages.includes("wasm") && stages.at(-1) === "export", JSON.stringify(stages));
    const last = progress.findLast(({ stage }) => stage === "wasm");
    assert.equal(last?.done, last?.total);
  });

  for (const name of ["photo", "all", "tensor", "source", "evaluated"]) {
    test(`its Python runs: ${name}`, { skip: noPython }, async () => {
      const { code, stdout } = await outcome(PYTHON, join(folder, name, "run.py"));
      assert.equal(code, 0, stdout);
      assert.match(stdout, /largest difference: /);
    });
    test(`its JavaScript runs: ${name}`, { skip: noNode }, async () => {
      if (!existsSync(join(folder, "node_modules"))) await symlink(PEERS, join(folder, "node_modules"));
      const { code, stdout } = await outcome(process.execPath, join(folder, name, "run.mjs"));
      assert.equal(code, 0, stdout);
      assert.match(stdout, /largest difference: /);
    });
  }

  test("its code fails where the answers are others", { skip: noPython }, async () => {
    const other = join(folder, "other");
    for (const [path, bytes] of Object.entries(zips["photo.zip"] ?? {})) {
      const expected = path === "test/expected.json";
      await mkdir(dirname(join(other, path)), { recursive: true });
      const changed = Buffer.from(bytes)
        .toString()
        .replace(/"probabilities": \[\s*[\d.e-]+/, '"probabilities": [ 0.5');
      await writeFile(join(other, path), expected ? changed : bytes);
    }
    const { code } = await outcome(PYTHON, join(other, "run.py"));
    assert.equal(code, 1);
  });
});

test("what cannot be written is refused in words, and everything works on", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const backbone = await (await fetch("/brought/resnet18.pth")).blob();
    const tuner = await lab.tuner({ backbone, readAhead: false });
    const photo = await lab.photo("discs", 60);
    const before = await tuner.predict(photo);
    /** @param {any[]} args */
    const refused = async (...args) => {
      const error = await tuner.exportAs(.../** @type {[any, any]} */ (args)).catch((error) => error);
      return [error instanceof lab.LastLayerError, error.code, error.message];
    };
    const found = {
      none: await refused("onnx"),
      provisional: await refused("onnx", { model: "provisional" }),
      format: await refused("tflite"),
      precision: await refused("card", { precision: "half" }),
      contents: await refused("zip", { contents: ["safetensors"] }),
    };
    const names = Array.from({ length: 10 }, (_, index) => `kind ${index}`);
    const named = await lab.tuner({ backbone, labels: names, readAhead: false });
    const card = await (await named.exportAs("card", { model: "source" })).text();
    const zip = await named.exportAs("zip", { model: "source" });
    named.close();
    /** @type {any} */ (window).files = { "brought.zip": zip };
    const closed = await named.exportAs("card", { model: "source" }).catch((error) => error.code);
    const after = await tuner.predict(photo);
    tuner.close();
    return { ...found, card, closed, before, after };
  });
  const { none, provisional, format, precision, contents } = seen;
  assert.deepEqual(none.slice(0, 2), [true, "no-classifier"]);
  for (const [_, code] of [provisional, format, precision, contents]) assert.equal(code, "invalid-option");
  assert.match(String(provisional[2]), /first classifier/);
  assert.match(String(format[2]), /got "tflite"/);
  assert.match(String(precision[2]), /onnx, onnx-image or zip, and the format is card/);
  assert.match(seen.card, /\* kind 9\n/);
  assert.match(seen.card, /not known: they came in a file/);
  assert.equal(seen.closed, "closed");
  assert.deepEqual(seen.after, seen.before);
  const files = unzipSync(await readFile(await saved(page, "brought.zip")));
  assert.deepEqual(
    Object.keys(files).filter((name) => name.startsWith("licences/")),
    ["licences/NOTICE.md"],
  );
  assert.match(Buffer.from(files["licences/NOTICE.md"] ?? []).toString(), /does not say under which licence/);
});

test("while a training runs, the classifier from before it is written, and the training goes on", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner({ readAhead: false });
    for (const kind of ["discs", "stripes"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
    await tuner.train({ regime: "head", augment: 0, epochs: 5 });
    const before = await (await tuner.exportAs("onnx")).text();
    let during = "";
    const report = await new Promise((resolve, reject) => {
      /** @type {Promise<unknown> | null} */
      let writing = null;
      const onEvent = (/** @type {{ type: string }} */ { type }) => {
        if (type === "batch")
          writing ??= tuner.exportAs("onnx").then(async (blob) => (during = await blob.text()), reject);
      };
      tuner
        .train({ regime: "last-k", lastStages: 1, augment: 0, epochs: 4 }, { onEvent })
        .then(async (report) => resolve((await writing, report)), reject);
    });
    const same = during === before;
    const after = await (await tuner.exportAs("onnx")).text();
    tuner.close();
    return { same, changed: after !== before, epochs: report.epochs };
  });
  assert.deepEqual(seen, { same: true, changed: true, epochs: 4 });
});

test("a cancellation ends the work at once, and a failing download says so; both can be tried again", async () => {
  const page = await bed.lab();
  await page.evaluate(async () => {
    const tuner = await lab.tuner({ readAhead: false });
    for (const kind of ["discs", "stripes"]) await tuner.add(await lab.photos(kind, 0, 3), kind);
    await tuner.train({ regime: "head", augment: 0, epochs: 5 });
    Object.assign(window, { tuner });
  });
  const attempt = (/** @type {boolean} */ cancelled) =>
    page.evaluate(async (cancelled) => {
      const { tuner } = /** @type {any} */ (window);
      const controller = new AbortController();
      const promise = tuner.exportAs("onnx", {
        signal: controller.signal,
        onProgress: () => cancelled && controller.abort(),
      });
      const blob = await promise.catch((/** @type {Error} */ error) => error);
      return blob instanceof Blob ? ["a file", blob.size] : [blob.code, blob.name, blob.message];
    }, cancelled);
  const intercept = bed.site.intercept;
  /** @type {string[]} */
  const failing = [];
  bed.site.intercept = (request, response) => {
    if (!failing.some((part) => request.url?.includes(part))) return intercept(request, response);
    response.writeHead(503).end();
    return true;
  };
  for (const part of ["late/export-worker.js", "wasm/export/lastlayer_bg.wasm"]) {
    failing.push(part);
    const [code, , message] = await attempt(false);
    assert.equal(code, "download-failed", message);
    failing.pop();
  }
  assert.deepEqual((await attempt(true)).slice(0, 2), ["cancelled", "AbortError"]);
  const [file, size] = await attempt(false);
  assert.equal(file, "a file");
  assert.ok(size > 13e6);
  const workers = page.workers().length;
  await page.evaluate(() => /** @type {any} */ (window).tuner.exportAs("card"));
  assert.equal(page.workers().length, workers, "its worker has ended");
  bed.site.intercept = intercept;
});

/** The page with a classifier, as a visitor would have it. @param {Parameters<typeof RealPage.open>[1]} [options] */
async function trained(options) {
  const real = await RealPage.open(bed, { attributes: { device: "cpu", regime: "head", epochs: "5" }, ...options });
  assert.equal(await real.hook("take-along").count(), 0, "there is nothing to take along before a training");
  await real.addFolder(join(folder, "photos"), 6);
  await real.train();
  return real;
}

test("the page: what for, a download, another one, by keyboard alone", async () => {
  bed.site.requests.length = 0;
  const real = await trained();
  const { page } = real;
  const late = () => bed.site.requests.filter((path) => /\/(late|wasm\/export)\//.test(path));
  assert.deepEqual(late(), [], "nobody has asked for it yet");
  await real.hook("take-along").focus();
  await page.keyboard.press("Enter");
  await real.hook("take-download").waitFor();
  assert.deepEqual(await violations(page), []);
  assert.equal(late().length, 1, "the dialog alone");
  const [zip] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  assert.equal(zip.suggestedFilename(), "lastlayer-model.zip");
  await page.locator('[data-testid="take-dialog"][data-state="done"]').waitFor();
  assert.match(await real.hook("take-status").innerText(), /“lastlayer-model\.zip” is written, 13\.\d MB/);
  await zip.saveAs(join(folder, "page.zip"));
  const files = unzipSync(await readFile(join(folder, "page.zip")));
  assert.equal(Buffer.from(files["labels.txt"] ?? []).toString(), "discs\nstripes\n");

  await real.hook("take-onnx").check();
  assert.equal(await real.hook("take-also-onnx").count(), 0, "an option of the zip");
  await real.hook("take-half").check();
  assert.deepEqual(await violations(page), []);
  const [onnx] = await Promise.all([page.waitForEvent("download"), real.hook("take-download").click()]);
  assert.equal(onnx.suggestedFilename(), "lastlayer-model-tensor-half.onnx");
  await page.locator('[data-testid="take-dialog"][data-state="done"]').waitFor();
  await real.hook("take-card").check();
  assert.equal(await real.hook("take-half").count(), 0, "a description has no precision");
  const [card] = await Promise.all([page.waitForEvent("download"), real.hook("take-download").click()]);
  assert.equal(card.suggestedFilename(), "lastlayer-model-card.md");

  await page.keyboard.press("Escape");
  await page.locator("last-layer-take-along").waitFor({ state: "detached" });
  const focused = await page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.getAttribute("data-testid");
  });
  assert.equal(focused, "take-along");
  assert.deepEqual(real.complaints, []);
});

test("the page: a cancellation, and a download that fails, in words; narrow, dark and in Chinese", async () => {
  const context = { viewport: { width: 360, height: 740 }, colorScheme: /** @type {const} */ ("dark") };
  const real = await trained({ path: "?lang=zh", context });
  const { page } = real;
  await real.hook("take-along").click();
  await real.hook("take-onnx-image").check();
  assert.deepEqual(await violations(page), []);
  const width = await real.hook("take-dialog").evaluate((dialog) => [dialog.scrollWidth, dialog.clientWidth]);
  assert.equal(width[0], width[1], "nothing sticks out");

  const intercept = bed.site.intercept;
  const held = gate();
  const asked = gate();
  bed.site.intercept = (request, response) => {
    if (!request.url?.endsWith("wasm/export/lastlayer_bg.wasm")) return intercept(request, response);
    asked.open(undefined);
    return bed.site.hold(held.opened, request, response);
  };
  await real.hook("take-download").click();
  await asked.opened;
  assert.equal(await real.hook("take-dialog").getAttribute("data-state"), "loading");
  await real.hook("take-cancel").click();
  await page.locator('[data-testid="take-dialog"][data-state="cancelled"]').waitFor();
  assert.match(await real.hook("take-status").innerText(), /已取消/);

  bed.site.intercept = (request, response) => {
    if (!request.url?.endsWith("wasm/export/lastlayer_bg.wasm")) return intercept(request, response);
    response.writeHead(503).end();
    return true;
  };
  await real.hook("take-download").click();
  await real.hook("take-problem").waitFor();
  assert.equal(await real.hook("take-problem").getAttribute("data-code"), "download-failed");
  assert.match(await real.hook("take-problem").innerText(), /下载失败/);
  held.open(undefined);
  bed.site.intercept = intercept;
  const [file] = await Promise.all([page.waitForEvent("download"), real.hook("take-download").click()]);
  assert.equal(file.suggestedFilename(), "lastlayer-model.onnx");
  await real.hook("take-close").click();
  await page.locator("last-layer-take-along").waitFor({ state: "detached" });
});

test("what was used once works with the network off", async () => {
  const site = await new Site().start();
  try {
    const page = await bed.page(`${site.url}?lang=en`);
    const ready = async () => {
      await page.locator("last-layer").scrollIntoViewIfNeeded();
      await page.getByTestId("status-device").waitFor();
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    };
    const written = () =>
      page.evaluate(async () => {
        const { fineTuner } = /** @type {any} */ (document.querySelector("last-layer"));
        const blob = await fineTuner.exportAs("zip", { model: "source" });
        return blob.size;
      });
    await ready();
    const kept = await page.evaluate(async () => {
      const [name = ""] = (await caches.keys()).filter((name) => name.startsWith("lastlayer-site-"));
      return (await (await caches.open(name)).keys())
        .map(({ url }) => url)
        .filter((url) => /late|wasm.export/.test(url));
    });
    assert.deepEqual(kept, [], "a first visit does not keep it");
    await page.reload();
    await ready();
    const online = await written();
    await site.stop();
    await page.reload();
    await ready();
    assert.equal(await written(), online);
  } finally {
    if (site.listening) await site.stop();
  }
});
