// Writes www/lib/options.js from the core's table of options, which comes in on standard input:
//
//     lastlayer options --json | node scripts/options.mjs > www/lib/options.js

import { text } from "node:stream/consumers";

/**
 * As the core has them: a choice's default is its position.
 * @type {{
 *   name: string,
 *   kind: string,
 *   default: number,
 *   min: number,
 *   max: number,
 *   choices: string[],
 *   doc: { en: string, zh: string },
 * }[]}
 */
const options = JSON.parse(await text(process.stdin));

const rows = options.map(
  ({ name, kind, default: value, min, max, choices, doc }) => `  {
    name: ${JSON.stringify(name)},
    kind: ${JSON.stringify(kind)},
${
  kind === "choice"
    ? `    default: ${JSON.stringify(choices[value])},
    choices: [${choices.map((choice) => JSON.stringify(choice)).join(", ")}],`
    : `    default: ${value},
    min: ${min},
    max: ${max},`
}
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
