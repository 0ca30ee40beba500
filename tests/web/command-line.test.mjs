// The command line and the page on the CPU: the same photos, options and seed give the same losses and the same
// answers.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { testBed } from "./support/browser.mjs";
import { drawFolders, range } from "./support/drawn.mjs";

const LASTLAYER = fileURLToPath(new URL("../../target/release/lastlayer", import.meta.url));
const missing = existsSync(LASTLAYER) ? false : "target/release/lastlayer is not built (cargo build --release)";

const KINDS = ["checks", "discs", "stripes"];
const PER_CLASS = 4;
const ASKED = 60;
/** How far losses may lie apart: two compilers add up in different orders. */
const TOLERANCE = 1e-3;

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-"));
await drawFolders(join(folder, "train"), KINDS, range(0, PER_CLASS));
await drawFolders(join(folder, "test"), KINDS, [ASKED]);
after(() => rm(folder, { recursive: true }));

/** @param {string[]} command @returns {Promise<any>} the JSON that it prints */
async function lastlayer(command) {
  const { stdout } = await promisify(execFile)(LASTLAYER, [...command, "--json"], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout);
}

/** @type {[string, Partial<import("../../www/lib/types/public.d.ts").TrainConfig>][]} */
const REGIMES = [
  ["the output layer, with augmented draws", { regime: "head", augment: 2, epochs: 12, seed: 5 }],
  ["the last stage", { regime: "last-k", lastStages: 1, augment: 1, epochs: 3, seed: 6 }],
];

for (const [name, config] of REGIMES) {
  test(`command line and page agree: ${name}`, { skip: missing }, async () => {
    const model = join(folder, "model.safetensors");
    const options = Object.entries(config).flatMap(([option, value]) => [
      `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      String(value),
    ]);
    const { report: theirs } = await lastlayer(["train", join(folder, "train"), "-o", model, ...options]);
    const rows = await lastlayer([
      "predict",
      model,
      ...KINDS.map((kind) => join(folder, "test", kind, `${ASKED}.png`)),
    ]);

    const page = await bed.lab();
    const ours = await page.evaluate(
      async ({ config, kinds, perClass, asked }) => {
        const tuner = await lab.tuner({ device: "cpu" });
        // Another order than that of the folders, and other names: neither changes anything.
        for (const kind of kinds.toReversed()) await tuner.add((await lab.photos(kind, 0, perClass)).reverse(), kind);
        const { history, epochs } = await tuner.train(config);
        const predictions = [];
        for (const kind of kinds) predictions.push(await tuner.predict(await lab.photo(kind, asked)));
        tuner.close();
        return { history, epochs, predictions };
      },
      { config, kinds: KINDS, perClass: PER_CLASS, asked: ASKED },
    );

    assert.equal(ours.epochs, theirs.epochs);
    assert.equal(ours.history.length, theirs.history.length);
    for (const [index, epoch] of ours.history.entries()) {
      const other = theirs.history[index];
      for (const loss of /** @type {const} */ (["trainLoss", "valLoss"])) {
        if (epoch[loss] === null) assert.equal(other[loss], null);
        else
          assert.ok(
            Math.abs((epoch[loss] ?? 0) - other[loss]) < TOLERANCE,
            `${loss} of epoch ${epoch.epoch} (${epoch.phase}): ${epoch[loss]} here, ${other[loss]} there`,
          );
      }
    }
    for (const [index, predictions] of ours.predictions.entries()) {
      const other = rows[index].predictions;
      assert.deepEqual(
        predictions.map(({ label }) => label),
        other.map((/** @type {{ label: string }} */ { label }) => label),
      );
      for (const [rank, { probability }] of predictions.entries())
        assert.ok(Math.abs(probability - other[rank].probability) < TOLERANCE);
    }
  });
}
