// Photos come in: dropped, pasted, chosen, or the sample. What cannot be taken is refused before it is sent.

import * as api from "./api.js";
import { isFilm, listen as listenToFilm, open as openFilm, typedName } from "./films.js";
import { t } from "./language.js";
import { report } from "./notices.js";

const HERE = ["127.0.0.1", "localhost", "[::1]"];
const $ = (id) => document.getElementById(id);
const NAMES = { webp: "WebP" };
let limits = null;

/**
 * `take(files)` is told of every bunch of photos that may be sent; `takeReference(file)` of one that is dropped to
 * give its colours; `hasPhoto()`: is there one that could take them?
 */
export function listen({ take, takeReference, hasPhoto }) {
  const bring = (files) => {
    const fit = files.filter(fits);
    if (fit.length) take(fit);
  };
  const sample = async () => bring([await fetchSample()]);
  $("choose").onclick = $("add").onclick = () => $("file").click();
  $("file").onchange = () => {
    bring([...$("file").files]);
    $("file").value = ""; // so that the same file can be chosen again
  };
  $("sample").onclick = $("print").onclick = sample;
  addEventListener("paste", (event) => bring([...(event.clipboardData?.files || [])]));
  for (const name of ["dragenter", "dragover"]) addEventListener(name, (event) => dragged(event, hasPhoto()));
  addEventListener("dragleave", (event) => event.relatedTarget || ($("veil").hidden = true));
  addEventListener("drop", (event) => {
    event.preventDefault();
    $("veil").hidden = true;
    const files = [...event.dataTransfer.files];
    if (files.length === 1 && hasPhoto() && isOnReference(event)) files.filter(fits).forEach(takeReference);
    else bring(files);
  });
  $("token-form").onsubmit = (event) => {
    event.preventDefault();
    api.useToken($("token").value);
    $("token-form").hidden = true;
    learnLimits();
  };
  listenToFilm();
  if (!HERE.includes(location.hostname)) $("privacy").textContent = t("promiseServer");
  api.readToken();
  learnLimits();
}

export function askForToken() {
  $("token-form").hidden = false;
  $("token").focus();
}

async function learnLimits() {
  try {
    limits = (await api.models()).limits;
    const names = limits.formats.map((name) => NAMES[name] || name.toUpperCase());
    const size = megabytes(limits.max_bytes);
    $("limits").textContent = t("limits", { formats: names.slice(0, -1).join(", "), last: names.at(-1), size });
    if (limits.films) $("file").accept += ",video/*,.mkv,.avi,.wmv,.mpg,.ts";
    if (limits.formats.includes("heic")) $("file").accept += ",image/heic,.heic,.heif"; // else iPhones send a JPEG
  } catch (error) {
    if (error.kind === "token-needed") askForToken();
    else report(error);
  }
}

/** Say whether a file is a photo that may be sent, and if not, why; a film goes another way. */
function fits(file) {
  const { name, size } = file;
  if (isFilm(file) && !limits?.films) report(t("isFilm", { name, typed: typedName(name) }));
  else if (limits && size > limits.max_bytes) {
    report(t("tooLarge", { name, size: megabytes(size), most: megabytes(limits.max_bytes) }));
  } else if (isFilm(file)) openFilm(file);
  else return true;
  return false;
}

function dragged(event, hasPhoto) {
  if (![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  $("veil").hidden = false;
  $("veil-reference").hidden = !hasPhoto;
  $("veil-photo").textContent = t(hasPhoto ? "dropPhoto" : "dropHere");
  $("veil-reference").classList.toggle("over", isOnReference(event));
  $("veil-photo").classList.toggle("over", !isOnReference(event));
}

/** Two zones, side by side: a photo to colour on the left, one to give its colours on the right. */
const isOnReference = (event) => !$("veil-reference").hidden && event.clientX > innerWidth / 2;

async function fetchSample() {
  const blob = await (await fetch("/page/sample.jpg")).blob();
  return new File([blob], "sample.jpg", { type: "image/jpeg" });
}

const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`;
