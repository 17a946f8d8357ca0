// Which language the page speaks, chosen by the browser's own list, and its texts.

import { LANGUAGES, STRINGS } from "./strings.js";

/** Return the first of `wanted` (such as "de-AT") that the page speaks; English if it speaks none of them. */
export function chooseLanguage(wanted) {
  return wanted.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => LANGUAGES.includes(tag)) || "en";
}

export const language = chooseLanguage(navigator.languages || []);
const column = LANGUAGES.indexOf(language);

/** Return the text `key`, with `values` put in for {names}. */
export function t(key, values = {}) {
  return STRINGS[key][column].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const knows = (key) => key in STRINGS;

/** Fill the elements of the page: `data-text` is what they say, `data-label` their name, `data-title` a tooltip. */
export function translate(root = document) {
  document.documentElement.lang = language;
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
  for (const element of root.querySelectorAll("[data-title]")) element.title = t(element.dataset.title);
  for (const element of root.querySelectorAll("[data-alt]")) element.alt = t(element.dataset.alt);
}

translate();
