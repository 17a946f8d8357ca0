// Results go out, each at its full size; many as one archive.

import * as api from "./api.js";
import { report, say } from "./notices.js";
import { zip } from "./zip.js";

const $ = (id) => document.getElementById(id);

/** `photos`: of this visit. */
export function listen(photos) {
  $("options").ontoggle = () => $("options").open && $("options").scrollIntoView({ block: "nearest" });
  $("download").onclick = () =>
    busy($("download"), async () => {
      const { blob, name } = await fetchFull(photos.current);
      save(blob, name);
      say(`${name} is downloaded.`);
    });
  $("download-all").onclick = () =>
    busy($("download-all"), async (tell) => {
      const files = [];
      const ready = photos.ready;
      for (const photo of [...ready].reverse()) { // the server forgets the first ones first
        tell(`Preparing ${files.length + 1} of ${ready.length}`);
        files.unshift(await fetchFull(photo));
      }
      save(await zip(files), "colorify.zip");
      say(`${files.length} photos are downloaded.`);
    });
}

/** Say which downloads there are. */
export function draw(photos) {
  const one = photos.current?.state === "ready";
  if (!$("download").ariaBusy) $("download").disabled = !one;
  $("download-all").hidden = photos.ready.length < 2;
  if (!$("download-all").ariaBusy) $("download-all").textContent = `Download all ${photos.ready.length}`;
}

async function fetchFull(photo) {
  const look = photo.looks.now;
  const format = $("format").value && { format: $("format").value };
  const wishes = { ...look, ...format, keep_location: $("location").checked };
  const result = await photo.withSession((id) => api.full(id, wishes));
  photo.kept = look;
  return result;
}

async function busy(button, work) {
  const label = button.textContent;
  const tell = (words) => (button.textContent = words);
  button.disabled = true;
  button.ariaBusy = "true";
  tell("Preparing");
  try {
    await work(tell);
  } catch (error) {
    report(error);
  }
  tell(label);
  button.ariaBusy = null;
  button.disabled = false;
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
