// Photos whose files are changed after they were added: a training that needs one says which, and goes on without it.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

test("a file that was overwritten is named by the training that needs it, and after its removal the others train", async (t) => {
  const page = await bed.lab();
  const folder = await mkdtemp(join(tmpdir(), "lastlayer-"));
  t.after(() => rm(folder, { recursive: true }));
  const paths = [];
  for (const kind of ["stripes", "discs"]) {
    for (let number = 0; number < 3; number++) {
      const bytes = await page.evaluate(
        async ([kind, number]) => [...new Uint8Array(await (await lab.photo(kind, number)).arrayBuffer())],
        /** @type {const} */ ([kind, number]),
      );
      const path = join(folder, `${kind}-${number}.png`);
      await writeFile(path, Uint8Array.from(bytes));
      paths.push(path);
    }
  }
  await page.evaluate(() =>
    document.body.append(Object.assign(document.createElement("input"), { type: "file", multiple: true })),
  );
  await page.setInputFiles("input", paths);
  const first = await page.evaluate(async () => {
    const files = [...(document.querySelector("input")?.files ?? [])];
    const tuner = await lab.tuner({ readAhead: false });
    Object.assign(window, { tuner });
    for (const kind of ["stripes", "discs"])
      await tuner.add(
        files.filter(({ name }) => name.startsWith(kind)),
        kind,
      );
    await tuner.train({ regime: "head", augment: 0, epochs: 5 });
    return (await tuner.checkFiles()).length;
  });
  assert.equal(first, 0);
  await new Promise((resolve) => setTimeout(resolve, 1100)); // files know their time in seconds
  await writeFile(join(folder, "discs-1.png"), "something else, which is longer than nothing");
  const seen = await page.evaluate(async () => {
    const { tuner } = /** @type {{ tuner: import("../../www/lib/fine-tuner.js").FineTuner }} */ (
      /** @type {unknown} */ (window)
    );
    const gone = (await tuner.checkFiles()).map(({ name }) => name);
    const read = await lab.outcome(tuner.train({ regime: "head", augment: 0, epochs: 5 }));
    const error = await tuner.train({ regime: "head", augment: 0, epochs: 5, framing: "pad" }).then(
      () => null,
      ({ code, params }) => ({ code, name: params.name, count: params.count }),
    );
    const advice = await lab.outcome(tuner.advise({ framing: "pad" }));
    await tuner.remove((await tuner.checkFiles()).map(({ id }) => id));
    const report = await tuner.train({ regime: "head", augment: 0, epochs: 5, framing: "pad" });
    tuner.close();
    return { gone, read, error, advice, photos: report.trainImages };
  });
  assert.deepEqual(seen, {
    gone: ["discs-1.png"],
    read: "resolved",
    error: { code: "photo-unreadable", name: "discs-1.png", count: 1 },
    advice: "photo-unreadable",
    photos: 5,
  });
});
