/** @import { Device } from "./types/public.d.ts" */
/** @import { Flavour } from "./types/core.d.ts" */

/**
 * A module whose one function uses `f32x4.relaxed_madd`, from the extension “relaxed SIMD”:
 * three vectors of nothing but ones, the product of two of them plus the third.
 */
const RELAXED_MADD = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // types: () → v128
  ...[0x03, 0x02, 0x01, 0x00], // functions: one of that type
  ...[0x0a, 0x13, 0x01, 0x11, 0x00], // code: one body, no locals
  ...[0x41, 0x01, 0xfd, 0x0f, 0x41, 0x01, 0xfd, 0x0f, 0x41, 0x01, 0xfd, 0x0f], // i32.const 1, i8x16.splat
  ...[0xfd, 0x85, 0x02, 0x0b], // f32x4.relaxed_madd, end
);

/**
 * The build of the core that a device needs in this browser. Relaxed SIMD has a fused multiply-add; a browser without
 * it rejects a whole module for one instruction of it, so there are two for the CPU.
 *
 * @param {Device} device
 * @returns {Flavour}
 */
export function flavourFor(device) {
  return device === "cpu" && WebAssembly.validate(RELAXED_MADD) ? "cpu-relaxed" : device;
}

/**
 * Whether a file of the site is of a flavour that this browser never loads.
 * @param {string} file  relative to the site
 */
export function isOfOtherBrowsers(file) {
  const other = flavourFor("cpu") === "cpu" ? "cpu-relaxed" : "cpu";
  return file.startsWith(`wasm/${other}/`);
}
