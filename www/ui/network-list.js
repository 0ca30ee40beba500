import { css, html, nothing } from "lit";
import { emit } from "./define.js";
import { icons } from "./icons.js";
import { networkName } from "./network-name.js";

export const networkListStyles = css`
  .networks {
    display: grid;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--paper);
  }
  .networks li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.2em 1em;
    min-height: 3.6em;
    padding: 0.55em 0.5em 0.55em 1em;
  }
  .networks li + li {
    border-top: 1px solid var(--line);
  }
  .networks .about {
    flex: 1 1 14em;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .networks b {
    font-weight: 600;
  }
  .in-use {
    display: inline-flex;
    align-items: center;
    gap: 0.4em;
    min-height: 44px;
    padding-inline-end: 1em;
    color: var(--good);
    font-weight: 550;
  }
`;

/**
 * The networks that can be taken at a click: the site's, and those that this browser keeps. The host sends what is
 * chosen. For tests: `network-site` (`data-network`), `network-kept` (`data-file`), in each `network-use`, and
 * `network-forget`.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").NetworkView} view
 * @param {boolean} locked
 * @param {EventTarget} host
 */
export function networkList(language, { site, kept }, locked, host) {
  const use = (/** @type {string} */ name, /** @type {() => void} */ act) =>
    html`<button
      class="button"
      type="button"
      data-testid="network-use"
      aria-label=${language.say("network.useName", { name })}
      ?disabled=${locked}
      @click=${act}
    >
      ${language.say("network.use")}
    </button>`;
  const inUse = html`<span class="in-use">${icons.check}${language.say("network.inUse")}</span>`;
  return html`<ul class="networks" aria-label=${language.say("network.site")}>
      ${site.map(
        (network) =>
          html`<li data-testid="network-site" data-network=${network.name}>
            <p class="about">
              <b>${networkName(network.name)}</b><br /><span class="small soft">${aboutSite(language, network)}</span>
            </p>
            ${
              network.inUse
                ? inUse
                : use(networkName(network.name), () => emit(host, "network-site", { name: network.name }))
            }
          </li>`,
      )}
    </ul>
    ${
      kept.length > 0
        ? html`<div class="stack">
            <p class="title">${language.say("network.kept")}</p>
            <ul class="networks" aria-label=${language.say("network.kept")}>
              ${kept.map(
                ({ sha256, file, network, bytes, inUse: used }) =>
                  html`<li data-testid="network-kept" data-file=${file}>
                    <p class="about">
                      <b>${file}</b><br /><span class="small soft"
                        >${networkName(network)} · ${language.megabytes(bytes)}</span
                      >
                    </p>
                    ${used ? inUse : use(file, () => emit(host, "network-kept", { sha256 }))}
                    <button
                      class="button quiet icon-only"
                      type="button"
                      data-testid="network-forget"
                      aria-label=${language.say("network.forget", { name: file })}
                      title=${language.say("network.forget", { name: file })}
                      ?disabled=${locked}
                      @click=${() => emit(host, "network-forget", { sha256 })}
                    >
                      ${icons.trash}
                    </button>
                  </li>`,
              )}
            </ul>
          </div>`
        : nothing
    }`;
}

/** @param {import("./types.d.ts").PanelLanguage} language @param {import("./types.d.ts").SiteNetworkView} network */
function aboutSite(language, { name, bytes, millionParameters, inputSize }) {
  const numbers = language.say("network.numbers", {
    size: language.megabytes(bytes),
    parameters: language.number(millionParameters, { maximumFractionDigits: 1 }),
    pixels: inputSize,
  });
  const note = `network.note.${name}`;
  return language.has(note) ? `${language.say(note)} · ${numbers}` : numbers;
}
