// Keeps the picture on the stage in step with the look: as often as the server can, and no requests pile up.

import * as api from "./api.js";
import { t } from "./language.js";
import { forgive, report, wait } from "./notices.js";
import { drawUnsure } from "./sure.js";

const PATIENCE = 400; // ms until it is said that something goes on
const SHARPEN_AFTER = 700; // ms of rest after zooming in
const MAX_SHARP_PIXELS = 40e6; // px; larger photos stay at the preview's resolution on the screen
const CLOSE = 1.25; // px of the screen for a px of the preview from which on more of them are worth it

export class Painter {
  photo = null; // on the stage
  unsure = false; // is the veil wanted?
  #trial = null; // a look that is only tried
  #busy = false;
  #again = false;
  #sharpening = null;

  /** Callbacks: `onPicture(photo)`: its picture is another one; `onLook()`: so is the look, by necessity. */
  constructor(stage, { onPicture, onLook }) {
    this.stage = stage;
    this.onPicture = onPicture;
    this.onLook = onLook;
  }

  /** Show a photo that is ready, in the colours that it has. */
  show(photo) {
    this.stop();
    this.#trial = null;
    this.photo = photo;
    const { width, height } = photo.session.preview;
    this.stage.open(width, height);
    this.stage.before.src = photo.originalUrl;
    this.stage.after.src = photo.url;
    this.stage.before.hidden = this.stage.after.hidden = false;
    this.drawVeil();
  }

  /** Nothing is on the stage, or nothing that could be coloured. */
  clear() {
    this.stop();
    this.photo = null;
  }

  /** Show a look without keeping it; null: back to the one that is kept. */
  try(look) {
    if (look === this.#trial || !this.photo) return;
    this.#trial = look;
    this.paint();
  }

  /** The look that is kept is another one: show it, and nothing that was only tried. */
  settle() {
    this.#trial = null;
    forgive(); // what went wrong before belongs to another look
    this.paint();
  }

  /** Colour anew; while one picture is on its way, only the last request is kept. */
  async paint() {
    this.#again = this.#busy;
    if (this.#busy || !this.photo) return;
    this.#busy = true;
    this.stage.root.ariaBusy = "true";
    this.stop();
    const { photo } = this;
    const look = this.#trial || photo.looks.now;
    const late = setTimeout(() => wait(t("colouring")), PATIENCE);
    try {
      const blob = await photo.withSession((id) => api.preview(id, look));
      await photo.show(blob, look);
      if (photo === this.photo) this.stage.after.src = photo.url;
      if (look !== this.#trial) this.onPicture(photo);
      if (look === photo.looks.now) await this.drawVeil();
    } catch (error) {
      if (look.alternative === 1 || error.kind !== "bad-photo") report(error);
      else if (look === photo.looks.now) this.#withoutIdea(photo);
      else if (look === this.#trial) this.try(null); // what is only tried changes nothing
    }
    clearTimeout(late);
    wait("");
    this.#busy = false;
    this.stage.root.ariaBusy = null;
    if (this.#again) this.paint();
    else this.sharpenSoon();
  }

  /** Other colours or another vividness may leave fewer ideas than before. */
  #withoutIdea(photo) {
    photo.looks.change({ alternative: 1 }, { merge: true });
    report(t("ideaGone"));
    this.#again = true;
    this.onLook();
  }

  /** Show, or no longer, what the generator is unsure of: the grey photo under a veil. */
  async drawVeil() {
    const { photo } = this;
    const isCurrent = () => this.unsure && photo && photo === this.photo;
    this.stage.showVeil(false);
    if (!isCurrent()) return;
    try {
      await drawUnsure(this.stage.sure, await photo.withSession((id) => api.confidence(id, photo.looks.now)));
      this.stage.showVeil(isCurrent());
    } catch (error) {
      report(error);
    }
  }

  /** Get the picture in full, if somebody looks closely at a large photo and rests there. */
  sharpenSoon() {
    this.stop();
    const { photo } = this;
    if (!photo || photo.state !== "ready" || this.stage.scale < CLOSE || this.#busy || this.#trial) return;
    const { width, height, preview } = photo.session;
    if (width <= preview.width || width * height > MAX_SHARP_PIXELS || photo.sharp === photo.looks.now) return;
    const abort = new AbortController();
    const timer = setTimeout(() => this.#sharpen(photo, abort.signal), SHARPEN_AFTER);
    this.#sharpening = () => {
      clearTimeout(timer);
      abort.abort();
    };
  }

  /** Give up what `sharpenSoon` has begun. */
  stop() {
    this.#sharpening?.();
    this.#sharpening = null;
  }

  async #sharpen(photo, signal) {
    const look = photo.looks.now;
    const late = setTimeout(() => wait(t("sharpening")), PATIENCE);
    try {
      const { blob } = await photo.withSession((id) => api.full(id, look, { format: "jpeg", page: 1 }, signal));
      const still = () => photo === this.photo && photo.looks.now === look && !this.#trial && !signal.aborted;
      if (!(await photo.show(blob, look, still))) return;
      photo.sharp = look;
      this.stage.after.src = photo.url;
      if (photo.localUrl) this.stage.before.src = photo.localUrl;
    } catch (error) {
      if (error.name !== "AbortError") report(error);
    } finally {
      clearTimeout(late);
      wait("");
    }
  }
}
