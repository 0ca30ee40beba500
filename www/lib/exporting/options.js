/** @import { ExportContent, ExportFormat, ExportOptions } from "../types/public.d.ts" */
import { LastLayerError } from "../errors.js";

/** @type {readonly ExportFormat[]} */
const FORMATS = ["onnx", "onnx-image", "safetensors", "head", "card", "zip"];
/** @type {readonly ExportContent[]} */
const CONTENTS = ["onnx", "onnx-image", "safetensors"];
/** Which options mean something with which formats; the others mean something with all. @type {Record<string, readonly string[]>} */
const OF = { precision: ["onnx", "onnx-image", "zip"], names: ["safetensors", "zip"], contents: ["zip"] };

/**
 * The options with their defaults.
 * @param {ExportFormat} format
 * @param {ExportOptions} options
 */
export function checkedOptions(format, options) {
  oneOf("format", format, FORMATS);
  for (const [name, formats] of Object.entries(OF))
    if (options[/** @type {keyof ExportOptions} */ (name)] !== undefined && !formats.includes(format))
      throw invalid(name, format, `is an option of ${list(formats)}, and the format is ${format}`);
  const { precision = "single", names = "timm", contents = ["onnx-image"], model = "trained" } = options;
  oneOf("precision", precision, ["single", "half"]);
  oneOf("names", names, ["timm", "torchvision"]);
  if (/** @type {string} */ (model) === "provisional")
    throw invalid(
      "model",
      model,
      "cannot be the first classifier, which is only there until one is trained: train one first",
    );
  oneOf("model", model, ["trained", "source"]);
  const chosen = CONTENTS.filter((content) => contents.includes(content));
  for (const content of contents) oneOf("contents", content, CONTENTS);
  if (!chosen.some((content) => content !== "safetensors"))
    throw invalid("contents", contents.join(), "must have onnx or onnx-image in it, which the code in a zip runs");
  return { precision, names, contents: chosen, model, signal: options.signal, onProgress: options.onProgress };
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {readonly string[]} known
 */
function oneOf(name, value, known) {
  if (!known.includes(/** @type {string} */ (value)))
    throw invalid(name, value, `must be ${list(known)}, got ${JSON.stringify(value)}`);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {string} problem
 */
function invalid(name, value, problem) {
  return new LastLayerError("invalid-option", `${name} ${problem}.`, { name, value: String(value) });
}

/** @param {readonly string[]} words */
function list(words) {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
