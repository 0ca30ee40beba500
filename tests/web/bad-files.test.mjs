// Bad files among good ones: each is named with its own reason, the rest goes on, and nothing that was there is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { badFiles, oddFiles } from "./support/bad-files.mjs";
import { testBed } from "./support/browser.mjs";
import { drawn } from "./support/drawn.mjs";

const bed = testBed();

/** @param {import("playwright-core").Page} page */
async function jpeg(page) {
  const base64 = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(200, 150);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    for (let x = 0; x < 200; x += 10) {
      context.fillStyle = `hsl(${x * 3} 80% 50%)`;
      context.fillRect(x, x / 2, 10, 80);
    }
    const blob = await canvas.convertToBlob({ type: "image/jpeg" });
    return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
  });
  return Buffer.from(base64, "base64");
}

/** @param {{ name: string, mimeType: string, buffer: Buffer }[]} files */
function portable(files) {
  return files.map(({ name, mimeType, buffer }) => ({ name, type: mimeType, base64: buffer.toString("base64") }));
}

test("every bad file gets its own reason, in add and in predictAll, and the good ones go in", async () => {
  const page = await bed.lab();
  const bad = badFiles(await jpeg(page));
  const good = [{ name: "good.png", mimeType: "image/png", buffer: drawn("stripes", 1) }, ...oddFiles()];
  // One good file before, between and after the bad ones.
  const mixed = [...good.slice(0, 2), ...bad, ...good.slice(2)];
  const seen = await page.evaluate(async (files) => {
    const blobs = files.map(
      ({ name, type, base64 }) =>
        new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name, { type }),
    );
    const tuner = await lab.tuner();
    await tuner.add([await lab.photo("discs", 1)], "kept");
    const { added, failed, duplicates } = await tuner.add(blobs, "mixed");
    const tested = await tuner.predictAll(blobs);
    const result = {
      added: added.map(({ name }) => name),
      failed: failed.map(({ name, error }) => ({ name, code: error.code, message: error.message })),
      duplicates: duplicates.length,
      photos: tuner.photos.map(({ name, label }) => `${label}/${name}`),
      rows: tested.rows.map(({ name, error, predictions }) => ({
        name,
        code: error?.code ?? null,
        answers: predictions.length,
      })),
    };
    tuner.close();
    return result;
  }, portable(mixed));

  assert.deepEqual(
    seen.added,
    good.map(({ name }) => name),
  );
  assert.deepEqual(
    seen.failed.map(({ name, code }) => ({ name, code })),
    bad.map(({ name, code }) => ({ name, code })),
  );
  assert.ok(
    seen.failed.every(({ message }) => message.length > 20),
    "every reason is a sentence",
  );
  assert.equal(seen.duplicates, 0);
  assert.deepEqual(seen.photos, ["kept/discs-1.png", ...good.map(({ name }) => `mixed/${name}`)]);
  const codeOf = new Map(bad.map(({ name, code }) => [name, code]));
  assert.deepEqual(
    seen.rows,
    mixed.map(({ name }) => ({ name, code: codeOf.get(name) ?? null, answers: codeOf.has(name) ? 0 : 5 })),
  );
});

test("a class of bad files alone is not made", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const tuner = await lab.tuner();
    const { failed } = await tuner.add([new File(["no photo"], "a.txt")], "texts");
    const { classes } = tuner;
    tuner.close();
    return { failed: failed.length, classes };
  });
  assert.deepEqual(seen, { failed: 1, classes: [] });
});

test("JPEG, PNG, WebP, GIF, BMP and AVIF go in", async () => {
  const page = await bed.lab();
  const seen = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(120, 60);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.fillStyle = "teal";
    context.fillRect(0, 0, 60, 60);
    /** @type {File[]} */
    const files = [];
    for (const type of ["image/jpeg", "image/png", "image/webp"]) {
      const blob = await canvas.convertToBlob({ type });
      if (blob.type === type) files.push(new File([blob], type.replace("/", "."), { type }));
    }
    // A GIF of one pixel, an uncompressed BMP of two by two, an AVIF of eight by eight in one colour (made with
    // Pillow).
    const gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==";
    const bmp = "Qk1GAAAAAAAAADYAAAAoAAAAAgAAAAIAAAABABgAAAAAABAAAAATCwAAEwsAAAAAAAAAAAAA////AAAAAAAAAAD///8AAA==";
    const avif =
      "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAA" +
      "AQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAJQAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAA" +
      "FGlzcGUAAAAAAAAACAAAAAgAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAA" +
      "LW1kYXQSAAoIGAi/aICGg0IyFxxHh4Xd0000wsAAAJA1jjwuU+1lHTuA";
    for (const [name, base64] of [
      ["image.gif", gif],
      ["image.bmp", bmp],
      ["image.avif", avif],
    ]) {
      files.push(new File([Uint8Array.from(atob(base64 ?? ""), (char) => char.charCodeAt(0))], name ?? ""));
    }
    const tuner = await lab.tuner();
    const { added, failed } = await tuner.add(files, "formats");
    tuner.close();
    return { added: added.map(({ name }) => name), failed: failed.map(({ name, error }) => `${name}: ${error.code}`) };
  });
  assert.deepEqual(seen, {
    added: ["image.jpeg", "image.png", "image.webp", "image.gif", "image.bmp", "image.avif"],
    failed: [],
  });
});

test("a photo whose EXIF says “turn me” is predicted as the turned photo", async () => {
  const page = await bed.lab();
  const gap = await page.evaluate(async () => {
    const bitmap = await createImageBitmap(await lab.photo("cross", 3));
    /** @param {(context: OffscreenCanvasRenderingContext2D) => void} turn */
    const jpegOf = async (turn) => {
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
      turn(context);
      context.drawImage(bitmap, 0, 0);
      return new Uint8Array(await (await canvas.convertToBlob({ type: "image/jpeg", quality: 1 })).arrayBuffer());
    };
    const upright = await jpegOf(() => {});
    const upsideDown = await jpegOf((context) => {
      context.translate(bitmap.width, bitmap.height);
      context.rotate(Math.PI);
    });
    // An APP1 segment with one tag: orientation 3, “turned by half a circle”.
    const exif = [
      0xff,
      0xe1,
      0,
      34,
      ...new TextEncoder().encode("Exif"),
      0,
      0,
      0x4d,
      0x4d,
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      1,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      3,
      0,
      0,
      0,
      0,
      0,
      0,
    ];
    const marked = new Blob([upsideDown.slice(0, 2), Uint8Array.from(exif), upsideDown.slice(2)]);
    const tuner = await lab.tuner();
    const expected = await tuner.predict(new Blob([upright]), { topK: 1000 });
    const turned = await tuner.predict(marked, { topK: 1000 });
    const unturned = await tuner.predict(new Blob([upsideDown]), { topK: 1000 });
    tuner.close();
    /** @param {typeof turned} other */
    const difference = (other) =>
      Math.max(
        ...expected.map(({ index, probability }) =>
          Math.abs(probability - (other.find((row) => row.index === index)?.probability ?? 0)),
        ),
      );
    return { turned: difference(turned), unturned: difference(unturned) };
  });
  assert.ok(gap.turned < 0.02, `upright and turned differ by ${gap.turned}`);
  assert.ok(gap.unturned > gap.turned, "the drawing is not the same upside down, so the test can fail");
});
