import { LastLayerError, SITE_NETWORKS } from "../lib/index.js";
import { networkName } from "../ui/network-name.js";
import { isModel } from "./brought-file.js";
import { KeptNetworks } from "./kept-networks.js";

/**
 * A network, as it is asked for. `file`: the name of a file that the reader brought or an author's address names; null
 * for a network of the site. `sha256`: where this browser keeps it.
 * @typedef {object} Choice
 * @property {string | Blob | undefined} backbone  Undefined: the site's own.
 * @property {string | readonly string[] | undefined} labels  Names for its classes, or the address of a file of them.
 * @property {string | null} file
 * @property {string | null} sha256
 */

/** Faults of a file, and not of the world around it. */
const OF_THE_FILE = new Set(["weights-corrupt", "weights-mismatch", "weights-unsupported", "invalid-option"]);
/** Letters of the name of a file that is called by its classes. */
const MOST_OF_A_NAME = 40;
/** ImageNet's classes, whose names are known. */
const IMAGENET = 1000;

/** Which network is in use, and what it takes to use another one, as the network panel shows it. */
export class Networks {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.kept = new KeptNetworks();
    this.open = false;
    /** What the reader chose; null as long as that is the author's choice. @type {Choice | null} */ this.chosen = null;
    /** @type {import("../ui/types.d.ts").NetworkStage | null} */ this.stage = null;
    /** What waits for the reader's word. @type {Choice | null} */ this.asked = null;
    /** @type {(import("../ui/types.d.ts").ProblemView & { name: string }) | null} */ this.problem = null;
    this.keeping = false;
    this.abort = new AbortController();
  }

  /** What is in use, or will be. @returns {Choice} */
  get current() {
    if (this.chosen) return this.chosen;
    const { backbone, labels } = this.session.settings();
    const file = typeof backbone === "string" && /[/.]/.test(backbone) ? lastPart(backbone) : null;
    return { backbone, labels, file, sha256: null };
  }

  /** Why it cannot be changed now. */
  get busy() {
    const { training, evaluating, comparing, collection } = this.session;
    return (
      training.stage !== null || evaluating.stage !== null || comparing.stage !== null || collection.reading !== null
    );
  }

  /** @returns {import("../ui/types.d.ts").NetworkView} */
  get view() {
    const { open, current, stage, problem, busy, keeping, chosen, asked } = this;
    const { tuner, training } = this.session;
    const { backbone, file, sha256 } = current;
    const info = tuner?.info ?? null;
    const name = info?.backbone ?? (typeof backbone === "string" && !file ? backbone : (file ?? SITE_NETWORKS[0].name));
    const brought = file !== null || backbone instanceof Blob;
    const own = chosen?.backbone instanceof Blob ? chosen.backbone : null;
    const possible = own !== null && this.kept.possible;
    return {
      open,
      name,
      brought: brought && info ? { file: file ?? "", bytes: own?.size ?? null, ...factsOf(info) } : null,
      site: SITE_NETWORKS.map((network) => ({ ...network, inUse: !brought && network.name === name })),
      kept: this.kept.networks.map((network) => ({ ...network, inUse: network.sha256 === sha256 })),
      busy,
      stage,
      asked: asked && {
        name: nameOf(asked),
        paused: tuner?.checkpoint != null,
        unsaved: !training.saved,
      },
      problem,
      keep: !own ? null : !possible ? "impossible" : keeping ? "storing" : sha256 ? "on" : "off",
      naming: brought && info ? namingOf(info.sourceClasses, current.labels) : null,
      startFrom: training.labels.length > 0,
    };
  }

  toggle() {
    this.open = !this.open;
    this.session.changed();
  }

  dismissProblem() {
    this.problem = null;
    this.session.changed();
  }

  /**
   * What a start begins with: what the reader chose here, or else the author, or else, of what this browser keeps, what
   * was in use last.
   * @returns {Promise<Choice>}
   */
  async first() {
    const { chosen, current } = this;
    const used = this.kept.networks.find(({ sha256 }) => sha256 === this.kept.used);
    if (!chosen && current.backbone === undefined && used) this.chosen = await this.#keptChoice(used);
    return this.current;
  }

  /**
   * Whether what a start was to begin with is of no use, so that the site's own has to do.
   * @param {Choice} choice
   * @param {unknown} thrown
   */
  unusable(choice, thrown) {
    if (choice !== this.chosen || choice.sha256 === null) return false;
    if (!(thrown instanceof LastLayerError) || !OF_THE_FILE.has(thrown.code)) return false;
    this.#show(choice, thrown);
    this.chosen = null;
    this.kept.use(null);
    return true;
  }

  /** One of the site's. @param {string} name */
  useSite(name) {
    return this.#change({ backbone: name, labels: undefined, file: null, sha256: null });
  }

  /**
   * A file that the reader brings: a network, or else a classifier that was saved here, whatever place it was brought
   * to.
   * @param {File} file
   */
  async bring(file) {
    if (this.busy || this.stage) return this.#refuseNow(file.name);
    if (await isModel(file)) return this.session.training.open(file);
    return this.#change({ backbone: file, labels: undefined, file: file.name, sha256: null });
  }

  /** @param {string} sha256 */
  async useKept(sha256) {
    const network = this.kept.networks.find((candidate) => candidate.sha256 === sha256);
    const choice = network ? await this.#keptChoice(network) : null;
    if (choice) await this.#change(choice);
    this.session.changed();
  }

  /** @param {string} sha256 */
  async forget(sha256) {
    await this.kept.remove(sha256);
    if (this.chosen?.sha256 === sha256) this.chosen = { ...this.chosen, sha256: null };
    this.session.announce("network.removed");
    this.session.changed();
  }

  /** Keeps the file in use in this browser, or no longer. @param {boolean} on */
  async keep(on) {
    const { chosen } = this;
    const { tuner } = this.session;
    if (!on && chosen?.sha256) return this.forget(chosen.sha256);
    if (!on || !tuner || !(chosen?.backbone instanceof File)) return;
    this.keeping = true;
    this.session.changed();
    try {
      const labels = Array.isArray(chosen.labels) ? chosen.labels : null;
      const sha256 = await this.kept.keep(chosen.backbone, { network: tuner.info.backbone, labels });
      if (this.chosen === chosen) this.chosen = { ...chosen, sha256 };
      this.session.announce("network.keptNow");
    } catch (error) {
      console.warn("lastlayer: the network was not kept.", error);
      this.#show(chosen, { code: "network-not-kept", message: String(error) });
    }
    this.keeping = false;
    this.session.changed();
  }

  /** Names for the classes of the network in use. @param {readonly string[]} labels */
  name(labels) {
    return this.#change({ ...this.current, labels });
  }

  /** The classifier that was trained here, or opened, becomes the source of the next task. */
  async startFromModel() {
    if (this.busy || this.stage) return;
    const { labels } = this.session.training;
    const source = await this.session.attempt((tuner) => tuner.exportSource());
    if (!source) return;
    const file = `${[...labels.join("-")].slice(0, MOST_OF_A_NAME).join("")}.safetensors`;
    await this.#go({ backbone: new File([source], file), labels: [...labels], file, sha256: null });
  }

  /** The reader's word about a classifier that would be lost. @param {"save" | "go" | "stay"} word */
  async answer(word) {
    const { asked } = this;
    this.asked = null;
    this.session.changed();
    if (!asked || word === "stay") return;
    if (word === "save") await this.session.training.save("lastlayer-model.safetensors");
    await this.#go(asked);
  }

  cancel() {
    this.abort.abort();
  }

  /** @param {import("./kept-networks.js").KeptNetwork} network @returns {Promise<Choice | null>} */
  async #keptChoice(network) {
    const { file, labels, sha256 } = network;
    const backbone = await this.kept.open(network);
    if (backbone) return { backbone, labels: labels ?? undefined, file, sha256 };
    this.#show({ backbone: undefined, labels: undefined, file, sha256 }, { code: "network-damaged", message: file });
    return null;
  }

  /** Changes the network, or asks first where work would be lost with the old one. @param {Choice} choice */
  async #change(choice) {
    if (this.busy || this.stage) return this.#refuseNow(nameOf(choice));
    if (this.session.training.saved && !this.session.tuner?.checkpoint) return this.#go(choice);
    Object.assign(this, { asked: choice, problem: null, open: true });
    this.session.announce("network.asked");
    this.session.changed();
  }

  /** @param {Choice} choice */
  async #go(choice) {
    const { session } = this;
    const name = nameOf(choice);
    const abort = new AbortController();
    Object.assign(this, { abort, open: true, asked: null, problem: null, stage: { stage: "network", name } });
    session.announce("network.changing", { name: networkName(name) });
    session.changed();
    try {
      await this.#use(choice, abort.signal);
      this.kept.use(choice.sha256);
      if (choice.sha256) this.kept.rename(choice.sha256, Array.isArray(choice.labels) ? choice.labels : null);
      session.announce("network.changed", { name: networkName(session.tuner?.info.backbone ?? name) });
    } catch (thrown) {
      const error = thrown instanceof LastLayerError ? thrown : new LastLayerError("internal", String(thrown));
      if (error.code !== "cancelled") {
        this.#show(choice, error);
        session.notify("error", { code: error.code, message: error.message, params: error.params });
      } else session.announce("network.cancelled");
    }
    this.stage = null;
    session.changed();
  }

  /** @param {Choice} choice @param {AbortSignal} signal */
  async #use(choice, signal) {
    const { session } = this;
    const name = nameOf(choice);
    if (session.begun) {
      await session.useNetwork(choice, {
        signal,
        onDownload: (bytes) => this.#follow(bytes.done < bytes.total ? { stage: "download", name, ...bytes } : null),
        onPhotos: (done, total) => this.#follow({ stage: "photos", name, done, total }),
      });
      this.chosen = choice;
      session.testing.otherNetwork();
      return;
    }
    // Nothing has been downloaded so far: the start itself begins with this one.
    const before = this.chosen;
    this.chosen = choice;
    try {
      await session.ready();
    } catch (error) {
      this.chosen = before;
      throw error;
    }
  }

  /** @param {import("../ui/types.d.ts").NetworkStage | null} stage  Null: what was begun goes on. */
  #follow(stage) {
    if (!this.stage) return;
    this.stage = stage ?? { stage: "network", name: this.stage.name };
    this.session.changedBit();
  }

  /** @param {string} name */
  #refuseNow(name) {
    Object.assign(this, { open: true, problem: { code: "network-busy", message: "not now", name } });
    this.session.changed();
  }

  /** @param {Choice} choice @param {import("../ui/types.d.ts").ProblemView} problem */
  #show(choice, { code, message, params }) {
    Object.assign(this, { open: true, problem: { code, message, params: params ?? {}, name: nameOf(choice) } });
  }
}

/** @param {Choice} choice */
function nameOf({ file, backbone }) {
  return file ?? (typeof backbone === "string" ? backbone : SITE_NETWORKS[0].name);
}

/** @param {import("../lib/types/public.d.ts").Info} info */
function factsOf({ backbone, stages, inputSize, sourceClasses }) {
  return { network: backbone, stages, inputSize, classes: sourceClasses };
}

/**
 * The classes of a network that the site has no names for.
 * @param {number} count
 * @param {Choice["labels"]} labels
 */
function namingOf(count, labels) {
  if (count === 0 || count === IMAGENET) return null;
  return { count, names: Array.isArray(labels) ? labels : [], named: labels !== undefined };
}

/** Of an address. @param {string} address */
function lastPart(address) {
  return (
    address
      .replace(/[?#].*$/, "")
      .split("/")
      .at(-1) || address
  );
}
