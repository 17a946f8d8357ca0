// The settings beside the photo: how much colour, the colours that were set, undo and redo.

import { t } from "./language.js";
import { FRESH } from "./looks.js";
import { nameOf } from "./names.js";
import { onSlide } from "./picker.js";

const SLIDERS = ["strength", "vividness"];
const $ = (id) => document.getElementById(id);

export class Panel {
  #photo = null;
  #chips = []; // buttons, one for a mark; kept, so that the focus is not lost

  /** Callbacks: `onChange()`: the look of the photo is another one; `onSpread()`; `onMark(index)`. */
  constructor({ onChange, onSpread, onMark }) {
    this.onChange = onChange;
    this.onMark = onMark;
    this.#slider("colour", fromColour);
    for (const name of SLIDERS) this.#slider(name, (value) => ({ [name]: value }));
    onSlide($("last-reach"), (reach, { merge }) => this.#stretchLast(reach, merge));
    $("last-reach").ondblclick = () => this.#stretchLast(0, false);
    for (const name of ["undo", "redo", "reset"]) $(name).onclick = () => this.#step(name);
    $("spread").onclick = onSpread;
  }

  /** Show the look of `photo`, null for none; `others` are in this visit too. */
  draw(photo, others) {
    this.#photo = photo?.state === "ready" ? photo : null;
    const look = this.#photo?.looks.now || FRESH;
    for (const name of SLIDERS) $(name).value = look[name];
    $("colour").value = toColour(look);
    for (const name of ["colour", ...SLIDERS]) {
      $(name).disabled = !this.#photo;
      $(`${name}-value`).textContent = percent(Number($(name).value), name !== "vividness");
      $(name).setAttribute("aria-valuetext", $(`${name}-value`).textContent);
    }
    $("undo").disabled = !this.#photo?.looks.canUndo;
    $("redo").disabled = !this.#photo?.looks.canRedo;
    const plain = SLIDERS.every((name) => look[name] === 1) && look.alternative === 1;
    $("reset").disabled = plain && !look.marks.length && !look.reference;
    const differ = ({ looks }) => SLIDERS.some((name) => looks.now[name] !== look[name]);
    $("spread").hidden = !this.#photo || !others.some(differ);
    $("facts").textContent = this.#photo ? facts(this.#photo.session) : "";
    $("last-reach-row").hidden = !look.marks.length;
    $("last-reach").value = look.marks.at(-1)?.reach ?? 0;
    this.#drawChips(look.marks);
  }

  #slider(name, partFor) {
    onSlide($(name), (value, { merge }) => this.#change(partFor(value), merge));
    $(name).ondblclick = () => this.#change(partFor(1), false);
  }

  #stretchLast(reach, merge) {
    const marks = this.#photo?.looks.now.marks || [];
    this.#change({ marks: marks.map((mark, at) => (at === marks.length - 1 ? { ...mark, reach } : mark)) }, merge);
  }

  #change(part, merge) {
    if (!this.#photo) return;
    this.#photo.looks.change(part, { merge });
    this.onChange();
  }

  #step(name) {
    if (!this.#photo) return;
    this.#photo.looks[name]();
    this.onChange();
  }

  #drawChips(marks) {
    $("no-hints").hidden = marks.length > 0;
    this.#chips.splice(marks.length).forEach((chip) => chip.parentElement.remove());
    while (this.#chips.length < marks.length) this.#addChip(this.#chips.length);
    marks.forEach(({ color }, index) => {
      this.#chips[index].style.background = color;
      this.#chips[index].setAttribute("aria-label", t("changeHintNumber", { number: index + 1, color: nameOf(color) }));
    });
  }

  #addChip(index) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.title = t("changeHint");
    chip.onclick = () => this.onMark(index);
    const item = document.createElement("li");
    item.append(chip);
    $("hints").append(item);
    this.#chips.push(chip);
  }
}

/** The one slider for most people: 0 grey, 1 natural, 2 as much as bears looking at. */
function fromColour(value) {
  if (value <= 1) return { strength: value, vividness: 1 };
  return { strength: 1 + (value - 1) / 2, vividness: 1 + 0.8 * (value - 1) };
}

const toColour = ({ strength }) => (strength <= 1 ? strength : Math.min(2, 1 + 2 * (strength - 1)));

function percent(value, greyAtNone) {
  if (value === 1) return t("natural");
  return value === 0 && greyAtNone ? t("grey") : `${Math.round(value * 100)} %`;
}

function facts({ width, height, was_colored: wasColored, notes }) {
  return [t("facts", { width, height }), wasColored && t("wasColored"), ...notes].filter(Boolean).join(" ");
}
