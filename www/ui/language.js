import { Language } from "./localize.js";
import { MESSAGES } from "./messages.js";

/**
 * The element's two languages. Made once, so that a panel sees the same object until the language really changes.
 * @type {Record<import("./localize.js").LanguageCode, import("./types.d.ts").PanelLanguage>}
 */
export const PANEL_LANGUAGES = { en: new Language("en", MESSAGES), zh: new Language("zh", MESSAGES) };

/** Longer lists of names than this are no sentence any more. */
const NAMES_IN_A_SENTENCE = 8;

/**
 * Names as a list in a sentence; of very many the first ones, and how many more there are.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {readonly string[]} names
 * @param {number} [most]
 */
export function listNames(language, names, most = NAMES_IN_A_SENTENCE) {
  if (names.length <= most) return language.list(names);
  const first = names.slice(0, most - 1);
  return language.list([...first, language.say("list.others", { count: names.length - first.length })]);
}

/**
 * A problem in the reader's words; one whose code this table does not know speaks for itself.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {import("./types.d.ts").ProblemView} problem
 */
export function sayProblem(language, problem) {
  const { params } = problem;
  const general = `error.${problem.code}`;
  // Files of unsupported formats have a text for each family of formats, and some options have one of their own.
  const ofFamily = `${general}.${problem.code === "invalid-option" ? params?.name : params?.family}`;
  const key = language.has(ofFamily) ? ofFamily : general;
  if (!language.has(key)) return problem.message;
  const ofOption = problem.code === "invalid-option" && params?.name != null;
  return language.say(key, ofOption ? { ...params, name: optionLabel(language, String(params.name)) } : params);
}

/**
 * The option's name in the reader's language; one added to the table since is shown by its own name, in words.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {string} name
 */
export function optionLabel(language, name) {
  const key = `option.${name}`;
  if (language.has(key)) return language.say(key);
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * What an option's choice is called in the reader's language; one added to the table since is shown as it is.
 * @param {import("./types.d.ts").PanelLanguage} language
 * @param {string} name
 * @param {string} choice
 */
export function choiceLabel(language, name, choice) {
  const key = `choice.${name}.${choice}`;
  return language.has(key) ? language.say(key) : choice;
}
