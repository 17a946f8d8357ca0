// Strokes on the photo, as lines: those that are kept, and the one that is being drawn or asked about.

const SVG = "http://www.w3.org/2000/svg";
const MIN_WIDTH = 6; // px of the screen: a line that can be seen

export class Strokes {
  #kept = []; // {places, color}
  #open = null; // {places, radius}: radius in 0..1 of the photo's width

  constructor(root, stage) {
    this.root = root;
    this.stage = stage;
  }

  /** Show the strokes among `marks`: {places, color}, in 0..1 of the photo. */
  show(marks) {
    this.#kept = marks.filter(({ places }) => places.length > 1);
    this.place();
  }

  /** Show what is about to get a colour; `places` null: nothing. `radius`: a share of the photo's width. */
  pend(places, radius = 0) {
    this.#open = places && { places, radius };
    this.place();
  }

  place() {
    const lines = this.#kept.flatMap(({ places, color }) => [this.#line(places, MIN_WIDTH, "#fffdf8"), this.#line(places, MIN_WIDTH / 2, color)]);
    if (this.#open) lines.unshift(this.#line(this.#open.places, Math.max(MIN_WIDTH, this.#across(this.#open.radius)), "#fffdf8", 0.5));
    this.root.replaceChildren(...lines);
  }

  #across(radius) {
    return 2 * (this.stage.place(radius, 0)[0] - this.stage.place(0, 0)[0]);
  }

  #line(places, width, color, opacity = 1) {
    const line = document.createElementNS(SVG, "polyline");
    const points = places.map(([x, y]) => this.stage.place(x, y).map(Math.round).join());
    if (points.length === 1) points.push(points[0]); // else nothing would be drawn
    const looks = { points: points.join(" "), stroke: color, "stroke-width": width, "stroke-opacity": opacity };
    for (const [name, value] of Object.entries(looks)) line.setAttribute(name, value);
    return line;
  }
}
