// A mark is a colour that a person has put on the photo: a dot, or a stroke, which is a row of dots.
// {points: [[x, y], ...], color, radius, reach}: px of the photo at its full size; how much of a thing it colours, -1 to 1.

const SMALLEST = 0.004; // of the photo's short side: a dot that the generator hardly sees
const LARGEST = 0.08;
const MOST_POINTS = 24; // of a stroke
const MOST_HINTS = 1000; // that the server takes for one photo
export const USUAL_SIZE = 0.35; // of the slider: a spot that the generator sees, and no more

/** Return the radius of a dot, px; `size`: 0 to 1, as the slider has it. */
export function radiusOf(size, { width, height }) {
  return Math.round(Math.min(width, height) * SMALLEST * (LARGEST / SMALLEST) ** size);
}

/** Return the place of the slider for a radius. */
export function sizeOf(radius, { width, height }) {
  const share = Math.max(SMALLEST, radius / Math.min(width, height));
  return Math.min(1, Math.log(share / SMALLEST) / Math.log(LARGEST / SMALLEST));
}

/** Return a mark for `places`, in 0..1 of the photo; of a long stroke, as many as tell its way. */
export function makeMark(places, color, size, photo) {
  const step = Math.max(1, (places.length - 1) / (MOST_POINTS - 1));
  const chosen = [];
  for (let at = 0; at < places.length - 0.5; at += step) chosen.push(places[Math.round(at)]);
  const points = chosen.map(([x, y]) => [Math.floor(x * photo.width), Math.floor(y * photo.height)]);
  return { points, color, radius: radiusOf(size, photo), reach: 0 };
}

/** Return the places of a mark in 0..1 of the photo. */
export function placesOf({ points }, { width, height }) {
  return points.map(([x, y]) => [(x + 0.5) / width, (y + 0.5) / height]);
}

/** Return the place of a mark at which it can be taken: the middle of a stroke. */
export const handleOf = (places) => places[Math.floor(places.length / 2)];

/** Return a mark with its handle at another place; no point of it leaves the photo. */
export function moveMark(mark, [x, y], photo) {
  const [left, top] = handleOf(mark.points);
  const within = (value, most) => Math.min(most - 1, Math.max(0, value));
  const [right, down] = [Math.floor(x * photo.width) - left, Math.floor(y * photo.height) - top];
  return { ...mark, points: mark.points.map(([px, py]) => [within(px + right, photo.width), within(py + down, photo.height)]) };
}

/** Return the hints of a look as the server takes them: those of a reference photo first, a person's over them. */
export function hintsOf({ marks, reference }) {
  const hints = marks.map(({ points, color, radius, reach }) => points.map(([x, y]) => ({ x, y, color, radius, reach })));
  const own = thin(hints, MOST_HINTS);
  return [...thin([reference?.hints || []], MOST_HINTS - own.length), ...own];
}

/** Return all of some lists, or every second or third of each, so that they are `most` at the most; later lists count more. */
function thin(lists, most) {
  for (let every = 1; ; every += 1) {
    const kept = lists.flatMap((list) => list.filter((_, at) => at % every === 0));
    if (kept.length <= most || lists.every((list) => list.length <= every)) return kept.slice(Math.max(0, kept.length - most));
  }
}
