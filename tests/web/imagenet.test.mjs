// The networks of the site in a browser against PyTorch, photo by photo, from the JPEG files themselves. Chromium's
// decoder and Pillow's are of one family, so there is less excuse here than on the command line.

import assert from "node:assert/strict";
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SITE_NETWORKS } from "../../www/lib/site-networks.js";
import { testBed } from "./support/browser.mjs";
import { dataFolder, skipWithout } from "./support/data.mjs";

const bed = testBed();

/** @typedef {{ top5: number[], probability: number[] }} Expected */

/** @type {{ networks: Record<string, { photos: Record<string, Expected> }> }} */
const golden = JSON.parse(readFileSync(new URL("../fixtures/imagenet40.json", import.meta.url), "utf8"));

/** How far the probability of the first guess may be from PyTorch's: weights in 8 bits move it by up to 0.025. */
const APART = 0.03;
/** How far PyTorch's first two guesses may be apart where ours is another than its first. */
const UNDECIDED = 0.05;

for (const { name: network } of SITE_NETWORKS) {
  test(
    `imagenet40 on the CPU, ${network}: PyTorch's classes and probabilities`,
    { skip: skipWithout("imagenet40") },
    async (context) => {
      const folder = dataFolder("imagenet40") ?? "";
      const names = readdirSync(folder).sort();
      assert.equal(names.length, 40);
      bed.site.intercept = (request, response) => {
        const name = request.url?.startsWith("/imagenet40/") ? request.url.slice("/imagenet40/".length) : "";
        if (!names.includes(name)) return false;
        createReadStream(join(folder, name)).pipe(response);
        return true;
      };
      const page = await bed.lab();
      const answers = await page.evaluate(
        async ({ files, backbone }) => {
          const tuner = await lab.tuner({ backbone });
          const seen = [];
          for (const file of files) {
            const blob = await (await fetch(`/imagenet40/${file}`)).blob();
            seen.push(await tuner.predict(blob, { model: "source" }));
          }
          tuner.close();
          return seen;
        },
        { files: names, backbone: network },
      );

      let [sameFirst, sameFive, farthest] = [0, 0, 0];
      for (const [position, name] of names.entries()) {
        const ours = answers[position] ?? [];
        const theirs = golden.networks[network]?.photos[name];
        assert.ok(theirs && ours.length === 5, name);
        const [first = NaN, second = NaN] = theirs.probability;
        if (ours[0]?.index === theirs.top5[0]) {
          sameFirst += 1;
          farthest = Math.max(farthest, Math.abs((ours[0]?.probability ?? NaN) - first));
        } else {
          assert.ok(first - second < UNDECIDED, `${name}: PyTorch was decided, ${first} against ${second}`);
        }
        if (ours.every(({ index }) => theirs.top5.includes(index))) sameFive += 1;
      }
      const found = `${sameFirst} of 40 first guesses, ${sameFive} of 40 top fives, at most ${farthest.toFixed(3)} apart`;
      context.diagnostic(found);
      assert.ok(sameFirst >= 39 && sameFive >= 36 && farthest < APART, found);
    },
  );
}
