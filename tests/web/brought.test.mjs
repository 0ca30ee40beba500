// Another network: a weights file that somebody brings, taught and asked on the page as on the command line.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { testBed } from "./support/browser.mjs";
import { drawFolders, range } from "./support/drawn.mjs";
import { pth, resnet18, safetensors } from "./support/weights-files.mjs";

const LASTLAYER = fileURLToPath(new URL("../../target/release/lastlayer", import.meta.url));
const missing = existsSync(LASTLAYER) ? false : "target/release/lastlayer is not built (cargo build --release)";
/** How far probabilities may lie apart: two compilers add up in different orders. */
const TOLERANCE = 1e-3;
const CLASSES = 10;

const bed = testBed();
const tensors = resnet18(CLASSES);
/** @type {Record<string, Buffer>} */
const files = {
  "resnet18.safetensors": safetensors(tensors),
  "resnet18.pth": pth(tensors),
  "cut.pth": pth(tensors).subarray(0, 1e6),
  "other.safetensors": safetensors(tensors.filter(({ name }) => !name.startsWith("layer3."))),
};
const folder = await mkdtemp(join(tmpdir(), "lastlayer-brought-"));
before(async () => {
  await drawFolders(join(folder, "train"), ["discs", "stripes"], range(0, 4));
  await drawFolders(join(folder, "test"), ["discs"], [60]);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  bed.site.intercept = (request, response) => {
    const bytes = files[request.url?.replace("/brought/", "") ?? ""];
    if (bytes) response.end(bytes);
    return bytes !== undefined;
  };
});
after(() => rm(folder, { recursive: true }));

/** @param {string[]} command @returns {Promise<any>} the JSON that it prints */
async function lastlayer(command) {
  const { stdout } = await promisify(execFile)(LASTLAYER, [...command, "--json"], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout);
}

/** @typedef {{ label: string, probability: number }[]} Answers */

/** @param {Answers} ours @param {Answers} theirs @param {string} what */
function assertSame(ours, theirs, what) {
  assert.deepEqual(
    ours.map(({ label }) => label),
    theirs.map(({ label }) => label),
    what,
  );
  for (const [index, { probability }] of ours.entries()) {
    const other = theirs[index]?.probability ?? Number.NaN;
    assert.ok(Math.abs(probability - other) < TOLERANCE, `${what}: ${probability} against ${other}`);
  }
}

test("safetensors and .pth are the same network, on the page and on the command line", { skip: missing }, async () => {
  const photo = join(folder, "test", "discs", "60.png");
  const backbone = join(folder, "resnet18.pth");
  const [{ predictions: theirs }] = await lastlayer(["predict", "source", photo, "--backbone", backbone]);
  assert.equal(theirs.length, 5);

  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const found = [];
    // As a file that was chosen, and by its address.
    const file = await (await fetch("/brought/resnet18.safetensors")).blob();
    for (const backbone of [file, "/brought/resnet18.pth"]) {
      const tuner = await lab.tuner({ backbone, readAhead: false });
      found.push({ info: tuner.info, answers: await tuner.predict(await lab.photo("discs", 60)) });
      tuner.close();
    }
    return found;
  });
  for (const { info, answers } of seen) {
    assert.deepEqual(
      [info.backbone, info.inputSize, info.stages, info.layers, info.sourceClasses],
      ["resnet18", 224, 4, ["0", "1", "2", "3"], CLASSES],
    );
    assertSame(answers, theirs, "the network's own classes");
  }
});

for (const [name, config] of /** @type {const} */ ([
  ["the output layer", { regime: "head", augment: 1, epochs: 10 }],
  ["the last stage, helpers working", { regime: "last-k", lastStages: 1, augment: 0, epochs: 2 }],
  ["everything", { regime: "full", augment: 0, epochs: 1, batchSize: 4 }],
])) {
  test(`taught, saved and reopened, as on the command line: ${name}`, { skip: missing }, async () => {
    const model = join(folder, "model.safetensors");
    const backbone = ["--backbone", join(folder, "resnet18.pth")];
    const options = Object.entries(config).flatMap(([option, value]) => [
      `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      String(value),
    ]);
    await lastlayer(["train", join(folder, "train"), "-o", model, ...options, ...backbone]);
    const [{ predictions: theirs }] = await lastlayer([
      "predict",
      model,
      join(folder, "test", "discs", "60.png"),
      ...backbone,
    ]);

    const page = await bed.lab();
    const seen = await page.evaluate(async (config) => {
      const backbone = await (await fetch("/brought/resnet18.pth")).blob();
      const first = await lab.tuner({ backbone, workers: 2, readAhead: false });
      for (const kind of ["discs", "stripes"]) await first.add(await lab.photos(kind, 0, 4), kind);
      const { backbone: name } = await first.train(config);
      const photo = await lab.photo("discs", 60);
      const answers = await first.predict(photo);
      const saved = await first.export();
      first.close();
      const second = await lab.tuner({ backbone, readAhead: false });
      await second.open(saved);
      const reopened = await second.predict(photo);
      second.close();
      return { name, answers, reopened };
    }, config);
    assert.equal(seen.name, "resnet18");
    assertSame(seen.answers, theirs, "page against command line");
    assertSame(seen.reopened, seen.answers, "reopened");
  });
}

test("its classes answer under the names that are given; another number of names is refused in words", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async (classes) => {
    const backbone = await (await fetch("/brought/resnet18.pth")).blob();
    const photo = await lab.photo("discs", 60);
    const labels = Array.from({ length: classes }, (_, index) => `kind ${index + 1}`);
    const answers = [];
    for (const options of [{ backbone }, { backbone, labels }]) {
      const tuner = await lab.tuner({ ...options, readAhead: false });
      answers.push(await tuner.predict(photo));
      tuner.close();
    }
    const refused = await lab.tuner({ backbone, labels: labels.slice(1) }).catch((error) => error);
    return { answers, refused: [refused.code, refused.params, refused.message] };
  }, CLASSES);
  const [numbered = [], named = []] = seen.answers;
  assert.deepEqual(
    named.map(({ label }) => label),
    numbered.map(({ label }) => `kind ${label}`),
  );
  assert.deepEqual(seen.refused, [
    "invalid-option",
    { name: "labels", outputs: CLASSES, count: CLASSES - 1 },
    "labels: expected 10 names, one for each output of this network, got 9.",
  ]);
});

test(
  "a trained network is the source of the next task, on the page as on the command line",
  { skip: missing },
  async () => {
    const config = /** @type {const} */ ({ regime: "last-k", lastStages: 1, augment: 0, epochs: 2 });
    const page = await bed.lab();
    const seen = await page.evaluate(async (config) => {
      const options = { workers: 1, readAhead: false };
      const first = await lab.tuner(options);
      const none = await lab.outcome(first.exportSource());
      for (const kind of ["discs", "stripes"]) await first.add(await lab.photos(kind, 0, 4), kind);
      await first.train(config);
      const photo = await lab.photo("discs", 60);
      const before = await first.predict(photo);
      const model = await first.export();
      const source = await first.exportSource();
      first.close();

      const second = await lab.tuner({ ...options, backbone: source });
      const { backbone, sourceClasses } = second.info;
      const bySource = await second.predict(photo);
      for (const kind of ["checks", "stripes"]) await second.add(await lab.photos(kind, 0, 4), kind);
      await second.train({ regime: "head", augment: 0, epochs: 5 });
      const after = await second.predict(photo);
      const still = await second.predict(photo, { model: "source" });
      const next = await second.export();
      second.close();

      // The first network alone is what the second model needs.
      const third = await lab.tuner(options);
      await third.open(next);
      const reopened = await third.predict(photo);
      third.close();
      const bytes = [...new Uint8Array(await model.arrayBuffer())];
      return { none, backbone, sourceClasses, before, bySource, after, still, reopened, bytes };
    }, config);
    assert.equal(seen.none, "no-classifier");
    assert.deepEqual([seen.backbone, seen.sourceClasses], ["efficientnet_lite0", 2]);
    assertSame(seen.bySource, seen.before, "the source model answers as the model did");
    assertSame(seen.still, seen.before, "and still after the next training");
    assertSame(seen.reopened, seen.after, "the next model, on the first network");
    assert.deepEqual(seen.after.map(({ label }) => label).sort(), ["checks", "stripes"]);

    const model = join(folder, "first.safetensors");
    await writeFile(model, Uint8Array.from(seen.bytes));
    const photo = join(folder, "test", "discs", "60.png");
    const [{ predictions }] = await lastlayer(["predict", "source", photo, "--start-from", model]);
    assertSame(seen.before, predictions, "page against command line");
  },
);

test("what is no network is refused with the reason, and the page works on", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const messages = [];
    for (const name of ["cut.pth", "other.safetensors", "missing.pth"]) {
      try {
        (await lab.tuner({ backbone: `/brought/${name}` })).close();
        messages.push(`${name} was taken`);
      } catch (error) {
        if (!(error instanceof lab.LastLayerError)) throw error;
        messages.push(`${error.code}: ${error.message}`);
      }
    }
    const tuner = await lab.tuner({ readAhead: false });
    const { backbone } = tuner.info;
    tuner.close();
    return { messages, backbone };
  });
  assert.match(seen.messages[0] ?? "", /^weights-corrupt: /);
  assert.match(
    seen.messages[1] ?? "",
    /^weights-mismatch: .*nearest is resnet18: 25 missing: layer3\.0\.conv1\.weight, /,
  );
  assert.match(seen.messages[2] ?? "", /^download-failed: /);
  assert.equal(seen.backbone, "efficientnet_lite0");
});

test("the element takes it by the attribute backbone", async () => {
  bed.site.pages["/with-backbone"] =
    `<script type="module" src="${bed.site.url}element.js"></script>` +
    `<last-layer device="cpu" backbone="/brought/resnet18.safetensors"></last-layer>`;
  const page = await bed.page(`${bed.site.origin}/with-backbone`);
  const name = page.evaluate(
    () =>
      new Promise((resolve) =>
        document.addEventListener("load", (event) => resolve(/** @type {CustomEvent} */ (event).detail.backbone)),
      ),
  );
  await page.locator("last-layer").scrollIntoViewIfNeeded();
  assert.equal(await name, "resnet18");
});
