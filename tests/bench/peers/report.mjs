/** @import { Group } from "./cases.mjs" */
/** @import { CaseResult, Measured, Unable } from "./measure.mjs" */
import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { networkOf } from "./in-page/networks.js";

/**
 * The machine and the day.
 * @param {string} browser
 */
export function environment(browser) {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    /** Mean number of running processes in the minute before: what else the machine did. */
    load: loadavg()[0] ?? Number.NaN,
    browser,
  };
}

/**
 * One group as Markdown: who, where and when, then a row a case.
 * @param {Group} group
 * @param {{ about: string[], results: CaseResult[] }} measured
 * @param {ReturnType<typeof environment>} where
 * @param {number} rounds
 */
export function markdown(group, { about, results }, where, rounds) {
  const first = group.contestants[0]?.name;
  const network = networkOf(group.network);
  const notes = results.flatMap(({ case: { id }, results: row }) => row.flatMap((result) => noteOf(id, result)));
  return [
    `**${group.title}.** ${where.date}; ${where.cpu}, ${where.cores} cores, ${where.memoryGiB} GiB, load before the start ${where.load.toFixed(1)}; ${where.browser}. ${[...new Set(about)].join("; ")}.`,
    `Medians of ${rounds} round${rounds > 1 ? "s" : ""} (lowest–highest); then their time by that of ${first}: above 1, lastlayer is faster.`,
    "",
    `| | ${group.contestants.map(({ name }) => name).join(" | ")} |`,
    `|---|${"---|".repeat(group.contestants.length)}`,
    ...results.map(
      ({ case: { id, title, unit }, results: row }) =>
        `| ${title(group.work[id], network)} | ${row.map((result, index) => cell(result, unit, index > 0)).join(" | ")} |`,
    ),
    ...(notes.length > 0 ? ["", ...new Set(notes)] : []),
  ].join("\n");
}

/**
 * @param {Measured | Unable} result
 * @param {"ms" | "s"} unit
 * @param {boolean} compared
 */
function cell(result, unit, compared) {
  if ("cannot" in result) return result.cannot ? "cannot" : "–";
  const [low, high] = [Math.min(...result.milliseconds), Math.max(...result.milliseconds)];
  const times = [result.median, low, high].map((time) => number(unit === "s" ? time / 1000 : time));
  return `${times[0]} (${times[1]}–${times[2]})${compared && Number.isFinite(result.ratio) ? `, **${result.ratio.toFixed(2)} ×**` : ""}`;
}

/**
 * Three digits.
 * @param {number} value
 */
function number(value) {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

/**
 * @param {string} id
 * @param {Measured | Unable} result
 */
function noteOf(id, result) {
  if ("cannot" in result) return result.cannot ? [`* ${result.contestant} cannot: ${result.cannot}`] : [];
  return result.note ? [`* ${id}, ${result.contestant}: ${result.note}`] : [];
}

/**
 * Puts a text between `<!-- NAME -->` and `<!-- end of NAME -->` of a file, in place of what is there.
 * @param {string} file
 * @param {string} name
 * @param {string} text
 */
export async function replaceSection(file, name, text) {
  const content = await readFile(file, "utf8");
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [content.indexOf(begin), content.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no section ${begin} … ${end}`);
  await writeFile(file, `${content.slice(0, from + begin.length)}\n${text}\n${content.slice(to)}`);
}
