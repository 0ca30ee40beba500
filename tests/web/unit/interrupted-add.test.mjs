// What the photos panel tells of files that could not be used, before a FineTuner that the test plays.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Collection } from "../../../www/element/collection.js";
import { InterruptedError, LastLayerError } from "../../../www/lib/errors.js";

/** @import { Session } from "../../../www/element/session.js" */

for (const code of /** @type {const} */ (["cancelled", "worker-crashed"])) {
  test(`an add that ends early (${code}) still shows the files that could not be used, and those that were there already`, async () => {
    const original = { id: 1, name: "1.jpg", label: "rose", blob: new Blob() };
    const report = {
      added: [original],
      duplicates: [{ name: "copy.jpg", label: "rose", of: original }],
      failed: [{ name: "bad.jpg", error: new LastLayerError("not-an-image", "text") }],
      notes: [],
    };
    const ended = new InterruptedError(new LastLayerError(code, "text"), report);
    const arrange = async (/** @type {string[]} */ paths) => ({
      photos: [],
      test: [],
      leftOut: paths.map((_, index) => index),
      notes: [],
    });
    const tuner = { photos: [original], classes: ["rose"], arrange, add: () => Promise.reject(ended) };
    /** @type {unknown[]} */
    const thrown = [];
    const session = {
      tuner,
      attempt: (/** @type {(tuner: any) => Promise<void>} */ action) =>
        action(tuner).catch((error) => void thrown.push(error)),
      changed() {},
      changedBit() {},
      announce() {},
    };
    const collection = new Collection(/** @type {Session} */ (/** @type {unknown} */ (session)));
    const files = ["1.jpg", "copy.jpg", "bad.jpg", "next.jpg"].map((name) => ({
      file: new File([name], name),
      path: name,
    }));
    await collection.add({ files, unreadable: [] }, "rose", () => "unused");
    assert.deepEqual(
      collection.failures.map(({ name, problem }) => [name, problem.code]),
      [["bad.jpg", "not-an-image"]],
    );
    assert.deepEqual(collection.duplicates, [{ name: "copy.jpg", original: "1.jpg", label: "rose" }]);
    assert.deepEqual(thrown, [ended], "and the error is the session's to tell");
    assert.equal(collection.reading, null);
  });
}
