// The types that ship with the site stand alone: a project that has nothing but them and `lib.js` is checked by them.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { publicTypes } from "../../../scripts/public-types.mjs";

const TSC = fileURLToPath(new URL("../../../node_modules/.bin/tsc", import.meta.url));

/** As somebody would write it who has read the README. */
const PROJECT = `
import { FineTuner, InterruptedError, LastLayerError, OPTIONS } from "./lib.js";
import type { AddReport, CreateOptions, ErrorCode, Evaluation, Report, TrainConfig, TrainEvent } from "./lib.js";

const options: CreateOptions = { device: "auto", onProgress: ({ stage, done, total }) => console.log(stage, done, total) };
const config: Partial<TrainConfig> = { regime: "last-k", epochs: 10 };
export async function train(files: File[]): Promise<Report> {
  const tuner = await FineTuner.create(options);
  try {
    const { added, failed }: AddReport = await tuner.add(files, "cat");
    console.log(added.length, failed.map(({ name, error }) => [name, error.code]));
  } catch (error) {
    if (error instanceof InterruptedError) console.log(error.report.failed);
    if (error instanceof LastLayerError && error.code === "busy") console.log(error.params);
  }
  const report = await tuner.train(config, {
    onEvent(event: TrainEvent) {
      if (event.type === "done") console.log(event.report.advice?.plan.regime, event.report.val?.top1);
      if (event.type === "epoch") console.log(event.valLoss);
    },
  });
  const evaluation: Evaluation = await tuner.evaluate({ folds: 5 });
  const [best] = await tuner.predict(files[0]!);
  console.log(evaluation.accuracy.low, best?.label, OPTIONS.length);
  // @ts-expect-error: there is no such option
  await tuner.train({ epoch: 10 });
  // @ts-expect-error: there is no such regime
  await tuner.train({ regime: "everything" });
  // @ts-expect-error: there is no such code
  const code: ErrorCode = "out-of-coffee";
  console.log(code);
  return report;
}
`;

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lastlayer-project-"));
});
after(() => rm(folder, { recursive: true }));

test("a project is checked by lib.d.ts alone", async () => {
  const types = await publicTypes();
  const compilerOptions = {
    target: "ES2023",
    lib: ["ES2023", "DOM"],
    module: "ESNext",
    moduleResolution: "bundler",
    types: [],
    strict: true,
    noEmit: true,
  };
  await writeFile(join(folder, "lib.d.ts"), types);
  await writeFile(join(folder, "project.ts"), PROJECT);
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["project.ts", "lib.d.ts"] }),
  );
  const errors = await promisify(execFile)(TSC, ["--project", folder]).then(
    () => "",
    ({ stdout }) => String(stdout),
  );
  assert.equal(errors, "");
  assert.doesNotMatch(types, /\bimport\b.*from|CoreReport|Calls\b/, "nothing of what lies behind the library");
});
