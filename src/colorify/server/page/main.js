// The page: what a person does, and what then happens. The parts know nothing of each other; they meet here.

import * as api from "./api.js";
import { Ideas } from "./ideas.js";
import { askForToken, listen as listenForPhotos } from "./intake.js";
import { Markers } from "./markers.js";
import { report, say, wait } from "./notices.js";
import { Painter } from "./painter.js";
import { Panel } from "./panel.js";
import { Photos } from "./photos.js";
import { Picker } from "./picker.js";
import * as results from "./results.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";
import "./theme.js";

const HINT_SIZE = 0.012; // of the photo's short side: a spot that the generator sees, and no more
const ZOOM = 1.5; // times, for a button or key
const PAN = 60; // px, for an arrow key

const $ = (id) => document.getElementById(id);
const photos = new Photos(photoChanged);
const stage = new Stage($("stage"), { onClick: askColor, onView: viewChanged });
const painter = new Painter(stage, { onPicture: drawStrip, onLook: draw });
const markers = new Markers($("markers"), stage, { onOpen: changeColor, onMove: moveHint, onRemove: removeHint });
const picker = new Picker($("picker"));
const panel = new Panel({ onChange: lookChanged, onSpread: spreadSettings, onHint: changeColor });
const ideas = new Ideas($("ideas"), pickIdea);
const strip = new Strip($("strip"), { onOpen: open, onRemove: remove });

// ---- photos come, are looked at, and go ----

function take(files) {
  const byButton = document.activeElement !== document.body; // of those that are hidden now
  const [first] = photos.add(files);
  showWork(true);
  if (!photos.current) {
    open(first);
    if (byButton) $("stage").focus({ preventScroll: true });
  }
  drawStrip();
}

function showWork(shown) {
  $("welcome").hidden = shown;
  $("work").hidden = $("add").hidden = !shown;
  document.body.classList.toggle("working", shown);
}

function open(photo) {
  picker.close();
  photos.current = photo;
  $("trouble").hidden = photo.state !== "failed";
  $("trouble-text").textContent = `${photo.file.name}: ${photo.error}`;
  if (photo.state === "ready") {
    wait("");
    painter.show(photo);
    if (photo.painted !== photo.looks.now) painter.paint();
  } else {
    painter.clear();
    wait(photo.state === "failed" ? "" : "Colouring");
    stage.preview(photo.localUrl);
  }
  draw();
}

function photoChanged(photo) {
  if (photo.state === "failed") failed(photo);
  if (photo === photos.current && photo.state !== "sending") {
    open(photo);
    if (photo.state === "ready") {
      stage.reveal();
      say(`${photo.file.name} is in colour now.`);
    }
  }
  drawStrip();
}

function failed(photo) {
  report(`${photo.file.name}: ${photo.error}`);
  if (photo.problem.kind === "token-needed") askForToken();
  if (photos.list.length === 1) remove(photo); // back to where another can be chosen
}

function remove(photo) {
  const next = photos.remove(photo);
  if (!next) {
    picker.close();
    painter.clear();
    wait("");
    showWork(false);
    $("choose").focus({ preventScroll: true });
  } else if (next !== painter.photo) open(next);
  drawStrip();
}

$("remove-photo").onclick = $("discard").onclick = () => remove(photos.current);
$("retry").onclick = () => {
  photos.retry(photos.current);
  open(photos.current);
};

// ---- how a photo is to be ----

function lookChanged() {
  draw();
  painter.settle();
}

function pickIdea(alternative) {
  photos.current.looks.change({ alternative });
  lookChanged();
}

function spreadSettings() {
  const { strength, vividness } = photos.current.looks.now;
  for (const photo of photos.list) if (photo !== photos.current) photo.looks.change({ strength, vividness });
  photos.work();
  draw();
  say("All photos have these settings.");
}

$("sure-toggle").onclick = () => {
  painter.unsure = !painter.unsure;
  $("sure-toggle").setAttribute("aria-checked", painter.unsure);
  $("legend").hidden = !painter.unsure;
  painter.drawVeil();
};

function draw() {
  const photo = photos.current;
  panel.draw(photo, photos.list);
  ideas.draw(photo.state === "ready" ? photo : null);
  const { hints } = photo.looks.now;
  const { width, height } = photo.session || {};
  markers.show(photo.state === "ready" ? hints.map(({ x, y, color }) => ({ x: (x + 0.5) / width, y: (y + 0.5) / height, color })) : []);
  drawStrip();
}

function drawStrip() {
  strip.draw(photos.list, photos.current);
  results.draw(photos);
}

function viewChanged() {
  markers.place();
  painter.sharpenSoon();
}

// ---- colours that a person sets ----

function askColor(x, y) {
  const photo = photos.current;
  if (photo?.state !== "ready") return;
  const { hints } = photo.looks.now;
  const withColor = (color) => [...hints, hintAt(photo, x, y, color)];
  openPicker(photo, x, y, withColor, { closed: () => markers.pend(null) });
  markers.pend([x, y]);
}

function changeColor(index) {
  const photo = photos.current;
  const { hints } = photo.looks.now;
  const { color } = hints[index];
  const withColor = (other) => hints.map((hint, at) => (at === index ? { ...hint, color: other } : hint));
  const { width, height } = photo.session;
  openPicker(photo, hints[index].x / width, hints[index].y / height, withColor, { color, remove: () => removeHint(index) });
}

async function openPicker(photo, x, y, withColor, options) {
  const box = $("stage").getBoundingClientRect();
  const [left, top] = stage.place(x, y);
  const choose = (color) => setHints(withColor(color));
  const attempt = (color) => painter.try(color && { ...photo.looks.now, hints: withColor(color) });
  const suggest = picker.open({ x: box.left + left, y: box.top + top, choose, attempt, ...options });
  const { width, height } = photo.session;
  try {
    suggest(await photo.withSession((id) => api.suggest(id, Math.floor(x * width), Math.floor(y * height))));
  } catch (error) {
    suggest({ suggestions: [] });
    report(error);
  }
}

function hintAt(photo, x, y, color) {
  const { width, height } = photo.session;
  const radius = Math.round(HINT_SIZE * Math.min(width, height));
  return { x: Math.floor(x * width), y: Math.floor(y * height), color, radius };
}

function moveHint(index, x, y, { merge }) {
  const photo = photos.current;
  const hints = photo.looks.now.hints.map((hint, at) => (at === index ? hintAt(photo, x, y, hint.color) : hint));
  setHints(hints, { merge });
}

function removeHint(index) {
  setHints(photos.current.looks.now.hints.filter((_, at) => at !== index));
  say("Colour removed.");
}

function setHints(hints, options) {
  photos.current.looks.change({ hints }, options);
  lookChanged();
}

// ---- keys ----

$("zoom-in").onclick = () => stage.zoom(ZOOM);
$("zoom-out").onclick = () => stage.zoom(1 / ZOOM);
$("zoom-fit").onclick = () => stage.fit();

addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && "zy".includes(event.key.toLowerCase())) {
    event.preventDefault();
    (event.key.toLowerCase() === "y" || event.shiftKey ? $("redo") : $("undo")).click();
  }
});

$("stage").addEventListener("keydown", (event) => {
  if (event.target !== $("stage") || event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
  const acts = {
    "+": () => stage.zoom(ZOOM), "=": () => stage.zoom(ZOOM), "-": () => stage.zoom(1 / ZOOM), 0: () => stage.fit(),
    c: () => askColor(...(stage.point($("stage").clientWidth / 2, $("stage").clientHeight / 2) || [0.5, 0.5])),
  };
  const act = acts[event.key.toLowerCase()] || (moves[event.key] && (() => stage.move(...moves[event.key])));
  if (!act) return;
  event.preventDefault();
  act();
});

// ---- the page is left ----

addEventListener("beforeunload", (event) => {
  if (photos.list.some((photo) => photo.unsaved)) event.preventDefault(); // the browser asks
});

// nothing is left behind on the server when the page is closed
addEventListener("pagehide", () => {
  for (const { session } of photos.list) if (session) api.closeSession(session.id).catch(() => {});
});

results.listen(photos);
listenForPhotos(take);
