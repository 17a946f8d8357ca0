// Photos come in: dropped, pasted, chosen, or the sample. What is too large is refused before it is sent.

import * as api from "./api.js";
import { report } from "./notices.js";

const HERE = ["127.0.0.1", "localhost", "[::1]"];
const $ = (id) => document.getElementById(id);
const NAMES = { webp: "WebP" };
let limits = null;

/** `take(files)` is told of every bunch of files that may be sent. */
export function listen(take) {
  const bring = (files) => {
    const fit = files.filter((file) => !limits || file.size <= limits.max_bytes);
    files.filter((file) => !fit.includes(file)).forEach(tooLarge);
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
  for (const name of ["dragenter", "dragover"]) addEventListener(name, dragged);
  addEventListener("dragleave", (event) => event.relatedTarget || ($("veil").hidden = true));
  addEventListener("drop", (event) => {
    event.preventDefault();
    $("veil").hidden = true;
    bring([...event.dataTransfer.files]);
  });
  $("token-form").onsubmit = (event) => {
    event.preventDefault();
    api.useToken($("token").value);
    $("token-form").hidden = true;
    learnLimits();
  };
  if (!HERE.includes(location.hostname)) {
    $("privacy").textContent = "Photos stay in the memory of this server, only while this page is open.";
  }
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
    const list = `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
    $("limits").textContent = `${list}, up to ${megabytes(limits.max_bytes)} each.`;
    if (limits.formats.includes("heic")) $("file").accept += ",image/heic,.heic,.heif"; // else iPhones send a JPEG
  } catch (error) {
    if (error.kind === "token-needed") askForToken();
    else report(error);
  }
}

function dragged(event) {
  if (![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  $("veil").hidden = false;
}

async function fetchSample() {
  const blob = await (await fetch("/page/astronaut.jpg")).blob();
  return new File([blob], "astronaut.jpg", { type: "image/jpeg" });
}

function tooLarge({ name, size }) {
  report(`${name} is too large: ${megabytes(size)}. This server takes photos of up to ${megabytes(limits.max_bytes)}.`);
}

const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MB`;
