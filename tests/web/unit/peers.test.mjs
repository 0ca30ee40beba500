// The networks that the benchmark against peers computes are the ones it names: as many parameters, as much work.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  LITE0,
  layersOf,
  MOBILENET_V2_035,
  multiplyAdds,
  RESNET18,
  VGG16,
} from "../../bench/peers/in-page/networks.js";

/**
 * Number of parameters, with `ofNorm` parameters of a batch-norm or a bias for each channel.
 * @param {import("../../bench/peers/in-page/networks.js").Network} network
 * @param {number} ofNorm
 */
function parameters({ blocks, features, classes }, ofNorm) {
  const convolutions = layersOf(blocks).reduce(
    (sum, { depthwise, inputs, outputs, kernel }) =>
      sum + kernel * kernel * (depthwise ? 1 : inputs) * outputs + ofNorm * outputs,
    0,
  );
  return convolutions + (classes > 0 ? (features + 1) * classes : 0);
}

test("EfficientNet-Lite0 has timm's 4,652,008 parameters, which count scale and shift of a batch-norm", () => {
  assert.equal(parameters(LITE0, 2), 4_652_008);
  // 407 million by Google's table, which counts more than multiply-adds; ours are counted in src/advise/cost.rs too.
  assert.ok(multiplyAdds(LITE0) > 3.75e8 && multiplyAdds(LITE0) < 4.1e8);
});

test("MobileNetV2 0.35 has Keras's 410,208 parameters without its top, which count a batch-norm's statistics too", () => {
  assert.equal(parameters(MOBILENET_V2_035, 4), 410_208);
  // 59.2 million by TensorFlow's table, 1.28 of them in the output layer that is not computed here.
  assert.ok(Math.abs(multiplyAdds(MOBILENET_V2_035) - 57.9e6) < 0.3e6);
});

test("ResNet-18 has torchvision's 11,689,512 parameters, which count scale and shift of a batch-norm", () => {
  assert.equal(parameters(RESNET18, 2), 11_689_512);
  assert.ok(Math.abs(multiplyAdds(RESNET18) - 1.814e9) < 1e6); // as torchvision's documentation has it
});

test("VGG-16's convolutions have torchvision's 14,714,688 parameters, biases counted, beside the output layer here", () => {
  assert.equal(parameters(VGG16, 1), 14_714_688 + 513 * 1000);
  // 15.47 billion by torchvision's documentation, 123.6 million of them in the fully connected layers.
  assert.ok(Math.abs(multiplyAdds(VGG16) - 15.346e9) < 1e7);
});
