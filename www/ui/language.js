import { Language } from "./localize.js";
import { MESSAGES } from "./messages.js";

/**
 * The element's two languages. Made once, so that a panel sees the same object until the language really changes.
 * @type {Record<import("./localize.js").LanguageCode, import("./types.js").PanelLanguage>}
 */
export const PANEL_LANGUAGES = { en: new Language("en", MESSAGES), zh: new Language("zh", MESSAGES) };

/**
 * A problem in the reader's words; one whose code this table does not know speaks for itself.
 * @param {import("./types.js").PanelLanguage} language
 * @param {import("./types.js").ProblemView} problem
 */
export function sayProblem(language, problem) {
  const key = `error.${problem.code}`;
  return language.has(key) ? language.say(key, problem.params) : problem.message;
}
