// Writes www/lib/options.js from the core's table of options, which comes in on standard input:
//
//     lastlayer options --json | node scripts/options.mjs > www/lib/options.js

import { text } from "node:stream/consumers";

/** @type {import("../www/lib/types.d.ts").Option[]} */
const options = JSON.parse(await text(process.stdin));

const rows = options.map(
  ({ name, kind, default: value, min, max, doc }) => `  {
    name: ${JSON.stringify(name)},
    kind: ${JSON.stringify(kind)},
    default: ${value},
    min: ${min},
    max: ${max},
    doc: {
      en: ${JSON.stringify(doc.en)},
      zh: ${JSON.stringify(doc.zh)},
    },
  },
`,
);

console.log(`// Generated from the Rust core's table of options by scripts/options.mjs; \`./build.sh check\` compares. Do not edit.

/** The options of a training: their names, what they may be, and what they mean. */
export const OPTIONS = /** @type {const} */ ([
${rows.join("")}]);`);
