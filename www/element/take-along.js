/** @import { FineTuner } from "../lib/index.js" */
/** @import { ExportOptions } from "../lib/types/public.d.ts" */
/** @import { LanguageCode } from "../ui/localize.js" */
/** @import { ProblemView } from "../ui/types.d.ts" */
import { Language } from "../ui/localize.js";
import { TakeAlongDialog } from "../ui/take-along-dialog.js";
import { TAKE_ALONG_MESSAGES } from "../ui/take-along-messages.js";

/** What the files are called, for a person who finds them later. */
const NAMES = {
  zip: "lastlayer-model.zip",
  "onnx-image": "lastlayer-model.onnx",
  onnx: "lastlayer-model-tensor.onnx",
  safetensors: "lastlayer-network.safetensors",
  card: "lastlayer-model-card.md",
};

/**
 * Shows the dialog in which a model leaves for other programs. This file is a bundle of its own, which is loaded when
 * somebody asks for it.
 *
 * @param {object} around
 * @param {FineTuner} around.tuner
 * @param {ParentNode & Node} around.root  Where the dialog is put.
 * @param {LanguageCode} around.language
 * @param {(problem: ProblemView) => string} around.say  A problem in words.
 */
export function takeAlong({ tuner, root, language, say }) {
  const words = new Language(language, TAKE_ALONG_MESSAGES);
  const dialog = new TakeAlongDialog();
  dialog.language = words;
  let abort = new AbortController();
  dialog.addEventListener("take", (event) => void write(/** @type {CustomEvent} */ (event).detail));
  dialog.addEventListener("take-cancel", () => abort.abort());
  dialog.addEventListener("take-close", () => {
    abort.abort();
    dialog.remove();
  });
  root.append(dialog);

  /** @param {{ format: keyof typeof NAMES, also: ("onnx" | "safetensors")[], half: boolean }} wish */
  async function write({ format, also, half }) {
    abort = new AbortController();
    const { signal } = abort;
    dialog.view = { state: "loading", done: 0, total: 0 };
    /** @type {ExportOptions} */
    const options = {
      signal,
      onProgress: ({ stage, done, total }) => {
        // What is loaded is not yet compiled, and a single file is not counted.
        const writing = stage === "export" || (total > 0 && done === total);
        dialog.view = writing
          ? { state: "writing", done, total: stage === "export" ? total : 0 }
          : { state: "loading", done, total };
      },
    };
    if (half) options.precision = "half";
    if (format === "zip") options.contents = ["onnx-image", ...also];
    try {
      const file = await tuner.exportAs(format, options);
      const name = half ? NAMES[format].replace(/(?=\.\w+$)/, "-half") : NAMES[format];
      download(file, name);
      dialog.view = { state: "done", name, bytes: file.size };
    } catch (error) {
      const { code, message, params } = /** @type {import("../lib/index.js").LastLayerError} */ (error);
      const text = code === "invalid-option" && half ? words.say("noHalf") : say({ code, message, params });
      dialog.view = signal.aborted ? { state: "cancelled" } : { state: "failed", text, code };
    }
  }
}

/** @param {Blob} file @param {string} name */
function download(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The download has its own hold on the blob only once it has begun, which no event tells.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
