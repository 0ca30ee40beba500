// node:test's own report, then one line for whoever reads only the last one.

import { Readable } from "node:stream";
import { spec } from "node:test/reporters";

/** @param {AsyncIterable<{ type: string, data: any }>} events */
export default async function* report(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const counted = async function* () {
    for await (const event of events) {
      const { type, data } = event;
      const isTest = (type === "test:pass" || type === "test:fail") && data.details?.type !== "suite";
      if (isTest && data.skip !== undefined) counts.skipped++;
      else if (isTest) counts[type === "test:pass" ? "passed" : "failed"]++;
      yield event;
    }
  };
  yield* Readable.from(counted()).pipe(new spec());
  yield `\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}
