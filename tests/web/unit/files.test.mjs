// Files on their way in: out of a drop, with folders read to the bottom. What the folders mean is the core's to say
// (src/data/folder_layout.rs).

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFiles, readTransfer } from "../../../www/ui/read-drop.js";

test("files of an input keep the paths that the browser tells; one without a folder has its name", () => {
  const inFolder = Object.defineProperty(new File(["x"], "1.jpg"), "webkitRelativePath", { value: "set/rose/1.jpg" });
  assert.deepEqual(
    readFiles([inFolder, new File(["x"], ".DS_Store")]).files.map(({ path }) => path),
    ["set/rose/1.jpg", ".DS_Store"],
  );
});

/** @typedef {{ [name: string]: Tree | "file" | "locked" }} Tree */

/**
 * An entry as a browser hands it out: a few children a call, an empty answer at the end.
 * @param {string} name
 * @param {Tree | "file" | "locked"} node
 * @param {string} parent
 * @returns {any}
 */
function entry(name, node, parent = "") {
  const fullPath = `${parent}/${name}`;
  if (node === "locked")
    return {
      name,
      fullPath,
      isDirectory: false,
      file: (/** @type {any} */ _, /** @type {any} */ fail) => fail(new DOMException("no", "NotReadableError")),
    };
  if (node === "file")
    return { name, fullPath, isDirectory: false, file: (/** @type {any} */ done) => done(new File(["x"], name)) };
  const children = Object.entries(node).map(([child, below]) => entry(child, below, fullPath));
  return {
    name,
    fullPath,
    isDirectory: true,
    createReader: () => ({
      readEntries: (/** @type {any} */ done) => setImmediate(() => done(children.splice(0, 100))),
    }),
  };
}

/** @param {any[]} items @returns {any} */
const transfer = (items) => ({ items });

test("dropped folders are read to the bottom, beyond the hundred entries of one call", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 250 }, (_, index) => [`${index}.jpg`, /** @type {const} */ ("file")]),
  );
  const folder = entry("train", { rose: many, tulip: { "a.jpg": "file" }, ".DS_Store": "file" });
  const { files, unreadable } = await readTransfer(transfer([{ kind: "file", webkitGetAsEntry: () => folder }]));
  assert.deepEqual(unreadable, []);
  const expected = [...Object.keys(many).map((name) => `train/rose/${name}`), "train/tulip/a.jpg", "train/.DS_Store"];
  assert.deepEqual(files.map(({ path }) => path).toSorted(), expected.toSorted());
});

test("several folders and files at once; pasted images have no entry; texts are left out", async () => {
  const items = [
    { kind: "file", webkitGetAsEntry: () => entry("rose", { "1.jpg": "file" }) },
    { kind: "string", getAsFile: () => null },
    { kind: "file", webkitGetAsEntry: () => entry("2.jpg", "file") },
    { kind: "file", webkitGetAsEntry: () => null, getAsFile: () => new File(["x"], "image.png") },
    { kind: "file", getAsFile: () => new File(["x"], "old-browser.png") },
  ];
  const { files } = await readTransfer(transfer(items));
  assert.deepEqual(files.map(({ path }) => path).toSorted(), ["2.jpg", "image.png", "old-browser.png", "rose/1.jpg"]);
});

test("the entries are asked for while the browser still has them", async () => {
  let emptied = false;
  const item = (/** @type {string} */ name) => ({
    kind: "file",
    webkitGetAsEntry: () => {
      assert.equal(emptied, false, "the transfer is empty as soon as the handler has returned");
      return entry(name, "file");
    },
  });
  const reading = readTransfer(transfer([item("1.jpg"), item("2.jpg")]));
  emptied = true;
  assert.equal((await reading).files.length, 2);
});

test("a file that cannot be read is named; the rest goes on", async () => {
  const folder = entry("rose", { "1.jpg": "file", "2.jpg": "locked", "3.jpg": "file" });
  const { files, unreadable } = await readTransfer(transfer([{ kind: "file", webkitGetAsEntry: () => folder }]));
  assert.deepEqual(
    files.map(({ path }) => path),
    ["rose/1.jpg", "rose/3.jpg"],
  );
  assert.deepEqual(unreadable, ["rose/2.jpg"]);
});
