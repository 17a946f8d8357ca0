// The page: what a person does, and what then happens. The parts know nothing of each other; they meet here.

import * as api from "./api.js";
import { Coloring } from "./coloring.js";
import { Ideas } from "./ideas.js";
import { askForToken, listen as listenForPhotos } from "./intake.js";
import { listen as listenToKeys } from "./keys.js";
import { t } from "./language.js";
import { Markers } from "./markers.js";
import { report, say, wait } from "./notices.js";
import { Painter } from "./painter.js";
import { Panel } from "./panel.js";
import { Photos } from "./photos.js";
import { Picker } from "./picker.js";
import "./print.js";
import { Reference } from "./reference.js";
import * as results from "./results.js";
import * as share from "./share.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";
import { Strokes } from "./strokes.js";
import "./theme.js";

const $ = (id) => document.getElementById(id);
const photos = new Photos(photoChanged);
const stage = new Stage($("stage"), {
  onClick: (x, y) => coloring.color([[x, y]]),
  onDraw: (places) => coloring.follow(places),
  onStroke: (places) => coloring.color(places),
  onView: viewChanged,
});
const painter = new Painter(stage, { onPicture: drawStrip, onLook: draw });
const markers = new Markers($("markers"), stage, {
  onOpen: (index) => coloring.edit(index),
  onMove: (...move) => coloring.move(...move),
  onRemove: (index) => coloring.remove(index),
});
const strokes = new Strokes($("strokes"), stage);
const picker = new Picker($("picker"), $("stage"));
const coloring = new Coloring({ photos, stage, painter, markers, strokes, picker }, lookChanged);
const panel = new Panel({ onChange: lookChanged, onSpread: spreadSettings, onMark: (index) => coloring.edit(index) });
const reference = new Reference(photos, referenceChanged);
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
  $("retry").hidden = !photo.problem?.passes;
  if (photo.state === "ready") {
    wait("");
    painter.show(photo);
    if (photo.painted !== photo.looks.now) painter.paint();
  } else {
    painter.clear();
    wait(photo.state === "failed" ? "" : t("colouring"));
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
      say(t("inColour", { name: photo.file.name }));
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

$("detail").onchange = async () => {
  const photo = photos.current;
  wait(t("colouring"));
  try {
    await photo.look($("detail").value);
  } catch (error) {
    wait("");
    draw(); // the menu says again how closely it has looked
    return report(error);
  }
  wait("");
  if (photo === photos.current) lookChanged();
  else photos.work();
};

function spreadSettings() {
  const { strength, vividness } = photos.current.looks.now;
  for (const photo of photos.list) if (photo !== photos.current) photo.looks.change({ strength, vividness });
  photos.work();
  draw();
  say(t("spreadDone"));
}

$("sure-toggle").onclick = () => {
  painter.unsure = !painter.unsure;
  $("sure-toggle").setAttribute("aria-checked", painter.unsure);
  $("legend").hidden = !painter.unsure;
  painter.drawVeil();
};

function referenceChanged(photo) {
  if (photo === photos.current) lookChanged();
  else photos.work();
}

function draw() {
  const photo = photos.current;
  panel.draw(photo, photos.list);
  ideas.draw(photo.state === "ready" ? photo : null);
  reference.draw(photo);
  coloring.draw();
  drawStrip();
}

function drawStrip() {
  strip.draw(photos.list, photos.current);
  results.draw(photos);
  share.draw(photos.current);
}

function viewChanged() {
  coloring.place();
  painter.sharpenSoon();
}

// ---- the page is left ----

addEventListener("beforeunload", (event) => {
  if (photos.list.some((photo) => photo.unsaved)) event.preventDefault(); // the browser asks
});

// nothing is left behind on the server when the page is closed
addEventListener("pagehide", () => {
  for (const { session } of photos.list) if (session) api.closeSession(session.id).catch(() => {});
});

listenToKeys(stage, coloring);
results.listen(photos);
share.listen(photos);
listenForPhotos({
  take,
  takeReference: (file) => reference.use(file),
  hasPhoto: () => photos.current?.state === "ready",
});
