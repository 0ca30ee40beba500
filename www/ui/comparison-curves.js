import { LitElement, css, html, nothing, unsafeCSS } from "lit";
import uPlot from "uplot";
import uPlotStyles from "uplot/dist/uPlot.min.css";
import { CHART_HEIGHT, SIDE_BY_SIDE, chartOptions } from "./chart.js";
import { runColours, runName } from "./comparison-runs.js";
import { curvesTable, curvesTableStyles } from "./curves-table.js";
import { define } from "./define.js";
import { shared } from "./styles.js";

/** @type {readonly { key: "loss" | "top1", train: (epoch: import("./types.js").EpochView) => number, validation: (epoch: import("./types.js").EpochView) => number | null }[]} */
const CHARTS = [
  { key: "loss", train: (epoch) => epoch.trainLoss, validation: (epoch) => epoch.valLoss },
  { key: "top1", train: (epoch) => epoch.trainTop1, validation: (epoch) => epoch.valTop1 },
];

/**
 * The curves of several runs over the same axes, a colour for each: held-out photos solid, training photos thin and dashed. The same as
 * tables for those who read rather than look.
 */
export class ComparisonCurves extends LitElement {
  static properties = { language: { attribute: false }, curves: { attribute: false } };

  constructor() {
    super();
    /** @type {import("./types.js").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {readonly import("./types.js").RunCurvesView[]} */ this.curves = [];
    /** @type {Map<string, uPlot>} */ this.plots = new Map();
    this.drawn = "";
    this.resize = new ResizeObserver(() => this.#fit());
    this.dark = matchMedia("(prefers-color-scheme: dark)");
  }

  static styles = [
    unsafeCSS(uPlotStyles),
    shared,
    runColours,
    curvesTableStyles,
    css`
      .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, ${SIDE_BY_SIDE / 2 - 12}px), 1fr)); gap: 1em; }
      figcaption { font-size: .875em; font-weight: 650; }
      .plot { height: ${CHART_HEIGHT}px; margin-top: .4em; }
      .key { display: flex; flex-wrap: wrap; gap: .2em 1.2em; margin-bottom: .5em; font-size: .875em; color: var(--ink-soft); }
      .key li { display: inline-flex; align-items: center; gap: .45em; }
      .line { width: 1.5em; border-top: 2.5px solid currentColor; }
      .line.dashed { border-top: 1.5px dashed currentColor; }
      .uplot { font-family: inherit; }
      .u-legend { display: none; }
      .u-cursor-x { border-right-color: var(--ink-faint); }
      .probe-axis { color: var(--ink-faint); } .probe-grid { color: var(--line); }
    `,
  ];

  render() {
    const { language, curves } = this;
    if (!language || curves.length === 0) return nothing;
    return html`<ul class="key">
        ${curves.map(({ run }, index) => html`<li><i class="line run-${index}"></i>${runName(language, run)}</li>`)}
        <li><i class="line"></i>${language.say("curves.validation")}</li><li><i class="line dashed"></i>${language.say("curves.train")}</li>
      </ul>
      <div class="charts">
        ${CHARTS.map(({ key }) => html`<figure><figcaption>${language.say(`curves.${key}`)}</figcaption><div class="plot" id=${key} role="img" aria-label=${this.#describe(language, key)}></div></figure>`)}
      </div>
      <i class="probe-axis" hidden></i><i class="probe-grid" hidden></i>
      ${curves.map(({ run, history }) => (history.length > 0 ? curvesTable(language, history, null, language.say("comparison.numbers", { name: runName(language, run) })) : nothing))}`;
  }

  connectedCallback() {
    super.connectedCallback();
    this.dark.addEventListener("change", this.redraw);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.dark.removeEventListener("change", this.redraw);
    this.#clear();
  }

  redraw = () => {
    for (const plot of this.plots.values()) plot.redraw(false, true);
  };

  updated() {
    // uPlot's lines and words are fixed when it is made.
    const drawn = [this.language?.code, ...this.curves.map(({ run }) => run)].join();
    if (drawn !== this.drawn || this.curves.length === 0) this.#clear();
    this.drawn = drawn;
    for (const chart of CHARTS) this.#draw(chart);
  }

  /** @param {typeof CHARTS[number]} chart */
  #draw({ key, train, validation }) {
    const place = /** @type {HTMLElement | null} */ (this.renderRoot.querySelector(`#${key}`));
    if (!place || !this.language) return;
    const epochs = Math.max(0, ...this.curves.map(({ history }) => history.length));
    const line = (/** @type {(epoch: import("./types.js").EpochView) => number | null} */ value) => (/** @type {import("./types.js").RunCurvesView} */ { history }) =>
      Array.from({ length: epochs }, (_, index) => (history[index] ? value(history[index]) : null));
    /** @type {uPlot.AlignedData} */
    const data = [Array.from({ length: epochs }, (_, index) => index + 1), ...this.curves.map(line(train)), ...this.curves.map(line(validation))];
    const plot = this.plots.get(key);
    if (plot) return plot.setData(data);
    const options = chartOptions({
      language: this.language,
      width: place.clientWidth || SIDE_BY_SIDE / 2,
      percent: key === "top1",
      lines: [true, false].flatMap((dashed) => this.curves.map(({ run }, index) => ({ label: run, colour: () => this.#colour(`.run-${index}`), dashed, thin: dashed }))),
      colours: { axis: () => this.#colour(".probe-axis"), grid: () => this.#colour(".probe-grid") },
    });
    this.plots.set(key, new uPlot(options, data, place));
    this.resize.observe(place);
  }

  /** @param {import("./types.js").PanelLanguage} language @param {"loss" | "top1"} key */
  #describe(language, key) {
    const ends = this.curves.flatMap(({ run, history }) => {
      const last = history.at(-1);
      const value = key === "loss" ? last?.valLoss : last?.valTop1;
      if (value == null) return [];
      return [language.say("comparison.end", { name: runName(language, run), value: key === "loss" ? language.number(value, { maximumFractionDigits: 2 }) : language.percent(value) })];
    });
    return language.say(`comparison.${key}Label`, { ends: language.list(ends) });
  }

  /** @param {string} selector */
  #colour(selector) {
    const probe = this.renderRoot.querySelector(selector);
    return probe ? getComputedStyle(probe).color : "gray";
  }

  #fit() {
    for (const plot of this.plots.values()) {
      const width = plot.root.parentElement?.clientWidth ?? 0;
      if (width > 0 && width !== plot.width) plot.setSize({ width, height: CHART_HEIGHT });
    }
  }

  #clear() {
    this.resize.disconnect();
    for (const plot of this.plots.values()) plot.destroy();
    this.plots.clear();
  }
}

define("last-layer-comparison-curves", ComparisonCurves);
