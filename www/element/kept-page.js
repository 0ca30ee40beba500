/** @import { Evaluation } from "../lib/types/public.d.ts" */
/** @import { Kept } from "../store/project.js" */
/** @import { Session } from "./session.js" */
/** @typedef {import("../ui/types.d.ts").EpochView} EpochView */

/**
 * What the page shows beside the work of the FineTuner. `opened`: the model file that the classifier came from, and
 * `saved`: whether it is in a file; `history`: of a training that can be continued; `judged`: what the evaluation judged.
 * @typedef {{
 *   opened: { name: string, labels: string[] } | null,
 *   saved: boolean,
 *   history: EpochView[],
 *   advice: import("../lib/types/public.d.ts").Advice | null,
 *   evaluation: Evaluation | null,
 *   own: string[],
 *   judged: { id: number, name: string, label: string }[],
 *   right: number[],
 * }} KeptPage
 */

/** @param {Session} session @returns {KeptPage} */
export function pageOf({ training, evaluating }) {
  const { evaluation, own, judged, kept } = evaluating;
  return {
    opened: training.opened,
    saved: training.saved,
    history: training.history,
    advice: training.advice,
    evaluation,
    own: evaluation ? [...own] : [],
    judged: evaluation ? Array.from(judged.values(), ({ id, name, label }) => ({ id, name, label })) : [],
    right: evaluation ? [...kept] : [],
  };
}

/** Values of which one is another one wherever `pageOf` says something new. @param {Session} session */
export function markOf({ training, evaluating }) {
  const { evaluation, own, judged, kept } = evaluating;
  // The curves change with every epoch: they are written along with a checkpoint, and when all is over.
  return [
    training.opened,
    training.saved,
    training.advice,
    training.stage === null,
    evaluation,
    own.size,
    judged,
    kept,
  ];
}

/** Shows again what was shown. @param {Session} session @param {Kept} kept */
export function showAgain({ training, evaluating, tuner }, { work, page }) {
  const { opened, saved, history, advice, evaluation, own, judged, right } = /** @type {KeptPage} */ (page);
  // Without the classifier, nothing of what was said of it.
  const report = tuner?.report ?? null;
  const curves = curvesOf(report?.history ?? []);
  Object.assign(training, {
    opened: report || !work.model ? null : opened,
    saved: saved || tuner?.snapshot().model === null,
    before: curves,
    history: tuner?.checkpoint ? history : curves,
    advice: report?.advice ?? advice,
  });
  if (!report || !evaluation) return;
  const photos = new Map(tuner?.photos.map((photo) => [photo.id, photo]));
  Object.assign(evaluating, {
    evaluation: tuner?.evaluation ?? evaluation,
    own: new Set(own),
    judged: new Map(judged.map((photo) => [photo.id, { ...photo, blob: photos.get(photo.id)?.blob ?? new Blob() }])),
    kept: new Set(right),
  });
}

/** Those of the refit repeat what the hold-out has shown. @param {readonly EpochView[]} history */
function curvesOf(history) {
  const heldOut = history.filter(({ phase }) => phase === "holdout");
  return heldOut.length > 0 ? heldOut : [...history];
}
