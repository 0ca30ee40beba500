// Generated from the weights by scripts/site-networks.mjs; tests/web/site-networks.test.mjs compares. Do not edit.

/**
 * The networks that a site comes with, the default first: the name for `backbone`, the size of the download in bytes, parameters in
 * millions, and the side of the square that it sees of a photo, in pixels.
 */
export const SITE_NETWORKS = /** @type {const} */ ([
  { name: "efficientnet_lite0", bytes: 5360880, millionParameters: 4.65, inputSize: 224 },
  { name: "efficientnet_lite1", bytes: 6319880, millionParameters: 5.42, inputSize: 240 },
  { name: "efficientnet_lite2", bytes: 7100376, millionParameters: 6.09, inputSize: 260 },
]);
