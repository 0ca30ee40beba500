// Photos and their draws are read while nothing else is to do: the training that follows has the less to read, and
// comes to the same.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

/**
 * Tells from within the worker when it was asked to read ahead, and when it had nothing left to read or something
 * better to do. Time stands still, lest a busy machine be taken for a slow one.
 */
const TELLING = `
  performance.now = () => 0;
  const channel = new BroadcastChannel("reading ahead");
  const asked = new Set();
  addEventListener("message", ({ data }) => {
    if (data.call === "readAhead") {
      asked.add(data.id);
      channel.postMessage("asked");
    }
    if (data.call === "train") channel.postMessage("training");
  });
  const post = self.postMessage.bind(self);
  self.postMessage = (message, ...rest) => {
    if ("ok" in message && asked.delete(message.id) && asked.size === 0) channel.postMessage("done");
    if (message.event) channel.postMessage(message.event.type);
    post(message, ...rest);
  };`;

/** @typedef {{ workers?: number, readAhead?: boolean, midst?: boolean, script?: string }} Course */

/**
 * Adds photos and trains once nothing more is read ahead or, with `midst`, while reading ahead still goes on.
 * @param {import("playwright-core").Page} page
 * @param {Course} course
 */
function course(page, course) {
  return page.evaluate(
    async ({ script, workers, readAhead, midst }) => {
      /** @type {string[]} */
      const told = [];
      let [begin, finish, added] = [() => {}, () => {}, false];
      const channel = new BroadcastChannel("reading ahead");
      channel.onmessage = ({ data }) => {
        told.push(data);
        // Asked when nothing is added any more; on a slow machine also between the two additions.
        if (!added) return;
        if (data === "asked") begin();
        if (data === "done") finish();
      };
      const begun = new Promise((resolve) => (begin = () => resolve(undefined)));
      const done = new Promise((resolve) => (finish = () => resolve(undefined)));
      const tuner = await lab.tuner({ workers, readAhead, startWorker: lab.workerAfter(script) });
      for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 3), kind);
      added = true;
      await (midst ? begun : done);
      told.length = 0;
      /** @type {number[]} */
      const totals = [];
      const report = await tuner.train(
        { regime: "head", epochs: 5 },
        { onEvent: (event) => void (event.type === "embed" && totals.push(event.total)) },
      );
      const model = [...new Uint8Array(await (await tuner.export()).arrayBuffer())].join(" ");
      tuner.close();
      channel.close();
      return { model, photosRead: report.photosRead, total: totals[0] ?? 0, draws: report.config.augment, told };
    },
    { script: TELLING, ...course },
  );
}

test("what is read while nothing else is to do need not be read by the training, which is the same", async () => {
  const page = await bed.lab();
  const off = await course(page, { readAhead: false });
  assert.equal(off.draws, 16);
  assert.deepEqual([off.photosRead, off.total], [6, 6 * 17], "nothing was read before it was asked for");
  const one = await course(page, { workers: 1 });
  assert.deepEqual([one.photosRead, one.total], [0, 0]);
  const several = await course(page, { workers: 3 });
  // Four batches of four are out with each of two helpers at most.
  assert.ok(several.total <= 32, `${several.total} draws were left to read`);
  assert.ok(one.model === off.model && several.model === off.model, "another classifier");
});

test("a training that is asked for in the midst of it begins at once, and comes to the same", async () => {
  const page = await bed.lab();
  const off = await course(page, { readAhead: false });
  for (const workers of [1, 3]) {
    const seen = await course(page, { workers, midst: true });
    assert.ok(seen.total > 0 && seen.total < off.total, `${seen.total} of ${off.total} draws were left to read`);
    // Events of the training are sent a piece later; nothing but the piece under way and one more lie between.
    const [asked, given] = [seen.told.indexOf("training"), seen.told.indexOf("done")];
    assert.ok(
      given > asked && seen.told.slice(asked, given).filter((type) => type === "embed").length <= 2,
      seen.told.slice(0, 10).join(" "),
    );
    assert.ok(seen.model === off.model, "another classifier");
  }
});

test("a prediction and a removal are served in the midst of it, and the photos that are gone are not read", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async (script) => {
    const tuner = await lab.tuner({ workers: 1, startWorker: lab.workerAfter(script) });
    const channel = new BroadcastChannel("reading ahead");
    let [begin, finish, added, over] = [() => {}, () => {}, false, false];
    channel.onmessage = ({ data }) => {
      if (data === "asked" && added) begin();
      over = data === "done" && added;
      if (over) finish();
    };
    const begun = new Promise((resolve) => (begin = () => resolve(undefined)));
    const done = new Promise((resolve) => (finish = () => resolve(undefined)));
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 3), kind);
    added = true;
    await begun;
    const predictions = await tuner.predict(await lab.photo("discs", 70));
    await tuner.remove(tuner.photos.slice(0, 2).map(({ id }) => id));
    const served = !over;
    await done;
    const report = await tuner.train({ regime: "head", epochs: 5 });
    tuner.close();
    channel.close();
    return { predictions: predictions.length, served, photos: report.trainImages };
  }, TELLING);
  assert.deepEqual(seen, { predictions: 5, served: true, photos: 4 });
});

test("where it takes too long it is given up after two pieces", async () => {
  const page = await bed.lab();
  const script = TELLING.replace("performance.now = () => 0;", "let now = 0; performance.now = () => (now += 2000);");
  const seen = await course(page, { workers: 1, script });
  // Of six photos the first piece read four, and the second two and two draws.
  assert.deepEqual([seen.photosRead, seen.total], [6, 6 * 17 - 8]);
});

test("on a graphics API in software nothing is read ahead", async () => {
  const page = await bed.lab();
  const read = await page.evaluate(async () => {
    const tuner = await lab.tuner({ device: "webgpu" });
    for (const kind of ["stripes", "discs"]) await tuner.add(await lab.photos(kind, 0, 1), kind);
    // Longer than it takes to begin.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await tuner.predict(await lab.photo("discs", 70));
    const { photosRead } = await tuner.train({ regime: "head", augment: 0, epochs: 1, holdout: 0 });
    tuner.close();
    return photosRead;
  });
  assert.equal(read, 2);
});
