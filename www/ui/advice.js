import { LitElement, css, html, nothing } from "lit";
import { define, emit } from "./define.js";
import { choiceLabel } from "./language.js";
import { shared } from "./styles.js";

/** How a number of a reason is written, by its name; all others as plain numbers. */
const PERCENTAGES = ["accuracy", "low", "high", "fraction", "chance", "headAccuracy", "deeperAccuracy"];
const SECONDS = ["limit", "seconds"];
const TWO_DIGITS = ["similarity", "threshold", "headLoss", "deeperLoss"];

/**
 * What to train and why, and the four ways there are, to choose from. Sends `regime-choose` (`{ regime }`).
 * For tests: `advice-plan` (`data-regime`), `advice-reason` (`data-code`), `regime-row` (`data-regime`).
 */
export class Advice extends LitElement {
  static properties = {
    language: { attribute: false },
    advice: { attribute: false },
    chosen: { type: String },
    disabled: { type: Boolean },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").AdviceView | null} */ this.advice = null;
    /** The regime that the options ask for. */ this.chosen = "auto";
    this.disabled = false;
  }

  static styles = [
    shared,
    css`
      :host {
        container-type: inline-size;
      }
      .box {
        display: grid;
        gap: 0.7em;
        padding: 0.9em 1em;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
        background: var(--sunk);
      }
      h4 {
        font-size: 1em;
        font-weight: 650;
      }
      .plan {
        font-weight: 600;
        text-wrap: pretty;
      }
      .reasons {
        display: grid;
        gap: 0.4em;
        padding-inline-start: 1.2em;
        list-style: disc;
        color: var(--ink-soft);
        font-size: 0.9375em;
        line-height: 1.55;
        text-wrap: pretty;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 0.9375em;
      }
      caption {
        text-align: start;
        color: var(--ink-soft);
        font-size: 0.875em;
        padding-bottom: 0.4em;
      }
      th,
      td {
        padding: 0.45em 0.6em 0.45em 0;
        text-align: start;
        vertical-align: middle;
        border-top: 1px solid var(--line);
      }
      thead th {
        border-top: 0;
        font-weight: 550;
        color: var(--ink-soft);
        font-size: 0.875em;
      }
      tr.advised th {
        color: var(--accent);
      }
      tbody th {
        font-weight: 600;
      }
      td:last-child {
        text-align: end;
        padding-inline-end: 0;
      }
      @container (max-width: 420px) {
        .when {
          display: none;
        }
      }
    `,
  ];

  render() {
    const { language, advice } = this;
    if (!language || !advice) return nothing;
    const { plan, reasons, regimes } = advice;
    const settings = {
      stages: plan.stages,
      draws: plan.draws,
      epochs: plan.epochs,
      time: language.seconds(plan.seconds),
    };
    return html`<section class="box" aria-labelledby="title">
      <h4 id="title">${language.say("advice.title")}</h4>
      <p class="plan" data-testid="advice-plan" data-regime=${plan.regime}>
        ${choiceLabel(language, "regime", plan.regime)}.
        ${language.say(plan.stages > 0 ? "advice.settingsDeeper" : "advice.settings", settings)}
      </p>
      <ul class="reasons">
        ${reasons.map(
          (reason) =>
            html`<li data-testid="advice-reason" data-code=${reason.code}>${this.#reason(language, reason)}</li>`,
        )}
      </ul>
      <details>
        <summary class="small">${language.say("advice.regimes")}</summary>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="caption">
          <table>
            <caption id="caption">
              ${language.say("advice.regimesHelp")}
            </caption>
            <thead>
              <tr>
                <th scope="col">${language.say("option.regime")}</th>
                <th scope="col" class="when">${language.say("advice.when")}</th>
                <th scope="col">${language.say("advice.time")}</th>
                <th scope="col"><span class="hidden-text">${language.say("advice.choose")}</span></th>
              </tr>
            </thead>
            <tbody>
              ${regimes.map((row) => this.#row(language, row, row.regime === plan.regime))}
            </tbody>
          </table>
        </div>
      </details>
    </section>`;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").PlanView} row
   * @param {boolean} advised
   */
  #row(language, { regime, seconds }, advised) {
    const name = choiceLabel(language, "regime", regime);
    const when = `advice.when.${regime}`;
    return html`<tr class=${advised ? "advised" : ""} data-testid="regime-row" data-regime=${regime}>
      <th scope="row">${name}</th>
      <td class="when">${language.has(when) ? language.say(when) : ""}</td>
      <td class="number">${language.seconds(seconds)}</td>
      <td>
        ${
          this.chosen === regime
            ? language.say("advice.chosen")
            : html`<button
                class="button"
                type="button"
                ?disabled=${this.disabled}
                aria-label="${language.say("advice.choose")}: ${name}"
                @click=${() => emit(this, "regime-choose", { regime })}
              >
                ${language.say("advice.choose")}
              </button>`
        }
      </td>
    </tr>`;
  }

  /**
   * In the reader's language where there are words for it, in the core's English otherwise.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").ReasonView} reason
   */
  #reason(language, { code, params, text }) {
    const key = `advice.${code}`;
    if (!language.has(key)) return text;
    const written = Object.entries(params).map(([name, value]) => [name, this.#number(language, name, value)]);
    return language.say(key, Object.fromEntries(written));
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {string} name @param {number} value */
  #number(language, name, value) {
    if (PERCENTAGES.includes(name)) return language.percent(value);
    if (SECONDS.includes(name)) return language.seconds(value);
    return TWO_DIGITS.includes(name)
      ? language.number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
      : language.number(value);
  }
}

define("last-layer-advice", Advice);
