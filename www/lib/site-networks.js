/**
 * The networks that a built site has in `weights/`, the default first: the name that `create` takes as `backbone`, the
 * bytes that are downloaded, the parameters in millions, and the side of the pictures that it sees.
 */
export const SITE_NETWORKS = /** @type {const} */ ([
  { name: "efficientnet_lite0", bytes: 5_360_880, millionParameters: 4.7, inputSize: 224 },
]);
