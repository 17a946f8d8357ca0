// The little window in which a colour is chosen.

// colours of things that people know better than any generator; muted, as things are
const COMMON = [
  ["light skin", "#e3b596"], ["dark skin", "#8a5a3c"], ["blond", "#c9a15a"], ["brown", "#6b4a2f"],
  ["red", "#b03a2e"], ["brick", "#a65f45"], ["yellow", "#d9b13b"], ["grass", "#6f8b3d"],
  ["pine", "#3f6148"], ["sky", "#7fb0d8"], ["navy", "#2f4672"], ["grey, no colour", "#808080"],
];

export class Picker {
  #choose = null;
  #closed = null;
  #return = null;

  constructor(root) {
    this.root = root;
    this.free = root.querySelector("#free");
    this.suggested = root.querySelector("#suggested");
    this.removeButton = root.querySelector("#remove");
    root.querySelector("#common").append(...COMMON.map(([name, color]) => this.#swatch(color, name)));
    root.querySelector("#picker-close").addEventListener("click", () => this.close());
    this.free.addEventListener("change", () => this.#pick(this.free.value));
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      event.stopPropagation(); // letters typed here are no commands for the photo
    });
    document.addEventListener("pointerdown", (event) => {
      if (!this.root.hidden && !this.root.contains(event.target)) this.close();
    });
  }

  /** Ask for a colour beside a place on the screen; `remove` is missing for a new colour. */
  open({ x, y, color, choose, remove, closed }) {
    this.close();
    this.#return = document.activeElement;
    this.#choose = choose;
    this.#closed = closed;
    if (color) this.free.value = color;
    this.removeButton.hidden = !remove;
    this.removeButton.onclick = () => {
      this.close();
      remove();
    };
    this.suggest(null);
    this.root.hidden = false;
    this.#beside(x, y);
    this.root.querySelector("#common button").focus({ preventScroll: true });
  }

  /** Show what the generator suggests; null while it is being asked. */
  suggest(colors) {
    const label = this.root.querySelector("#suggested-label");
    label.textContent = colors && !colors.length ? "No suggestions for this place" : "Suggested for this place";
    this.suggested.replaceChildren(...(colors || []).map(({ color }) => this.#swatch(color, `suggested ${color}`)));
  }

  close() {
    if (this.root.hidden) return;
    this.root.hidden = true;
    this.#return?.focus?.({ preventScroll: true });
    this.#closed?.();
  }

  #pick(color) {
    const choose = this.#choose;
    this.close();
    choose(color);
  }

  #swatch(color, name) {
    const button = document.createElement("button");
    button.type = "button";
    button.style.background = color;
    button.title = name;
    button.setAttribute("aria-label", name);
    button.addEventListener("click", () => this.#pick(color));
    return button;
  }

  #beside(x, y) {
    const { offsetWidth, offsetHeight } = this.root;
    const right = x + 28 + offsetWidth < innerWidth;
    this.root.style.left = `${Math.max(8, right ? x + 28 : x - 28 - offsetWidth)}px`;
    this.root.style.top = `${Math.max(8, Math.min(y - 60, innerHeight - offsetHeight - 8))}px`;
  }
}
