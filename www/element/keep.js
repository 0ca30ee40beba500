import { nothing } from "lit";
import { LastLayerError } from "../lib/index.js";
import { traceOf } from "./trace.js";

/**
 * The work kept in this browser, where the element has `persist`. What does it comes after all that a first visit waits
 * for; where something was kept, before the start, since the network is part of it.
 */
export class Keep {
  /** @type {Promise<import("./keeping.js").Keeping | null> | null} */ #loaded = null;
  /** @type {import("./keeping.js").Keeping | null} */ #keeping = null;

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
  }

  /** Before the start. */
  async prepare() {
    const { persist } = this.session.settings();
    if (persist !== null && hasTrace(persist)) await (await this.#load(persist))?.prepare();
  }

  /** The FineTuner is there, with nothing in it. */
  async begin() {
    const { persist } = this.session.settings();
    if (persist !== null) await (await this.#load(persist))?.begin();
  }

  /** Something may have changed. */
  look() {
    this.#keeping?.look();
  }

  close() {
    this.#keeping?.close();
  }

  /** @param {import("../ui/types.d.ts").PanelLanguage} language */
  panel(language) {
    return this.#keeping?.panel(language) ?? nothing;
  }

  /** @param {string} space */
  #load(space) {
    this.#loaded ??= import("./keeping.js").then(
      ({ Keeping }) => (this.#keeping = new Keeping(this.session, space)),
      (error) => {
        this.session.fail(new LastLayerError("download-failed", String(error), { detail: "keeping.js" }));
        return null;
      },
    );
    return this.#loaded;
  }
}

/** @param {string} space */
function hasTrace(space) {
  try {
    return localStorage.getItem(traceOf(space)) !== null;
  } catch {
    return false;
  }
}
