import { OPTIONS } from "../lib/index.js";

/** `learningRate` → `learning-rate` @param {string} name */
const kebabCase = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The training options as attributes of the element: one for each row of the core's table, which alone knows them. */
export const OPTION_PROPERTIES = Object.fromEntries(
  OPTIONS.map(({ name, kind }) => [name, { attribute: kebabCase(name), type: kind === "choice" ? String : Number }]),
);

/**
 * The options that an author has set on the element. What is no number or out of range is passed on as it is: the core
 * refuses it with a message that names the option, where a silent correction would train something else than was asked
 * for.
 * @param {object} element
 * @returns {Record<string, number | string>}
 */
export function authorOptions(element) {
  /** @type {Record<string, number | string>} */ const given = {};
  for (const { name, kind } of OPTIONS) {
    const value = Reflect.get(element, name);
    if (value != null) given[name] = kind === "choice" ? String(value) : Number(value);
  }
  return given;
}
