# pip install onnxruntime pillow
import json, pathlib, sys
import numpy, onnxruntime
from PIL import Image

here = pathlib.Path(__file__).parent
expected = json.loads((here / "test/expected.json").read_text(encoding="utf-8"))
session = onnxruntime.InferenceSession(str(here / "model-tensor.onnx"))
prepared = numpy.asarray(Image.open(here / "test/seen.png").convert("RGB"), numpy.float32)
normalised = (prepared - expected["mean"]) / expected["std"]  # of 0 to 255
inputs = {"input": normalised.transpose(2, 0, 1)[None].astype(numpy.float32)}
[probabilities] = session.run(["probabilities"], inputs)
apart = numpy.abs(probabilities[0] - expected["probabilities"]).max()
print(expected["labels"][probabilities[0].argmax()], probabilities[0].max(), "; largest difference:", apart)
sys.exit(0 if apart <= expected["tolerance"] else 1)
