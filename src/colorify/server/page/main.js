// The page: what a person does, and what then happens. The parts know nothing of each other; they meet here.

import * as api from "./api.js";
import { Markers } from "./markers.js";
import { Photos } from "./photos.js";
import { Picker } from "./picker.js";
import { Stage } from "./stage.js";
import { drawUnsure } from "./sure.js";
import { zip } from "./zip.js";

const HINT_SIZE = 0.012; // of the photo's short side: a spot that the generator sees, and no more
const SHARPEN_AFTER = 700; // ms of rest after zooming in
const SHARPEN_MOST = 40e6; // px; larger photos stay at the preview's resolution on the screen

const $ = (id) => document.getElementById(id);
const photos = new Photos(photoChanged);
const stage = new Stage($("stage"), { onClick: askColor, onView: viewChanged });
const markers = new Markers($("markers"), stage, { onOpen: changeColor, onMove: moveHint, onRemove: removeHint });
const picker = new Picker($("picker"));
let limits = null;
let painting = false; // a preview is on its way
let paintAgain = false;
let sharpening = null;

// ---- photos come in ----

function start() {
  api.readToken();
  $("choose").onclick = $("add").onclick = () => $("file").click();
  $("file").onchange = () => {
    take([...$("file").files]);
    $("file").value = "";
  };
  $("sample").onclick = takeSample;
  addEventListener("paste", (event) => take([...(event.clipboardData?.files || [])]));
  for (const name of ["dragenter", "dragover"]) addEventListener(name, dragged);
  addEventListener("dragleave", (event) => event.relatedTarget || ($("veil").hidden = true));
  addEventListener("drop", (event) => {
    event.preventDefault();
    $("veil").hidden = true;
    take([...event.dataTransfer.files]);
  });
  learnLimits();
}

async function learnLimits() {
  try {
    limits = (await api.models()).limits;
    $("limits").textContent = `One photo or many: JPEG, PNG, TIFF, WebP or AVIF, up to ${megabytes(limits.max_bytes)} each.`;
  } catch (error) {
    if (error.kind === "token-needed") $("token-form").hidden = false;
    else report(error);
  }
}

$("token-form").onsubmit = (event) => {
  event.preventDefault();
  api.useToken($("token").value);
  $("token-form").hidden = true;
  learnLimits();
};

function dragged(event) {
  if (![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  $("veil").hidden = false;
}

async function takeSample() {
  const blob = await (await fetch("/page/astronaut.jpg")).blob();
  take([new File([blob], "astronaut.jpg", { type: "image/jpeg" })]);
}

function take(files) {
  const large = files.filter((file) => limits && file.size > limits.max_bytes);
  if (large.length) report(`${large[0].name} is too large: ${megabytes(large[0].size)}, and this server takes up to ${megabytes(limits.max_bytes)}.`);
  const fit = files.filter((file) => !large.includes(file));
  if (!fit.length) return;
  const [first] = photos.add(fit);
  $("welcome").hidden = true;
  $("work").hidden = $("add").hidden = false;
  if (!photos.current) open(first);
  drawStrip();
}

// ---- one photo on the stage ----

function open(photo) {
  picker.close();
  photos.current = photo;
  if (photo.state === "ready") show(photo);
  else {
    stage.open(0, 0);
    wait(photo.state === "failed" ? "" : "Looking at the photo");
  }
  drawControls();
  drawStrip();
}

function show(photo) {
  wait("");
  const { width, height } = photo.session.preview;
  stage.open(width, height);
  stage.before.src = photo.originalUrl;
  stage.after.src = photo.url;
  stage.before.hidden = stage.after.hidden = false;
  drawSure();
}

function photoChanged(photo) {
  drawStrip();
  if (photo.state === "failed") report(`${photo.file.name}: ${photo.error}`);
  if (photo.problem?.kind === "token-needed") $("token-form").hidden = false;
  if (photo.state === "failed" && photos.list.length === 1) return backToStart(photo);
  if (photo !== photos.current) return;
  if (photo.state === "ready") {
    show(photo);
    say(`${photo.file.name} is in colour now.`);
  }
  if (photo.state === "failed") wait("");
  drawControls();
}

function backToStart(photo) {
  photos.remove(photo);
  $("welcome").hidden = false;
  $("work").hidden = $("add").hidden = true;
}

/** Colour anew, as often as the server can: while one picture is on its way, only the last wish is kept. */
async function paint() {
  const photo = photos.current;
  drawControls();
  if (painting) {
    paintAgain = true;
    return;
  }
  painting = true;
  stopSharpening();
  const late = setTimeout(() => wait("Colouring"), 400);
  try {
    const blob = await photo.withSession((id) => api.preview(id, photo.wishes));
    const url = photo.show(blob);
    photo.sharp = null;
    if (photo === photos.current) stage.after.src = url;
    drawStrip();
    await drawSure();
  } catch (error) {
    report(error);
  }
  clearTimeout(late);
  painting = false;
  if (photo === photos.current) wait("");
  if (paintAgain) {
    paintAgain = false;
    paint();
  } else sharpenSoon();
}

async function drawSure() {
  const on = $("sure-toggle").getAttribute("aria-checked") === "true";
  const photo = photos.current;
  $("legend").hidden = !on;
  if (!on || photo?.state !== "ready") {
    stage.sure.hidden = true;
    return;
  }
  try {
    const blob = await photo.withSession((id) => api.confidence(id, photo.wishes));
    await drawUnsure(stage.sure, blob);
    stage.sure.hidden = false;
  } catch (error) {
    report(error);
  }
}

// ---- a large photo, seen closely, in full resolution ----

function viewChanged() {
  markers.place();
  sharpenSoon();
}

function sharpenSoon() {
  stopSharpening();
  const photo = photos.current;
  if (photo?.state !== "ready" || stage.scale < 1.25 || painting) return;
  const { width, height, preview } = photo.session;
  if (width <= preview.width || width * height > SHARPEN_MOST) return;
  const abort = new AbortController();
  const timer = setTimeout(() => sharpen(photo, abort.signal), SHARPEN_AFTER);
  sharpening = () => {
    clearTimeout(timer);
    abort.abort();
  };
}

function stopSharpening() {
  sharpening?.();
  sharpening = null;
}

async function sharpen(photo, signal) {
  const look = photo.wishes;
  if (photo.sharp === look) return;
  try {
    const { blob } = await photo.withSession((id) => api.full(id, { ...look, format: "jpeg" }, signal));
    if (photo !== photos.current || photo.wishes !== look) return;
    photo.sharp = look;
    stage.after.src = photo.show(blob);
    if (/jpeg|png|webp/.test(photo.file.type)) {
      URL.revokeObjectURL(photo.originalUrl);
      stage.before.src = photo.originalUrl = URL.createObjectURL(photo.file);
    }
  } catch (error) {
    if (error.name !== "AbortError") report(error);
  }
}

// ---- colours that a person sets ----

function askColor(x, y) {
  const photo = photos.current;
  if (photo?.state !== "ready") return;
  const choose = (color) => setHints([...photo.wishes.hints, hintAt(photo, x, y, color)]);
  openPicker(photo, x, y, { choose, closed: () => markers.pend(null) });
  markers.pend([x, y]);
}

function changeColor(index) {
  const photo = photos.current;
  const { hints } = photo.wishes;
  const { width, height } = photo.session;
  const choose = (color) => setHints(hints.map((hint, at) => (at === index ? { ...hint, color } : hint)));
  const remove = () => removeHint(index);
  openPicker(photo, hints[index].x / width, hints[index].y / height, { color: hints[index].color, choose, remove });
}

async function openPicker(photo, x, y, options) {
  const box = $("stage").getBoundingClientRect();
  const [left, top] = stage.place(x, y);
  picker.open({ x: box.left + left, y: box.top + top, ...options });
  const { width, height } = photo.session;
  try {
    const answer = await photo.withSession((id) => api.suggest(id, Math.floor(x * width), Math.floor(y * height)));
    picker.suggest(answer.suggestions);
  } catch (error) {
    picker.suggest([]);
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
  const hints = photo.wishes.hints.map((hint, at) => (at === index ? hintAt(photo, x, y, hint.color) : hint));
  setHints(hints, { merge });
}

function removeHint(index) {
  setHints(photos.current.wishes.hints.filter((_, at) => at !== index));
  say("Colour removed.");
}

function setHints(hints, options) {
  photos.current.looks.change({ hints }, options);
  paint();
}

// ---- the panel ----

for (const name of ["strength", "vividness"]) {
  let sliding = false;
  $(name).oninput = () => {
    photos.current.looks.change({ [name]: Number($(name).value) }, { merge: sliding });
    sliding = true;
    paint();
  };
  $(name).onchange = () => (sliding = false);
  $(name).ondblclick = () => {
    photos.current.looks.change({ [name]: 1 });
    paint();
  };
}

const step = (name) => () => {
  photos.current?.looks[name]();
  if (photos.current?.state === "ready") paint();
};
$("undo").onclick = step("undo");
$("redo").onclick = step("redo");
$("reset").onclick = step("reset");

$("sure-toggle").onclick = () => {
  const on = $("sure-toggle").getAttribute("aria-checked") !== "true";
  $("sure-toggle").setAttribute("aria-checked", on);
  drawSure();
};

$("zoom-in").onclick = () => stage.zoom(1.5);
$("zoom-out").onclick = () => stage.zoom(1 / 1.5);
$("zoom-fit").onclick = () => stage.fit();

function drawControls() {
  const photo = photos.current;
  const ready = photo?.state === "ready";
  const look = photo?.wishes || { strength: 1, vividness: 1, hints: [] };
  $("strength").value = look.strength;
  $("vividness").value = look.vividness;
  $("strength").disabled = $("vividness").disabled = !ready;
  $("strength-value").textContent = `${Math.round(look.strength * 100)} %`;
  $("vividness-value").textContent = look.vividness === 1 ? "as trained" : look.vividness < 1 ? "more careful" : "bolder";
  $("undo").disabled = !photo?.looks.canUndo;
  $("redo").disabled = !photo?.looks.canRedo;
  $("reset").disabled = look.strength === 1 && look.vividness === 1 && !look.hints.length;
  $("download").disabled = !ready;
  $("facts").textContent = ready ? facts(photo.session) : "";
  drawHints(ready ? look.hints : [], photo?.session);
}

function drawHints(hints, session) {
  markers.show(hints.map(({ x, y, color }) => ({ x: (x + 0.5) / session.width, y: (y + 0.5) / session.height, color })));
  $("no-hints").hidden = hints.length > 0;
  const items = hints.map(({ color }, index) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.style.background = color;
    button.title = "Change or remove this colour";
    button.setAttribute("aria-label", `Change colour ${index + 1}, ${color}`);
    button.onclick = () => changeColor(index);
    item.append(button);
    return item;
  });
  $("hints").replaceChildren(...items);
}

function facts({ width, height, was_colored: wasColored, notes }) {
  const size = `${width} × ${height} pixels`;
  return [size, wasColored ? "it had colour, which is not used" : "", ...notes].filter(Boolean).join("; ");
}

function drawStrip() {
  $("strip").hidden = photos.list.length < 2;
  $("download-all").hidden = photos.list.filter((photo) => photo.state === "ready").length < 2;
  const words = { waiting: "waiting", sending: "colouring", ready: "", failed: "failed" };
  const thumbs = photos.list.map((photo) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `thumb ${photo.state}`;
    button.setAttribute("role", "option");
    button.setAttribute("aria-selected", photo === photos.current);
    button.setAttribute("aria-label", `${photo.file.name} ${words[photo.state]}`);
    button.title = photo.error || photo.file.name;
    if (photo.url) button.append(Object.assign(document.createElement("img"), { src: photo.url, alt: "" }));
    if (words[photo.state]) {
      button.append(Object.assign(document.createElement("span"), { className: "state", textContent: words[photo.state] }));
    }
    button.onclick = () => (photo.state === "failed" ? (open(photo), photos.retry(photo)) : open(photo));
    return button;
  });
  $("strip").replaceChildren(...thumbs);
}

// ---- results go out ----

const options = (photo) => ({
  ...photo.wishes,
  ...($("format").value && { format: $("format").value }),
  keep_location: $("location").checked,
});

const fetchFull = (photo) => photo.withSession((id) => api.full(id, options(photo)));

$("download").onclick = () =>
  busyButton($("download"), "Preparing", async () => {
    const { blob, name } = await fetchFull(photos.current);
    save(blob, name);
    say(`${name} is downloaded.`);
  });

$("download-all").onclick = () =>
  busyButton($("download-all"), "Preparing", async (tell) => {
    const ready = photos.list.filter((photo) => photo.state === "ready");
    const files = [];
    for (const photo of ready) {
      tell(`Preparing ${files.length + 1} of ${ready.length}`);
      files.push(await fetchFull(photo));
    }
    save(await zip(files), "colorify.zip");
    say(`${files.length} photos are downloaded.`);
  });

async function busyButton(button, text, work) {
  const label = button.textContent;
  const tell = (words) => (button.textContent = words);
  button.disabled = true;
  tell(text);
  try {
    await work(tell);
  } catch (error) {
    report(error);
  }
  tell(label);
  button.disabled = false;
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// ---- what is said ----

function report(problem) {
  $("message-text").textContent = problem.message || problem;
  $("message").hidden = false;
}

$("message-close").onclick = () => ($("message").hidden = true);

function say(text) {
  $("status").textContent = text;
}

function wait(text) {
  $("wait").hidden = !text;
  $("wait-text").textContent = text;
  if (text) say(text);
}

const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`;

// ---- keys, and light or dark ----

addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && "zy".includes(event.key.toLowerCase())) {
    event.preventDefault();
    (event.key.toLowerCase() === "y" || event.shiftKey ? $("redo") : $("undo")).click();
  }
});

$("stage").addEventListener("keydown", (event) => {
  if (event.target !== $("stage") || event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  const acts = {
    "+": () => stage.zoom(1.5), "=": () => stage.zoom(1.5), "-": () => stage.zoom(1 / 1.5), 0: () => stage.fit(),
    c: () => askColor(...(stage.point($("stage").clientWidth / 2, $("stage").clientHeight / 2) || [0.5, 0.5])),
  };
  const act = acts[event.key.toLowerCase()] || (moves[event.key] && (() => stage.move(...moves[event.key])));
  if (!act) return;
  event.preventDefault();
  act();
});

// nothing is left behind on the server when the page is closed
addEventListener("pagehide", () => {
  for (const { session } of photos.list) if (session) api.closeSession(session.id).catch(() => {});
});

const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
const theme = () => document.documentElement.dataset.theme || (dark() ? "dark" : "light");
const drawTheme = () => ($("theme").textContent = theme() === "dark" ? "☀" : "☾");
$("theme").onclick = () => {
  document.documentElement.dataset.theme = theme() === "dark" ? "light" : "dark";
  drawTheme();
};
drawTheme();
start();
