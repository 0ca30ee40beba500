// Prints one hash of the named files and folders, to tell whether something made from them is out of date:
//
//     node scripts/hash-files.mjs PATH…

import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { argv } from "node:process";

const hash = createHash("sha256");

/** @param {string} path */
async function add(path) {
  if ((await stat(path)).isDirectory()) {
    for (const name of (await readdir(path)).sort()) await add(join(path, name));
  } else {
    const content = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    hash.update(`${path}\n${content}\n`);
  }
}

for (const path of argv.slice(2)) await add(path);
console.log(hash.digest("hex"));
