import { readdirSync, readFileSync } from "node:fs";

/** The resident set of all of this process's descendants, in bytes; 0 where there is no /proc. */
export function residentBytes() {
  try {
    const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((id) => statusOf(id));
    const ours = new Set([String(process.pid)]);
    // Parents come before their children often, not always.
    for (let found = -1; found !== ours.size; ) {
      found = ours.size;
      for (const { id, parent } of processes) if (ours.has(parent)) ours.add(id);
    }
    return processes.filter(({ id }) => ours.has(id) && id !== String(process.pid)).reduce((sum, { bytes }) => sum + bytes, 0);
  } catch {
    return 0;
  }
}

/** @param {string} id */
function statusOf(id) {
  try {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    const field = (/** @type {string} */ name) => new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? "";
    return [{ id, parent: field("PPid"), bytes: 1024 * Number(field("VmRSS")) }];
  } catch {
    return []; // It has ended.
  }
}
