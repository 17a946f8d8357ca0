// The photo on the screen: before and after, zoom and pan. Coordinates are px of the stage unless said otherwise.

import { t } from "./language.js";

const NEAR = 30; // px from the divider that still take it
const STILL = 6; // px that a finger may move and still click
const ROOM = 90; // px of a side that is worth its name
const MAX_SCALE = 8; // times larger than one px of the photo to one px of the screen
const REVEAL = 900; // ms in which the colour comes in
const AWAY = 250; // ms in which the divider makes way
const HOLD = 500; // ms after which a finger that rests shows the original

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

export class Stage {
  #scale = 1;
  #x = 0;
  #y = 0;
  #width = 0; // px of the preview
  #height = 0;
  #split = 0.5; // of the stage
  #fitted = true;
  #pointers = new Map();
  #gesture = null;
  #start = [0, 0]; // of the gesture
  #revealing = 0; // frame that is asked for
  #resting = 0; // timer of a finger that rests
  #way = []; // of a stroke, in 0..1 of the photo
  #expected = ""; // the file that is being opened

  brush = false; // does a drag draw a stroke?

  /**
   * Places are in 0..1 of the photo. `onClick(x, y)`; `onDraw(places)`: a stroke goes on; `onStroke(places)`: it is
   * done; `onView()`: something has moved.
   */
  constructor(root, { onClick, onDraw, onStroke, onView }) {
    this.root = root;
    this.before = root.querySelector("#before");
    this.after = root.querySelector("#after");
    this.sure = root.querySelector("#sure");
    this.divider = root.querySelector("#divider");
    this.range = root.querySelector("#split");
    this.tags = root.querySelectorAll(".tag");
    Object.assign(this, { onClick, onDraw, onStroke, onView });
    this.#listen();
    new ResizeObserver(() => (this.#fitted ? this.fit() : this.#draw())).observe(root);
  }

  /** Show a file alone, until there is more to show; "": nothing. What the browser cannot open is left out. */
  async preview(url) {
    this.open(0, 0);
    this.root.classList.add("single");
    this.#expected = url;
    const image = Object.assign(new Image(), { src: url });
    const opened = url && (await image.decode().then(() => true, () => false));
    if (!opened || this.#expected !== url) return;
    this.open(image.naturalWidth, image.naturalHeight);
    this.root.classList.add("single");
    this.before.src = url;
    this.before.hidden = false;
  }

  /** Show a photo of `width` x `height` px, before and after. */
  open(width, height) {
    this.#expected = "";
    this.root.classList.remove("single");
    this.#width = width;
    this.#height = height;
    for (const layer of [this.before, this.after, this.sure]) {
      layer.style.width = `${width}px`;
      layer.style.height = `${height}px`;
      layer.hidden = true;
    }
    this.fit();
  }

  /** How many px of the screen a px of the preview takes. */
  get scale() {
    return this.#scale * devicePixelRatio;
  }

  fit() {
    const { clientWidth, clientHeight } = this.root;
    if (!this.#width || !clientWidth) return;
    this.#scale = this.#smallest();
    this.#x = (clientWidth - this.#width * this.#scale) / 2;
    this.#y = (clientHeight - this.#height * this.#scale) / 2;
    this.#fitted = true;
    this.#draw();
  }

  /** Enlarge by `factor` around a point; the middle if none is given. */
  zoom(factor, x = this.root.clientWidth / 2, y = this.root.clientHeight / 2) {
    const scale = Math.min(MAX_SCALE, this.#scale * factor);
    if (scale <= this.#smallest()) return this.fit();
    this.#x = x - ((x - this.#x) * scale) / this.#scale;
    this.#y = y - ((y - this.#y) * scale) / this.#scale;
    this.#scale = scale;
    this.#fitted = false;
    this.#draw();
  }

  move(x, y) {
    if (this.#fitted) return;
    this.#x += x;
    this.#y += y;
    this.#draw();
  }

  /** Return where a point of the photo, 0..1, is on the stage. */
  place(x, y) {
    return [this.#x + x * this.#width * this.#scale, this.#y + y * this.#height * this.#scale];
  }

  /** Return which point of the photo, 0..1, is at a place of the stage; null outside the photo. */
  point(left, top) {
    const x = (left - this.#x) / (this.#width * this.#scale);
    const y = (top - this.#y) / (this.#height * this.#scale);
    return x >= 0 && x < 1 && y >= 0 && y < 1 ? [x, y] : null;
  }

  /** Let the colour come in from the right, once, unless the person wants nothing to move or takes the slider. */
  reveal() {
    if (!stillness.matches) this.#glide(1, this.#split, REVEAL);
  }

  /** See to it that a place of the photo, 0..1 from the left, is shown in colour: the divider makes way. */
  uncover(x) {
    if (this.place(x, 0)[0] > parseFloat(this.divider.style.left)) return;
    cancelAnimationFrame(this.#revealing);
    if (stillness.matches) this.slide(0);
    else this.#glide(this.#split, 0, AWAY);
  }

  /** Show the photo as it came, for as long as somebody wants to see it. */
  showOriginal(shown) {
    this.root.classList.toggle("original", shown);
  }

  /** Show the grey photo and, over it, what is drawn on `sure`. */
  showVeil(shown) {
    this.sure.hidden = !shown;
    this.root.classList.toggle("unsure", Boolean(shown));
  }

  #glide(from, to, duration) {
    let start = null; // the first frame: none is lost while a busy machine gets ready
    const step = (now) => {
      start ??= now;
      const part = Math.min(1, (now - start) / duration);
      this.slide(from + (to - from) * (1 - (1 - part) ** 3));
      if (part < 1) this.#revealing = requestAnimationFrame(step);
    };
    this.#revealing = requestAnimationFrame(step);
  }

  slide(part) {
    this.#split = Math.min(1, Math.max(0, part));
    const percent = Math.round(100 * this.#split);
    this.range.value = percent;
    this.range.setAttribute("aria-valuetext", t("splitAt", { before: percent, after: 100 - percent }));
    this.#draw();
  }

  #smallest() {
    const { clientWidth, clientHeight } = this.root;
    return Math.min(clientWidth / this.#width, clientHeight / this.#height, 2);
  }

  #draw() {
    this.#keepInView();
    this.root.classList.toggle("fitted", this.#fitted); // a finger then scrolls the page, up and down
    const shift = `translate(${this.#x}px, ${this.#y}px) scale(${this.#scale})`;
    for (const layer of [this.before, this.after, this.sure]) layer.style.transform = shift;
    const [left] = this.place(0, 0);
    const [right] = this.place(1, 1);
    const from = Math.max(0, left);
    const to = Math.min(this.root.clientWidth, right);
    const line = from + (to - from) * this.#split; // of what is seen, so that no way of the slider is lost
    const hidden = (100 * (line - left)) / (right - left || 1);
    this.after.style.clipPath = `inset(0 0 0 ${hidden}%)`;
    this.divider.style.left = `${line}px`;
    this.tags[0].hidden = line - from < ROOM;
    this.tags[1].hidden = to - line < ROOM;
    this.onView();
  }

  #keepInView() {
    for (const [axis, size, room] of [
      ["x", this.#width * this.#scale, this.root.clientWidth],
      ["y", this.#height * this.#scale, this.root.clientHeight],
    ]) {
      const now = axis === "x" ? this.#x : this.#y;
      const kept = size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, now));
      if (axis === "x") this.#x = kept;
      else this.#y = kept;
    }
  }

  #listen() {
    this.range.addEventListener("input", () => {
      cancelAnimationFrame(this.#revealing);
      this.slide(this.range.value / 100);
    });
    this.root.addEventListener("pointerdown", (event) => this.#down(event));
    this.root.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) this.root.addEventListener(name, (event) => this.#up(event));
    this.root.addEventListener("contextmenu", (event) => this.#pointers.size && event.preventDefault());
    this.root.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoom(Math.exp(-event.deltaY / 300), ...this.#at(event));
      },
      { passive: false },
    );
  }

  #at(event) {
    const box = this.root.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #down(event) {
    if (event.button !== 0 || event.target.closest("button, input")) return;
    cancelAnimationFrame(this.#revealing);
    this.root.setPointerCapture(event.pointerId);
    const [x, y] = this.#at(event);
    this.#pointers.set(event.pointerId, [x, y]);
    const near = Math.abs(x - parseFloat(this.divider.style.left)) < NEAR;
    this.#gesture = near || this.#fitted ? "slide?" : "pan?";
    if (this.brush || event.shiftKey) this.#gesture = "draw?";
    if (this.#pointers.size > 1) this.#gesture = "pinch";
    this.#start = [x, y];
    this.#way = [this.point(x, y)].filter(Boolean);
    clearTimeout(this.#resting);
    if (/^(slide|pan)/.test(this.#gesture)) this.#resting = setTimeout(() => this.#rest(), HOLD);
  }

  #rest() {
    this.#gesture = "rest";
    this.showOriginal(true);
  }

  #move(event) {
    const old = this.#pointers.get(event.pointerId);
    if (!old) return;
    const now = this.#at(event);
    if (this.#gesture === "pinch") this.#pinch(event.pointerId, old, now);
    const far = Math.hypot(now[0] - this.#start[0], now[1] - this.#start[1]) > STILL;
    if (far && this.#gesture?.endsWith("?")) {
      this.#gesture = this.#gesture.slice(0, -1);
      clearTimeout(this.#resting);
      this.root.classList.add({ pan: "panning", slide: "sliding", draw: "drawing" }[this.#gesture]);
    }
    if (this.#gesture === "pan") this.move(now[0] - old[0], now[1] - old[1]);
    if (this.#gesture === "slide") this.#slideTo(now[0]);
    if (this.#gesture === "draw") this.#drawTo(this.point(...now));
    this.#pointers.set(event.pointerId, now);
  }

  #drawTo(place) {
    if (!place) return; // outside the photo
    this.#way.push(place);
    this.onDraw(this.#way);
  }

  #slideTo(x) {
    const left = Math.max(0, this.place(0, 0)[0]);
    const right = Math.min(this.root.clientWidth, this.place(1, 1)[0]);
    this.slide((x - left) / (right - left));
  }

  #pinch(id, old, now) {
    const other = [...this.#pointers].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const [before, after] = [old, now].map(([x, y]) => Math.hypot(x - other[0], y - other[1]));
    this.zoom(after / (before || 1), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  #up(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    clearTimeout(this.#resting);
    this.showOriginal(false);
    const clicked = event.type === "pointerup" && this.#gesture?.endsWith("?");
    const drawn = event.type === "pointerup" && this.#gesture === "draw" && this.#way.length > 1;
    if (this.#pointers.size === 0) {
      this.#gesture = null;
      this.root.classList.remove("panning", "sliding", "drawing");
    }
    const point = clicked && this.point(...this.#at(event));
    if (point) this.onClick(...point);
    if (drawn) this.onStroke(this.#way);
  }
}
