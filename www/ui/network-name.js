/** How the families write their names: what the core calls a network, and its name out of that. */
const FAMILIES = /** @type {const} */ ([
  [/^efficientnet_lite(\d)$/, "EfficientNet-Lite$1"],
  [/^mobilenetv2_0(\d)(\d)$/, "MobileNetV2 0.$1$2"],
  [/^mobilenetv2_(\d)(\d)0$/, "MobileNetV2 $1.$2"],
  [/^resnet(\d+)$/, "ResNet-$1"],
  [/^vgg(\d+)$/, "VGG-$1"],
  [/^vgg(\d+)_bn$/, "VGG-$1-BN"],
]);

/**
 * A network as its authors write it; one of a family that is not known here is called as the core calls it.
 * @param {string} name
 */
export function networkName(name) {
  const family = FAMILIES.find(([form]) => form.test(name));
  return family ? name.replace(family[0], family[1]) : name;
}
