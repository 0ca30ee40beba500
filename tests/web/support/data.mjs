import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Real photos for tests, beside the repository where they are at hand. They are not ours to give away, so they are not
 * in it.
 */
const DATA = process.env.LASTLAYER_DATA ?? fileURLToPath(new URL("../../../../shared/data", import.meta.url));

/**
 * @param {string} name
 * @returns {string | null} a folder of class folders, null where it is absent
 */
export function dataFolder(name) {
  const folder = join(DATA, name);
  return existsSync(folder) ? folder : null;
}

/**
 * For `node:test`: a reason to skip, or false.
 * @param {string} name
 */
export function skipWithout(name) {
  return dataFolder(name) ? false : `no ../shared/data/${name} beside the repository`;
}

/** @param {string} folder */
export async function classesOf(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
