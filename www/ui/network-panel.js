import { LitElement, css, html, nothing } from "lit";
import { define, emit } from "./define.js";
import { DropTarget } from "./drop-target.js";
import { icons } from "./icons.js";
import { sayProblem } from "./language.js";
import { linkNotice } from "./link-notice.js";
import { networkList, networkListStyles } from "./network-list.js";
import { networkName } from "./network-name.js";
import "./network-names.js";
import { shared } from "./styles.js";

/** As pickers want them. */
const ENDINGS = ".safetensors,.pth,.pt";

/**
 * Which network is in use: one line, which opens the choice of another one. Takes files of weights wherever they are let
 * go in it. Sends `network-toggle`, `network-site` (`{ name }`), `network-file` (`{ file }`), `network-kept` and
 * `network-forget` (`{ sha256 }`), `network-keep` (`{ on }`), `network-labels` (`{ labels }`), `network-answer`
 * (`{ word }`), `network-start-from`, `network-cancel`, `network-dismiss`.
 * For tests: `network-name` (`data-network`), `network-toggle`, `network-choice` with `input-network`,
 * `network-progress` with `network-cancel`, `network-question` with `network-save`, `network-go` and `network-stay`,
 * `network-problem` (`data-code`), `network-facts`, `network-keep`,
 * `network-start-from`.
 */
export class NetworkPanel extends LitElement {
  static properties = {
    language: { attribute: false },
    view: { attribute: false },
    linkDropped: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").NetworkView | undefined} */ this.view = undefined;
    /** What was dropped last was a link, and no file. */ this.linkDropped = false;
    this.hadFocus = false;
    this.questioned = false;
    /** What the reader has been shown last. @type {unknown} */ this.shown = null;
    this.target = new DropTarget(this, {
      receive: ({ files }) => this.#bring(files[0]?.file),
      enabled: () => !this.#locked,
      refused: () => (this.linkDropped = true),
    });
  }

  static styles = [
    shared,
    networkListStyles,
    css`
      :host {
        container-type: inline-size;
      }
      .line {
        display: flex;
        align-items: center;
        gap: 0 0.6em;
        font-size: 0.9375em;
        line-height: 1.4;
      }
      .line > .icon {
        color: var(--ink-soft);
      }
      .line .button {
        flex: none;
        padding-inline: 0.6em;
      }
      .line b {
        /* Goes to the next line as a whole, where it fits there. */
        display: inline-block;
        max-width: 100%;
        font-weight: 650;
        overflow-wrap: anywhere;
      }
      .choice {
        max-width: 52em;
        padding-block: 0.4em 0.6em;
      }
      .drop {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0.6em 1.2em;
        padding: 0.9em 1em;
        border: 1.5px dashed var(--line-strong);
        border-radius: var(--radius);
        background: var(--paper);
      }
      :host([dropping]) .drop,
      :host([dropping]) .line {
        border-color: var(--accent);
        background: var(--accent-soft);
      }
      .drop .text {
        flex: 1 1 16em;
      }
      .title {
        font-size: 0.9375em;
        font-weight: 650;
      }
      .notice {
        background: var(--paper);
        border: 1px solid var(--line);
      }
      .notice.bad {
        background: var(--bad-soft);
      }
      .notice.attention {
        background: var(--accent-soft);
      }
      .progress {
        display: grid;
        gap: 0.4em;
      }
      .keep {
        display: flex;
        align-items: center;
        gap: 0.7em;
        min-height: 44px;
        cursor: pointer;
      }
      .keep input {
        flex: none;
        width: 1.25em;
        height: 1.25em;
        accent-color: var(--accent);
      }
    `,
  ];

  render() {
    const { language, view } = this;
    if (!language || !view) return nothing;
    return html`<div class="line">
        ${icons.layers}
        <p data-testid="network-name" data-network=${view.name}>
          ${language.say("network.title")} <b>${networkName(view.name)}</b>
        </p>
        <button
          class="button quiet"
          type="button"
          data-testid="network-toggle"
          aria-expanded=${view.open ? "true" : "false"}
          aria-controls="choice"
          @click=${() => emit(this, "network-toggle")}
        >
          ${language.say(view.open ? "network.close" : "network.change")}
        </button>
      </div>
      <div
        id="choice"
        class="choice stack"
        role="group"
        aria-label=${language.say("network.choice")}
        data-testid="network-choice"
        ?hidden=${!view.open}
      >
        ${view.open ? this.#choice(language, view) : nothing}
      </div>`;
  }

  /** A button that acts goes, and the focus with it: to the question that it has raised, or else to the line. */
  willUpdate() {
    this.hadFocus = this.renderRoot?.querySelector(":focus") != null;
  }

  updated() {
    const question = /** @type {HTMLElement | null} */ (
      this.renderRoot.querySelector("[data-testid=network-question]")
    );
    const asked = question !== null;
    if (asked && !this.questioned) question.focus();
    else if (this.hadFocus && !this.renderRoot.querySelector(":focus"))
      /** @type {HTMLElement | null} */ (this.renderRoot.querySelector("[data-testid=network-toggle]"))?.focus();
    this.questioned = asked;
    this.#bringIntoSight();
  }

  /** What a file that was let go far down the page has led to is to be seen. */
  #bringIntoSight() {
    const news = this.view?.problem ?? this.view?.asked?.name ?? this.view?.stage?.name ?? null;
    if (news !== null && news !== this.shown)
      this.renderRoot
        .querySelector("[data-testid=network-problem], [data-testid=network-question], [data-testid=network-progress]")
        ?.scrollIntoView({ block: "nearest" });
    this.shown = news;
  }

  get #locked() {
    return !this.view || this.view.busy || this.view.stage !== null;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").NetworkView} view */
  #choice(language, view) {
    const locked = this.#locked;
    return html`${view.problem ? this.#problem(language, view.problem) : nothing}
      ${view.asked ? this.#question(language, view.asked) : nothing}
      ${view.stage ? this.#progress(language, view.stage) : nothing}
      ${view.brought ? this.#brought(language, view, view.brought) : nothing}
      ${view.busy ? html`<p class="small soft">${language.say("network.busy")}</p>` : nothing}
      ${networkList(language, view, locked, this)}
      <div class="drop">
        <div class="text">
          <p class="title">${language.say("network.file")}</p>
          <p class="small soft">${language.say("network.fileHint")}</p>
        </div>
        <button class="button" type="button" ?disabled=${locked} @click=${() => this.#input?.click()}>
          ${icons.open}${language.say("network.pick")}
        </button>
        <input
          id="file"
          type="file"
          accept=${ENDINGS}
          hidden
          data-testid="input-network"
          ?disabled=${locked}
          @change=${this.#picked}
        />
      </div>
      ${this.linkDropped ? linkNotice(language, () => (this.linkDropped = false)) : nothing}
      ${
        view.startFrom
          ? html`<div class="row">
              <button
                class="button"
                type="button"
                data-testid="network-start-from"
                ?disabled=${locked}
                @click=${() => emit(this, "network-start-from")}
              >
                ${language.say("network.startFrom")}
              </button>
            </div>`
          : nothing
      }
      <p class="small soft">${language.say("network.consequence")}</p>`;
  }

  /**
   * What the file was recognised as, and what can be done with it.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").NetworkView} view
   * @param {import("./types.d.ts").BroughtNetworkView} brought
   */
  #brought(language, { keep, naming }, { file, bytes, network, stages, inputSize, classes }) {
    const facts = {
      file,
      name: networkName(network),
      stages,
      size: inputSize,
      classes: classes > 0 ? classes : null,
    };
    return html`<div class="notice" data-testid="network-facts" data-classes=${classes}>
        ${icons.check}
        <p>${language.say("network.facts", facts)}</p>
      </div>
      ${
        keep === null
          ? nothing
          : keep === "impossible"
            ? html`<p class="small soft">${language.say("network.keepImpossible")}</p>`
            : html`<label class="keep"
                ><input
                  type="checkbox"
                  data-testid="network-keep"
                  .checked=${keep !== "off"}
                  ?disabled=${keep === "storing"}
                  @change=${(/** @type {Event} */ event) =>
                    emit(this, "network-keep", { on: /** @type {HTMLInputElement} */ (event.target).checked })}
                /><span
                  >${language.say(keep === "storing" ? "network.storing" : "network.keep", {
                    size: bytes === null ? null : language.megabytes(bytes),
                  })}</span
                ></label
              >`
      }
      ${
        naming
          ? html`<last-layer-network-names
              .language=${language}
              .naming=${naming}
              ?locked=${this.#locked}
              @network-labels=${(/** @type {CustomEvent} */ event) => this.#forward(event)}
            ></last-layer-network-names>`
          : nothing
      }`;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {NonNullable<import("./types.d.ts").NetworkView["asked"]>} asked
   */
  #question(language, { name, paused, unsaved }) {
    const answer = (/** @type {string} */ word) => () => emit(this, "network-answer", { word });
    return html`<div class="notice attention" role="alert" tabindex="-1" data-testid="network-question">
      ${icons.warning}
      <div class="grow stack">
        <p>
          ${language.say(unsaved ? "network.askUnsaved" : "network.askPaused", { name: networkName(name) })}
          ${unsaved && paused ? language.say("network.askPausedToo") : nothing}
        </p>
        <div class="row">
          ${
            unsaved
              ? html`<button class="button" type="button" data-testid="network-save" @click=${answer("save")}>
                  ${icons.download}${language.say("network.saveAndChange")}
                </button>`
              : nothing
          }
          <button class="button" type="button" data-testid="network-go" @click=${answer("go")}>
            ${language.say(unsaved ? "network.changeUnsaved" : "network.changeAnyway")}
          </button>
          <button class="button quiet" type="button" data-testid="network-stay" @click=${answer("stay")}>
            ${language.say("network.stay")}
          </button>
        </div>
      </div>
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").NetworkStage} stage */
  #progress(language, stage) {
    const name = networkName(stage.name);
    const label = language.say("network.changing", { name });
    const { text, value } =
      stage.stage === "network"
        ? { text: label, value: null }
        : stage.stage === "photos"
          ? { text: language.say("network.photos", { done: stage.done, total: stage.total }), value: stage }
          : {
              text: language.say("status.downloading", {
                done: language.megabytes(stage.done),
                total: language.megabytes(stage.total),
              }),
              value: stage,
            };
    return html`<div class="row" data-testid="network-progress" data-stage=${stage.stage}>
      <div class="grow progress">
        <span class="small number">${text}</span>
        ${
          value
            ? html`<progress max=${value.total} value=${value.done} aria-label=${label}></progress>`
            : html`<progress aria-label=${label}></progress>`
        }
      </div>
      <button class="button" type="button" data-testid="network-cancel" @click=${() => emit(this, "network-cancel")}>
        ${language.say("element.cancel")}
      </button>
    </div>`;
  }

  /**
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {NonNullable<import("./types.d.ts").NetworkView["problem"]>} problem
   */
  #problem(language, problem) {
    const dismiss = language.say("element.dismiss");
    return html`<div class="notice bad" role="alert" data-testid="network-problem" data-code=${problem.code}>
      ${icons.warning}
      <p class="grow"><b>${networkName(problem.name)}</b>: ${sayProblem(language, problem)}</p>
      <button
        class="button quiet icon-only"
        type="button"
        aria-label=${dismiss}
        title=${dismiss}
        @click=${() => emit(this, "network-dismiss")}
      >
        ${icons.close}
      </button>
    </div>`;
  }

  /** @returns {HTMLInputElement | null} */
  get #input() {
    return this.renderRoot.querySelector("#file");
  }

  /** @param {Event} event */
  #picked(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    this.#bring(input.files?.[0]);
    // So that picking the same file again is a change again.
    input.value = "";
  }

  /** @param {File | undefined} file */
  #bring(file) {
    this.linkDropped = false;
    if (file) emit(this, "network-file", { file });
  }

  /** @param {CustomEvent} event */
  #forward(event) {
    event.stopPropagation();
    emit(this, event.type, event.detail);
  }
}

define("last-layer-network-panel", NetworkPanel);
