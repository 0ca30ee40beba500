/**
 * One mechanism for every word on screen: a table of messages, each in every language, with {placeholders}.
 * The panels use it with `messages.js`, the pages with their own tables.
 */

/** @typedef {"en" | "zh"} LanguageCode */
/**
 * A text, or the two forms that English needs for counted things (chosen by the parameter `count`).
 * @typedef {string | { one: string, other: string }} Form
 */
/**
 * Several forms: the first one whose placeholders are all given is used, so that an error with fewer details still
 * reads well.
 * @typedef {Record<LanguageCode, Form | Form[]>} Message
 */
/** @typedef {Record<string, string | number | null | undefined>} Parameters */

/** @type {readonly LanguageCode[]} */
export const LANGUAGES = ["en", "zh"];

/** Each language by its own name, as a language switch shows it. */
export const LANGUAGE_NAMES = { en: "English", zh: "中文" };

/**
 * What Intl and the `lang` attribute want. Script, not country: the texts are in simplified characters wherever they
 * are read.
 */
export const LANGUAGE_TAGS = { en: "en", zh: "zh-Hans" };

/**
 * The language of ours that a tag such as `zh-CN` asks for.
 * @param {string | null | undefined} tag
 * @returns {LanguageCode | null}
 */
export function matchLanguage(tag) {
  const primary = tag?.toLowerCase().split("-")[0];
  return LANGUAGES.find((code) => code === primary) ?? null;
}

/**
 * Words, numbers and units of one language.
 * @template {string} [Key=string]
 */
export class Language {
  /**
   * @param {LanguageCode} code
   * @param {Record<Key, Message>} table
   */
  constructor(code, table) {
    this.code = code;
    this.tag = LANGUAGE_TAGS[code];
    /** @private */ this.table = table;
    /** @private */ this.plural = new Intl.PluralRules(this.tag);
  }

  /**
   * @param {Key} key
   * @param {Parameters} [parameters] numbers are formatted; the one named `count` chooses the plural form
   * @returns {string}
   */
  say(key, parameters = {}) {
    const message = this.table[key][this.code];
    const forms = (Array.isArray(message) ? message : [message]).map((form) => this.#countedForm(form, parameters));
    const complete = forms.find((text) => placeholders(text).every((name) => parameters[name] != null));
    const text = complete ?? forms[forms.length - 1] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      const value = parameters[name];
      return typeof value === "number" ? this.number(value) : String(value ?? "–");
    });
  }

  /**
   * The same language with another table.
   * @template {string} Other
   * @param {Record<Other, Message>} table
   * @returns {Language<Other>}
   */
  with(table) {
    return new Language(this.code, table);
  }

  /** @param {string} key @returns {key is Key} */
  has(key) {
    return Object.hasOwn(this.table, key);
  }

  /** @param {number} value @param {Intl.NumberFormatOptions} [options] */
  number(value, options) {
    return new Intl.NumberFormat(this.tag, options).format(value);
  }

  /** @param {number} fraction @param {number} [digits] digits after the decimal point */
  percent(fraction, digits = 0) {
    return this.number(fraction, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  /** A probability, never rounded to a certainty that no classifier has. @param {number} value */
  probability(value) {
    if (value > 0.9995) return `>${this.percent(0.999, 1)}`;
    if (value < 0.0005) return `<${this.percent(0.001, 1)}`;
    return this.percent(value, 1);
  }

  /** @param {number} bytes shown in decimal megabytes, as download sizes are */
  megabytes(bytes) {
    return this.number(bytes / 1e6, {
      style: "unit",
      unit: "megabyte",
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
  }

  /** @param {number} value */
  seconds(value) {
    const digits = value < 10 ? 1 : 0;
    return this.number(value, {
      style: "unit",
      unit: "second",
      unitDisplay: this.code === "zh" ? "short" : "long",
      maximumFractionDigits: digits,
    });
  }

  /** @param {readonly string[]} items */
  list(items) {
    return new Intl.ListFormat(this.tag, { type: "conjunction" }).format(items);
  }

  /** @param {Form} form @param {Parameters} parameters */
  #countedForm(form, parameters) {
    if (typeof form === "string") return form;
    return this.plural.select(Number(parameters.count ?? 0)) === "one" ? form.one : form.other;
  }
}

/** @param {string} text */
function placeholders(text) {
  return Array.from(text.matchAll(/\{(\w+)\}/g), (match) => String(match[1]));
}
