// Prints what a visitor downloads: raw, and as hosts send it (gzip, brotli).
//
//     node scripts/sizes.mjs dist

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { argv } from "node:process";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const folder = argv[2] ?? "dist";
const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);

/** @type {{ name: string, files: RegExp, note?: string }[]} */
const GROUPS = [
  { name: "wasm, CPU flavour", files: /^wasm\/cpu\/.*\.(wasm|js)$/ },
  { name: "wasm, relaxed SIMD", files: /^wasm\/cpu-relaxed\/.*\.(wasm|js)$/ },
  { name: "wasm, WebGPU flavour", files: /^wasm\/webgpu\/.*\.(wasm|js)$/ },
  { name: "JavaScript and pages", files: /^(?!wasm\/).*\.(js|html)$/ },
  { name: "weights", files: /\.safetensors$/ },
];

const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll("\\", "/"));
console.log(`${"".padEnd(24)}${["raw", "gzip", "brotli"].map((title) => title.padStart(12)).join("")}`);
for (const { name, files } of GROUPS) {
  const sizes = [0, 0, 0];
  for (const file of names.filter((candidate) => files.test(candidate))) {
    const bytes = await readFile(join(folder, file));
    // Brotli at 9 of 11: the last two levels take a minute on these files for a few percent.
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 } };
    const compressed = await Promise.all([compressGzip(bytes, { level: 9 }), compressBrotli(bytes, quality)]);
    [bytes, ...compressed].forEach((buffer, column) => (sizes[column] += buffer.length));
  }
  console.log(`${name.padEnd(24)}${sizes.map((size) => `${(size / 1e6).toFixed(2)} MB`.padStart(12)).join("")}`);
}
