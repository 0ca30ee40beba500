import { css, html, nothing } from "lit";
import { runName } from "./comparison-runs.js";
import { intervalBar } from "./interval-bar.js";
import { overfittingNotice } from "./overfitting.js";
import { reducedNote } from "./reduced-note.js";

export const comparisonResultStyles = css`
  .runs {
    width: 100%;
    border-collapse: collapse;
  }
  .runs th,
  .runs td {
    padding: 0.7em 0;
    text-align: start;
    vertical-align: top;
  }
  .runs thead th {
    padding: 0 0 0.3em;
    font-size: 0.875em;
    font-weight: 500;
    color: var(--ink-soft);
  }
  .runs tbody tr > * {
    border-top: 1px solid var(--line);
  }
  .runs tbody th {
    width: 42%;
    padding-inline-end: 1em;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .runs .swatch {
    display: inline-block;
    width: 0.75em;
    height: 0.75em;
    margin-inline-end: 0.5em;
    border-radius: 50%;
    background: currentColor;
    vertical-align: 0.02em;
  }
  .runs .detail {
    display: block;
    margin-top: 0.25em;
    font-size: 0.8125em;
    font-weight: 400;
    line-height: 1.5;
    color: var(--ink-soft);
  }
  .runs .accuracy {
    font-size: 1.375em;
    font-weight: 700;
    letter-spacing: -0.02em;
  }
  .differences {
    display: grid;
    gap: 0.7em;
  }
  .differences li {
    padding-inline-start: 0.9em;
    border-inline-start: 3px solid var(--line-strong);
    line-height: 1.55;
    text-wrap: pretty;
  }
  .differences li.clear {
    border-color: var(--good);
  }
`;

/**
 * Each run with its accuracy and where that lies on new photos, then each but the first against the first.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").ComparisonResultView} result
 */
export function comparisonResult(language, { runs, missing, heldOut, neverHeldOut, trainImages, seconds }) {
  const [first] = runs;
  if (!first) return nothing;
  return html`<p class="text">
      ${language.say("comparison.basis", { count: heldOut, learnt: trainImages, seconds: language.seconds(seconds) })}
    </p>
    ${
      neverHeldOut.length > 0
        ? html`<p class="text">${language.say("report.neverHeldOut", { labels: language.list(neverHeldOut) })}</p>`
        : nothing
    }
    ${
      missing.length > 0
        ? html`<p class="text" data-testid="compared-missing">
            ${language.say("comparison.missing", { labels: language.list(missing.map((run) => runName(language, run))) })}
          </p>`
        : nothing
    }
    <table class="runs">
      <thead>
        <tr>
          <th scope="col">${language.say("comparison.runColumn")}</th>
          <th scope="col">${language.say("comparison.accuracyColumn")}</th>
        </tr>
      </thead>
      <tbody>
        ${runs.map((run, index) => row(language, run, index))}
      </tbody>
    </table>
    <ul class="differences">
      ${runs.map((run) => difference(language, run, first))}
    </ul>
    ${runs.map((run) => note(language, run))}`;
}

/**
 * What else there is to say of a run.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").ComparedRunView} run
 */
function note(language, { run, overfitting, reduced }) {
  if (!overfitting && !reduced) return nothing;
  return html`<div>
    <p class="text">${runName(language, run)}</p>
    ${reducedNote(language, reduced)}${overfitting ? overfittingNotice(language, overfitting, false) : nothing}
  </div>`;
}

/**
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").ComparedRunView} run
 * @param {number} index
 */
function row(language, { run, accuracy, low, high, train, epochs, inputSize, seconds }, index) {
  return html`<tr
    data-testid="compared-run"
    data-run=${run}
    data-accuracy=${accuracy}
    data-low=${low}
    data-high=${high}
  >
    <th scope="row">
      <i class="swatch run-${index}"></i>${runName(language, run)}
      <span class="detail number"
        >${language.say("comparison.detail", { epochs, seconds: language.seconds(seconds), train: language.percent(train) })}
        ${inputSize > 0 ? html`<br />${language.say("comparison.inputSize", { size: inputSize })}` : nothing}</span
      >
    </th>
    <td class="number">
      <span class="accuracy">${language.percent(accuracy)}</span>
      ${intervalBar(language, { low, high, value: accuracy })}
      <span class="detail"
        >${language.say("comparison.interval", { low: language.percent(low), high: language.percent(high) })}</span
      >
    </td>
  </tr>`;
}

/**
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").ComparedRunView} run
 * @param {import("./types.d.ts").ComparedRunView} first
 */
function difference(language, { run, difference }, first) {
  if (!difference) return nothing;
  const { value, low, high, onlyThis, onlyFirst } = difference;
  const clear = low > 0 || high < 0;
  const points = (/** @type {number} */ fraction) =>
    language.number(100 * fraction, { maximumFractionDigits: 0, signDisplay: clear ? "never" : "exceptZero" });
  // “Worse by 25 to 59”: without signs, the smaller first.
  const [from, to] = clear && high < 0 ? [high, low] : [low, high];
  const names = { name: runName(language, run), first: runName(language, first.run) };
  const verdict = !clear ? "comparison.unclear" : value > 0 ? "comparison.better" : "comparison.worse";
  return html`<li
    class=${clear ? "clear" : ""}
    data-testid="compared-difference"
    data-run=${run}
    data-clear=${String(clear)}
  >
    ${language.say(verdict, { ...names, points: points(value), low: points(from), high: points(to) })}
    <span class="small soft">${language.say("comparison.counts", { ...names, onlyThis, onlyFirst })}</span>
  </li>`;
}
