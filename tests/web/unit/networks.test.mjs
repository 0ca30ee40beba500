// Files of weights among others, names out of texts, and how networks are called.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isModel, sortOut } from "../../../www/element/brought-file.js";
import { namesIn, utf8 } from "../../../www/ui/class-names.js";
import { networkName } from "../../../www/ui/network-name.js";

/** @param {string} path */
const at = (path) => ({ file: new File(["x"], path.split("/").at(-1) ?? ""), path });

/** A file as safetensors begins. @param {unknown} header @param {bigint} [length] */
function safetensors(header, length) {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(text.length));
  return new Blob([start, text, "numbers"]);
}

test("the first file of weights is taken out of what was dropped; one in a folder stays with the photos", () => {
  const files = ["cats/1.jpg", "cats/model.pth", "notes.txt", "Net.PTH", "other.safetensors"].map(at);
  const { weights, rest } = sortOut({ files, unreadable: ["gone.jpg"] });
  assert.equal(weights, files[3]?.file);
  assert.deepEqual(
    rest.files.map(({ path }) => path),
    ["cats/1.jpg", "cats/model.pth", "notes.txt", "other.safetensors"],
  );
  assert.deepEqual(rest.unreadable, ["gone.jpg"]);
  for (const path of ["a.pt", "a.pth", "a.safetensors"])
    assert.ok(sortOut({ files: [at(path)], unreadable: [] }).weights);
  for (const path of ["a.pth.jpg", "pth", "a/b.pt"])
    assert.equal(sortOut({ files: [at(path)], unreadable: [] }).weights, null);
});

test("a classifier that was saved here is told from a network by its header", async () => {
  assert.ok(await isModel(safetensors({ __metadata__: { lastlayer: "{}" } })));
  for (const other of [
    safetensors({ __metadata__: { format: "pt" }, "fc.weight": {} }),
    safetensors({ "fc.weight": {} }),
    safetensors({ __metadata__: { lastlayer: "{}" } }, 5n),
    safetensors("null"),
    safetensors({ __metadata__: { lastlayer: "{}" } }, 1n << 60n),
    new Blob(["PK\u0003\u0004 and so on"]),
    new Blob([]),
  ])
    assert.equal(await isModel(other), false);
});

test("names are the lines of a text in UTF-8, however they end", () => {
  assert.deepEqual(namesIn("rose\r\n tulip \n\nlily of the valley\r\n"), ["rose", "tulip", "lily of the valley"]);
  assert.equal(utf8(new TextEncoder().encode("\ufeff玫瑰\n").buffer), "玫瑰\n");
  assert.equal(utf8(Uint8Array.from([0xc3, 0xb5, 0xb9, 0xe5]).buffer), null, "GBK");
});

test("networks are called as their authors write them", () => {
  for (const [name, written] of [
    ["efficientnet_lite2", "EfficientNet-Lite2"],
    ["mobilenetv2_035", "MobileNetV2 0.35"],
    ["mobilenetv2_100", "MobileNetV2 1.0"],
    ["mobilenetv2_140", "MobileNetV2 1.4"],
    ["resnet50", "ResNet-50"],
    ["vgg16", "VGG-16"],
    ["vgg19_bn", "VGG-19-BN"],
    ["my network.pth", "my network.pth"],
  ])
    assert.equal(networkName(String(name)), written);
});
