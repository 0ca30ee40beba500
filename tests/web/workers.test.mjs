// On the CPU several workers read the photos and share the steps. Whatever becomes of them, the classifier is the one
// that a single worker makes.

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

/**
 * Trainings that helpers are started for: because of what is to be read, or of the steps that are to be taken.
 * @type {Record<string, { perClass: number, config: Partial<import("../../www/lib/types/public.d.ts").TrainConfig> }>}
 */
const TRAININGS = {
  "the output layer": { perClass: 17, config: { regime: "head", augment: 1, epochs: 5 } },
  "the last stage": { perClass: 8, config: { regime: "last-k", lastStages: 1, augment: 0, epochs: 40 } },
};

for (const [name, training] of Object.entries(TRAININGS))
  for (const [what, script] of Object.entries(HELPERS)) {
    test(`${name}, helpers ${what}: the same classifier as without`, async () => {
      const page = await bed.lab();
      const warnings = /** @type {string[]} */ ([]);
      page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
      const seen = await page.evaluate(async ([script, { perClass, config }]) => {
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
          postMessage(message, ...options) {
            super.postMessage(message, ...options);
            if (message.call === "learn") new BroadcastChannel("helpers").postMessage("parts");
          }
        };`;
        const train = async (/** @type {number} */ workers, /** @type {string} */ before) => {
          const tuner = await lab.tuner({ workers, startWorker: lab.workerAfter(before) });
          await tuner.add(await lab.photos("stripes", 0, perClass), "stripes");
          await tuner.add(await lab.photos("discs", 0, perClass), "discs");
          const { history } = await tuner.train(config);
          const model = [...new Uint8Array(await (await tuner.export()).arrayBuffer())].join(" ");
          const { workers: told } = tuner.info;
          tuner.close();
          return { model, history: JSON.stringify(history), told };
        };
        const alone = await train(1, count);
        const startedAlone = heard.length;
        const helped = await train(3, count + script);
        const same = alone.model === helped.model && alone.history === helped.history;
        return { same, told: [alone.told, helped.told], startedAlone, heard };
      }, /** @type {const} */ ([script, training]));
      assert.ok(seen.same, "another classifier");
      assert.deepEqual(seen.told, [1, 3]);
      assert.equal(seen.startedAlone, 0);
      const count = (/** @type {string} */ what) => seen.heard.filter((event) => event === what).length;
      if (what === "forbidden") {
        assert.equal(count("started"), 0);
        assert.ok(
          warnings.some((text) => text.includes("fewer workers")),
          warnings.join("\n"),
        );
      } else {
        assert.equal(count("started"), 2, "they were started");
        assert.deepEqual(warnings, []);
        const shared = training.config.regime === "last-k";
        assert.equal(count("parts") > 0, shared, `${count("parts")} loans of parts`);
        if (shared && what === "working") assert.ok(count("parts") > 50, `${count("parts")} loans of parts`);
      }
      if (what.startsWith("dying")) assert.ok(count("dead") > 0, "none has died");
    });
  }

test("a number of workers that cannot be is refused", async () => {
  const page = await bed.lab();
  const codes = await page.evaluate(() =>
    Promise.all([0, 1.5, 17, Number.NaN].map((workers) => lab.outcome(lab.tuner({ workers })))),
  );
  assert.deepEqual(codes, Array(4).fill("invalid-option"));
});
