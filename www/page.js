/**
 * What both pages do around the element: their own words in the reader's language, in step with the element's, and the
 * offline copy.
 */
import { refuseStrayDrops } from "./ui/drop-target.js";
import { Language, LANGUAGE_TAGS, matchLanguage } from "./ui/localize.js";
import { CHINESE } from "./page-messages.js";

/** @import { LanguageCode, Message } from "./ui/localize.js" */

const REMEMBERED = "lastlayer-language";

/**
 * The English words are those of the HTML itself, so that they are there at the first paint and for search engines; the
 * table adds Chinese.
 * @type {Record<string, Message>}
 */
const messages = {};
const texts = document.querySelectorAll("[data-message]");
const labels = document.querySelectorAll("[data-message-label]");
for (const element of texts) learn(String(element.getAttribute("data-message")), element.innerHTML.trim());
for (const element of labels)
  learn(String(element.getAttribute("data-message-label")), element.getAttribute("aria-label") ?? "");

/** @param {string} key @param {string} english */
function learn(key, english) {
  messages[key] = { en: english, zh: CHINESE[key] ?? english };
}

/** @param {LanguageCode} code */
function show(code) {
  const language = new Language(code, messages);
  document.documentElement.lang = LANGUAGE_TAGS[code];
  // The tables are our own text with a little markup (code, links), nothing a reader has typed.
  for (const element of texts) element.innerHTML = language.say(String(element.getAttribute("data-message")));
  for (const element of labels)
    element.setAttribute("aria-label", language.say(String(element.getAttribute("data-message-label"))));
  for (const element of document.querySelectorAll("last-layer")) element.setAttribute("lang", LANGUAGE_TAGS[code]);
  for (const button of document.querySelectorAll("button[data-language]"))
    button.setAttribute("aria-pressed", String(button.getAttribute("data-language") === code));
}

/** @param {string | null | undefined} tag */
function choose(tag) {
  const code = matchLanguage(tag);
  if (!code) return;
  show(code);
  try {
    localStorage.setItem(REMEMBERED, code);
  } catch {
    // Storage is switched off: the choice holds for this visit.
  }
}

/** @returns {LanguageCode} */
function preferred() {
  let remembered = null;
  try {
    remembered = localStorage.getItem(REMEMBERED);
  } catch {
    // As above.
  }
  const wanted = [new URLSearchParams(location.search).get("lang"), remembered, ...navigator.languages];
  return wanted.map(matchLanguage).find((code) => code !== null) ?? "en";
}

/**
 * What the element downloads comes first: all the rest of the site, the other flavour of the WebAssembly with it, would
 * only delay it. An element that is not in view downloads nothing, and nothing is waited for.
 */
async function elementHasLoaded() {
  if (document.readyState !== "complete")
    await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
  // By the second frame the element has found out whether it is in view.
  for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
  /** @type {import("./element/last-layer.js").LastLayer | null} */
  const element = document.querySelector("last-layer");
  while (element?.isLoading) {
    const settled = new AbortController();
    await new Promise((resolve) => {
      for (const type of ["load", "error"]) element.addEventListener(type, resolve, { signal: settled.signal });
    });
    settled.abort();
  }
}

/** Keeps the site for visits without a network. A page works as well without it, so a refusal is only told. */
async function keepOffline() {
  const place = document.querySelector("[data-offline]");
  await elementHasLoaded();
  try {
    await navigator.serviceWorker.register(new URL("./sw.js", import.meta.url));
    await navigator.serviceWorker.ready;
    place?.setAttribute("data-offline", "ready");
  } catch {
    place?.setAttribute("data-offline", "unavailable");
  }
}

show(preferred());
refuseStrayDrops(document);
document.addEventListener("language", (event) => choose(/** @type {CustomEvent} */ (event).detail.language));
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-language]") : null;
  choose(button?.getAttribute("data-language"));
});
// Reports its failure itself.
void keepOffline();
