// On the CPU several workers read the photos. Whatever becomes of them, the classifier is the one that a single worker makes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

/** What the worker that trains does with the helpers it starts: runs in its thread before ours. */
const HELPERS = {
  working: "",
  forbidden: "self.Worker = class { constructor() { throw new Error('forbidden by the test'); } };",
  "dying after a first answer": `
    const Working = Worker;
    self.Worker = class extends Working {
      constructor(...options) {
        super(...options);
        let answers = 0;
        this.addEventListener("message", () => {
          answers += 1;
          if (answers === 2) {
            new BroadcastChannel("helpers").postMessage("dead");
            this.terminate();
          }
        });
      }
    };`,
};

for (const [what, script] of Object.entries(HELPERS)) {
  test(`helpers ${what}: the same classifier as without`, async () => {
    const page = await bed.lab();
    const warnings = /** @type {string[]} */ ([]);
    page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
    const seen = await page.evaluate(async (script) => {
      // Whatever is heard here was sent before the training ended.
      const heard = /** @type {string[]} */ ([]);
      new BroadcastChannel("helpers").onmessage = ({ data }) => heard.push(data);
      const count = `
        const Plain = Worker;
        self.Worker = class extends Plain {
          constructor(...options) {
            super(...options);
            new BroadcastChannel("helpers").postMessage("started");
          }
        };`;
      const train = async (/** @type {number} */ workers, /** @type {string} */ before) => {
        const tuner = await lab.tuner({ workers, startWorker: lab.workerAfter(before) });
        await tuner.add(await lab.photos("stripes", 0, 17), "stripes");
        await tuner.add(await lab.photos("discs", 0, 17), "discs");
        await tuner.train({ regime: "head", augment: 1, epochs: 5 });
        const model = [...new Uint8Array(await (await tuner.export()).arrayBuffer())].join(" ");
        const { workers: told } = tuner.info;
        tuner.close();
        return { model, told };
      };
      const alone = await train(1, count);
      const startedAlone = heard.length;
      const helped = await train(3, count + script);
      return { same: alone.model === helped.model, told: [alone.told, helped.told], startedAlone, heard };
    }, script);
    assert.ok(seen.same, "another classifier");
    assert.deepEqual(seen.told, [1, 3]);
    assert.equal(seen.startedAlone, 0);
    const dead = seen.heard.filter((event) => event === "dead").length;
    const started = seen.heard.filter((event) => event === "started").length;
    if (what === "forbidden") {
      assert.equal(started, 0);
      assert.ok(warnings.some((text) => text.includes("fewer workers")), warnings.join("\n"));
    } else {
      assert.equal(started, 2, "they were started");
      assert.deepEqual(warnings, []);
    }
    if (what.startsWith("dying")) assert.ok(dead > 0, "none has died");
  });
}

test("a number of workers that cannot be is refused", async () => {
  const page = await bed.lab();
  const codes = await page.evaluate(() => Promise.all([0, 1.5, 17, Number.NaN].map((workers) => lab.outcome(lab.tuner({ workers })))));
  assert.deepEqual(codes, Array(4).fill("invalid-option"));
});
