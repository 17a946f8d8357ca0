// What the page says to people: what went wrong, what is going on, and, for screen readers, what has happened.

const MAX_NOTICES = 4; // lines at a time; the oldest goes
const STAYS = 12_000; // ms until a message goes by itself, unless somebody is at it

const box = document.getElementById("message");
const list = document.getElementById("message-text");
document.getElementById("message-close").onclick = forgive;

let going = 0;
for (const name of ["pointerenter", "focusin"]) box.addEventListener(name, () => clearTimeout(going));
for (const name of ["pointerleave", "focusout"]) box.addEventListener(name, leaveSoon);

function leaveSoon() {
  clearTimeout(going);
  going = setTimeout(forgive, STAYS);
}

/** Say what went wrong, for a while, or until something goes right. A line that stands there is not repeated. */
export function report(problem) {
  const text = problem.message || problem;
  const lines = [...list.children].filter((line) => line.textContent !== text);
  lines.push(Object.assign(document.createElement("p"), { textContent: text }));
  list.replaceChildren(...lines.slice(-MAX_NOTICES));
  box.hidden = false;
  leaveSoon();
}

/** Take back what went wrong. */
export function forgive() {
  box.hidden = true;
  list.replaceChildren();
}

/** Tell a screen reader. */
export function say(text) {
  document.getElementById("status").textContent = text;
}

/** Show over the photo what it waits for; "": nothing. */
export function wait(text) {
  document.getElementById("wait").hidden = !text;
  document.getElementById("wait-text").textContent = text;
  if (text) say(text);
}
