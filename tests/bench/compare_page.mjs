// "Why fine-tune": the comparison a reader makes with one click, on twenty real photos a class, in Chromium on the CPU.
//
//   ./build.sh && node --test tests/bench/compare_page.mjs        (needs the photo sets, as the tests do)
//
// Prints accuracies, differences and times of the runs that the page offers first, with the library's own epochs.

import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { testBed } from "../web/support/browser.mjs";
import { classesOf, dataFolder, skipWithout } from "../web/support/data.mjs";
import { RealPage } from "../web/support/page.mjs";

/** @import { LastLayer } from "../../www/element/last-layer.js" */

const PHOTOS = 20;
const bed = testBed();
const folder = await mkdtemp(join(tmpdir(), "lastlayer-bench-"));
after(() => rm(folder, { recursive: true }));

for (const set of ["flowers5", "digits5"]) {
  test(`${set}: head, full and scratch`, { skip: skipWithout(set) }, async () => {
    const source = join(dataFolder(set) ?? "", "train");
    const classes = await classesOf(source);
    for (const label of classes)
      for (const name of (await readdir(join(source, label))).sort().slice(0, PHOTOS))
        await cp(join(source, label, name), join(folder, set, label, name));
    const page = await RealPage.open(bed, { attributes: { device: "cpu" } });
    await page.addFolder(join(folder, set), classes.length * PHOTOS);
    const comparison = await page.page.evaluate(async () => {
      const { fineTuner } = /** @type {LastLayer} */ (document.querySelector("last-layer"));
      /** @type {("head" | "full" | "scratch")[]} */ const regimes = ["head", "full", "scratch"];
      return fineTuner?.compare(regimes.map((regime) => ({ name: regime, config: { regime, augment: 0 } })));
    });
    if (!comparison) throw new Error("the element has not started");
    const percent = (/** @type {number} */ fraction) => `${(100 * fraction).toFixed(0)} %`;
    console.log(
      `\n${set}: ${comparison.trainImages} photos to learn from, ${comparison.heldOut.length} to judge by, ${comparison.seconds.toFixed(0)} s in all`,
    );
    for (const { name, config, val, accuracy, seconds, history } of comparison.runs) {
      console.log(
        `${name}\t${percent(val.top1)} (${percent(accuracy.low)} to ${percent(accuracy.high)})\ttraining photos ${percent(history.at(-1)?.trainTop1 ?? 0)}\t${config.epochs} epochs\t${seconds.toFixed(0)} s`,
      );
    }
    for (const { a, b, difference, low, high } of comparison.differences) {
      console.log(
        `${comparison.runs[b]?.name} less ${comparison.runs[a]?.name}\t${(100 * difference).toFixed(0)} points (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`,
      );
    }
  });
}
