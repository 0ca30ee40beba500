/**
 * Code that loads a model of the zip and checks that it says what the page said: it prints the answer and ends with 0
 * where it does. Each reads `test/expected.json`, and one of the ONNX files.
 */
import photoJavaScript from "./code/photo.mjs.txt";
import photoPython from "./code/photo.py";
import tensorJavaScript from "./code/tensor.mjs.txt";
import tensorPython from "./code/tensor.py";

/** The ONNX files of a zip by their form. */
export const ONNX_FILES = { "onnx-image": "model.onnx", onnx: "model-tensor.onnx" };

/** For Python with ONNX Runtime, NumPy and Pillow, and for Node.js with ONNX Runtime. */
export const CODE = {
  "onnx-image": { "run.py": photoPython, "run.mjs": photoJavaScript },
  onnx: { "run.py": tensorPython, "run.mjs": tensorJavaScript },
};
