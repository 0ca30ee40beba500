import { LitElement, css, html, nothing } from "lit";
import { define, emit } from "./define.js";
import { icons } from "./icons.js";
import { sayProblem } from "./language.js";
import { shared } from "./styles.js";

/**
 * What computes here and why, how far the download is, and that nothing is uploaded. Sends `retry`.
 * For tests: `status-device` (the chosen device in `data-device`, the reason in `data-reason`).
 */
export class StatusPanel extends LitElement {
  static properties = { language: { attribute: false }, loading: { attribute: false } };

  constructor() {
    super();
    /** @type {import("./types.d.ts").PanelLanguage | undefined} */ this.language = undefined;
    /** @type {import("./types.d.ts").LoadingView | undefined} */ this.loading = undefined;
  }

  static styles = [
    shared,
    css`
      :host {
        container-type: inline-size;
      }
      .strip {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: center;
        gap: 0.5em 1.5em;
        min-height: 3.1em;
        font-size: 0.9375em;
        line-height: 1.5;
      }
      .device {
        display: flex;
        align-items: flex-start;
        gap: 0.6em;
      }
      .device .icon {
        color: var(--ink-soft);
        margin-top: 0.1em;
      }
      .device b {
        font-weight: 650;
      }
      .private {
        display: flex;
        align-items: center;
        gap: 0.5em;
        color: var(--good);
        font-weight: 550;
      }
      .download {
        display: grid;
        gap: 0.45em;
      }
      .notice {
        grid-column: 1 / -1;
      }
      @container (max-width: 620px) {
        .strip {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  render() {
    const { language, loading } = this;
    if (!language || !loading) return nothing;
    return html`<div class="strip">
      <div>${this.#state(language, loading)}</div>
      <p class="private">${icons.lock}${language.say("status.private")}</p>
      ${
        loading.device?.warnings.includes("canvas-noise")
          ? html`<div class="notice attention">
              ${icons.warning}
              <p>${language.say("status.noise")}</p>
            </div>`
          : nothing
      }
      ${
        loading.restarted
          ? html`<div class="notice attention">
              ${icons.refresh}
              <p>${language.say("status.restarted")}</p>
            </div>`
          : nothing
      }
    </div>`;
  }

  /** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").LoadingView} loading */
  #state(language, { state, bytes, device, problem }) {
    if (state === "failed" && problem) {
      return html`<div class="row">
        <p class="grow"><b>${language.say("status.failed")}</b> ${sayProblem(language, problem)}</p>
        <button class="button" type="button" @click=${() => emit(this, "retry")}>
          ${icons.refresh}${language.say("element.retry")}
        </button>
      </div>`;
    }
    if (state === "loading") return this.#download(language, bytes);
    if (!device) return html`<p class="soft">${language.say("status.idle")}</p>`;
    return html`<p class="device" data-testid="status-device" data-device=${device.device} data-reason=${device.reason}>
      ${icons.chip}
      <span
        ><b>${language.say(`status.device.${device.device}`)}</b
        >${device.device === "webgpu" && device.adapter ? ` · ${device.adapter}` : nothing}
        <span class="soft">${language.say(`status.reason.${device.reason}`)}</span></span
      >
    </p>`;
  }

  /**
   * One bar for wasm and weights together.
   * @param {import("./types.d.ts").PanelLanguage} language
   * @param {import("./types.d.ts").Count | null} bytes
   */
  #download(language, bytes) {
    if (!bytes || bytes.total === 0) return html`<p class="soft">${language.say("status.preparing")}</p>`;
    const { done, total } = bytes;
    const text =
      done < total
        ? language.say("status.downloading", { done: language.megabytes(done), total: language.megabytes(total) })
        : language.say("status.compiling");
    return html`<div class="download">
      <span class="number">${text}</span>
      <progress max=${total} value=${done} aria-label=${language.say("status.downloadLabel")}></progress>
    </div>`;
  }
}

define("last-layer-status-panel", StatusPanel);
