/** What draws curves, as a module of its own: see `load-charts.js`. */
import "./comparison-curves.js";
import "./curves.js";
