// The networks that a site comes with: what the list of them says, and that the larger ones are taught, saved and asked
// like the default, on the page as on the command line.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { siteNetworks } from "../../scripts/site-networks.mjs";
import { SITE_NETWORKS } from "../../www/lib/site-networks.js";
import { testBed } from "./support/browser.mjs";
import { drawn } from "./support/drawn.mjs";
import { DIST } from "./support/site.mjs";

const LASTLAYER = fileURLToPath(new URL("../../target/release/lastlayer", import.meta.url));
const missing = existsSync(LASTLAYER) ? false : "target/release/lastlayer is not built (cargo build --release)";
/** How far probabilities may lie apart: two compilers add up in different orders. */
const TOLERANCE = 1e-3;
const LARGER = SITE_NETWORKS.slice(1);

const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-networks-"));
after(() => rm(folder, { recursive: true }));

test("the list says what the cards and the weights say, the default first", async () => {
  assert.deepEqual(
    SITE_NETWORKS,
    await siteNetworks(join(DIST, "weights")),
    "node scripts/site-networks.mjs build/weights > www/lib/site-networks.js",
  );
  assert.equal(SITE_NETWORKS[0].name, "efficientnet_lite0");
  assert.ok(LARGER.length > 0);
});

for (const { name, bytes, inputSize } of LARGER) {
  test(`${name}: taught by name, saved, and opened on the command line`, { skip: missing }, async () => {
    const page = await bed.lab();
    bed.site.requests.length = 0;
    const seen = await page.evaluate(async (backbone) => {
      let total = 0;
      const tuner = await lab.tuner({
        backbone,
        readAhead: false,
        onProgress: (step) => {
          if (step.stage === "weights") total = step.total;
        },
      });
      for (const kind of ["discs", "stripes"]) await tuner.add(await lab.photos(kind, 0, 4), kind);
      const { backbone: taught } = await tuner.train({ regime: "head", augment: 1, epochs: 10 });
      const photo = await lab.photo("discs", 60);
      const answers = await tuner.predict(photo);
      const source = await tuner.predict(photo, { model: "source" });
      const model = [...new Uint8Array(await (await tuner.export()).arrayBuffer())];
      const { info } = tuner;
      tuner.close();
      return { total, taught, answers, source, model, info };
    }, name);
    assert.deepEqual(
      [seen.total, seen.taught, seen.info.backbone, seen.info.inputSize, seen.info.sourceClasses],
      [bytes, name, name, inputSize, 1000],
    );
    assert.ok(
      bed.site.requests.every((path) => !path.includes("efficientnet_lite0") && !path.endsWith("imagenet_labels.txt")),
      "nothing of another network is downloaded",
    );

    // Without a network: what was chosen once is kept, its card too.
    bed.site.intercept = (request, response) => {
      const gone = request.url?.includes("/weights/") ?? false;
      if (gone) response.destroy();
      return gone;
    };
    const again = await page.evaluate(async (backbone) => {
      const tuner = await lab.tuner({ backbone, readAhead: false });
      const name = tuner.info.backbone;
      tuner.close();
      return name;
    }, name);
    bed.site.intercept = () => false;
    assert.equal(again, name);

    const [model, photo] = [join(folder, `${name}.safetensors`), join(folder, "60.png")];
    await writeFile(model, Buffer.from(seen.model));
    await writeFile(photo, drawn("discs", 60));
    for (const [asked, ours] of /** @type {const} */ ([
      [model, seen.answers],
      ["source", seen.source],
    ])) {
      const command = ["predict", asked, photo, "--backbone", name, "--json"];
      const [{ predictions: theirs }] = JSON.parse((await promisify(execFile)(LASTLAYER, command)).stdout);
      assert.equal(ours[0]?.label, theirs[0].label);
      for (const { label, probability } of ours) {
        const other = theirs.find((/** @type {{ label: string }} */ answer) => answer.label === label);
        assert.ok(Math.abs(probability - (other?.probability ?? NaN)) < TOLERANCE, `${label}: ${probability}`);
      }
    }
  });
}

test("a network that the site does not have is refused with the address that was tried", async () => {
  const page = await bed.lab();
  const error = await page.evaluate(async () => {
    try {
      (await lab.tuner({ backbone: "efficientnet_lite9" })).close();
      return "it was taken";
    } catch (thrown) {
      return thrown instanceof lab.LastLayerError ? `${thrown.code}: ${thrown.message}` : String(thrown);
    }
  });
  assert.match(error, /^download-failed: .*efficientnet_lite9\.json/);
});
