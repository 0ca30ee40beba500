// What the photos panel is given: a class in which nothing has changed is the same object as before.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ClassViews } from "../../../www/element/class-views.js";

const blob = new Blob();
/** @param {number} id @param {string} label */
const photo = (id, label) => ({ id, name: `${id}.png`, label, blob });

test("a photo that joins one of 300 classes leaves the others the objects that they were", () => {
  const views = new ClassViews();
  const labels = Array.from({ length: 300 }, (_, index) => `class ${index}`);
  const photos = labels.flatMap((label, index) => [photo(3 * index, label), photo(3 * index + 1, label)]);
  const before = views.of(photos, labels);
  const after = views.of([...photos, photo(5000, "class 7")], labels);
  assert.deepEqual(
    after.flatMap((view, index) => (view === before[index] ? [] : [view.label])),
    ["class 7"],
  );
  assert.equal(after[7]?.photos.length, 3);
  assert.equal(after[7]?.key, before[7]?.key);
});

test("as long as nothing has changed it is the same array, in copies of the lists too", () => {
  const views = new ClassViews();
  const photos = [photo(1, "a")];
  const before = views.of(photos, ["a", "b"]);
  assert.equal(views.of(photos, ["a", "b"]), before);
  assert.equal(views.of([...photos], ["a", "b"]), before);
});

test("a renamed class keeps its key; one that is removed or new does not lend it", () => {
  const views = new ClassViews();
  const [a, b] = views.of([photo(1, "a"), photo(2, "b")], ["a", "b"]);
  const [c, stillB] = views.of([photo(1, "c"), photo(2, "b")], ["c", "b"]);
  assert.equal(c?.key, a?.key);
  assert.equal(c?.label, "c");
  assert.equal(stillB?.key, b?.key);
  assert.deepEqual(
    views.of([photo(2, "b")], ["b"]).map(({ key }) => key),
    [b?.key],
  );
  const [, added] = views.of([photo(2, "b")], ["b", "a"]);
  assert.ok(added && added.key !== a?.key && added.key !== b?.key);
});

test("an empty class is there, and two names that change places are no renaming", () => {
  const views = new ClassViews();
  const [a, b] = views.of([photo(1, "a")], ["a", "b"]);
  assert.deepEqual(b?.photos, []);
  const swapped = views.of([photo(1, "a")], ["b", "a"]);
  assert.deepEqual(
    swapped.map(({ key }) => key),
    [b?.key, a?.key],
  );
});
