/**
 * lastlayer: fine-tunes an image classifier inside the browser.
 *
 *     import { FineTuner } from "./lib.js";
 *     const tuner = await FineTuner.create();
 *     await tuner.add(catFiles, "cat");
 *     await tuner.add(dogFiles, "dog");
 *     const report = await tuner.train({}, { onEvent: console.log });
 *     const [best] = await tuner.predict(photo);
 *
 * @module
 */
export { InterruptedError, LastLayerError } from "./errors.js";
export { FineTuner } from "./fine-tuner.js";
export { OPTIONS } from "./options.js";
export { renamedEvaluation } from "./renamed-evaluation.js";
export { SITE_NETWORKS } from "./site-networks.js";
