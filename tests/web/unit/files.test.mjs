// Files on their way in: out of a drop, with folders read to the bottom, and grouped into classes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { groupByFolder } from "../../../www/lib/folders.js";
import { readFiles, readTransfer } from "../../../www/ui/read-drop.js";

/** @param {string} path */
const at = (path) => ({ file: new File(["x"], path.split("/").at(-1) ?? ""), path });

/** @param {ReturnType<typeof groupByFolder>} groups */
const names = (groups) => groups.map(({ label, files }) => `${label}: ${files.map(({ name }) => name).join(" ")}`);

test("the folder a file lies in is its class, however deep", () => {
  const files = ["train/rose/1.jpg", "train/tulip/2.jpg", "train/rose/3.jpg", "other/deep/rose/4.jpg", "/rose/5.jpg"].map(at);
  assert.deepEqual(names(groupByFolder(files)), ["rose: 1.jpg 3.jpg 4.jpg 5.jpg", "tulip: 2.jpg"]);
});

test("a file that lies in no folder is loose", () => {
  assert.deepEqual(names(groupByFolder(["1.jpg", "a/2.jpg", "/3.jpg"].map(at))), ["null: 1.jpg 3.jpg", "a: 2.jpg"]);
});

test("what systems leave in folders is nobody's photo", () => {
  const junk = ["a/.DS_Store", "a/Thumbs.db", "a/desktop.ini", "a/._1.jpg", "__MACOSX/a/1.jpg"].map(at);
  assert.deepEqual(names(groupByFolder([...junk, at("a/1.jpg")])), ["a: 1.jpg"]);
  assert.deepEqual(readFiles(junk.slice(0, 4).map(({ file }) => file)).files, []);
});

test("two ways to write an accent are one class; spaces around a name are not part of it", () => {
  assert.deepEqual(names(groupByFolder(["cafe\u0301/1.jpg", "café/2.jpg", " café /3.jpg"].map(at))), ["café: 1.jpg 2.jpg 3.jpg"]);
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
  if (node === "locked") return { name, fullPath, isDirectory: false, file: (/** @type {any} */ _, /** @type {any} */ fail) => fail(new DOMException("no", "NotReadableError")) };
  if (node === "file") return { name, fullPath, isDirectory: false, file: (/** @type {any} */ done) => done(new File(["x"], name)) };
  const children = Object.entries(node).map(([child, below]) => entry(child, below, fullPath));
  return {
    name,
    fullPath,
    isDirectory: true,
    createReader: () => ({ readEntries: (/** @type {any} */ done) => setImmediate(() => done(children.splice(0, 100))) }),
  };
}

/** @param {any[]} items @returns {any} */
const transfer = (items) => ({ items });

test("dropped folders are read to the bottom, beyond the hundred entries of one call", async () => {
  const many = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`${index}.jpg`, /** @type {const} */ ("file")]));
  const folder = entry("train", { rose: many, tulip: { "a.jpg": "file" }, ".DS_Store": "file" });
  const { files, unreadable } = await readTransfer(transfer([{ kind: "file", webkitGetAsEntry: () => folder }]));
  assert.deepEqual(unreadable, []);
  assert.equal(files.length, 251);
  assert.equal(files[0]?.path, "train/rose/0.jpg");
  assert.deepEqual(groupByFolder(files).map(({ label, files: group }) => [label, group.length]), [["rose", 250], ["tulip", 1]]);
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
  assert.deepEqual(files.map(({ path }) => path), ["rose/1.jpg", "rose/3.jpg"]);
  assert.deepEqual(unreadable, ["rose/2.jpg"]);
});
