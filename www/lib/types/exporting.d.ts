/** What goes between the page and the worker that writes models for other programs. */

import type { Call } from "./calls.d.ts";
import type { ExportContent, ExportFormat, ExportOptions, ExportProgress } from "./public.d.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How a file is written; see `ExportOptions`. */
export type Wording = Required<Pick<ExportOptions, "precision" | "names">>;

/** What a model file says of itself, as far as it is needed here; `src/export/model_file.rs` has all of it. */
export interface ModelCard {
  labels: string[];
  backbone: string;
  weights_sha256: string;
  /** Empty where nobody knows. */
  weights_licence: string;
  input: { size: number; mean: number[]; std: number[] };
}

/** A picture without transparency, three bytes a pixel. */
export interface Rgb {
  width: number;
  height: number;
  rgb: Bytes;
}

/** A picture of ours and what the page says of it: what other programs must say too. */
export interface TestVector {
  picture: Rgb;
  /** What the network sees of it; only for files that take prepared pictures. */
  seen: Rgb | null;
  /** In the order of the labels. */
  probabilities: number[];
}

/** What a zip is made of. */
export interface ZipOrder extends Wording {
  contents: ExportContent[];
  /** The model file; null of a source model. */
  model: Bytes | null;
  vector: TestVector;
  /** Curves and confusion matrix by the names of their files. */
  pictures: Record<string, string>;
}

export interface ExportCalls {
  /** Downloads and starts the module. */
  load: Call<undefined, void, ExportProgress>;
  /** `labels`: names for the classes of weights that are not of this program; `model`: null for the source model. */
  open: Call<{ weights: { bytes: Bytes; sha256: string }; labels: string[]; model: Bytes | null }, ModelCard>;
  write: Call<Wording & { format: Exclude<ExportFormat, "zip"> }, Bytes>;
  zip: Call<ZipOrder, Bytes, ExportProgress>;
}
