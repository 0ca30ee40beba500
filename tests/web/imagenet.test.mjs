// The source model in a browser against PyTorch, photo by photo, from the JPEG files themselves. Chromium's decoder and
// Pillow's are of one family, so there is less excuse here than on the command line.

import assert from "node:assert/strict";
import { createReadStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";
import { dataFolder, skipWithout } from "./support/data.mjs";

const bed = testBed();

/** @typedef {{ top5: number[], probability: number[] }} Expected */

test(
  "imagenet40 on the CPU: PyTorch's classes and probabilities",
  { skip: skipWithout("imagenet40") },
  async (context) => {
    const folder = dataFolder("imagenet40") ?? "";
    const reference = join(folder, "../../reference/reference.json");
    if (!existsSync(reference)) {
      context.skip("reference.json is not beside the photos");
      return;
    }
    /** @type {Record<string, Expected>} */
    const expected = JSON.parse(readFileSync(reference, "utf8")).imagenet40.photos;
    const names = readdirSync(folder).sort();
    assert.equal(names.length, 40);
    bed.site.intercept = (request, response) => {
      const name = request.url?.startsWith("/imagenet40/") ? request.url.slice("/imagenet40/".length) : "";
      if (!names.includes(name)) return false;
      createReadStream(join(folder, name)).pipe(response);
      return true;
    };
    const page = await bed.lab();
    const answers = await page.evaluate(async (files) => {
      const tuner = await lab.tuner();
      const seen = [];
      for (const file of files) {
        const blob = await (await fetch(`/imagenet40/${file}`)).blob();
        seen.push(await tuner.predict(blob, { model: "source" }));
      }
      tuner.close();
      return seen;
    }, names);

    let [sameFirst, sameFive] = [0, 0];
    /** @type {string[]} */
    const far = [];
    for (const [position, name] of names.entries()) {
      const ours = answers[position] ?? [];
      const theirs = expected[name];
      assert.ok(theirs && ours.length === 5, name);
      if (ours[0]?.index === theirs.top5[0]) {
        sameFirst += 1;
        const difference = Math.abs((ours[0]?.probability ?? NaN) - (theirs.probability[0] ?? NaN));
        if (!(difference < 0.03)) far.push(`${name}: ${difference}`);
      }
      if (ours.every(({ index }) => theirs.top5.includes(index))) sameFive += 1;
    }
    assert.ok(sameFirst >= 39, `${sameFirst} of 40 first guesses`);
    assert.ok(sameFive >= 36, `${sameFive} of 40 top fives`);
    assert.deepEqual(far, [], "top-1 probabilities within 0.03: weights in 8 bits move them by up to 0.025");
  },
);
