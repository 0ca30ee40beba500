// What the page remembers of the worker: outputs of the classifier go by the identity of classes, and not by their
// names.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Mirror } from "../../../www/lib/mirror.js";

/** @param {string[]} classes */
const report = (classes) => /** @type {import("../../../www/lib/types/public.d.ts").Report} */ ({ classes });

/** @param {string[]} classes */
function trained(classes) {
  const mirror = new Mirror();
  classes.forEach((label) => mirror.addedClass(label));
  mirror.trained(report(classes), new Uint8Array());
  return mirror;
}

/** @param {Mirror} mirror */
const seen = ({ classes, labels, report }) => ({ classes, labels, report: report?.classes });

test("a class that was removed keeps its name in the classifier, whatever another one is called later", () => {
  const mirror = trained(["a", "b", "c"]);
  mirror.removedClass("b");
  mirror.addedClass("b");
  mirror.renamed("b", "d");
  assert.deepEqual(seen(mirror), { classes: ["a", "c", "d"], labels: ["a", "b", "c"], report: ["a", "b", "c"] });
  mirror.renamed("a", "e");
  assert.deepEqual(seen(mirror), { classes: ["e", "c", "d"], labels: ["e", "b", "c"], report: ["e", "b", "c"] });
  assert.deepEqual(mirror.own, [true, false, true]);
});

test("classes of a model file are its own", () => {
  const mirror = trained(["a", "b"]);
  mirror.openedModel(new Uint8Array(), ["b", "x"]);
  mirror.renamed("b", "z");
  assert.deepEqual(seen(mirror), { classes: ["a", "z"], labels: ["b", "x"], report: undefined });
});

test("a first classifier goes with what it says: what is moved or removed, and a training or a file that takes its place", () => {
  const impressed = () => {
    const mirror = new Mirror();
    ["a", "b"].forEach((label, id) => mirror.addedPhoto({ id, name: "", label, blob: new Blob() }));
    mirror.provisional = { classes: ["a", "b"], photos: 2, scores: null };
    return mirror;
  };
  const mirror = impressed();
  mirror.addedPhoto({ id: 7, name: "", label: "b", blob: new Blob() });
  mirror.renamed("a", "c");
  assert.deepEqual(mirror.provisional, { classes: ["c", "b"], photos: 2, scores: null });
  for (const change of /** @type {((mirror: Mirror) => void)[]} */ ([
    (mirror) => mirror.moved([0], "b"),
    (mirror) => mirror.removed([0]),
    (mirror) => mirror.removedClass("a"),
    (mirror) => mirror.trained(report(["a", "b"]), new Uint8Array()),
    (mirror) => mirror.openedModel(new Uint8Array(), ["x"]),
  ])) {
    const changed = impressed();
    change(changed);
    assert.equal(changed.provisional, null, String(change));
  }
});
