import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, sep } from "node:path";

/**
 * Not kept by the service worker: itself, what only developers read, and of the weights all but the card of the default
 * network. The lib keeps weights under their hash, and the card of a network that somebody chose.
 */
const LEFT_OUT = /^sw\.js$|\.map$|\.d\.ts$|\.LEGAL\.txt$|^weights\/(?!efficientnet_lite0\.json$)/;

/** What is downloaded when somebody asks for what it does: kept from then on. */
const LATE = /^late\/|^wasm\/export\//;

/**
 * The files of the site that make up one version of it, those of them that are kept at once apart from those that are
 * kept when they are first used, and a hash of their names and contents.
 * @param {string} folder
 * @returns {Promise<{ files: string[], late: string[], version: string }>} paths relative to `folder`, with slashes
 */
export async function siteManifest(folder) {
  const names = await readdir(folder, { recursive: true });
  const files = [];
  for (const name of names.map((path) => path.split(sep).join("/")).sort()) {
    if (!LEFT_OUT.test(name) && (await stat(join(folder, name))).isFile()) files.push(name);
  }
  const hash = createHash("sha256");
  for (const file of files) {
    const content = createHash("sha256").update(await readFile(join(folder, file)));
    hash.update(`${file}\n${content.digest("hex")}\n`);
  }
  const late = files.filter((file) => LATE.test(file));
  return { files: files.filter((file) => !LATE.test(file)), late, version: hash.digest("hex").slice(0, 16) };
}
