import type { Flavour } from "./types/core.d.ts";

declare global {
  /** Written in by the build: the sizes of the WebAssembly modules in bytes. */
  const WASM_BYTES: Partial<Record<Flavour, number>> | undefined;
}
