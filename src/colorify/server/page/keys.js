// What the keyboard does on the whole page, and on the photo.

const ZOOM = 1.5; // times, for a button or key
const PAN = 60; // px, for an arrow key
const $ = (id) => document.getElementById(id);

export function listen(stage, coloring) {
  const middle = () => stage.point($("stage").clientWidth / 2, $("stage").clientHeight / 2) || [0.5, 0.5];
  $("zoom-in").onclick = () => stage.zoom(ZOOM);
  $("zoom-out").onclick = () => stage.zoom(1 / ZOOM);
  $("zoom-fit").onclick = () => stage.fit();

  addEventListener("keydown", (event) => {
    if (event.key === "Escape") coloring.release();
    if ((event.ctrlKey || event.metaKey) && "zy".includes(event.key.toLowerCase()) && event.target.type !== "text") {
      event.preventDefault();
      (event.key.toLowerCase() === "y" || event.shiftKey ? $("redo") : $("undo")).click();
    }
  });

  $("stage").addEventListener("keydown", (event) => {
    if (event.target !== $("stage") || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
    const acts = {
      "+": () => stage.zoom(ZOOM), "=": () => stage.zoom(ZOOM), "-": () => stage.zoom(1 / ZOOM), 0: () => stage.fit(),
      c: () => coloring.color([middle()]), a: () => coloring.repeat(middle()), o: () => stage.showOriginal(true),
    };
    const act = acts[event.key.toLowerCase()] || (moves[event.key] && (() => stage.move(...moves[event.key])));
    if (!act) return;
    event.preventDefault();
    act();
  });
  $("stage").addEventListener("keyup", (event) => event.key.toLowerCase() === "o" && stage.showOriginal(false));
  listenToOriginal(stage);
}

/** The button shows the original for as long as it is held, by a pointer or a key. */
function listenToOriginal(stage) {
  const button = $("original");
  for (const name of ["pointerdown", "keydown"]) {
    button.addEventListener(name, (event) => (name === "pointerdown" || " Enter".includes(event.key)) && stage.showOriginal(true));
  }
  for (const name of ["pointerup", "pointercancel", "pointerleave", "keyup", "blur"]) {
    button.addEventListener(name, () => stage.showOriginal(false));
  }
  button.addEventListener("contextmenu", (event) => event.preventDefault()); // of a finger that rests
}
