// What a person wants for one photo, with undo and redo.

export const FRESH = { strength: 1, vividness: 1, alternative: 1, marks: [], reference: null };

export class Looks {
  #states = [FRESH];
  #at = 0;

  get now() {
    return this.#states[this.#at];
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#states.length - 1;
  }

  /** Go on to a changed look. `merge`: as part of the last change, such as one more step of the same drag. */
  change(part, { merge = false } = {}) {
    const next = { ...this.now, ...part };
    this.#states.length = this.#at + 1;
    if (merge && this.#at > 0) this.#states[this.#at] = next;
    else this.#at = this.#states.push(next) - 1;
  }

  undo() {
    if (this.canUndo) this.#at -= 1;
  }

  redo() {
    if (this.canRedo) this.#at += 1;
  }

  reset() {
    if (this.now !== FRESH) this.change(FRESH);
  }
}
