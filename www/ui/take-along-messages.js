/**
 * The words of the dialog in which a model leaves for other programs. They are loaded with it, so they are no part of
 * `messages.js`.
 * @satisfies {Record<string, import("./localize.js").Message>}
 */
export const TAKE_ALONG_MESSAGES = {
  title: { en: "Take the model along", zh: "把模型带到别处使用" },
  intro: {
    en: "For programs that know nothing of this page. It is written here, on this device; nothing is uploaded.",
    zh: "供与本页面无关的程序使用。文件在这台设备上生成，不会上传任何内容。",
  },
  format: { en: "What is it for?", zh: "用来做什么？" },
  "format.zip": { en: "Everything in one folder (zip)", zh: "全部内容，一个文件夹（zip）" },
  "hint.zip": {
    en: "The model for ONNX, its classes, a description with its scores, the licences, and a few lines of Python and of JavaScript that check that it answers as it does here.",
    zh: "ONNX 模型、类别名称、附有成绩的说明、许可证，以及几行 Python 和 JavaScript 代码，用来检查模型在别处的回答是否与这里一致。",
  },
  "format.onnx-image": { en: "ONNX, for photos", zh: "ONNX，直接输入照片" },
  "hint.onnx-image": {
    en: "One file for ONNX Runtime in Python, JavaScript, C++ and others. It takes a photo of any size and prepares it by itself.",
    zh: "单个文件，可在 Python、JavaScript、C++ 等语言的 ONNX Runtime 中运行。接受任意尺寸的照片，自动完成缩放和裁剪。",
  },
  "format.onnx": { en: "ONNX, for prepared pictures", zh: "ONNX，输入已处理好的图片" },
  "hint.onnx": {
    en: "For your own way of reading photos, for many at a time, and for converters.",
    zh: "适合自己读取照片、批量处理，以及转换成其他格式。",
  },
  "format.safetensors": { en: "PyTorch", zh: "PyTorch" },
  "hint.safetensors": {
    en: "All numbers of the network as safetensors, under the names of timm.",
    zh: "网络的全部参数，safetensors 格式，采用 timm 的命名。",
  },
  "format.card": { en: "The description alone", zh: "只要说明文件" },
  "hint.card": {
    en: "Classes, how it was taught, its scores, what it was not tested on, licences: a model card in Markdown.",
    zh: "类别、训练方式、成绩、未经测试的情形和许可证：Markdown 格式的模型卡。",
  },
  also: { en: "Also in the zip", zh: "zip 中另外包含" },
  "also.onnx": { en: "ONNX for prepared pictures", zh: "输入已处理图片的 ONNX" },
  "also.safetensors": { en: "PyTorch (safetensors)", zh: "PyTorch（safetensors）" },
  half: { en: "Half precision", zh: "半精度" },
  "hint.half": {
    en: "The ONNX file is half as large. Probabilities differ by up to two points from those here.",
    zh: "ONNX 文件减小一半，概率与这里相比最多相差两个百分点。",
  },
  download: { en: "Download", zh: "下载" },
  cancel: { en: "Cancel", zh: "取消" },
  close: { en: "Close", zh: "关闭" },
  loading: { en: "Loading what writes the file …", zh: "正在加载生成文件所需的程序……" },
  writing: { en: "Writing …", zh: "正在生成……" },
  progress: { en: "Progress", zh: "进度" },
  done: { en: "“{name}” is written, {size}.", zh: "已生成“{name}”，{size}。" },
  cancelled: { en: "Cancelled. Nothing was written.", zh: "已取消，没有生成文件。" },
  noHalf: {
    en: "A number of this network is too large for half precision. Take it along in single precision.",
    zh: "这个网络中有数值超出半精度的范围，请使用单精度。",
  },
};

/** @typedef {import("./localize.js").Language<keyof typeof TAKE_ALONG_MESSAGES>} TakeAlongLanguage */
