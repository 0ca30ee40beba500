// Files that are decoded before their turn: how many at a time, and that each is told its own fate and none is left
// open.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Ahead, aheadOf } from "../../../www/lib/ahead.js";
import { Following } from "../../../www/lib/following.js";
import { delivered } from "../support/fake-worker.mjs";
import { rejection } from "../support/gate.mjs";

/** The names of files, in the order in which the browser began to decode them. @type {string[]} */
let began = [];
/** Bitmaps that are open. */
let open = 0;
/** Ends a decoding. @type {Map<string, { resolve: () => void, reject: (error: Error) => void }>} */
let decoding = new Map();

before(() => {
  const createImageBitmap = (/** @type {File} */ file) =>
    new Promise((resolve, reject) => {
      began.push(file.name);
      const finish = () => {
        open += 1;
        resolve({ name: file.name, close: () => void (open -= 1) });
      };
      decoding.set(file.name, { resolve: finish, reject });
    });
  Object.assign(globalThis, { createImageBitmap });
});
after(() => {
  Reflect.deleteProperty(globalThis, "createImageBitmap");
});

/** Files of one row, as wide as their text says. @param {string[]} texts */
function files(...texts) {
  return texts.map((text, index) => ({ id: index + 1, blob: new File([text], String(index + 1)) }));
}

/** @param {{ files: number, pixels: number }} most */
function ahead(most) {
  [began, open, decoding] = [[], 0, new Map()];
  const inspect = (/** @type {Uint8Array} */ bytes) => {
    const width = Number(new TextDecoder().decode(bytes));
    if (Number.isNaN(width)) throw new Error("no image");
    return { width, height: 1, orientation: 1, turnedByBrowsers: true, rare: null };
  };
  const examine = () => ({ note: null, repaired: null });
  return new Ahead(() => ({ inspect, examine, sha256: () => "unused" }), most);
}

/** @param {string} name */
const end = (name) => decoding.get(name)?.resolve();
/** Reading, looking at the header and hashing take some turns. */
async function settled() {
  for (let turn = 0; turn < 200; turn += 1) await delivered();
}

test("at most two files at a time, and no further one past a number of pixels", async () => {
  const few = ahead({ files: 2, pixels: 1000 });
  assert.equal(few.expects, false);
  few.expect(files("5", "5", "5", "5"));
  assert.equal(few.expects, true);
  await settled();
  assert.deepEqual(began, ["1", "2"]);
  end("1");
  await few.take(/** @type {any} */ (files("5")[0]));
  await settled();
  assert.deepEqual(began, ["1", "2", "3"], "the next one begins when one has been taken");

  const small = ahead({ files: 4, pixels: 10 });
  small.expect(files("6", "6", "6"));
  await settled();
  assert.deepEqual(began, ["1", "2"], "the second one passes the ten");
});

test("a file is decoded once, whether it was expected or not, and has the hash of its bytes", async () => {
  const decoder = ahead({ files: 1, pixels: 100 });
  const [first, second, stranger] = /** @type {any} */ (files("5", "6", "7"));
  decoder.expect([first, second]);
  await settled();
  const taken = decoder.take(second);
  await settled();
  assert.deepEqual(began, ["1", "2"], "its turn has come although it was not yet begun");
  end("2");
  const { sha256 } = await taken;
  assert.equal(sha256, "e7f6c011776e8db7cd330b54174fd76f7d0216b612387a5ffcfb81e6f0919683"); // printf 6 | sha256sum
  const other = decoder.take(stranger);
  await settled();
  end("3");
  await other;
  assert.equal(decoder.expects, true, "one is still to come");
  end("1");
  await decoder.take(first);
  await settled();
  assert.deepEqual(began, ["1", "2", "3"]);
  assert.equal(decoder.expects, false);
});

test("what fails is told at its turn, and the others go on", async () => {
  const decoder = ahead({ files: 4, pixels: 100 });
  const [good, text, cut] = /** @type {any} */ (files("5", "text", "6"));
  decoder.expect([text, cut, good]);
  await settled();
  decoding.get("3")?.reject(new Error("cut short"));
  end("1");
  await settled();
  await decoder.take(good);
  assert.match(String(await rejection(decoder.take(text))), /no image/);
  assert.equal((await rejection(decoder.take(cut))).code, "image-truncated");
  assert.equal(open, 1, "the one that was taken");
});

test("what will not be asked for is closed, decoded or not, and makes room", async () => {
  const decoder = ahead({ files: 2, pixels: 100 });
  const [first, second, third, fourth] = /** @type {any} */ (files("60", "60", "5", "5"));
  decoder.expect([first, second, third]);
  await settled();
  end("1");
  await settled();
  decoder.forget([1, 2, 3]);
  await settled();
  end("2");
  await settled();
  assert.equal(open, 0);
  assert.deepEqual(began, ["1", "2"], "the third one was never begun");
  decoder.expect([fourth]);
  await settled();
  assert.deepEqual(began, ["1", "2", "4"]);
});

test("as far ahead as the device bears", () => {
  assert.equal(aheadOf(2, undefined).pixels, 4e6);
  assert.equal(aheadOf(8, 4).pixels, 4e6);
  assert.equal(aheadOf(2, 8).pixels, 16e6);
  assert.equal(aheadOf(8, 8).pixels, 32e6);
});

test("every file of a list is named once, before its turn", () => {
  const list = files(..."1234567".split(""));
  const following = new Following(list);
  const named = list.map((_, position) => following.after(position).map(({ id }) => id));
  assert.deepEqual(named, [[2, 3, 4, 5], [6], [7], [], [], [], []]);
  const mixed = new Following([list[0], { id: 2, blob: "no file" }, list[2]].map((file) => /** @type {any} */ (file)));
  assert.deepEqual(
    mixed.after(0).map(({ id }) => id),
    [3],
  );
  const cut = new Following(list);
  cut.after(0);
  cut.after(1);
  assert.deepEqual(cut.open, [2, 3, 4, 5, 6]);
});
