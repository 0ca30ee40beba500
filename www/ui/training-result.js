import { LitElement, css, html, nothing } from "lit";
import { define } from "./define.js";
import { overfittingNotice } from "./overfitting.js";
import { reducedNote } from "./reduced-note.js";
import { scores, scoreStyles } from "./scores.js";
import { shared } from "./styles.js";

/**
 * What a training came to: the scores, large, and right below them what they mean and what they do not. For tests:
 * `val-top1`, `val-top5` where it says something (fraction in `data-value`), `report-explanation`, `never-held-out`,
 * `overfitting` (its epoch in `data-epoch`).
 */
export class TrainingResult extends LitElement {
  static properties = { language: { attribute: false }, report: { attribute: false } };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").ReportView | null} */ this.report = null;
  }

  static styles = [
    shared,
    scoreStyles,
    css`
      .explanation {
        display: grid;
        gap: 0.6em;
        margin-top: 0.9em;
        color: var(--ink-soft);
        font-size: 0.9375em;
        line-height: 1.6;
        text-wrap: pretty;
      }
    `,
  ];

  render() {
    const { language, report } = this;
    if (!language || !report) return nothing;
    const on = report.val ? language.say("report.on", { count: report.val.count }) : "";
    return html`${scores(language, {
        score: report.val,
        classes: report.classes.length,
        top1Id: "val-top1",
        top5Id: "val-top5",
        on,
      })}
      <div class="explanation" data-testid="report-explanation">
        ${this.#explanation(language, report)} ${reducedNote(language, report.reduced)}
        <p class="small faint number">
          ${language.say("report.time", { photos: report.trainImages, seconds: language.seconds(report.seconds) })}
        </p>
      </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").ReportView} report */
  #explanation(
    language,
    { val, heldOut, heldOutLookAlikes, neverHeldOut, trainImages, epochs, epochsTried, epochsChosen, overfitting },
  ) {
    const overfitted = overfitting ? overfittingNotice(language, overfitting, epochsChosen) : nothing;
    if (!val) return html`<p>${language.say("report.noHoldout", { all: trainImages, epochs })}</p>`;
    const lookAlikes =
      heldOutLookAlikes > 0 ? html`<p>${language.say("report.lookAlikes", { count: heldOutLookAlikes })}</p>` : nothing;
    const uncovered = neverHeldOut.length > 0 ? language.list(neverHeldOut) : null;
    const notJudged = uncovered
      ? html`<p data-testid="never-held-out">${language.say("report.neverHeldOut", { labels: uncovered })}</p>`
      : nothing;
    const step = language.number(100 / val.count, { maximumFractionDigits: val.count < 100 ? 0 : 1 });
    if (!epochsChosen) {
      return html`<p>${language.say("report.fixed", { heldOut, all: trainImages, epochs, uncovered })}</p>
        <p>${language.say("report.coarse", { heldOut: val.count, step })}</p>
        ${lookAlikes}${notJudged}${overfitted}`;
    }
    return html`<p>
        ${language.say("report.explain", { heldOut, all: trainImages, tried: epochsTried, epochs, uncovered })}
      </p>
      <p>${language.say("report.optimistic", { tried: epochsTried, heldOut: val.count, step })}</p>
      ${lookAlikes}${notJudged}${overfitted}`;
  }
}

define("last-layer-training-result", TrainingResult);
