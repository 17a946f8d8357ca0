// Colours that a person sets: a click or a stroke asks for one, or puts the last one again without asking.

import * as api from "./api.js";
import { t } from "./language.js";
import { handleOf, hintsOf, makeMark, moveMark, placesOf, radiusOf, sizeOf, USUAL_SIZE } from "./marks.js";
import { report, say } from "./notices.js";

const $ = (id) => document.getElementById(id);

export class Coloring {
  #size = USUAL_SIZE; // of dots to come, 0 to 1
  #color = null; // that was put last

  /** `changed()`: the look of the photo on the stage is another one. */
  constructor({ photos, stage, painter, markers, strokes, picker }, changed) {
    Object.assign(this, { photos, stage, painter, markers, strokes, picker, changed });
    $("again").onclick = () => this.#holdAgain(!this.again);
    $("brush").onclick = () => this.#holdBrush(!this.stage.brush);
  }

  /** Is the last colour put without asking? */
  get again() {
    return $("again").getAttribute("aria-pressed") === "true";
  }

  /** Show the marks of the photo on the stage. */
  draw() {
    const photo = this.#photo;
    const marks = photo ? photo.looks.now.marks.map((mark) => ({ places: placesOf(mark, photo.session), color: mark.color })) : [];
    this.strokes.show(marks);
    this.markers.show(marks.map(({ places, color }) => ({ x: handleOf(places)[0], y: handleOf(places)[1], color })));
    $("again").hidden = !this.#color;
    $("again-color").style.background = this.#color || "";
  }

  place() {
    this.markers.place();
    this.strokes.place();
  }

  /** A stroke is being drawn over `places`. */
  follow(places) {
    if (this.#photo) this.strokes.pend(places, this.#share(this.#size));
  }

  /** Somebody has clicked, or drawn over, `places`, in 0..1 of the photo. */
  color(places) {
    const photo = this.#photo;
    if (!photo) return;
    // the marks of when it is chosen: others may be moved or removed while the palette is open
    const withColor = (color) => [...photo.looks.now.marks, makeMark(places, color, this.#size, photo.session)];
    if (this.again) {
      this.strokes.pend(null);
      this.#choose(this.#color, withColor);
      return;
    }
    const resize = (size) => {
      this.#size = size;
      this.strokes.pend(places, this.#share(size));
    };
    this.#ask(places, photo.looks.now.marks, withColor, { size: this.#size, resize });
    this.markers.pend(handleOf(places));
    this.strokes.pend(places, this.#share(this.#size));
  }

  /** Put the last colour once more, without asking. */
  repeat(place) {
    if (!this.#color || !this.#photo) return;
    const { marks } = this.#photo.looks.now;
    this.#choose(this.#color, (color) => [...marks, makeMark([place], color, this.#size, this.#photo.session)]);
  }

  /** Change, or remove, the mark `index`. */
  edit(index) {
    const photo = this.#photo;
    const { marks } = photo.looks.now;
    const { color, radius, reach } = marks[index];
    const changedTo = (part) => photo.looks.now.marks.map((mark, at) => (at === index ? { ...mark, ...part } : mark));
    const resize = (size, options) => {
      this.#size = size;
      this.#set(changedTo({ radius: radiusOf(size, photo.session) }), options);
    };
    const stretch = (reach, options) => this.#set(changedTo({ reach }), options);
    const others = marks.filter((_, at) => at !== index);
    this.#ask(placesOf(marks[index], photo.session), others, (other) => changedTo({ color: other }), {
      color, size: sizeOf(radius, photo.session), resize, reach, stretch, remove: () => this.remove(index),
    });
  }

  move(index, x, y, { merge }) {
    const { looks, session } = this.#photo;
    this.#set(looks.now.marks.map((mark, at) => (at === index ? moveMark(mark, [x, y], session) : mark)), { merge });
  }

  remove(index) {
    this.picker.close(); // it may be open for another mark, whose number changes
    this.#set(this.#photo.looks.now.marks.filter((_, at) => at !== index));
    say(t("hintRemoved"));
  }

  /** Escape: what is held is let go. */
  release() {
    this.#holdAgain(false);
    this.#holdBrush(false);
  }

  get #photo() {
    const photo = this.photos.current;
    return photo?.state === "ready" ? photo : null;
  }

  async #ask(places, others, withColor, options) {
    const photo = this.#photo;
    const [x, y] = handleOf(places);
    this.stage.uncover(x);
    const suggest = this.picker.open({
      choose: (color) => this.#choose(color, withColor),
      attempt: (color) => this.painter.try(color && { ...photo.looks.now, marks: withColor(color) }),
      closed: () => this.#closed(),
      ...options,
    });
    this.stage.root.classList.add("choosing");
    bringIntoView(this.stage, [x, y]);
    const { width, height } = photo.session;
    const hints = hintsOf({ ...photo.looks.now, marks: others });
    try {
      suggest(await photo.withSession((id) => api.suggest(id, Math.floor(x * width), Math.floor(y * height), hints)));
    } catch (error) {
      suggest({ suggestions: [] });
      report(error);
    }
  }

  #closed() {
    this.stage.root.classList.remove("choosing");
    this.markers.pend(null);
    this.strokes.pend(null);
  }

  #choose(color, withColor) {
    this.#color = color;
    this.#set(withColor(color));
  }

  #set(marks, options) {
    this.#photo.looks.change({ marks }, options);
    this.changed();
  }

  #share(size) {
    return radiusOf(size, this.#photo.session) / this.#photo.session.width;
  }

  #holdAgain(held) {
    $("again").setAttribute("aria-pressed", held);
  }

  #holdBrush(held) {
    this.stage.brush = held;
    this.stage.root.classList.toggle("brushing", held);
    $("brush").setAttribute("aria-pressed", held);
  }
}

/** On a phone the palette lies below: scroll so that the place is seen above it. */
function bringIntoView(stage, place) {
  const sheet = $("picker").getBoundingClientRect();
  const box = stage.root.getBoundingClientRect();
  const at = box.top + stage.place(...place)[1];
  const covered = getComputedStyle($("picker")).position === "fixed" && at > sheet.top - 40;
  if (covered) scrollBy({ top: Math.max(0, box.top) });
}
