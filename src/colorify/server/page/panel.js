// The settings beside the photo: strength, vividness, the colours that were set, undo and redo.

import { FRESH } from "./looks.js";
import { nameOf } from "./names.js";

const SLIDERS = ["strength", "vividness"];
const $ = (id) => document.getElementById(id);

export class Panel {
  #photo = null;
  #chips = []; // buttons, one for a hint; kept, so that the focus is not lost

  /** Callbacks: `onChange()`: the look of the photo is another one; `onSpread()`; `onHint(index)`. */
  constructor({ onChange, onSpread, onHint }) {
    this.onChange = onChange;
    this.onHint = onHint;
    for (const name of SLIDERS) this.#slider($(name), name);
    for (const name of ["undo", "redo", "reset"]) $(name).onclick = () => this.#step(name);
    $("spread").onclick = onSpread;
  }

  /** Show the look of `photo`, null for none; `others` are in this visit too. */
  draw(photo, others) {
    this.#photo = photo?.state === "ready" ? photo : null;
    const look = this.#photo?.looks.now || FRESH;
    for (const name of SLIDERS) {
      $(name).value = look[name];
      $(name).disabled = !this.#photo;
    }
    $("strength-value").textContent = look.strength ? `${Math.round(look.strength * 100)} %` : "grey";
    $("vividness-value").textContent = wordFor(look.vividness);
    $("undo").disabled = !this.#photo?.looks.canUndo;
    $("redo").disabled = !this.#photo?.looks.canRedo;
    $("reset").disabled = SLIDERS.every((name) => look[name] === 1) && look.alternative === 1 && !look.hints.length;
    const differ = ({ looks }) => SLIDERS.some((name) => looks.now[name] !== look[name]);
    $("spread").hidden = !this.#photo || !others.some(differ);
    $("facts").textContent = this.#photo ? facts(this.#photo.session) : "";
    this.#drawChips(look.hints);
  }

  #slider(slider, name) {
    let sliding = false;
    slider.title = "A double click sets it back";
    slider.oninput = () => {
      this.#change({ [name]: Number(slider.value) }, sliding);
      sliding = true;
    };
    slider.onchange = () => (sliding = false);
    slider.ondblclick = () => this.#change({ [name]: 1 }, false);
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

  #drawChips(hints) {
    $("no-hints").hidden = hints.length > 0;
    this.#chips.splice(hints.length).forEach((chip) => chip.parentElement.remove());
    while (this.#chips.length < hints.length) this.#addChip(this.#chips.length);
    hints.forEach(({ color }, index) => {
      this.#chips[index].style.background = color;
      this.#chips[index].setAttribute("aria-label", `Change colour ${index + 1}, ${nameOf(color)}`);
    });
  }

  #addChip(index) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.title = "Change or remove this colour";
    chip.onclick = () => this.onHint(index);
    const item = document.createElement("li");
    item.append(chip);
    $("hints").append(item);
    this.#chips.push(chip);
  }
}

function wordFor(vividness) {
  if (vividness === 1) return "normal";
  return `${vividness < 1 ? "more careful" : "bolder"} (${Math.round(vividness * 100)} %)`;
}

function facts({ width, height, was_colored: wasColored, notes }) {
  const coloured = "It had colour, sepia perhaps; only its brightness is used.";
  return [`${width} × ${height} pixels.`, wasColored && coloured, ...notes].filter(Boolean).join(" ");
}
