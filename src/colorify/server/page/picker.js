// The palette: it stands beside the photo, on a phone below it. A colour under the mouse or the focus is tried at once.

import { t } from "./language.js";
import { nameOf } from "./names.js";

// colours of things that people know better than any generator; muted, as things are. Their brightness does not count
const COMMON = [
  ["skin", "#c98f70"], ["brown", "#6b4a2f"], ["straw", "#c9a95a"], ["yellow", "#d9b13b"], ["red", "#b03a2e"], ["rose", "#c76b84"],
  ["violet", "#75589c"], ["navy", "#2f4672"], ["sky", "#7fb0d8"], ["teal", "#3f8086"], ["pine", "#3f6148"], ["grass", "#6f8b3d"],
];
const NEUTRAL = "#808080";
const COLUMNS = 6;
const RECENT = 6; // colours of one's own that are offered again
const REST = 120; // ms that the mouse rests on a colour until it is tried

export class Picker {
  #asked = null; // what it was opened with
  #return = null; // what had the focus
  #lightness = null; // L of the place, once it is known
  #recent = [];
  #timer = 0;
  #byKeys = false; // does somebody walk over the colours? the first one has the focus by itself

  /** `inside`: an element in which a click does not close the palette, as it asks for another colour. */
  constructor(root, inside) {
    const find = (id) => root.querySelector(`#${id}`);
    Object.assign(this, { root, free: find("free"), size: find("dot-size"), suggested: find("suggested"), used: find("used") });
    this.label = find("suggested-label");
    this.removeButton = find("remove");
    find("common").append(...COMMON.map(([name, color]) => this.#swatch(color, t(name), name)));
    this.reachRow = find("reach-row");
    this.reach = find("reach");
    find("picker-close").addEventListener("click", () => this.close());
    find("neutral").addEventListener("click", () => this.#pick(NEUTRAL));
    this.#attempts(find("neutral"), NEUTRAL);
    this.free.addEventListener("input", () => this.#try(this.free.value));
    this.free.addEventListener("change", () => this.#pick(this.free.value));
    onSlide(this.size, (size, options) => this.#asked.resize(size, options));
    onSlide(this.reach, (reach, options) => this.#asked.stretch(reach, options));
    this.removeButton.addEventListener("click", () => {
      const { remove } = this.#asked;
      this.close();
      remove();
    });
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("pointerleave", () => this.#try(null));
    document.addEventListener("pointerdown", ({ target }) => {
      if (!root.hidden && !root.contains(target) && !inside.contains(target)) this.close();
    });
  }

  get isOpen() {
    return !this.root.hidden;
  }

  /**
   * Ask for a colour. `choose(color)` takes it; `attempt(color)` shows one that is only tried, null for none;
   * `size`, 0 to 1, and `resize(size)`: of the dot; `reach`, `stretch(reach)` and `remove()` are missing for a new
   * colour; `closed()` is called in any case. Returns what takes the server's suggestions, when they come.
   */
  open(asked) {
    this.close();
    this.#return = document.activeElement;
    this.#asked = asked;
    if (asked.color) this.free.value = asked.color;
    this.size.value = asked.size;
    this.removeButton.hidden = this.reachRow.hidden = !asked.remove;
    this.reach.value = asked.reach ?? 0;
    this.#lightness = null;
    this.#byKeys = false;
    this.#drawUsed();
    this.#suggest(null);
    this.root.hidden = false;
    this.root.parentElement.classList.add("choosing");
    this.root.parentElement.scrollTop = 0;
    this.root.focus({ preventScroll: true });
    return (answer) => this.#asked === asked && this.#suggest(answer); // it may ask for another place by then
  }

  /** Show what the server suggests; null while it is being asked. */
  #suggest(answer) {
    const found = answer?.suggestions || [];
    this.label.textContent = t(!answer ? "likelyAsking" : found.length ? "likely" : "noSuggestions");
    this.suggested.replaceChildren(...found.map((row) => this.#suggestion(row)));
    this.#lightness = answer?.lightness ?? null;
    if (found.length && !this.#asked.color) this.free.value = found[0].color; // from there one goes on
    for (const button of this.root.querySelectorAll("button[data-color]")) this.#fill(button);
    const idle = document.activeElement === this.root || document.activeElement === document.body;
    if (found.length && idle) this.suggested.firstChild.focus({ preventScroll: true });
  }

  close() {
    if (this.root.hidden) return;
    this.#try(null);
    this.root.hidden = true;
    this.root.parentElement.classList.remove("choosing");
    this.#return?.focus?.({ preventScroll: true });
    this.#asked.closed?.();
  }

  #pick(color) {
    const { choose } = this.#asked;
    if (color !== NEUTRAL && !COMMON.some(([, known]) => known === color)) {
      this.#recent = [color, ...this.#recent.filter((other) => other !== color)].slice(0, RECENT);
    }
    clearTimeout(this.#timer);
    choose(color);
    this.close();
  }

  #try(color) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#asked?.attempt?.(color), color ? REST : 0);
  }

  #drawUsed() {
    this.used.hidden = this.root.querySelector("#used-label").hidden = !this.#recent.length;
    this.used.replaceChildren(...this.#recent.map((color) => this.#swatch(color, nameOf(color))));
  }

  #suggestion({ color, probability }) {
    const percent = probability ? `${Math.max(1, Math.round(100 * probability))} %` : "";
    const name = nameOf(color);
    const button = this.#swatch(color, percent ? t("likelyShare", { color: name, percent }) : name);
    const share = document.createElement("span");
    share.textContent = percent;
    button.append(share);
    return button;
  }

  #swatch(color, name, known = "") {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.color = color;
    button.dataset.name = known; // the same in every language
    button.title = name;
    button.setAttribute("aria-label", name);
    this.#fill(button);
    button.addEventListener("click", () => this.#pick(color));
    this.#attempts(button, color);
    return button;
  }

  #attempts(button, color) {
    button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.#try(color));
    button.addEventListener("focus", () => this.#byKeys && this.#try(color));
  }

  /** A colour is shown as bright as the photo is at the place: so it will look there. */
  #fill(button) {
    const { color } = button.dataset;
    button.style.background = color;
    // a browser that does not know relative colours leaves it at that
    if (this.#lightness !== null) button.style.background = `lab(from ${color} ${this.#lightness} a b)`;
  }

  #key(event) {
    event.stopPropagation(); // letters typed here are no commands for the photo
    if (event.key === "Escape") this.close();
    this.#byKeys = true;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    const swatches = [...this.root.querySelectorAll("button[data-color]")];
    const at = swatches.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    swatches[Math.min(swatches.length - 1, Math.max(0, at + step))].focus();
  }
}

/** Call `then(value, {merge})` while a slider moves; `merge`: it is still the same movement. */
export function onSlide(slider, then) {
  let sliding = false;
  slider.addEventListener("input", () => {
    then(Number(slider.value), { merge: sliding });
    sliding = true;
  });
  // a slider that is dragged back to where it was changes nothing, and ends all the same
  for (const end of ["change", "pointerup", "pointercancel", "blur"]) slider.addEventListener(end, () => (sliding = false));
}
