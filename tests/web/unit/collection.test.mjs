// What comes in, class by class: the trouble of one costs no other, and what is not added is listed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Collection } from "../../../www/element/collection.js";
import { LastLayerError } from "../../../www/lib/errors.js";

/**
 * A collection over a tuner that takes everything but what the test refuses.
 * @param {Partial<import("../../../www/lib/types/public.d.ts").Layout>} layout
 * @param {(label: string) => LastLayerError | null} [refuse]
 */
function collecting(layout, refuse = () => null) {
  /** @type {[string, string[]][]} */
  const added = [];
  /** @type {any[]} */
  const offered = [];
  /** @type {unknown} */
  let failed = null;
  const tuner = {
    photos: [],
    classes: [],
    arrange: async () => ({ photos: [], test: [], leftOut: [], notes: [], ...layout }),
    add: async (/** @type {File[]} */ files, /** @type {string} */ label) => {
      const error = refuse(label);
      if (error) throw error;
      added.push([label, files.map(({ name }) => name)]);
      return { added: [], duplicates: [], failed: [], notes: [] };
    },
  };
  const session = {
    tuner,
    attempt: (/** @type {(tuner: any) => Promise<void>} */ action) => action(tuner).catch((error) => (failed = error)),
    changed: () => {},
    changedBit: () => {},
    announce: () => {},
    testing: { offer: (/** @type {any[]} */ items) => offered.push(...items) },
  };
  const collection = new Collection(/** @type {any} */ (session));
  return { collection, added, offered, failure: () => failed };
}

const files = ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.txt"].map((name) => ({
  file: new File(["x"], name),
  path: `set/${name}`,
}));
const groups = ["a", "b", "c"].map((label, index) => ({ label, files: [index] }));

test("a class that is refused is listed by its name, and the classes after it go in", async () => {
  const { collection, added, failure } = collecting({ photos: groups }, (label) =>
    label === "b" ? new LastLayerError("invalid-label", "too long") : null,
  );
  await collection.add({ files, unreadable: [] }, null, () => "new");
  assert.deepEqual(
    added.map(([label]) => label),
    ["a", "c"],
  );
  assert.deepEqual(
    collection.failures.map(({ name, problem }) => [name, problem.code]),
    [["b", "invalid-label"]],
  );
  assert.equal(failure(), null);
  assert.equal(collection.reading, null);
});

test("what is no class\u2019s own trouble ends the import", async () => {
  const { collection, added, failure } = collecting({ photos: groups }, (label) =>
    label === "b" ? new LastLayerError("busy", "a training runs") : null,
  );
  await collection.add({ files, unreadable: [] }, null, () => "new");
  assert.deepEqual(
    added.map(([label]) => label),
    ["a"],
  );
  assert.equal(/** @type {LastLayerError} */ (failure()).code, "busy");
});

test("test photos are handed on with their classes, and what is in no class folder is listed", async () => {
  const layout = {
    photos: [
      { label: "a", files: [0] },
      { label: null, files: [3] },
    ],
    test: [{ label: "a", files: [1] }],
    leftOut: [4, 5],
  };
  const { collection, added, offered } = collecting(layout);
  await collection.add({ files, unreadable: ["set/gone.jpg", ".hidden"] }, null, () => "new");
  assert.deepEqual(added, [
    ["a", ["a.jpg"]],
    ["new", ["d.jpg"]],
  ]);
  assert.deepEqual(
    offered.map(({ file, folder }) => [file.name, folder]),
    [["b.jpg", "a"]],
  );
  const listed = collection.failures.map(({ name, problem }) => [name, problem.code]);
  assert.deepEqual(
    listed,
    [
      ["set/gone.jpg", "unreadable"],
      ["set/e.txt", "no-class"],
    ],
    "and nothing that a system left behind",
  );
});

test("dropped on a class, everything is of that class, whatever the folders are called", async () => {
  const layout = { photos: [{ label: "a", files: [0] }], test: [{ label: "a", files: [1] }], leftOut: [2] };
  const { collection, added, offered } = collecting(layout);
  await collection.add({ files, unreadable: [] }, "mine", () => "new");
  assert.deepEqual([added, offered], [[["mine", ["a.jpg", "b.jpg", "c.jpg"]]], []]);
});
