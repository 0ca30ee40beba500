import { OPTIONS } from "../lib/index.js";

/** How many draws of a photo are shown at most: enough to see what they are like. */
const MOST_DRAWS = 8;

/** What the network sees of the training photo that the reader has open, with the options as they are now. */
export class Looking {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    /** @type {import("../ui/types.d.ts").LookView | null} */ this.view = null;
    this.abort = new AbortController();
  }

  /** Another photo, or none. @param {number | null} id */
  async at(id) {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.view = null;
    this.session.changed();
    if (id === null) return;
    const { options } = this.session.settings();
    const count = Number(valueOf("augment", options));
    const framing = String(valueOf("framing", options));
    const wanted = count < 0 ? MOST_DRAWS : Math.min(count, MOST_DRAWS);
    const found = await this.session.attempt((tuner) => tuner.draws(id, { count: wanted, options, signal }));
    if (signal.aborted || !found) return;
    this.view = { id, framing, count: count < 0 ? null : count, ...found };
    this.session.changed();
  }
}

/** An option's value, or its default. @param {string} name @param {Record<string, number | string>} options */
function valueOf(name, options) {
  return options[name] ?? OPTIONS.find((option) => option.name === name)?.default;
}
