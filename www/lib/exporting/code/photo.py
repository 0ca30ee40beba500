# pip install onnxruntime pillow
import json, pathlib, sys
import numpy, onnxruntime
from PIL import Image

here = pathlib.Path(__file__).parent
expected = json.loads((here / "test/expected.json").read_text(encoding="utf-8"))
session = onnxruntime.InferenceSession(str(here / "model.onnx"))
photo = Image.open(here / "test/picture.png").convert("RGB")  # of your own photos: ImageOps.exif_transpose(photo) first
inputs = {"image": numpy.asarray(photo)}
[probabilities] = session.run(["probabilities"], inputs)
apart = numpy.abs(probabilities[0] - expected["probabilities"]).max()
print(expected["labels"][probabilities[0].argmax()], probabilities[0].max(), "; largest difference:", apart)
sys.exit(0 if apart <= expected["tolerance"] else 1)
