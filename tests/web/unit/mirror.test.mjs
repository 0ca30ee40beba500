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
