/** @import { ModelCard, ZipOrder } from "../types/exporting.d.ts" */
import { ONNX_FILES } from "./code.js";

/**
 * What is in the folder, for its README: stands below the model card.
 * @param {ZipOrder} order
 * @param {readonly string[]} names  Paths of the files.
 */
export function guide({ contents, precision, names: whose, model }, names) {
  const about = [
    [
      ONNX_FILES["onnx-image"],
      "ONNX, takes a photo of any size: `image`, uint8 `[height, width, 3]`, RGB, the right way up",
    ],
    [ONNX_FILES.onnx, "ONNX, takes pictures that are prepared as said above: `input`, float32 `[N, 3, size, size]`"],
    ["model.safetensors", `every tensor of the network, for PyTorch, under the names of ${whose}`],
    ["model-lastlayer.safetensors", "the model as lastlayer saves it: it opens there again"],
    ["labels.txt", "the classes, one in a line, in the order of the outputs"],
    ["curves.svg", "the losses of the training, epoch by epoch"],
    ["confusion.svg", "what the cross-validation took for what"],
    ["run.py", "Python: loads the model and checks that it says of the test picture what the page said"],
    ["run.mjs", "the same in JavaScript, for Node.js"],
    ["test/", "the test picture, and what the page said of it in `expected.json`"],
    ["licences/", "the licences of the weights and of the code"],
  ];
  const there = (/** @type {string} */ path) => names.some((name) => name === path || name.startsWith(path));
  const rows = about.flatMap(([path = "", text]) => (there(path) ? [`| \`${path}\` | ${text} |`] : []));
  const half = precision === "half" ? " Weights are stored in half precision." : "";
  const again = model ? "" : " It is the source model: nothing was taught on top of it.";
  return `
## In this folder

| file | what it is |
|---|---|
${rows.join("\n")}

\`python run.py\` and \`node run.mjs\` show how to use it; each prints the first guess, and fails where the answers differ from the page's.${
    contents.some((content) => content !== "safetensors") ? half : ""
  }${again}
`;
}

/**
 * Where nobody knows what may be done with the weights.
 * @param {ModelCard} card
 */
export function unknownLicence({ backbone, weights_sha256 }) {
  return `# Notices

The weights of ${backbone} came in a file (SHA-256 ${weights_sha256}) that does not say under which licence they are. Ask those who
published them before you pass them on.

\`run.py\` and \`run.mjs\` were written by lastlayer and may be used freely.
`;
}
