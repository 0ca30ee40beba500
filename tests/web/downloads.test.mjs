// What is downloaded: progress to the byte, each thing once, damaged copies noticed, hosts that say odd things.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";
import { DIST } from "./support/site.mjs";

const bed = testBed();
const card = JSON.parse(await readFile(join(DIST, "weights/efficientnet_lite0.json"), "utf8"));
const wasm = await readFile(join(DIST, "wasm/cpu-relaxed/lastlayer_bg.wasm"));
const weights = await readFile(join(DIST, "weights", card.file));

/** @param {string} file */
const isFile = (file) => (/** @type {string} */ path) => path.endsWith(`/${file}`);

/**
 * Starts a FineTuner and closes it; tells the progress of its downloads.
 * @param {import("playwright-core").Page} page
 */
function start(page) {
  return page.evaluate(async () => {
    /** @type {{ stage: string, done: number, total: number }[]} */
    const progress = [];
    /** @type {unknown} */
    let error = null;
    try {
      const tuner = await lab.tuner({ onProgress: (step) => progress.push(step) });
      tuner.close();
    } catch (thrown) {
      error = thrown instanceof lab.LastLayerError ? { code: thrown.code, params: thrown.params } : String(thrown);
    }
    return { progress, error };
  });
}

test("progress counts bytes, from nothing to all, and the second start downloads no weights", async () => {
  const page = await bed.lab();
  bed.site.requests.length = 0;
  const first = await start(page);
  assert.equal(first.error, null);
  for (const [stage, total] of [
    ["wasm", wasm.length],
    ["weights", card.bytes],
  ]) {
    const steps = first.progress.filter((step) => step.stage === stage);
    assert.deepEqual(steps[0], { stage, done: 0, total });
    assert.deepEqual(steps.at(-1), { stage, done: total, total });
    assert.ok(
      steps.every(({ done }, index) => index === 0 || done >= (steps[index - 1]?.done ?? 0)),
      `${stage} never goes back`,
    );
    assert.ok(steps.length > 3, `${stage} arrives in pieces`);
  }
  assert.equal(bed.site.requests.filter(isFile(card.file)).length, 1);

  const second = await start(page);
  assert.equal(second.error, null);
  assert.equal(bed.site.requests.filter(isFile(card.file)).length, 1, "the weights were kept");
  assert.equal(second.progress.filter(({ stage }) => stage === "weights").at(-1)?.done, card.bytes);
});

test("a browser without relaxed SIMD gets the build without it, and the same answer within rounding", async () => {
  const page = await bed.lab();
  const answers = await page.evaluate(async () => {
    const without = lab.workerAfter(`
      const { validate } = WebAssembly;
      // f32x4.relaxed_madd: a browser that does not know it rejects the module.
      WebAssembly.validate = (bytes) => !new Uint8Array(bytes).join().includes("253,133,2") && validate(bytes);
    `);
    const photo = await lab.photo("stripes", 1);
    const answers = [];
    for (const options of [{}, { startWorker: without }]) {
      const tuner = await lab.tuner(options);
      answers.push(await tuner.predict(photo, { topK: 5, model: "source" }));
      tuner.close();
    }
    return answers;
  });
  const loaded = bed.site.requests.filter((path) => path.endsWith("/lastlayer_bg.wasm"));
  assert.deepEqual(
    loaded.slice(-2).map((path) => path.split("/").at(-2)),
    ["cpu-relaxed", "cpu"],
  );
  const [relaxed, plain] = answers;
  assert.ok(relaxed && plain);
  assert.deepEqual(
    relaxed.map(({ label }) => label),
    plain.map(({ label }) => label),
  );
  relaxed.forEach(({ probability }, index) =>
    assert.ok(Math.abs(probability - (plain[index]?.probability ?? 0)) < 1e-4),
  );
});

for (const { damage, spoil } of [
  {
    damage: "has other bytes",
    spoil: (/** @type {Buffer} */ bytes) => Buffer.from(bytes).fill(7, 5_000_000, 5_000_100),
  },
  { damage: "is cut short", spoil: (/** @type {Buffer} */ bytes) => bytes.subarray(0, 1_000_000) },
]) {
  test(`a copy in the cache that ${damage} is dropped and fetched again`, async () => {
    const page = await bed.lab();
    await start(page);
    // The damaged copy takes the place of the kept one, under its key.
    bed.site.intercept = (request, response) => {
      if (request.url !== "/spoilt-weights") return false;
      response.end(spoil(weights));
      return true;
    };
    await page.evaluate(async () => {
      const cache = await caches.open("lastlayer-weights");
      const key = (await cache.keys()).find(({ url }) => !url.endsWith(".json"));
      if (!key) throw new Error("the weights are not in the cache");
      await cache.put(key, await fetch("/spoilt-weights"));
    });
    bed.site.requests.length = 0;
    const { error } = await start(page);
    assert.equal(error, null);
    assert.equal(bed.site.requests.filter(isFile(card.file)).length, 1, "fetched again");
    await start(page);
    assert.equal(bed.site.requests.filter(isFile(card.file)).length, 1, "and the good copy kept");
  });
}

test("weights that arrive damaged are refused, not kept, and not fetched for ever", async () => {
  const page = await bed.lab();
  bed.site.intercept = (request, response) => {
    if (!request.url?.endsWith(".safetensors")) return false;
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.end(Buffer.from(weights).fill(7, 5_000_000, 5_000_100));
    return true;
  };
  bed.site.requests.length = 0;
  const spoilt = await start(page);
  bed.site.intercept = () => false;
  assert.equal(/** @type {any} */ (spoilt.error).code, "weights-corrupt");
  assert.equal(bed.site.requests.filter(isFile(card.file)).length, 1);
  assert.equal((await start(page)).error, null, "once the host is well again, so are we");
});

test("a host that is down or misses a file: download-failed names the file", async () => {
  const page = await bed.lab();
  for (const missing of ["efficientnet_lite0.json", card.file, "lastlayer_bg.wasm", "cpu-relaxed/lastlayer.js"]) {
    bed.site.intercept = (request, response) => {
      if (!request.url?.endsWith(missing)) return false;
      response.writeHead(404).end("<h1>not here</h1>");
      return true;
    };
    const { error } = await start(page);
    assert.equal(/** @type {any} */ (error)?.code, "download-failed", missing);
    assert.ok(/** @type {any} */ (error).params.url.endsWith(missing));
  }
  bed.site.intercept = () => false;
  assert.equal((await start(page)).error, null);
});

test("a host that answers everything with its start page, as many do", async () => {
  for (const missing of ["efficientnet_lite0.json", card.file, "lastlayer_bg.wasm"]) {
    const page = await bed.lab();
    bed.site.intercept = (request, response) => {
      if (!request.url?.endsWith(missing)) return false;
      response.setHeader("Content-Type", "text/html");
      response.end("<h1>welcome</h1>");
      return true;
    };
    const { error } = await start(page);
    bed.site.intercept = () => false;
    assert.equal(/** @type {any} */ (error)?.code, "download-failed", missing);
    assert.equal((await start(page)).error, null, "and nothing of it was kept");
  }
});

test("a connection that breaks in the middle", async () => {
  for (const [file, bytes] of /** @type {const} */ ([
    [card.file, weights],
    ["lastlayer_bg.wasm", wasm],
  ])) {
    const page = await bed.lab();
    bed.site.intercept = (request, response) => {
      if (!request.url?.endsWith(file)) return false;
      response.writeHead(200, { "Content-Length": bytes.length });
      response.write(bytes.subarray(0, 500_000), () => response.destroy());
      return true;
    };
    const { error } = await start(page);
    bed.site.intercept = () => false;
    assert.equal(/** @type {any} */ (error)?.code, "download-failed", file);
    assert.equal((await start(page)).error, null, "and nothing of it was kept");
  }
});

test("a host that serves .wasm as something else, and compresses it", async () => {
  const { gzipSync } = await import("node:zlib");
  const compressed = gzipSync(wasm);
  const page = await bed.lab();
  bed.site.intercept = (request, response) => {
    if (!request.url?.endsWith(".wasm")) return false;
    response.writeHead(200, {
      "Content-Type": "text/plain",
      "Content-Encoding": "gzip",
      "Content-Length": compressed.length,
    });
    response.end(compressed);
    return true;
  };
  const { error, progress } = await start(page);
  bed.site.intercept = () => false;
  assert.equal(error, null);
  assert.deepEqual(progress.filter(({ stage }) => stage === "wasm").at(-1), {
    stage: "wasm",
    done: wasm.length,
    total: wasm.length,
  });
});

test("without storage everything works, and downloads again", async () => {
  const page = await bed.lab();
  bed.site.requests.length = 0;
  const codes = await page.evaluate(async () => {
    const startWorker = lab.workerAfter(
      `caches.open = async () => { throw new DOMException("no storage here", "SecurityError"); };`,
    );
    const results = [];
    for (let time = 0; time < 2; time++) {
      const tuner = await lab.tuner({ startWorker });
      results.push((await tuner.predict(await lab.photo("discs", 1))).length);
      tuner.close();
    }
    return results;
  });
  assert.deepEqual(codes, [5, 5]);
  assert.equal(bed.site.requests.filter(isFile(card.file)).length, 2);
});

test("a worker script that is not there", async () => {
  const page = await bed.lab();
  const code = await page.evaluate(() => lab.outcome(lab.tuner({ baseUrl: "/nowhere/" })));
  assert.equal(code, "download-failed");
});
