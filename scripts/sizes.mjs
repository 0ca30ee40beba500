// Prints what a visitor downloads: raw, and as hosts send it (gzip, brotli).
//
//     node scripts/sizes.mjs dist

import { argv } from "node:process";
import { GROUPS, VISITS, groupSizes, megabytes, together } from "./site-sizes.mjs";

/** @param {string} title @param {string[]} columns */
const print = (title, columns) => console.log(title.padEnd(24) + columns.map((column) => column.padStart(12)).join(""));
/** @param {import("./site-sizes.mjs").Sizes} sizes */
const columns = ({ raw, gzip, brotli }) => [raw, gzip, brotli].map(megabytes);

const sizes = await groupSizes(argv[2] ?? "dist");
print("", ["raw", "gzip", "brotli", "bytes"]);
for (const group of /** @type {import("./site-sizes.mjs").Group[]} */ (Object.keys(GROUPS))) {
  print(GROUPS[group].title, [...columns(sizes[group]), String(sizes[group].brotli)]);
}
for (const { title, groups, budget } of VISITS)
  print(title, [...columns(together(sizes, groups)), `of ${budget / 1e6} MB`]);
