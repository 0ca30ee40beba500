/** @import { Explanation, FeatureMaps, Nearest } from "../lib/types/public.d.ts" */

/** How many similar training photos are shown. */
const SIMILAR = 5;
/** How many channels of a stage are shown. */
const CHANNELS = 12;

/**
 * Why the one photo that is shown is taken for what it is: the heatmap of a class, the training photos most like it,
 * and what the stages of the network respond to. Worked out only while the reader has it open, and forgotten as soon as
 * the photo or the classifier is another one.
 */
export class Why {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.open = false;
    /**
     * The photo, by the file and the classifier that answered.
     * @type {{ blob: Blob, model: import("../ui/types.d.ts").Answering } | null}
     */
    this.subject = null;
    /** The class that the reader chose; null for the first guess. @type {string | null} */ this.label = null;
    /** @type {Explanation | null} */ this.explanation = null;
    /** @type {Nearest | null} */ this.nearest = null;
    /** The stage that the reader looks into, null for none. @type {string | null} */ this.stage = null;
    /** Of that stage, of the subject. @type {FeatureMaps | null} */ this.maps = null;
    this.busy = false;
    this.abort = new AbortController();
    this.mapsAbort = new AbortController();
  }

  /** Null where there is nothing to explain. @returns {import("../ui/types.d.ts").WhyView | null} */
  get view() {
    const { open, subject, label, explanation, busy, stage, maps } = this;
    if (!subject) return null;
    return {
      open,
      label,
      explanation,
      busy,
      similar: this.#similar(),
      maps: { stages: this.#stages(), stage, found: maps },
    };
  }

  /**
   * Another photo, or the same one before another classifier; null for none.
   * @param {{ blob: Blob, model: import("../ui/types.d.ts").Answering } | null} subject
   */
  about(subject) {
    this.abort.abort();
    this.mapsAbort.abort();
    Object.assign(this, { subject, label: null, explanation: null, nearest: null, maps: null, busy: false });
    if (this.open) void this.#find();
    if (this.open) void this.#findMaps();
  }

  toggle() {
    this.open = !this.open;
    this.session.changed();
    if (this.open && !this.explanation) void this.#find();
    if (this.open && !this.maps) void this.#findMaps();
  }

  /** @param {string | null} stage */
  chooseStage(stage) {
    Object.assign(this, { stage, maps: null });
    this.session.changed();
    void this.#findMaps();
  }

  /** @param {string} label */
  choose(label) {
    this.label = label;
    void this.#find();
  }

  /** The map is the same one, under another name. @param {string} from @param {string} to */
  renamed(from, to) {
    if ((this.subject?.model ?? "source") === "source") return;
    if (this.label === from) this.label = to;
    if (this.explanation?.class.label === from)
      this.explanation = { ...this.explanation, class: { ...this.explanation.class, label: to } };
  }

  /** By name, from the input on. */
  #stages() {
    return this.session.tuner?.info.layers ?? [];
  }

  async #findMaps() {
    this.mapsAbort.abort();
    this.mapsAbort = new AbortController();
    const { signal } = this.mapsAbort;
    const { subject, stage } = this;
    if (!subject || stage === null) return;
    const maps = await this.session.attempt((tuner) =>
      tuner.featureMaps(subject.blob, { stage, channels: CHANNELS, model: subject.model, signal }),
    );
    if (signal.aborted || !maps) return;
    this.maps = maps;
    this.session.changed();
  }

  /**
   * As the photos are now: some may have been moved, renamed or removed since.
   * @returns {import("../ui/types.d.ts").SimilarView[]}
   */
  #similar() {
    const photos = this.session.tuner?.photos ?? [];
    return (this.nearest?.neighbours ?? []).flatMap(({ photo: { id }, similarity }) => {
      const photo = photos.find((candidate) => candidate.id === id);
      return photo ? [{ photo, similarity }] : [];
    });
  }

  /** A newer question takes over from an older one. */
  async #find() {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const { subject, label } = this;
    if (!subject) return;
    const { blob, model } = subject;
    this.busy = true;
    this.session.changed();
    const explanation = await this.session.attempt((tuner) =>
      tuner.explain(blob, { model, signal, ...(label === null ? {} : { class: label }) }),
    );
    if (signal.aborted) return;
    this.busy = false;
    if (explanation) {
      this.explanation = explanation;
      this.session.announce("why.done", { label: explanation.class.label });
    }
    this.session.changed();
    if (explanation && model !== "source" && !this.nearest) await this.#findSimilar(blob, model, signal);
  }

  /** @param {Blob} blob @param {import("../ui/types.d.ts").Answering} model @param {AbortSignal} signal */
  async #findSimilar(blob, model, signal) {
    const nearest = await this.session.attempt((tuner) => tuner.nearest(blob, { count: SIMILAR, model, signal }));
    if (signal.aborted || !nearest) return;
    this.nearest = nearest;
    this.session.changed();
  }
}
