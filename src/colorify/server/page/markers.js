// The colours that a person has set, as dots on the photo: click, drag, arrow keys, Delete.

import { t } from "./language.js";
import { nameOf } from "./names.js";

const STEP = 0.01; // of the photo, for an arrow key

export class Markers {
  #dots = [];
  #pending = null; // where a colour is about to be set, 0..1

  /** Callbacks: `onOpen(index)`, `onMove(index, x, y, {merge})` in 0..1, `onRemove(index)`. */
  constructor(root, stage, { onOpen, onMove, onRemove }) {
    this.root = root;
    this.stage = stage;
    this.onOpen = onOpen;
    this.onMove = onMove;
    this.onRemove = onRemove;
    this.ring = document.createElement("span");
    this.ring.className = "marker new";
    this.ring.hidden = true;
    root.append(this.ring);
  }

  /** Show `dots`: {x, y, color}, x and y in 0..1. Elements are kept, so that a drag or the focus is not lost. */
  show(dots) {
    const buttons = [...this.root.querySelectorAll("button")];
    buttons.slice(dots.length).forEach((button) => button.remove());
    while (buttons.length < dots.length) buttons.push(this.#create(buttons.length));
    dots.forEach(({ color }, index) => {
      buttons[index].style.background = color;
      buttons[index].setAttribute("aria-label", t("dot", { number: index + 1, color: nameOf(color) }));
    });
    this.#dots = dots;
    this.place();
  }

  /** Mark where a colour is about to be set; null: nowhere. */
  pend(point) {
    this.#pending = point;
    this.place();
  }

  place() {
    this.root.querySelectorAll("button").forEach((button, index) => {
      if (this.#dots[index]) put(button, this.stage.place(this.#dots[index].x, this.#dots[index].y));
    });
    this.ring.hidden = !this.#pending;
    if (this.#pending) put(this.ring, this.stage.place(...this.#pending));
  }

  #create(index) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "marker";
    let from = null;
    let dragged = false;
    button.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      if (event.button !== 0) return; // of a menu
      button.setPointerCapture(event.pointerId);
      [from, dragged] = [[event.clientX, event.clientY], false];
    });
    button.addEventListener("pointermove", (event) => {
      if (!from || (!dragged && Math.hypot(event.clientX - from[0], event.clientY - from[1]) < 4)) return;
      const box = this.stage.root.getBoundingClientRect();
      const point = this.stage.point(event.clientX - box.left, event.clientY - box.top);
      if (point) this.onMove(index, ...point, { merge: dragged });
      dragged = true;
      button.classList.add("held");
    });
    const release = () => {
      from = null;
      button.classList.remove("held");
    };
    button.addEventListener("pointerup", release);
    button.addEventListener("pointercancel", release);
    button.addEventListener("click", () => dragged || this.onOpen(index));
    button.addEventListener("keydown", (event) => this.#key(event, index, (dragged = false)));
    this.root.append(button);
    return button;
  }

  #key(event, index) {
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.onRemove(index);
      return;
    }
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const { x, y } = this.#dots[index];
    const within = (value) => Math.min(0.999, Math.max(0, value));
    this.onMove(index, within(x + STEP * way[0]), within(y + STEP * way[1]), { merge: false });
  }
}

function put(element, [left, top]) {
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
}
