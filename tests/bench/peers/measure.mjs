/** @import { BrowserContext, Page } from "playwright-core" */
/** @import { Case, Contestant, Group } from "./cases.mjs" */
/** @import { Timing } from "./in-page/timing.js" */
import { CASES } from "./cases.mjs";
import { FOLDERS } from "./site.mjs";

/**
 * @typedef {object} Measured
 * @property {string} contestant
 * @property {number[]} milliseconds  Of every round that counts.
 * @property {number} median
 * @property {number} ratio           Median over the rounds of its time by that of the group's first: above 1, the
 *   first is faster.
 * @property {string} [note]
 */

/**
 * @typedef {{ contestant: string, cannot: string }} Unable
 * @typedef {{ case: Case, results: (Measured | Unable)[] }} CaseResult
 */

/** A contestant's page, and what it says about itself. */
class Entry {
  /** @type {Page | undefined} */
  #page;
  about = "";
  /** Why it did not start. */
  failure = "";

  /** @param {Contestant} contestant */
  constructor(contestant) {
    this.contestant = contestant;
  }

  /**
   * @param {BrowserContext} context
   * @param {string} origin
   */
  async open(context, origin) {
    const { script, options, isolated } = this.contestant;
    this.#page = await context.newPage();
    this.#page.on("pageerror", (error) => console.error(`${this.contestant.name}: ${error}`));
    await this.#page.goto(origin + (isolated ? "/isolated" : "/plain"));
    try {
      this.about = await this.#page.evaluate(
        async ([url, argument]) => {
          const contestant = await (await import(/** @type {string} */ (url))).open(argument);
          Object.assign(window, { contestant });
          return contestant.about;
        },
        /** @type {const} */ ([FOLDERS.bench + script, options]),
      );
    } catch (error) {
      this.failure = firstLine(error);
    }
  }

  /**
   * @param {string} id  Of the case.
   * @param {Group["work"][string]} work
   * @returns {Promise<Timing | { cannot: string }>}
   */
  async run(id, work) {
    if (!this.#page) throw new Error("not opened");
    if (this.failure) return { cannot: this.failure };
    const timing = await this.#page.evaluate(async ([name, amount]) => {
      const run = /** @type {any} */ (window).contestant.cases[name];
      if (!run) return { cannot: "" };
      try {
        return await run(amount);
      } catch (error) {
        return { cannot: String(error) };
      }
    }, /** @type {const} */ ([id, work]));
    return "cannot" in timing ? { cannot: firstLine(timing.cannot) } : timing;
  }

  async close() {
    await this.#page?.close();
  }
}

/**
 * Every case of a group. Contestants take turns, so that whatever else the machine does meets all of them alike; who is
 * first changes from round to round, and the round before the first does not count.
 *
 * @param {Group} group
 * @param {{ context: BrowserContext, origin: string, cases: Set<string>, rounds: number, say: (text: string) => void }}
 *   options
 * @returns {Promise<{ about: string[], results: CaseResult[] }>}
 */
export async function measure(group, { context, origin, cases, rounds, say }) {
  const entries = group.contestants.map((contestant) => new Entry(contestant));
  for (const entry of entries) {
    say(`${group.id}: ${entry.contestant.name} starts`);
    await entry.open(context, origin);
    if (entry.failure) say(`it did not start: ${entry.failure}`);
  }
  if (entries[0]?.failure)
    throw new Error(
      `${entries[0].contestant.name}, which the others are compared with, did not start: ${entries[0].failure}`,
    );
  /** @type {CaseResult[]} */
  const results = [];
  for (const one of CASES) {
    const work = group.work[one.id];
    if (!work || !cases.has(one.id)) continue;
    const outcome = await takeTurns(entries, one, work, work.once ? 1 : rounds, say);
    for (const text of sameOutputs(outcome)) say(`${one.id}: ${text}`);
    results.push({ case: one, results: summarise(outcome) });
  }
  for (const entry of entries) await entry.close();
  return { about: entries.flatMap(({ about }) => about || []), results };
}

/** @typedef {{ name: string, timings: Timing[], cannot?: string }} Outcome */

/**
 * @param {Entry[]} entries
 * @param {Case} one
 * @param {Group["work"][string]} work
 * @param {number} rounds
 * @param {(text: string) => void} say
 * @returns {Promise<Outcome[]>}
 */
async function takeTurns(entries, one, work, rounds, say) {
  /** @type {Outcome[]} */
  const outcomes = entries.map(({ contestant: { name } }) => ({ name, timings: [] }));
  for (let round = one.cold ? 1 : 0; round <= rounds; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const position = (turn + round) % entries.length;
      const [entry, outcome] = [entries[position], outcomes[position]];
      if (!entry || !outcome || outcome.cannot !== undefined) continue;
      const timing = await entry.run(one.id, work);
      if ("cannot" in timing) {
        outcome.cannot = timing.cannot;
        if (timing.cannot) say(`${one.id}: ${outcome.name} cannot: ${timing.cannot}`);
        continue;
      }
      say(`${one.id}: ${outcome.name} ${timing.milliseconds.toFixed(1)} ms${round === 0 ? " (warming up)" : ""}`);
      if (round > 0) outcome.timings.push(timing);
    }
  }
  return outcomes;
}

/** How far logits may be from each other, as a part of the largest. */
const TOLERANCE = 1e-2;

/**
 * Whoever has the same weights and the same picture but computes something else does not do the same work.
 * @param {Outcome[]} outcomes
 * @returns {string[]} how far each is from the first
 */
function sameOutputs(outcomes) {
  const [first, ...others] = outcomes.flatMap(({ name, timings }) =>
    timings[0]?.output ? [{ name, logits: centred(timings[0].output) }] : [],
  );
  if (!first) return [];
  const largest = Math.max(...first.logits.map(Math.abs));
  return others.map(({ name, logits }) => {
    const error = Math.max(...logits.map((logit, index) => Math.abs(logit - (first.logits[index] ?? Number.NaN))));
    const differ = `the logits of ${name} and ${first.name}, up to ${largest.toFixed(2)}, differ by ${error.toExponential(1)} at most`;
    if (logits.length !== first.logits.length || !(error <= TOLERANCE * largest))
      throw new Error(`not the same is computed: ${differ}`);
    return differ;
  });
}

/**
 * Without the constant that may have been added to all.
 * @param {number[]} logits
 */
function centred(logits) {
  const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
  return logits.map((logit) => logit - mean);
}

/**
 * @param {Outcome[]} outcomes
 * @returns {(Measured | Unable)[]}
 */
function summarise(outcomes) {
  const reference = outcomes[0]?.timings.map(({ milliseconds }) => milliseconds) ?? [];
  return outcomes.map(({ name, timings, cannot }) => {
    if (cannot !== undefined) return { contestant: name, cannot };
    const milliseconds = timings.map((timing) => timing.milliseconds);
    const ratios = milliseconds.map((time, round) => time / /** @type {number} */ (reference[round]));
    return {
      contestant: name,
      milliseconds,
      median: median(milliseconds),
      ratio: median(ratios),
      note: timings[0]?.note,
    };
  });
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** @param {unknown} error */
function firstLine(error) {
  const line = String(error).split("\n")[0] ?? "";
  return line.slice(0, 200);
}
