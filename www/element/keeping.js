import { html } from "lit";
import { LastLayerError } from "../lib/index.js";
import { asFailure, Keeper, Store } from "../store/index.js";
import { PROJECT_MESSAGES } from "../ui/project-messages.js";
import "../ui/projects-panel.js";
import { choiceOf, isSame, networkOf } from "./kept-network.js";
import { markOf, pageOf, showAgain } from "./kept-page.js";
import { traceOf } from "./trace.js";

/** @import { FineTuner } from "../lib/index.js" */
/** @import { Kept, Project } from "../store/project.js" */
/** @import { Choice } from "./networks.js" */
/** @typedef {import("../ui/types.d.ts").ProjectNotice} Notice */

/** A project is of a network that is not to be had. */
class NoNetwork extends Error {}

/** Projects: what the browser keeps of the work, as the projects panel shows it. */
export class Keeping {
  /** @type {Store | null} */ #store = null;
  /** @type {Project | null} */ #project = null;
  /** @type {Keeper | null} */ #keeper = null;
  /** Why nothing is kept. @type {import("../store/failure.js").FailureCode | null} */ #problem = null;
  /** What went wrong with a project, or is missing of it. @type {Notice | null} */ #notice = null;
  /** @type {import("../ui/types.d.ts").Count | null} */ #opening = null;
  #open = false;
  /** Whether the browser was asked to keep everything for good. */ #asked = false;
  #closed = false;
  /** @type {readonly import("../store/store.js").Listed[]} */ #list = [];
  /** @type {Awaited<ReturnType<Store["space"]>>} */ #space = null;

  /**
   * @param {import("./session.js").Session} session
   * @param {string} space
   */
  constructor(session, space) {
    this.session = session;
    this.space = space;
  }

  /** Before the start: it is to be with the network of the project that was open last. */
  async prepare() {
    await this.#ready();
    const last = await this.#store?.last().catch(() => null);
    const { networks } = this.session;
    const choice = last && isNetwork(last.network) ? await choiceOf(networks, last.network) : null;
    if (choice) networks.chosen ??= choice;
  }

  /** Opens the project that was open last, or else a new one. */
  async begin() {
    await this.#ready();
    if (!this.#store) return;
    try {
      const last = await this.#store.last();
      const opened = last && (await this.#reopen(this.#store, last.id));
      if (!opened) this.#project = await this.#store.create(await this.#newName(this.#store));
      this.#follow();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#closed) await this.close();
    this.session.changed();
  }

  look() {
    // Nobody misses a project in which there was never anything.
    const { classes = [] } = this.session.tuner ?? {};
    if (this.#project?.begun || classes.length > 0 || this.session.training.labels.length > 0) this.#keeper?.look();
  }

  /** What is still to be written is, and other tabs can have the project. */
  async close() {
    const [keeper, project, store] = [this.#keeper, this.#project, this.#store];
    this.#closed = true;
    this.#keeper = null;
    await keeper?.settled();
    project?.close();
    store?.close();
  }

  /** @returns {import("../ui/types.d.ts").ProjectsView} */
  get view() {
    const { name = "", photos = 0, bytes = 0 } = this.#project?.summary ?? {};
    const { networks } = this.session;
    return {
      open: this.#open,
      state: this.#state(photos + bytes > 0),
      unreadable: this.#keeper?.unreadable ?? 0,
      name,
      photos,
      bytes,
      opening: this.#opening,
      notice: this.#notice,
      locked: networks.busy || networks.stage !== null || this.#opening !== null,
      possible: this.#store !== null,
      list: this.#list.map((project) => ({ ...project, current: project.id === this.#project?.id })),
      space: this.#space,
    };
  }

  /** @param {import("../ui/types.d.ts").PanelLanguage} language */
  panel(language) {
    return html`<last-layer-projects-panel
      .language=${language}
      .view=${this.view}
      @projects-toggle=${() => this.#toggle()}
      @project-new=${() => this.#act("", (store) => this.#new(store))}
      @project-open=${(/** @type {CustomEvent} */ { detail: { id } }) =>
        this.#act(id, (store) => this.#switch(() => store.project(id), nameIn(this.#list, id)))}
      @project-rename=${(/** @type {CustomEvent} */ { detail: { id, name } }) =>
        this.#act(id, (store) => this.#rename(store, id, name))}
      @project-duplicate=${(/** @type {CustomEvent} */ { detail: { id, name } }) =>
        this.#act(id, (store) => this.#duplicate(store, id, name))}
      @project-delete=${(/** @type {CustomEvent} */ { detail: { id } }) =>
        this.#act(id, (store) => this.#delete(store, id))}
      @projects-retry=${() => this.#keeper?.retry()}
      @projects-dismiss=${() => this.#tell(null)}
    ></last-layer-projects-panel>`;
  }

  /** @param {boolean} anything  There is something that is kept. */
  #state(anything) {
    const { failure = null, unreadable = 0, busy = false } = this.#keeper ?? {};
    if (this.#opening) return "opening";
    if (this.#problem ?? failure) return this.#problem ?? failure?.code ?? "failed";
    if (busy) return "keeping";
    if (unreadable > 0) return "unreadable";
    return anything ? "kept" : "empty";
  }

  async #ready() {
    if (this.#store || this.#problem) return;
    try {
      this.#store = await Store.open(this.space, (code) => {
        this.#keeper = null;
        this.#store = null;
        this.#problem = code;
        this.session.changed();
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Takes up a project in a FineTuner that is new. @param {Store} store @param {string} id */
  async #reopen(store, id) {
    const { session } = this;
    const { tuner } = session;
    let [name, project] = ["", /** @type {Project | null} */ (null)];
    try {
      project = await store.project(id);
      name = nameIn(await store.list(), id);
      const kept = await project.read();
      if (!tuner || !kept) throw new Error("there is nothing in it");
      if (isNetwork(kept.network) && !isSame(kept.network, networkOf(session.networks)))
        throw new NoNetwork(kept.network.name);
      await this.#restore(tuner, project, kept, {});
      this.#project = project;
      this.#showAgain(project, kept);
      return true;
    } catch (error) {
      project?.close();
      this.#notOpened(error, name);
      return false;
    } finally {
      this.#opening = null;
    }
  }

  /**
   * @param {FineTuner} tuner
   * @param {Project} project
   * @param {Kept} kept
   * @param {{ signal?: AbortSignal, onProgress?: (done: number, total: number) => void }} following
   */
  async #restore(tuner, project, kept, { signal, onProgress }) {
    const { lost, unread, refused } = await tuner.restore(kept.work, {
      ...(signal ? { signal } : {}),
      features: (photo) => project.features(photo),
      onProgress: ({ done, total }) => {
        this.#opening = { done, total };
        onProgress?.(done, total);
        this.session.changedBit();
      },
    });
    project.leave(lost, refused ? ["model"] : []);
    project.forgetFeatures(unread);
    const gone = [...kept.lost, ...lost.map(({ name }) => name)];
    const damaged = refused ? [...kept.damaged, /** @type {const} */ ("model")] : kept.damaged;
    const nothing = gone.length === 0 && damaged.length === 0;
    this.#notice = nothing ? null : { code: "missing", name: project.summary.name, photos: gone, damaged };
  }

  /** @param {Project} project @param {Kept | null} kept */
  #showAgain(project, kept) {
    if (kept) showAgain(this.session, kept);
    this.#problem = project.readOnly ? "elsewhere" : null;
    // Only says which one to open next time.
    if (kept && !project.readOnly) void this.#store?.use(project.id).catch(() => {});
  }

  /** From now on the project is kept as it changes. */
  #follow() {
    const project = this.#project;
    if (!project || project.readOnly) return;
    this.#keeper = new Keeper(project, this.#content, this.#written);
  }

  #content = () => {
    const { session } = this;
    const { networks, tuner } = session;
    if (!tuner) throw new Error("there is nothing to keep");
    const work = tuner.snapshot();
    const network = networkOf(networks);
    const { photos, classes, report, stale, evaluation, model, checkpoint } = work;
    const parts = [
      photos,
      classes,
      report,
      stale,
      evaluation,
      model?.bytes,
      model?.labels,
      model?.own,
      checkpoint?.file,
    ];
    const reading = {
      mark: tuner.provisional ?? report,
      features: (/** @type {number[]} */ ids) => tuner.features(ids),
    };
    const mark = [...parts, network.kind, network.key, reading.mark, ...markOf(session)];
    return { work, network, page: pageOf(session), mark, reading };
  };

  #written = () => {
    const [store, project, keeper] = [this.#store, this.#project, this.#keeper];
    if (!store || !project) return;
    if (!keeper?.failure) {
      // Whatever was kept: the next visit looks for it.
      void store.use(project.id).catch(() => {});
      leaveTrace(this.space);
      if (!this.#asked && project.summary.photos > 0) void store.askToPersist().catch(() => {});
      this.#asked ||= project.summary.photos > 0;
    }
    this.session.notify("kept", { ...project.summary, all: keeper !== null && !keeper.busy && !keeper.failure });
    if (this.#open && keeper && !keeper.busy) void this.#refresh();
    this.session.changed();
  };

  async #toggle() {
    this.#open = !this.#open;
    this.session.changed();
    if (this.#open) await this.#refresh();
  }

  async #refresh() {
    if (!this.#store) return;
    [this.#list, this.#space] = await Promise.all([this.#store.list().catch(() => []), this.#store.space()]);
    this.session.changed();
  }

  /**
   * Something that the reader asked for.
   * @param {string} id  Of the project that it is about.
   * @param {(store: Store) => Promise<void>} action
   */
  async #act(id, action) {
    if (!this.#store || this.view.locked) return;
    this.#notice = null;
    try {
      await action(this.#store);
    } catch (error) {
      this.#notOpened(error, nameIn(this.#list, id));
    }
    await this.#refresh();
    this.session.changed();
  }

  /** @param {Store} store */
  async #new(store) {
    const name = await this.#newName(store);
    await this.#switch(() => store.create(name), name);
  }

  /** @param {Store} store @param {string} id @param {string} name */
  async #rename(store, id, name) {
    if (id === this.#project?.id) this.#project.rename(name);
    await store.rename(id, name);
  }

  /** @param {Store} store @param {string} id @param {string} name */
  async #duplicate(store, id, name) {
    await this.#keeper?.settled();
    await store.duplicate(id, name, id === this.#project?.id && !this.#project.readOnly);
  }

  /** @param {Store} store @param {string} id */
  async #delete(store, id) {
    if (id === this.#project?.id) {
      const name = await this.#newName(store);
      await this.#switch(() => store.create(name), name);
    }
    if (id === this.#project?.id) return;
    await store.remove(id);
    // There is more space now.
    if (this.#keeper?.failure) this.#keeper.retry();
  }

  /**
   * Another project in place of the one that is open, which is kept to its end. Where it cannot be opened, that one stays.
   * @param {() => Promise<Project>} make
   * @param {string} name
   */
  async #switch(make, name) {
    const { session } = this;
    const { networks } = session;
    const [keeper, before] = [this.#keeper, this.#project];
    const abort = new AbortController();
    Object.assign(networks, { abort, stage: { stage: "network", name: networkOf(networks).name } });
    this.#opening = { done: 0, total: 0 };
    session.changed();
    await keeper?.settled();
    this.#keeper = null;
    /** @type {Project | null} */ let project = null;
    try {
      project = await make();
      const kept = await project.read();
      const choice = kept && isNetwork(kept.network) ? await choiceOf(networks, kept.network) : networks.current;
      if (!choice) throw new NoNetwork(kept && isNetwork(kept.network) ? kept.network.name : "");
      await this.#useNetwork(choice, abort.signal, project, kept);
      before?.close();
      this.#project = project;
      this.#showAgain(project, kept);
      this.#follow();
    } catch (error) {
      project?.close();
      this.#keeper = keeper;
      this.#notOpened(error, name);
    } finally {
      networks.stage = null;
      this.#opening = null;
    }
  }

  /**
   * @param {Choice} choice
   * @param {AbortSignal} signal
   * @param {Project} project
   * @param {Kept | null} kept
   */
  async #useNetwork(choice, signal, project, kept) {
    const { session } = this;
    const { networks, collection, testing } = session;
    await session.useNetwork(choice, {
      signal,
      onDownload: () => {},
      onPhotos: () => {},
      fill: async (tuner) => {
        if (kept) await this.#restore(tuner, project, kept, { signal });
        return [];
      },
    });
    networks.chosen = choice;
    networks.kept.use(choice.sha256);
    collection.dismissProblems();
    collection.dismissNotes();
    testing.clear();
  }

  /** A name that no project has. @param {Store} store */
  async #newName(store) {
    const language = this.session.settings().language.with(PROJECT_MESSAGES);
    const taken = new Set((await store.list()).map(({ name }) => name));
    for (let number = taken.size + 1; ; number += 1) {
      const name = language.say("projects.default", { number });
      if (!taken.has(name)) return name;
    }
  }

  /** @param {Notice | null} notice */
  #tell(notice) {
    this.#notice = notice;
    this.session.changed();
  }

  /** @param {unknown} error @param {string} name  Of the project. */
  #notOpened(error, name) {
    if (error instanceof LastLayerError && error.code === "cancelled") return;
    if (error instanceof NoNetwork) return this.#tell({ code: "network", name, network: error.message });
    const { code } = asFailure(error);
    console.warn("lastlayer: a project could not be opened.", error);
    this.#tell({ code, name });
  }

  /** Nothing is kept, and the work goes on. @param {unknown} error */
  #fail(error) {
    const failure = asFailure(error);
    console.warn("lastlayer: nothing is kept.", failure);
    this.#problem = failure.code;
    this.#keeper = null;
    this.session.changed();
  }
}

/** @param {any} network @returns {network is import("./kept-network.js").KeptNetwork} */
function isNetwork(network) {
  return [network?.kind, network?.key, network?.name].every((text) => typeof text === "string");
}

/** @param {readonly { id: string, name: string }[]} list @param {string} id */
function nameIn(list, id) {
  return list.find((project) => project.id === id)?.name ?? "";
}

/** @param {string} space */
function leaveTrace(space) {
  try {
    localStorage.setItem(traceOf(space), "");
  } catch {
    // The next start looks later.
  }
}
