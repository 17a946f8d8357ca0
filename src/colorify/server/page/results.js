// Results go out, each at its full size; many as one archive.

import * as api from "./api.js";
import { t } from "./language.js";
import { report, say } from "./notices.js";
import { zip } from "./zip.js";

const $ = (id) => document.getElementById(id);
const LOSSY = ["jpeg", "webp", "avif"]; // formats with a quality
let chosenQuality = null; // null: what is usual for the format

/** `photos`: of this visit. */
export function listen(photos) {
  $("options").ontoggle = () => $("options").open && $("options").scrollIntoView({ block: "nearest" });
  $("download").onclick = () =>
    busy($("download"), async () => {
      const photo = photos.current;
      const { blob, name, look } = await fetchFull(photo);
      save(blob, name);
      photo.kept = look;
      say(t("downloaded", { name }));
    });
  $("download-all").onclick = () =>
    busy($("download-all"), async (tell) => {
      const files = [];
      const ready = photos.ready;
      for (const photo of [...ready].reverse()) { // the server forgets the first ones first
        tell(t("preparingOf", { number: files.length + 1, count: ready.length }));
        try {
          files.unshift({ photo, ...(await fetchFull(photo)) });
        } catch (error) {
          report(`${photo.file.name}: ${error.message}`); // the others are saved all the same
        }
      }
      if (!files.length) return;
      save(await zip(files), "colorify.zip");
      for (const { photo, look } of files) photo.kept = look;
      say(t("downloadedMany", { count: files.length }));
    });
  $("file-name").oninput = () => (photos.current.resultName = $("file-name").value.trim() || null);
  $("format").onchange = () => drawQuality(photos.current);
  $("quality").oninput = () => {
    chosenQuality = Number($("quality").value);
    drawQuality(photos.current);
  };
  $("quality").ondblclick = () => {
    chosenQuality = null;
    drawQuality(photos.current);
  };
}

/** Say which downloads there are. */
export function draw(photos) {
  const photo = photos.current?.state === "ready" ? photos.current : null;
  if (!$("download").ariaBusy) $("download").disabled = !photo;
  $("download-all").hidden = photos.ready.length < 2;
  if (!$("download-all").ariaBusy) $("download-all").textContent = t("downloadAll", { count: photos.ready.length });
  if (photo) $("detail").value = photo.detail;
  $("detail").disabled = !photo;
  if (photo && document.activeElement !== $("file-name")) $("file-name").value = photo.stem;
  drawQuality(photo);
}

function drawQuality(photo) {
  $("quality-field").hidden = !LOSSY.includes($("format").value || photo?.session.format);
  $("quality-value").textContent = chosenQuality ? `${chosenQuality} %` : t("usual");
  $("quality").setAttribute("aria-valuetext", $("quality-value").textContent);
}

async function fetchFull(photo) {
  const look = photo.looks.now;
  const { blob, name } = await photo.withSession((id) => api.full(id, look, saveOptions()));
  return { blob, look, name: photo.stem + /\.\w+$/.exec(name)[0] };
}

/** Return how the file is to be, in the words of the server. */
function saveOptions() {
  const format = $("format").value;
  const kind = format === "layer" ? { layer: true, format: "png" } : format && { format };
  const quality = chosenQuality && !$("quality-field").hidden && { quality: chosenQuality };
  return { ...kind, ...quality, keep_location: $("location").checked };
}

/** Do what a button is for, while it says so. */
export async function busy(button, work) {
  const label = button.textContent;
  const tell = (words) => (button.textContent = words);
  button.disabled = true;
  button.ariaBusy = "true";
  tell(t("preparing"));
  try {
    await work(tell);
  } catch (error) {
    report(error);
  }
  tell(label);
  button.ariaBusy = null;
  button.disabled = false;
}

export function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
