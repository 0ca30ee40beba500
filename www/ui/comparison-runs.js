import { css } from "lit";

/**
 * The ways to train that a reader can compare, in the order of the lesson.
 * @type {readonly ("head" | "last-k" | "full" | "scratch")[]}
 */
export const REGIMES = ["head", "last-k", "full", "scratch"];

/** More would not be told apart at a glance; the core takes no more either. */
export const MOST_RUNS = 6;

/** A colour for each run, by its position: told apart in both themes, and named by words beside them. */
export const runColours = css`
  .run-0 {
    color: var(--accent);
  }
  .run-1 {
    color: var(--second);
  }
  .run-2 {
    color: var(--good);
  }
  .run-3 {
    color: var(--bad);
  }
  .run-4 {
    color: var(--ink-faint);
  }
  .run-5 {
    color: var(--ink);
  }
`;

/** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").PreparedRun} run */
export function runName(language, run) {
  const regime = REGIMES.find((regime) => run.startsWith(regime)) ?? "head";
  const name = language.say(`choice.regime.${regime}`);
  return run.endsWith("-augmented") ? language.say("comparison.augmentedName", { name }) : name;
}
