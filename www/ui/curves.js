import { LitElement, css, html, nothing, unsafeCSS } from "lit";
import uPlotStyles from "uplot/dist/uPlot.min.css";
import { CHARTS, Plots, chartOptions, chartStyles } from "./chart.js";
import { curvesTable, curvesTableStyles } from "./curves-table.js";
import { define } from "./define.js";
import { shared } from "./styles.js";

/**
 * Loss and top-1 by epoch, drawn by uPlot while they come in; the same as a table for those who read rather than look.
 * Training is dashed and validation solid, so that the two differ without colour too.
 */
export class Curves extends LitElement {
  static properties = {
    language: { attribute: false },
    history: { attribute: false },
    chosen: { attribute: false },
    overfitting: { attribute: false },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").EpochView[]} */ this.history = [];
    /** The epoch that was kept, once it is known. @type {number | null} */ this.chosen = null;
    /** The epoch after which the fit got worse on held-out photos. @type {number | null} */ this.overfitting = null;
    this.plots = new Plots(this);
  }

  static styles = [
    unsafeCSS(uPlotStyles),
    shared,
    curvesTableStyles,
    chartStyles,
    css`
      figcaption {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        justify-content: space-between;
        gap: 0.2em 1em;
        font-size: 0.875em;
      }
      figcaption b {
        font-weight: 650;
      }
      .key {
        display: inline-flex;
        gap: 1em;
        color: var(--ink-soft);
      }
      .key span::before {
        content: "";
        display: inline-block;
        width: 1.3em;
        margin-inline-end: 0.4em;
        vertical-align: 0.28em;
        border-top: 2px dashed var(--second);
      }
      .key .validation::before {
        border-top: 2.5px solid var(--accent);
      }
      .probe-train {
        color: var(--second);
      }
      .probe-validation {
        color: var(--accent);
      }
      .probe-overfitting {
        color: var(--bad);
      }
    `,
  ];

  render() {
    const { language } = this;
    if (!language || this.history.length === 0) return nothing;
    const validated = this.history.some((epoch) => epoch.valLoss !== null);
    return html`<div class="charts">
        ${CHARTS.map(
          (chart) =>
            html`<figure>
              <figcaption>
                <b>${language.say(`curves.${chart.key}`)}</b>
                <span class="key"
                  ><span>${language.say("curves.train")}</span
                  >${validated ? html`<span class="validation">${language.say("curves.validation")}</span>` : nothing}</span
                >
              </figcaption>
              <div class="plot" id=${chart.key} role="img" aria-label=${this.#describe(language, chart)}></div>
            </figure>`,
        )}
      </div>
      <i class="probe-train" hidden></i><i class="probe-validation" hidden></i><i class="probe-axis" hidden></i
      ><i class="probe-grid" hidden></i
      ><i class="probe-overfitting" hidden></i> ${curvesTable(language, this.history, this.chosen)}`;
  }

  /** @param {Map<PropertyKey, unknown>} changed */
  updated(changed) {
    // A chart of a training gone by is no longer in the page.
    if (changed.has("language") || this.history.length === 0) this.plots.clear();
    for (const chart of CHARTS) this.#draw(chart);
  }

  /** @param {import("./chart.js").Chart} chart */
  #draw(chart) {
    /** @type {import("uplot").AlignedData} */
    const data = [
      this.history.map((epoch) => epoch.epoch),
      this.history.map(chart.train),
      this.history.map(chart.validation),
    ];
    this.plots.draw(chart.key, data, (width) => this.#options(chart, width));
  }

  /** @param {import("./chart.js").Chart} chart @param {number} width @returns {import("uplot").Options} */
  #options(chart, width) {
    return chartOptions({
      language: /** @type {import("./types.d.ts").PanelLanguage} */ (this.language),
      width,
      percent: chart.key === "top1",
      lines: [
        { label: "train", colour: () => this.#colour("train"), dashed: true },
        { label: "validation", colour: () => this.#colour("validation") },
      ],
      colours: { axis: () => this.#colour("axis"), grid: () => this.#colour("grid") },
      below: (plot) => this.#markOverfitting(plot, chart),
      above: (plot) => this.#markChosen(plot, chart),
    });
  }

  /**
   * The part of a fit in which only the training photos were learnt better.
   * @param {import("uplot")} plot
   * @param {import("./chart.js").Chart} chart
   */
  #markOverfitting(plot, chart) {
    if (this.overfitting === null || !this.language) return;
    const { ctx: context, bbox } = plot;
    const ratio = devicePixelRatio;
    const x = Math.round(plot.valToPos(this.overfitting, "x", true));
    context.save();
    context.fillStyle = this.#colour("overfitting");
    context.globalAlpha = 0.12;
    context.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height);
    context.globalAlpha = 1;
    context.font = `${11 * ratio}px system-ui, sans-serif`;
    context.textAlign = "right";
    // A line away from where the chosen epoch is named.
    const y = chart.key === "top1" ? bbox.top + bbox.height - 20 * ratio : bbox.top + 25 * ratio;
    context.fillText(this.language.say("curves.overfitting"), bbox.left + bbox.width - 5 * ratio, y);
    context.restore();
  }

  /** A line at the epoch that was kept. @param {import("uplot")} plot @param {import("./chart.js").Chart} chart */
  #markChosen(plot, chart) {
    if (this.chosen === null || !this.language) return;
    const { ctx: context, bbox } = plot;
    const ratio = devicePixelRatio;
    const x = Math.round(plot.valToPos(this.chosen, "x", true));
    context.save();
    context.strokeStyle = context.fillStyle = this.#colour("axis");
    context.lineWidth = ratio;
    context.setLineDash([2 * ratio, 3 * ratio]);
    context.beginPath();
    context.moveTo(x, bbox.top);
    context.lineTo(x, bbox.top + bbox.height);
    context.stroke();
    context.font = `${11 * ratio}px system-ui, sans-serif`;
    const nearEnd = x > bbox.left + bbox.width * 0.7;
    context.textAlign = nearEnd ? "right" : "left";
    // Loss falls away from the top, accuracy climbs towards it: the label keeps clear of both.
    const y = chart.key === "top1" ? bbox.top + bbox.height - 6 * ratio : bbox.top + 11 * ratio;
    context.fillText(this.language.say("curves.chosen"), x + (nearEnd ? -5 : 5) * ratio, y);
    context.restore();
  }

  /** @param {"train" | "validation" | "axis" | "grid" | "overfitting"} name */
  #colour(name) {
    return this.plots.colour(`.probe-${name}`);
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./chart.js").Chart} chart */
  #describe(language, chart) {
    const last = this.history[this.history.length - 1];
    if (!last) return "";
    const say = (/** @type {number | null} */ value) =>
      value === null
        ? null
        : chart.key === "top1"
          ? language.percent(value)
          : language.number(value, { maximumFractionDigits: 2 });
    return language.say(`curves.${chart.key}Label`, {
      epoch: last.epoch,
      train: say(chart.train(last)),
      validation: say(chart.validation(last)),
    });
  }
}

define("last-layer-curves", Curves);
