// Workers are disposable: one that dies takes nothing with it that matters.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

test("a worker that crashes is replaced, with photos, classes and classifier", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const { startWorker, crash, workers } = lab.mortal();
    const tuner = await lab.tuner({ startWorker });
    await tuner.add(await lab.photos("stripes", 0, 3), "stripes");
    await tuner.add(await lab.photos("discs", 0, 3), "discs");
    await tuner.train({ regime: "head", augment: 0, epochs: 10 });
    await tuner.rename("discs", "circles");
    await tuner.addClass("empty");
    const image = await lab.photo("discs", 9);
    const before = await tuner.predict(image);
    /** @type {unknown[]} */
    const restarts = [];
    tuner.addEventListener("restart", (event) => restarts.push(/** @type {CustomEvent} */ (event).detail));

    const pending = [
      lab.outcome(tuner.predict(image)),
      lab.outcome(tuner.train({ regime: "head", augment: 0, epochs: 1000, patience: 1000 })),
    ];
    crash();
    const rejected = await Promise.all(pending);
    const afterCrash = { classes: tuner.classes, photos: tuner.photos.length, labels: tuner.report?.classes };

    // Two calls at once: one new worker serves both.
    const [after, file] = await Promise.all([tuner.predict(image), tuner.export()]);
    const duplicate = await tuner.add([await lab.photo("stripes", 0)], "stripes");
    await tuner.removeClass("empty");
    const report = await tuner.train({ regime: "head", augment: 0, epochs: 2 });
    const result = {
      before,
      after,
      rejected,
      afterCrash,
      restarts,
      workers: workers.length,
      fileSize: file.size,
      duplicates: duplicate.duplicates.length,
      trained: report.trainImages,
    };
    tuner.close();
    return result;
  });
  assert.deepEqual(seen.rejected, ["worker-crashed", "worker-crashed"]);
  assert.deepEqual(seen.afterCrash, {
    classes: ["stripes", "circles", "empty"],
    photos: 6,
    labels: ["circles", "stripes"],
  });
  assert.deepEqual(seen.restarts, [{ code: "worker-crashed", lost: [] }]);
  assert.equal(seen.workers, 2);
  assert.deepEqual(seen.after, seen.before, "the same classifier answers the same");
  assert.ok(seen.fileSize > 1000);
  assert.equal(seen.duplicates, 1, "the new worker knows the photos of the old one");
  assert.equal(seen.trained, 6);
});

test("a worker that dies while nothing is asked of it is noticed at the next call", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const { startWorker, crash, died } = lab.mortal();
    const tuner = await lab.tuner({ startWorker });
    await tuner.add(await lab.photos("stripes", 0, 2), "stripes");
    crash();
    await died();
    let restarted = false;
    tuner.addEventListener("restart", () => (restarted = true));
    const { added } = await tuner.add(await lab.photos("stripes", 2, 1), "stripes");
    const { photos } = tuner;
    tuner.close();
    return { restarted, added: added.length, ids: new Set(photos.map(({ id }) => id)).size };
  });
  assert.deepEqual(seen, { restarted: true, added: 1, ids: 3 });
});

test("a closed FineTuner says so, also to the calls that were open", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const image = await lab.photo("stripes", 1);
    const open = lab.outcome(tuner.predict(image));
    await Promise.resolve();
    tuner.close();
    tuner.close();
    return [
      await open,
      await lab.outcome(tuner.predict(image)),
      await lab.outcome(tuner.train({ regime: "head" })),
      await lab.outcome(tuner.export()),
    ];
  });
  assert.deepEqual(seen, ["closed", "closed", "closed", "closed"]);
});
