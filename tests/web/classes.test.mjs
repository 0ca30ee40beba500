// Classes and photos change, trainings follow: only what is new is read again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "./support/browser.mjs";

const bed = testBed();

test("a second training embeds only the photos that are new", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner({ readAhead: false });
    await tuner.add(await lab.photos("stripes", 0, 4), "stripes");
    await tuner.add(await lab.photos("discs", 0, 4), "discs");
    /** @param {Promise<unknown>} before */
    const trainingAfter = async (before) => {
      await before;
      const staleBefore = tuner.stale;
      /** @type {number[]} */
      const totals = [];
      const report = await tuner.train(
        { regime: "head", augment: 0, epochs: 3 },
        { onEvent: (event) => void (event.type === "embed" && totals.push(event.total)) },
      );
      return {
        staleBefore,
        photosRead: report.photosRead,
        total: totals.at(-1) ?? 0,
        trainImages: report.trainImages,
        stale: tuner.stale,
      };
    };
    const trainings = [
      await trainingAfter(Promise.resolve()),
      await trainingAfter(lab.photos("discs", 10, 3).then((files) => tuner.add(files, "discs"))),
      await trainingAfter(tuner.move([tuner.photos[0]?.id ?? -1], "discs")),
      await trainingAfter(tuner.remove([tuner.photos[1]?.id ?? -1])),
      await trainingAfter(tuner.rename("discs", "circles")),
    ];
    tuner.close();
    return trainings;
  });
  assert.deepEqual(seen, [
    { staleBefore: false, photosRead: 8, total: 8, trainImages: 8, stale: false },
    { staleBefore: true, photosRead: 3, total: 3, trainImages: 11, stale: false },
    { staleBefore: true, photosRead: 0, total: 0, trainImages: 11, stale: false },
    { staleBefore: true, photosRead: 0, total: 0, trainImages: 10, stale: false },
    { staleBefore: false, photosRead: 0, total: 0, trainImages: 10, stale: false },
  ]);
});

test("two classes with two photos each are enough; less is refused with its own code", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const codes = [await lab.outcome(tuner.train({ regime: "head" }))];
    await tuner.add(await lab.photos("stripes", 0, 2), "stripes");
    codes.push(await lab.outcome(tuner.train({ regime: "head" })));
    await tuner.addClass("discs");
    codes.push(await lab.outcome(tuner.train({ regime: "head" })));
    await tuner.add(await lab.photos("discs", 0, 2), "discs");
    codes.push(await lab.outcome(tuner.train({ regime: "head", batchSize: 0 })));
    codes.push(await lab.outcome(tuner.train(/** @type {{}} */ ({ epoch: 3 }))));
    const report = await tuner.train({ regime: "head", augment: 0, epochs: 5 });
    tuner.close();
    return { codes, heldOut: report.heldOut, count: report.val?.count, trained: report.train.count };
  });
  assert.deepEqual(seen, {
    codes: ["too-few-classes", "too-few-classes", "empty-class", "invalid-option", "invalid-option"],
    heldOut: 2,
    count: 2,
    trained: 4,
  });
});

test("renaming needs no training, in the answers and in the model file", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    await tuner.add(await lab.photos("stripes", 0, 3), "stripes");
    await tuner.add(await lab.photos("discs", 0, 3), "discs");
    await tuner.train({ regime: "head", augment: 0, epochs: 10 });
    const image = await lab.photo("discs", 20);
    const [before] = await tuner.predict(image);
    await tuner.rename("discs", "  circles ");
    const [after] = await tuner.predict(image);
    const file = await tuner.export();
    tuner.close();

    const other = await lab.tuner();
    const noClassifier = await lab.outcome(other.export());
    const opened = await other.open(file);
    const [reopened] = await other.predict(image);
    const corrupt = await lab.outcome(other.open(file.slice(0, file.size - 7)));
    const [kept] = await other.predict(image);
    other.close();
    return { before, after, opened, reopened, noClassifier, corrupt, kept };
  });
  assert.equal(seen.before?.label, "discs");
  assert.deepEqual(seen.after, { ...seen.before, label: "circles" });
  assert.deepEqual(seen.opened.labels, ["circles", "stripes"], "in natural order, whatever was added first");
  assert.deepEqual(seen.reopened, seen.after, "the model file answers as the page did");
  assert.deepEqual(seen.kept, seen.after, "a file that cannot be opened changes nothing");
  assert.equal(seen.noClassifier, "no-classifier");
  assert.equal(seen.corrupt, "model-corrupt");
});

test("outputs of the classifier follow the identity of classes: a removed one keeps its name there, after a crash too", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const { startWorker, crash, died } = lab.mortal();
    const tuner = await lab.tuner({ startWorker, readAhead: false });
    for (const kind of ["stripes", "discs", "checks"]) await tuner.add(await lab.photos(kind, 0, 3), kind);
    await tuner.train({ regime: "head", augment: 0, epochs: 10 });
    const image = await lab.photo("discs", 20);
    const labels = async () =>
      (await tuner.predict(image))
        .map(({ label }) => label)
        .sort()
        .join(" ");
    await tuner.removeClass("discs");
    const refused = await tuner.rename("stripes", "discs").catch((error) => `${error.code} ${error.params.removed}`);
    await tuner.addClass("discs");
    await tuner.rename("discs", "dots");
    const other = await labels();
    const death = died();
    crash();
    await death;
    await tuner.rename("stripes", "lines");
    const own = await labels();
    const report = tuner.report?.classes;
    const opened = (await tuner.open(await tuner.export())).labels;
    await tuner.rename("lines", "strips");
    const ofFile = await labels();
    tuner.close();
    return { refused, other, own, report, opened, ofFile };
  });
  assert.deepEqual(seen, {
    refused: "class-exists discs",
    other: "checks discs stripes",
    own: "checks discs lines",
    report: ["checks", "discs", "lines"],
    opened: ["checks", "discs", "lines"],
    ofFile: "checks discs lines",
  });
});

test("duplicates are noticed across classes, and what cannot be done is refused whole", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const files = await lab.photos("stripes", 0, 3);
    await tuner.add(files, "stripes");
    const again = await tuner.add([files[1] ?? new Blob(), await lab.photo("discs", 0)], "discs");
    const ids = tuner.photos.map(({ id }) => id);
    const codes = [
      await lab.outcome(tuner.addClass("discs")),
      await lab.outcome(tuner.addClass("  ")),
      await lab.outcome(tuner.rename("discs", "stripes")),
      await lab.outcome(tuner.rename("nobody", "x")),
      await lab.outcome(tuner.removeClass("nobody")),
      await lab.outcome(tuner.move(ids, " ")),
      await lab.outcome(tuner.move([...ids, 999], "elsewhere")),
      await lab.outcome(tuner.remove([...ids, 999])),
      await lab.outcome(tuner.predict(await lab.photo("discs", 0), { model: "trained" })),
    ];
    const photos = tuner.photos.map(({ name, label }) => `${label}/${name}`);
    const before = tuner.classes;
    await tuner.move(ids.slice(0, 1), "new");
    const moved = { classes: tuner.classes, photo: tuner.photos[0]?.label };
    tuner.close();
    return {
      before,
      moved,
      duplicates: again.duplicates.map(({ name, of }) => `${name} is ${of.label}/${of.name}`),
      added: again.added.length,
      codes,
      photos,
    };
  });
  assert.deepEqual(seen.duplicates, ["stripes-1.png is stripes/stripes-1.png"]);
  assert.equal(seen.added, 1);
  assert.deepEqual(seen.before, ["stripes", "discs"], "nothing that was refused has left a class behind");
  assert.deepEqual(seen.moved, { classes: ["stripes", "discs", "new"], photo: "new" });
  assert.deepEqual(seen.codes, [
    "class-exists",
    "invalid-label",
    "class-exists",
    "unknown-class",
    "unknown-class",
    "invalid-label",
    "unknown-photo",
    "unknown-photo",
    "no-classifier",
  ]);
  assert.deepEqual(seen.photos, [
    "stripes/stripes-0.png",
    "stripes/stripes-1.png",
    "stripes/stripes-2.png",
    "discs/discs-0.png",
  ]);
});

test("a training refuses changes while it runs, and a second training", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    await tuner.add(await lab.photos("stripes", 0, 3), "stripes");
    await tuner.add(await lab.photos("discs", 0, 3), "discs");
    const controller = new AbortController();
    const training = lab.outcome(
      tuner.train({ regime: "head", augment: 0, epochs: 1000, patience: 1000 }, { signal: controller.signal }),
    );
    const codes = [
      await lab.outcome(tuner.train({ regime: "head" })),
      await lab.outcome(tuner.addClass("third")),
      await lab.outcome(lab.photo("cross", 0).then((file) => tuner.add([file], "stripes"))),
      await lab.outcome(tuner.rename("discs", "circles")),
      await lab.outcome(tuner.remove([1])),
    ];
    controller.abort();
    const end = await training;
    const after = await lab.outcome(tuner.addClass("third"));
    const { classes, photos } = tuner;
    tuner.close();
    return { codes, end, after, classes, photos: photos.length };
  });
  assert.deepEqual(seen, {
    codes: ["busy", "busy", "busy", "busy", "busy"],
    end: "cancelled",
    after: "resolved",
    classes: ["stripes", "discs", "third"],
    photos: 6,
  });
});

test("the same seed gives the same result", async () => {
  const page = await bed.lab();
  const [first, second, third] = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    await tuner.add(await lab.photos("stripes", 0, 5), "stripes");
    await tuner.add(await lab.photos("discs", 0, 5), "discs");
    const losses = [];
    for (const seed of [7, 7, 8])
      losses.push(
        (await tuner.train({ regime: "head", augment: 0, epochs: 5, seed })).history.map(({ trainLoss, valLoss }) => [
          trainLoss,
          valLoss,
        ]),
      );
    tuner.close();
    return losses;
  });
  assert.deepEqual(first, second);
  assert.notDeepEqual(first, third);
});
