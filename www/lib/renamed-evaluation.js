/** @import { Evaluation } from "./types/public.d.ts" */

/**
 * An evaluation by the names that classes have after one was renamed. `FineTuner.evaluation` follows by itself, as long
 * as it stands; this is for one that is kept for longer, after photos have changed.
 * @param {Evaluation} evaluation
 * @param {string} from
 * @param {string} to
 * @returns {Evaluation}
 */
export function renamedEvaluation({ classes, method, perClass, ...rest }, from, to) {
  const rename = (/** @type {string} */ label) => (label === from ? to : label);
  return {
    ...rest,
    classes: classes.map(rename),
    method: { ...method, neverHeldOut: method.neverHeldOut.map(rename) },
    perClass: perClass.map((row) => ({ ...row, label: rename(row.label) })),
  };
}
