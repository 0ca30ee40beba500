import { LitElement, html, nothing } from "lit";
import { OPTIONS } from "../lib/index.js";
import { define } from "../ui/define.js";
import { refuseStrayDrops } from "../ui/drop-target.js";
import { icons, mark } from "../ui/icons.js";
import { PANEL_LANGUAGES, sayProblem } from "../ui/language.js";
import { LANGUAGES, LANGUAGE_NAMES, LANGUAGE_TAGS, matchLanguage } from "../ui/localize.js";
import "../ui/network-panel.js";
import "../ui/photos-panel.js";
import "../ui/status-panel.js";
import { shared, tokens } from "../ui/styles.js";
import "../ui/test-panel.js";
import "../ui/train-panel.js";
import { unreadableNotice } from "../ui/unreadable-notice.js";
import { OPTION_PROPERTIES, authorOptions } from "./attributes.js";
import { sortOut } from "./brought-file.js";
import { frame } from "./frame.js";
import { Session } from "./session.js";
import { whenNeeded } from "./start.js";

/**
 * `<last-layer>`: photos in, a fine-tuned classifier and its answers out, inside the page that holds it.
 *
 * Attributes, all optional:
 * - `device`: `auto` (default), `webgpu` or `cpu`
 * - `lang`: `en` or `zh`; default: the language of the page, else of the browser
 * - `theme`: `auto` (default), `light` or `dark`
 * - `loading`: `lazy` (default) downloads when the element comes near the window or is first used; `eager` at once
 * - `backbone`: the source model: the address of a weights file (safetensors or `.pth`), or the name of a network of the
 *   site; default: `efficientnet_lite0`. As a property also a `Blob`
 * - `labels`: names for the classes of such a file's output layer: the address of a text file (UTF-8), one name in a
 *   line. As a property also an array
 * - `persist`: keeps the work in this browser, as projects; a value is the name of a space of its own for them
 * - `base-url`: where `worker.js`, `wasm/` and `weights/` lie; default: beside this script
 * - the training options, in kebab-case: `epochs`, `batch-size`, `learning-rate` … (see `OPTIONS`)
 *
 * Events, bubbling and composed: `load` (detail: device and source model), `progress`, `provisional`, `train`, `change`,
 * `kept` (`{ name, photos, bytes, all }`: what is kept of the project by now, and whether that is all), `error`
 * (`{ code, message, params }`) and `language` (`{ language }`, when the reader switches it). The property `fineTuner`
 * is the `FineTuner` behind it, null before `load`.
 *
 * For tests: `language-switch`; the panels name their own hooks.
 */
export class LastLayer extends LitElement {
  static properties = {
    device: {},
    lang: { reflect: true },
    theme: { reflect: true },
    loading: {},
    backbone: {},
    labels: {},
    persist: {},
    baseUrl: { attribute: "base-url" },
    announcement: { state: true },
    ...OPTION_PROPERTIES,
  };

  static styles = [tokens, shared, frame];

  constructor() {
    super();
    /** @type {"auto" | "webgpu" | "cpu"} */ this.device = "auto";
    /** @type {"auto" | "light" | "dark"} */ this.theme = "auto";
    /** @type {"lazy" | "eager"} */ this.loading = "lazy";
    /** @type {string | Blob | undefined} */ this.backbone = undefined;
    /** @type {string | readonly string[] | undefined} */ this.labels = undefined;
    /** @type {string | null | undefined} */ this.persist = undefined;
    /** @type {string | undefined} */ this.baseUrl = undefined;
    this.announcement = "";
    /** @type {Session} */ this.session = this.#newSession();
    this.stopWaiting = () => {};
    /** The question that has had the focus. @type {unknown} */ this.asked = null;
    refuseStrayDrops(this);
  }

  get fineTuner() {
    return this.session.tuner;
  }

  /** Whether it is downloading what it needs: `load` or `error` will tell when it no longer is. */
  get isLoading() {
    return this.session.loading.state === "loading";
  }

  /** @returns {import("../ui/localize.js").LanguageCode} */
  get languageCode() {
    const around = this.parentElement?.closest("[lang]")?.getAttribute("lang");
    return (
      matchLanguage(this.lang) ??
      matchLanguage(around) ??
      navigator.languages.map(matchLanguage).find((code) => code !== null) ??
      "en"
    );
  }

  get language() {
    return PANEL_LANGUAGES[this.languageCode];
  }

  connectedCallback() {
    super.connectedCallback();
    const begin = () => void this.session.attempt(async () => {});
    if (this.loading === "eager") queueMicrotask(begin);
    else this.stopWaiting = whenNeeded(this, begin);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stopWaiting();
    // Frameworks move elements by taking them out and putting them back at once; only one that stays out is closed.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.session.close();
      this.session = this.#newSession();
    });
  }

  render() {
    const { language, session } = this;
    const { collection, training, testing, evaluating, comparing, networks } = session;
    const changing = networks.stage !== null;
    const classes = collection.classes;
    return html`<section class="frame" lang=${language.tag} aria-label=${language.say("element.label")}>
      <header>
        <p class="brand">${mark}<b>lastlayer</b></p>
        ${this.#languageSwitch(language)}
      </header>
      <last-layer-status-panel
        .language=${language}
        .loading=${session.loading}
        @retry=${() => session.attempt(async () => {})}
      ></last-layer-status-panel>
      <div class="basis">
        <last-layer-network-panel
          .language=${language}
          .view=${networks.view}
          @network-toggle=${() => networks.toggle()}
          @network-site=${(/** @type {CustomEvent} */ { detail }) => networks.useSite(detail.name)}
          @network-file=${(/** @type {CustomEvent} */ { detail }) => networks.bring(detail.file)}
          @network-kept=${(/** @type {CustomEvent} */ { detail }) => networks.useKept(detail.sha256)}
          @network-forget=${(/** @type {CustomEvent} */ { detail }) => networks.forget(detail.sha256)}
          @network-keep=${(/** @type {CustomEvent} */ { detail }) => networks.keep(detail.on)}
          @network-labels=${(/** @type {CustomEvent} */ { detail }) => networks.name(detail.labels)}
          @network-answer=${(/** @type {CustomEvent} */ { detail }) => networks.answer(detail.word)}
          @network-start-from=${() => networks.startFromModel()}
          @network-cancel=${() => networks.cancel()}
          @network-dismiss=${() => networks.dismissProblem()}
        ></last-layer-network-panel>
        ${session.keep.panel(language)}
      </div>
      ${session.problem ? this.#problem(language, session.problem) : nothing}
      ${
        session.unreadable
          ? unreadableNotice(language, session.unreadable, {
              remove: () => this.#settled(session.goOnWithout()),
              keep: () => this.#settled(session.keepUnreadable()),
            })
          : nothing
      }
      <div class="panels">
        <last-layer-photos-panel
          .language=${language}
          .classes=${classes}
          .reading=${collection.reading}
          .failures=${collection.failures}
          .duplicates=${collection.duplicates}
          .notes=${collection.notes}
          .folderNotes=${collection.folderNotes}
          ?locked=${training.stage !== null || evaluating.stage !== null || comparing.stage !== null || changing}
          ?changing=${changing}
          @photos-files=${(/** @type {CustomEvent} */ { detail }) =>
            this.#take(detail, (photos) => collection.add(photos, detail.label, this.#newLabel))}
          @photos-cancel=${() => collection.cancel()}
          @problems-dismiss=${() => collection.dismissProblems()}
          @notes-dismiss=${() => collection.dismissNotes()}
          @class-add=${() => collection.addClass(this.#newLabel(classes.map(({ label }) => label)))}
          @class-rename=${(/** @type {CustomEvent} */ { detail }) => collection.rename(detail.from, detail.to)}
          @class-remove=${(/** @type {CustomEvent} */ { detail }) => collection.removeClass(detail.label)}
          .look=${session.looking.view}
          @photo-look=${(/** @type {CustomEvent} */ { detail }) => session.looking.at(detail.id)}
          @photo-move=${(/** @type {CustomEvent} */ { detail }) => collection.move(detail.ids, detail.label)}
          @photo-remove=${(/** @type {CustomEvent} */ { detail }) => collection.remove(detail.ids)}
        ></last-layer-photos-panel>
        <last-layer-train-panel
          .language=${language}
          .classes=${classes}
          .training=${training.view}
          .options=${OPTIONS}
          .values=${this.#options()}
          .optionsValid=${training.optionsValid}
          .reading=${collection.reading !== null}
          .changing=${changing}
          @train=${() => training.train()}
          @advise=${() => training.advise()}
          @train-cancel=${() => training.cancel()}
          @train-pause=${() => training.pause()}
          @train-resume=${() => training.resume()}
          @train-discard=${() => training.discard()}
          @options-change=${(/** @type {CustomEvent} */ { detail }) => training.choose(detail.values, detail.valid)}
          .evaluation=${evaluating.view}
          @evaluate=${() => evaluating.evaluate()}
          @evaluate-cancel=${() => evaluating.cancel()}
          .comparison=${comparing.view}
          @compare=${() => comparing.compare()}
          @compare-cancel=${() => comparing.cancel()}
          @compare-choose=${(/** @type {CustomEvent} */ { detail }) => comparing.choose(detail.chosen)}
          @photo-move=${(/** @type {CustomEvent} */ { detail }) => collection.move(detail.ids, detail.label)}
          @photo-remove=${(/** @type {CustomEvent} */ { detail }) => collection.remove(detail.ids)}
          @photo-keep=${(/** @type {CustomEvent} */ { detail }) => evaluating.keep(detail.id)}
          @model-save=${() => training.save("lastlayer-model.safetensors")}
          @model-take=${() => training.takeAlong(this.renderRoot, this.language)}
          @model-open=${(/** @type {CustomEvent} */ { detail }) => training.open(detail.file)}
        ></last-layer-train-panel>
        <last-layer-test-panel
          .language=${language}
          .test=${testing.view}
          .classCount=${training.labels.length}
          @test-files=${(/** @type {CustomEvent} */ { detail }) => this.#take(detail, (photos) => testing.show(photos))}
          @test-cancel=${() => testing.cancel()}
          @test-clear=${() => testing.clear()}
          @test-table=${() => testing.saveTable()}
          @test-now=${() => testing.testNow()}
          @model-choice=${(/** @type {CustomEvent} */ { detail }) => testing.choose(detail.model)}
          @why-toggle=${() => testing.why.toggle()}
          @why-class=${(/** @type {CustomEvent} */ { detail }) => testing.why.choose(detail.label)}
          @why-stage=${(/** @type {CustomEvent} */ { detail }) => testing.why.chooseStage(detail.stage)}
        ></last-layer-test-panel>
      </div>
      <p class="hidden-text" role="status" aria-live="polite">${this.announcement}</p>
    </section>`;
  }

  /**
   * A file of weights among what was let go on a panel is a network; the rest is what that panel is for.
   * @param {import("../ui/types.d.ts").Incoming} incoming
   * @param {(photos: import("../ui/types.d.ts").Incoming) => unknown} use
   */
  async #take(incoming, use) {
    const { weights, rest } = sortOut(incoming);
    if (!weights) return use(incoming);
    if (rest.files.length + rest.unreadable.length > 0) await use(rest);
    await this.session.networks.bring(weights);
  }

  /**
   * A run has stopped, perhaps far down the page: the question takes the focus, unless the reader is in another part of
   * the page.
   */
  updated() {
    const { unreadable } = this.session;
    if (unreadable === this.asked) return;
    this.asked = unreadable;
    const notice = /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("[data-testid=unreadable-photos]"));
    if (document.activeElement === this || document.activeElement === document.body) notice?.focus();
  }

  /** The question has gone, and the focus with it: it goes to what the question was about. @param {unknown} _ */
  async #settled(_) {
    await this.updateComplete;
    /** @type {import("../ui/train-panel.js").TrainPanel | null} */ (
      this.renderRoot.querySelector("last-layer-train-panel")
    )?.focusRun();
  }

  /** @param {import("../ui/types.d.ts").PanelLanguage} language */
  #languageSwitch(language) {
    return html`<div
      class="languages"
      role="group"
      aria-label=${language.say("element.language")}
      data-testid="language-switch"
    >
      ${LANGUAGES.map(
        (code) =>
          html`<button
            type="button"
            lang=${LANGUAGE_TAGS[code]}
            data-language=${code}
            aria-pressed=${code === language.code ? "true" : "false"}
            @click=${() => this.#switchLanguage(code)}
          >
            ${LANGUAGE_NAMES[code]}
          </button>`,
      )}
    </div>`;
  }

  /**
   * @param {import("../ui/types.d.ts").PanelLanguage} language
   * @param {import("../ui/types.d.ts").ProblemView} problem
   */
  #problem(language, problem) {
    const dismiss = language.say("element.dismiss");
    return html`<div class="notice bad problem" role="alert" data-testid="problem" data-code=${problem.code}>
      ${icons.warning}
      <p class="grow">${sayProblem(language, problem)}</p>
      <button
        class="button quiet icon-only"
        type="button"
        aria-label=${dismiss}
        title=${dismiss}
        @click=${() => this.session.dismissProblem()}
      >
        ${icons.close}
      </button>
    </div>`;
  }

  /** @param {import("../ui/localize.js").LanguageCode} code */
  #switchLanguage(code) {
    this.lang = LANGUAGE_TAGS[code];
    this.#notify("language", { language: code });
  }

  /** @returns {Session} */
  #newSession() {
    return new Session({
      settings: () => ({
        device: this.device,
        backbone: this.backbone,
        labels: this.labels,
        baseUrl: this.baseUrl,
        options: this.#options(),
        persist: this.persist ?? null,
        language: this.language,
      }),
      changed: () => this.requestUpdate(),
      notify: (type, detail) => this.#notify(type, detail),
      announce: (key, parameters = {}) => {
        const top1 = typeof parameters.top1 === "number" ? this.language.percent(parameters.top1, 1) : null;
        this.announcement = this.language.say(key, { ...parameters, top1 });
      },
    });
  }

  /** The author's options, and on top of them the reader's. @returns {Record<string, number | string>} */
  #options() {
    return { ...authorOptions(this), ...this.session.training.options };
  }

  /** A name for a class that has none yet. @param {readonly string[]} taken */
  #newLabel = (taken) => {
    for (let number = taken.length + 1; ; number += 1) {
      const label = this.language.say("class.default", { number });
      if (!taken.includes(label)) return label;
    }
  };

  /** @param {string} type @param {unknown} detail */
  #notify(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

define("last-layer", LastLayer);
