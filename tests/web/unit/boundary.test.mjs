// What the core writes is what the types say, key by key: the samples that `tests/boundary.rs` compares with the core,
// given to the type checker.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TSC = join(ROOT, "node_modules/.bin/tsc");

/** Where what is written has no name of its own: the boundary adds to it what JSON does not have. */
const PREAMBLE = `import type { CoreResumed, ErrorMessage, NearestIds, ProvisionalStep, StepEvent } from "LIB/types/core.d.ts";
import type { Advice, Answer, ExplanationNumbers, FeatureMap, Layout } from "LIB/types/public.d.ts";
type ExplanationAsWritten = Omit<ExplanationNumbers, "map" | "evidence">;
type ChannelAsWritten = Omit<FeatureMap, "picture">;
`;

/** The numbers behind a sentence have whatever names it needs. */
const OF_ANY_NAME = "params";

/** @type {Record<string, unknown[]>} */
const samples = JSON.parse(await readFile(join(ROOT, "tests/fixtures/boundary.json"), "utf8"));

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lastlayer-boundary-"));
});
after(() => rm(folder, { recursive: true }));

/**
 * Has the type checker look at statements, one a line.
 * @param {string} name
 * @param {string[]} lines
 */
async function check(name, lines) {
  const file = join(folder, `${name}.ts`);
  await writeFile(file, PREAMBLE.replaceAll("LIB", join(ROOT, "www/lib")) + lines.join("\n"));
  const project = join(folder, `${name}.json`);
  const compilerOptions = { types: [] };
  await writeFile(
    project,
    JSON.stringify({ extends: join(ROOT, "tsconfig.json"), compilerOptions, include: [`${name}.ts`] }),
  );
  return promisify(execFile)(TSC, ["--project", project]).then(
    () => "",
    ({ stdout }) => String(stdout),
  );
}

/**
 * The same value with one key too few or too many, each time another one.
 * @param {unknown} value
 * @returns {Generator<unknown>}
 */
function* altered(value) {
  if (Array.isArray(value)) {
    // What holds for the first of a list, holds for the others.
    for (const other of altered(value[0])) yield [other, ...value.slice(1)];
  } else if (typeof value === "object" && value !== null) {
    yield { ...value, surplus: 1 };
    for (const [key, part] of Object.entries(value)) {
      const { [key]: _, ...missing } = /** @type {Record<string, unknown>} */ (value);
      yield missing;
      if (key !== OF_ANY_NAME) for (const other of altered(part)) yield { ...value, [key]: other };
    }
  }
}

test("every sample of what the core writes is of its type", async () => {
  assert.ok(Object.keys(samples).length >= 8);
  const lines = Object.entries(samples).flatMap(([type, values]) =>
    values.map((value) => `(${JSON.stringify(value)}) satisfies ${type};`),
  );
  assert.equal(await check("samples", lines), "");
});

test("and none is any more where one key is missing or surplus", async () => {
  const others = Object.entries(samples).flatMap(([type, values]) =>
    values.flatMap((value) => [...altered(value)].map((other) => ({ type, other }))),
  );
  assert.ok(others.length > 300, `${others.length} alterations`);
  const lines = others.flatMap(({ type, other }) => [
    "// @ts-expect-error",
    `(${JSON.stringify(other)}) satisfies ${type};`,
  ]);
  assert.equal(await check("altered", lines), "");
});
