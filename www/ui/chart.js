/** Height of a chart in pixels. */
export const CHART_HEIGHT = 190;
/** Below this width two charts stand below each other. */
export const SIDE_BY_SIDE = 560;

/** @typedef {{ label: string, colour: () => string, dashed?: boolean, thin?: boolean }} Line */

/**
 * How every chart of ours looks: epochs along the bottom, a loss from 0 or a fraction up to 100 %.
 * Colours are functions, since a theme changes them and a canvas does not follow by itself.
 * @param {object} what
 * @param {import("./types.js").PanelLanguage} what.language
 * @param {number} what.width
 * @param {boolean} what.percent
 * @param {Line[]} what.lines
 * @param {{ axis: () => string, grid: () => string }} what.colours
 * @param {((plot: import("uplot")) => void)} [what.below]  draws behind the lines
 * @param {((plot: import("uplot")) => void)} [what.above]  draws over them
 * @returns {import("uplot").Options}
 */
export function chartOptions({ language, width, percent, lines, colours, below, above }) {
  const font = "12px system-ui, sans-serif";
  const axis = { stroke: colours.axis, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false }, font };
  const format = (/** @type {number} */ value) => (percent ? language.percent(value) : language.number(value));
  // A line needs two points; the first epoch alone is drawn as a dot.
  const alone = (/** @type {import("uplot")} */ plot, /** @type {number} */ line) => Array.from(plot.data[line] ?? []).filter((value) => value != null).length < 2;
  return {
    width,
    height: CHART_HEIGHT,
    padding: [10, 10, 0, 0],
    scales: { x: { time: false, range: (_, min, max) => [Math.min(1, min), Math.max(max, min + 4)] }, y: { range: percent ? [0, 1.02] : (_, _min, max) => [0, Math.max(max * 1.05, 0.1)] } },
    axes: [
      { ...axis, size: 28, space: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
      { ...axis, size: percent ? 50 : 40, space: 34, values: (_, splits) => splits.map(format) },
    ],
    series: [{}, ...lines.map(({ label, colour, dashed, thin }) => ({ label, stroke: colour, width: thin ? 1.5 : dashed ? 2 : 2.5, ...(dashed ? { dash: [5, 4] } : {}), points: { show: alone } }))],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    hooks: { drawAxes: below ? [below] : [], draw: above ? [above] : [] },
  };
}
