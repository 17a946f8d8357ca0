// The row of photos below the stage, and how far they are.

import { t } from "./language.js";

const wordFor = (state) => (state === "ready" ? "" : t(state));

export class Strip {
  #thumbs = new Map(); // photo -> its button

  /** Callbacks: `onOpen(photo)`, `onRemove(photo)`. */
  constructor(root, { onOpen, onRemove }) {
    this.root = root;
    this.row = root.querySelector("#thumbs");
    this.progress = root.querySelector("progress");
    this.words = root.querySelector("#progress-text");
    this.onOpen = onOpen;
    this.onRemove = onRemove;
    this.row.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Buttons are kept, so that the focus is not lost while photos arrive. */
  draw(photos, current) {
    this.root.hidden = photos.length < 2;
    for (const [photo, button] of this.#thumbs) {
      if (!photos.includes(photo)) {
        this.#thumbs.delete(photo);
        button.remove();
      }
    }
    for (const photo of photos) this.#update(this.#thumbs.get(photo) || this.#create(photo), photo, photo === current);
    this.#tell(photos);
  }

  #create(photo) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(Object.assign(document.createElement("img"), { alt: "", hidden: true }));
    button.append(Object.assign(document.createElement("span"), { className: "state" }));
    button.onclick = () => this.onOpen(photo);
    this.row.append(button);
    this.#thumbs.set(photo, button);
    return button;
  }

  #update(button, photo, chosen) {
    const [img, state] = button.children;
    button.className = `thumb ${photo.state}`;
    button.setAttribute("aria-pressed", chosen);
    button.setAttribute("aria-label", `${photo.file.name} ${wordFor(photo.state)}`.trim());
    button.title = photo.error || photo.file.name;
    state.textContent = wordFor(photo.state);
    state.hidden = !wordFor(photo.state);
    if (photo.url && img.src !== photo.url) img.src = photo.url;
    img.hidden = !photo.url;
    if (chosen && this.chosen !== photo) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (chosen) this.chosen = photo;
  }

  #tell(photos) {
    const count = (state) => photos.filter((photo) => photo.state === state).length;
    const [ready, failed] = [count("ready"), count("failed")];
    const done = ready + failed === photos.length;
    this.progress.max = photos.length;
    this.progress.value = ready + failed;
    this.progress.hidden = done;
    const failures = failed ? t("photosFailed", { failed }) : "";
    this.words.textContent = t(done ? "photosDone" : "photosSoFar", { ready, count: photos.length }) + failures;
  }

  #key(event) {
    const buttons = [...this.row.children];
    const at = buttons.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      buttons[Math.min(buttons.length - 1, Math.max(0, to))].focus();
    } else if (event.key === "Delete") {
      this.onRemove([...this.#thumbs].find(([, button]) => button === buttons[at])[0]);
      (buttons[at + 1] || buttons[at - 1])?.focus();
    }
  }
}
