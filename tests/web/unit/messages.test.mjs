// Both languages say everything: every key in every table, every error code, every placeholder.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { OPTIONS } from "../../../www/lib/options.js";
import { CHINESE } from "../../../www/page-messages.js";
import { LANGUAGES } from "../../../www/ui/localize.js";
import { MESSAGES } from "../../../www/ui/messages.js";
import { PROJECT_MESSAGES } from "../../../www/ui/project-messages.js";
import { TAKE_ALONG_MESSAGES } from "../../../www/ui/take-along-messages.js";

/** @type {Record<string, import("../../../www/ui/localize.js").Message>} */
const messages = {
  ...MESSAGES,
  ...PROJECT_MESSAGES,
  // Loaded later, with the dialog that they are of.
  ...Object.fromEntries(Object.entries(TAKE_ALONG_MESSAGES).map(([key, message]) => [`take-along.${key}`, message])),
};

/**
 * @param {import("../../../www/ui/localize.js").Form | import("../../../www/ui/localize.js").Form[]} form
 * @returns {string[]}
 */
const textsOf = (form) =>
  Array.isArray(form) ? form.flatMap(textsOf) : typeof form === "string" ? [form] : Object.values(form);

/** @param {string} text */
const placeholders = (text) => new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));

test("every message in every language, with the same placeholders", () => {
  assert.ok(Object.keys(messages).length > 100);
  const tables = [MESSAGES, PROJECT_MESSAGES, TAKE_ALONG_MESSAGES];
  const keys = tables.map((table) => Object.keys(table).length);
  assert.equal(
    Object.keys(messages).length,
    keys.reduce((sum, count) => sum + count),
    "no key is in two of them",
  );
  for (const [key, message] of Object.entries(messages)) {
    assert.deepEqual(Object.keys(message).toSorted(), [...LANGUAGES].sort(), key);
    const used = LANGUAGES.map((code) => {
      const texts = textsOf(message[code]);
      assert.ok(texts.length > 0 && texts.every((text) => text.trim() !== ""), `${key} is empty in ${code}`);
      return [...new Set(texts.flatMap((text) => [...placeholders(text)]))].sort();
    });
    assert.deepEqual(used[0], used[1], `${key} names other things in the two languages`);
  }
});

test("Chinese is Chinese", () => {
  for (const [key, message] of Object.entries(messages)) {
    const words = textsOf(message.zh)
      .join("")
      .replace(/\{\w+\}/g, "");
    // A message may be a placeholder, a symbol or a term such as “Top-1”; one that is a phrase in English is one in
    // Chinese.
    const english = textsOf(message.en)
      .join("")
      .replace(/\{\w+\}/g, "");
    if (/[a-z]{2,} [a-z]{2,}/i.test(english)) assert.match(words, /\p{Script=Han}/u, `${key}: ${words}`);
  }
});

test("every error code has its words", async () => {
  const types = await readFile(new URL("../../../www/lib/types/public.d.ts", import.meta.url), "utf8");
  const list = /export type ErrorCode =([\s\S]*?);/.exec(types)?.[1] ?? "";
  const codes = [...list.matchAll(/"([\w-]+)"/g)].map((match) => match[1]);
  assert.ok(codes.length >= 20);
  // Whoever cancels knows it, and so does whoever closes.
  for (const code of codes)
    if (code !== "cancelled" && code !== "closed") assert.ok(`error.${code}` in messages, `no words for ${code}`);
});

test("the pages: every text of the HTML in Chinese, and no Chinese without a place", async () => {
  /** @type {Set<string>} */
  const keys = new Set(["page.title", "page.description"]);
  for (const page of ["index.html", "tutorial/index.html"]) {
    const html = await readFile(new URL(`../../../www/${page}`, import.meta.url), "utf8");
    for (const match of html.matchAll(/data-message(?:-label)?="([^"]+)"/g)) keys.add(match[1] ?? "");
  }
  for (const key of keys) if (key !== "page.description") assert.ok(key in CHINESE, `no Chinese for ${key}`);
  for (const key of Object.keys(CHINESE)) assert.ok(keys.has(key), `${key} is nowhere in the pages`);
});

test("every option explains itself in both languages, and its default is in its range", () => {
  for (const option of OPTIONS) {
    const { name, default: value, doc } = option;
    if (option.kind === "choice")
      assert.ok(/** @type {readonly string[]} */ (option.choices).includes(option.default), name);
    else assert.ok(option.default >= option.min && option.default <= option.max, name);
    if (option.kind === "int") assert.ok(Number.isInteger(value), name);
    assert.match(doc.zh, /\p{Script=Han}/u, name);
    assert.ok(doc.en.length > 5, name);
  }
});
