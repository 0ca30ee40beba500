import { LitElement, css, html, nothing, unsafeCSS } from "lit";
import uPlotStyles from "uplot/dist/uPlot.min.css";
import { CHARTS, Plots, chartOptions, chartStyles } from "./chart.js";
import { runColours, runName } from "./comparison-runs.js";
import { curvesTable, curvesTableStyles } from "./curves-table.js";
import { define } from "./define.js";
import { shared } from "./styles.js";

/**
 * The curves of several runs over the same axes, a colour for each: held-out photos solid, training photos thin and
 * dashed. The same as tables for those who read rather than look.
 */
export class ComparisonCurves extends LitElement {
  static properties = { language: { attribute: false }, curves: { attribute: false } };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {readonly import("./types.d.ts").RunCurvesView[]} */ this.curves = [];
    this.plots = new Plots(this);
    this.drawn = "";
  }

  static styles = [
    unsafeCSS(uPlotStyles),
    shared,
    runColours,
    curvesTableStyles,
    chartStyles,
    css`
      figcaption {
        font-size: 0.875em;
        font-weight: 650;
      }
      .key {
        display: flex;
        flex-wrap: wrap;
        gap: 0.2em 1.2em;
        margin-bottom: 0.5em;
        font-size: 0.875em;
        color: var(--ink-soft);
      }
      .key li {
        display: inline-flex;
        align-items: center;
        gap: 0.45em;
      }
      .line {
        width: 1.5em;
        border-top: 2.5px solid currentColor;
      }
      .line.dashed {
        border-top: 1.5px dashed currentColor;
      }
    `,
  ];

  render() {
    const { language, curves } = this;
    if (!language || curves.length === 0) return nothing;
    return html`<ul class="key">
        ${curves.map(({ run }, index) => html`<li><i class="line run-${index}"></i>${runName(language, run)}</li>`)}
        <li><i class="line"></i>${language.say("curves.validation")}</li>
        <li><i class="line dashed"></i>${language.say("curves.train")}</li>
      </ul>
      <div class="charts">
        ${CHARTS.map(
          ({ key }) =>
            html`<figure>
              <figcaption>${language.say(`curves.${key}`)}</figcaption>
              <div class="plot" id=${key} role="img" aria-label=${this.#describe(language, key)}></div>
            </figure>`,
        )}
      </div>
      <i class="probe-axis" hidden></i><i class="probe-grid" hidden></i> ${curves.map(({ run, history }) =>
        history.length > 0
          ? curvesTable(language, history, null, language.say("comparison.numbers", { name: runName(language, run) }))
          : nothing,
      )}`;
  }

  updated() {
    const drawn = [this.language?.code, ...this.curves.map(({ run }) => run)].join();
    if (drawn !== this.drawn || this.curves.length === 0) this.plots.clear();
    this.drawn = drawn;
    for (const chart of CHARTS) this.#draw(chart);
  }

  /** @param {typeof CHARTS[number]} chart */
  #draw({ key, train, validation }) {
    const { language, plots } = this;
    if (!language) return;
    const epochs = Math.max(0, ...this.curves.map(({ history }) => history.length));
    const line =
      (/** @type {(epoch: import("./types.d.ts").EpochView) => number | null} */ value) =>
      (/** @type {import("./types.d.ts").RunCurvesView} */ { history }) =>
        Array.from({ length: epochs }, (_, index) => (history[index] ? value(history[index]) : null));
    /** @type {import("uplot").AlignedData} */
    const data = [
      Array.from({ length: epochs }, (_, index) => index + 1),
      ...this.curves.map(line(train)),
      ...this.curves.map(line(validation)),
    ];
    const lines = [true, false].flatMap((dashed) =>
      this.curves.map(({ run }, index) => ({
        label: run,
        colour: () => plots.colour(`.run-${index}`),
        dashed,
        thin: dashed,
      })),
    );
    const colours = { axis: () => plots.colour(".probe-axis"), grid: () => plots.colour(".probe-grid") };
    plots.draw(key, data, (width) => chartOptions({ language, width, percent: key === "top1", lines, colours }));
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {"loss" | "top1"} key */
  #describe(language, key) {
    const ends = this.curves.flatMap(({ run, history }) => {
      const last = history.at(-1);
      const value = key === "loss" ? last?.valLoss : last?.valTop1;
      if (value == null) return [];
      return [
        language.say("comparison.end", {
          name: runName(language, run),
          value: key === "loss" ? language.number(value, { maximumFractionDigits: 2 }) : language.percent(value),
        }),
      ];
    });
    return language.say(`comparison.${key}Label`, { ends: language.list(ends) });
  }
}

define("last-layer-comparison-curves", ComparisonCurves);
