// The types of the public API as one file that stands alone, for `dist/lib.d.ts`: TypeScript finds it beside `lib.js`.

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LIB = join(ROOT, "www/lib");
/** Written by hand; the type checker writes the others from the scripts. */
const PUBLIC = join(LIB, "types/public.d.ts");

const STATEMENT = /^(?:export )?(?:declare )?(?:class|function|const|type|interface) (\w+)/;

/**
 * The declarations of a file by name, each with the comment above it.
 * @param {string} text
 */
function declarations(text) {
  /** @type {Map<string, string>} */
  const found = new Map();
  // Everything at the left edge begins something; what is indented, or closes a brace, goes on with it.
  const parts = text.split(/\n(?=\/\*\*|export |declare |import |interface |type )/);
  let comment = "";
  for (const part of parts) {
    const name = STATEMENT.exec(part)?.[1];
    if (name) found.set(name, comment + (part.startsWith("export ") ? part : `export ${part}`).trimEnd());
    comment = part.startsWith("/**") ? `${part.trimEnd()}\n` : "";
  }
  return found;
}

/** The names that the code of a declaration uses. @param {string} text */
function names(text) {
  return text.replace(/\/\*\*[\s\S]*?\*\//g, "").match(/\b[A-Za-z_]\w*\b/g) ?? [];
}

/** @returns {Promise<string>} */
export async function publicTypes() {
  const folder = await mkdtemp(join(tmpdir(), "lastlayer-types-"));
  try {
    const compilerOptions = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: folder,
      rootDir: LIB,
      types: [],
    };
    const files = [join(LIB, "index.js"), join(LIB, "build.d.ts")];
    const project = join(folder, "project.json");
    await writeFile(
      project,
      JSON.stringify({ extends: join(ROOT, "tsconfig.json"), compilerOptions, include: [], files }),
    );
    await promisify(execFile)(join(ROOT, "node_modules/.bin/tsc"), ["--project", project]);
    const index = await readFile(join(folder, "index.d.ts"), "utf8");
    const written = (await readdir(folder)).filter((name) => name.endsWith(".d.ts")).map((name) => join(folder, name));
    const all = new Map(
      (
        await Promise.all([...written, PUBLIC].map(async (file) => [...declarations(await readFile(file, "utf8"))]))
      ).flat(),
    );

    const exported = [...index.matchAll(/^export \{([^}]*)\}/gm)].flatMap((match) => names(match[1] ?? ""));
    const todo = [...exported, ...declarations(await readFile(PUBLIC, "utf8")).keys()];
    /** @type {Map<string, string>} */
    const reached = new Map();
    for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
      const declaration = all.get(name);
      if (declaration === undefined || reached.has(name)) continue;
      reached.set(name, declaration);
      todo.push(...names(declaration));
    }
    return `// The types of lastlayer's lib.js, written by scripts/public-types.mjs.\n\n${[...reached.values()].join("\n\n")}\n`;
  } finally {
    await rm(folder, { recursive: true });
  }
}
