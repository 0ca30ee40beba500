import { css } from "lit";
import uPlot from "uplot";

/** Height of a chart in pixels. */
export const CHART_HEIGHT = 190;
/** Below this width two charts stand below each other. */
export const SIDE_BY_SIDE = 560;

/** @typedef {{ label: string, colour: () => string, dashed?: boolean, thin?: boolean }} Line */

/**
 * How every chart of ours looks: epochs along the bottom, a loss from 0 or a fraction up to 100 %.
 * Colours are functions, since a theme changes them and a canvas does not follow by itself.
 * @param {object} what
 * @param {import("./types.d.ts").PanelLanguage} what.language
 * @param {number} what.width
 * @param {boolean} what.percent
 * @param {Line[]} what.lines
 * @param {{ axis: () => string, grid: () => string }} what.colours
 * @param {((plot: uPlot) => void)} [what.below]  draws behind the lines
 * @param {((plot: uPlot) => void)} [what.above]  draws over them
 * @returns {uPlot.Options}
 */
export function chartOptions({ language, width, percent, lines, colours, below, above }) {
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: colours.axis, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false }, font };
  const format = (/** @type {number} */ value) => (percent ? language.percent(value) : language.number(value));
  // A line needs two points; the first epoch alone is drawn as a dot.
  const alone = (/** @type {import("uplot")} */ plot, /** @type {number} */ line) =>
    Array.from(plot.data[line] ?? []).filter((value) => value != null).length < 2;
  return {
    width,
    height: CHART_HEIGHT,
    padding: [10, 10, 0, 0],
    scales: {
      x: { time: false, range: (_, min, max) => [Math.min(1, min), Math.max(max, min + 4)] },
      y: { range: percent ? [0, 1.02] : (_, _min, max) => [0, Math.max(max * 1.05, 0.1)] },
    },
    axes: [
      { ...axis, size: 28, space: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
      { ...axis, size: percent ? 50 : 40, space: 34, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, dashed, thin }) => ({
        label,
        stroke: colour,
        width: thin ? 1.5 : dashed ? 2 : 2.5,
        ...(dashed ? { dash: [5, 4] } : {}),
        points: { show: alone },
      })),
    ],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    hooks: { drawAxes: below ? [below] : [], draw: above ? [above] : [] },
  };
}

/**
 * The charts of one element: made when their place is there, filled with data as it comes, as wide as their place, and
 * drawn again when the theme changes, which a canvas does not follow by itself. A Lit controller: it lives and ends
 * with its element.
 */
export class Plots {
  /** @param {import("lit").LitElement} host */
  constructor(host) {
    this.host = host;
    /** By the id of their place. @type {Map<string, uPlot>} */ this.plots = new Map();
    this.resize = new ResizeObserver(() => this.#fit());
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    host.addController(this);
  }

  hostConnected() {
    this.dark.addEventListener("change", this.redraw);
  }

  hostDisconnected() {
    this.dark.removeEventListener("change", this.redraw);
    this.clear();
  }

  /** Draws again in the present colours. */
  redraw = () => {
    for (const plot of this.plots.values()) plot.redraw(false, true);
  };

  /**
   * @param {string} id  Of the place, in the host's shadow root; nothing is drawn where there is none.
   * @param {uPlot.AlignedData} data
   * @param {(width: number) => uPlot.Options} options  Asked for when the chart is made.
   */
  draw(id, data, options) {
    const place = /** @type {HTMLElement | null} */ (this.host.renderRoot.querySelector(`#${id}`));
    if (!place) return;
    const plot = this.plots.get(id);
    if (plot) return plot.setData(data);
    this.plots.set(id, new uPlot(options(place.clientWidth || SIDE_BY_SIDE / 2), data, place));
    this.resize.observe(place);
  }

  /** The present colour of what the selector finds in the host. @param {string} selector */
  colour(selector) {
    const probe = this.host.renderRoot.querySelector(selector);
    return probe ? getComputedStyle(probe).color : "gray";
  }

  /** uPlot's lines and words are fixed when it is made: for others, and when the places are gone. */
  clear() {
    this.resize.disconnect();
    for (const plot of this.plots.values()) plot.destroy();
    this.plots.clear();
  }

  #fit() {
    for (const plot of this.plots.values()) {
      const width = plot.root.parentElement?.clientWidth ?? 0;
      if (width > 0 && width !== plot.width) plot.setSize({ width, height: CHART_HEIGHT });
    }
  }
}

/** What a chart looks like inside an element of ours. */
export const chartStyles = css`
  .charts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, ${SIDE_BY_SIDE / 2 - 12}px), 1fr));
    gap: 1em;
  }
  .plot {
    height: ${CHART_HEIGHT}px;
    margin-top: 0.4em;
  }
  .uplot {
    font-family: inherit;
  }
  .u-legend {
    display: none;
  }
  .u-cursor-x {
    border-right-color: var(--ink-faint);
  }
  .probe-axis {
    color: var(--ink-faint);
  }
  .probe-grid {
    color: var(--line);
  }
`;

/**
 * The two charts of a fit.
 * @typedef {{
 *   key: "loss" | "top1",
 *   train: (epoch: import("./types.d.ts").EpochView) => number,
 *   validation: (epoch: import("./types.d.ts").EpochView) => number | null,
 * }} Chart
 * @type {readonly Chart[]}
 */
export const CHARTS = [
  { key: "loss", train: (epoch) => epoch.trainLoss, validation: (epoch) => epoch.valLoss },
  { key: "top1", train: (epoch) => epoch.trainTop1, validation: (epoch) => epoch.valTop1 },
];
