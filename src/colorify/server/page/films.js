// A film that is brought to the page: it is coloured by the server, with a bar and a frame that is at work.

import * as api from "./api.js";
import { t } from "./language.js";
import { report, say } from "./notices.js";
import { busy, save } from "./results.js";

const SUFFIXES = /\.(mp4|m4v|mov|mkv|webm|avi|wmv|mpe?g|mts|m2ts|3gp|vob|ogv|flv)$/i;
const ASK = 1000; // ms between two questions how far it is
const SHOW = 4; // questions between two frames

const $ = (id) => document.getElementById(id);
let film = null; // {file, id, state}; one at a time

export const isFilm = ({ name, type }) => type.startsWith("video/") || SUFFIXES.test(name);

/** Return a name as it is typed into a terminal. */
export const typedName = (name) => (/^[\w.-]+$/.test(name) ? name : `"${name}"`);

export function listen() {
  $("film-remove").onclick = remove;
  $("film-download").onclick = () =>
    busy($("film-download"), async () => {
      const [stem, suffix] = [film.file.name.replace(/\.\w+$/, ""), film.suffix];
      save(await api.filmResult(film.id), `${stem}-color${suffix}`);
      film.kept = true;
    });
  addEventListener("pagehide", () => film?.id && api.closeFilm(film.id).catch(() => {}));
  addEventListener("beforeunload", (event) => film?.id && !film.kept && event.preventDefault());
}

/** Colour a film. */
export async function open(file) {
  if (film) return report(t("filmOne", { name: file.name }));
  const mine = { file, id: "", asked: 0, suffix: "", kept: false };
  film = mine;
  draw({ state: "sending", frames: 0, total: null });
  $("film-frame").hidden = true;
  try {
    mine.id = (await api.openFilm(file)).id;
    if (film !== mine) await api.closeFilm(mine.id); // it was removed meanwhile
    while (film === mine && !(await ask(mine))) await new Promise((done) => setTimeout(done, ASK));
  } catch (error) {
    if (film !== mine) return;
    report(`${file.name}: ${error.message}`);
    forget();
  }
}

/** Ask how far it is; return whether there is nothing more to ask. */
async function ask(mine) {
  const status = await api.filmStatus(mine.id);
  if (film !== mine) return true;
  mine.suffix = status.result_suffix;
  if (status.state === "failed") {
    report(t("filmFailed", { detail: status.error }));
    remove();
    return true;
  }
  draw(status);
  if (status.state === "working" && mine.asked++ % SHOW === 0) await showFrame(mine);
  if (status.state === "done") {
    say(t("filmDone"));
    status.notes.forEach(report);
  }
  return status.state === "done";
}

async function showFrame(mine) {
  const frame = await api.filmFrame(mine.id);
  if (film !== mine || !frame.size) return; // it has just been removed, or done
  URL.revokeObjectURL($("film-frame").src);
  $("film-frame").src = URL.createObjectURL(frame);
  $("film-frame").hidden = false;
}

function draw({ state, frames, total, seconds_left: left }) {
  $("film").hidden = false;
  $("film-name").textContent = film.file.name;
  const known = state === "working" && total;
  $("film-progress").hidden = state === "done";
  if (known) $("film-progress").value = frames / total;
  else $("film-progress").removeAttribute("value");
  $("film-state").textContent = known
    ? t("filmWorking", { percent: `${Math.floor((100 * frames) / total)} %`, left: duration(left) })
    : t({ sending: "filmSending", waiting: "filmWaiting", working: "filmFrames", done: "filmDone" }[state], { frames });
  $("film-download").hidden = state !== "done";
}

function duration(seconds) {
  if (seconds === null) return "…";
  return seconds < 90 ? t("seconds", { count: Math.ceil(seconds) }) : t("minutes", { count: Math.ceil(seconds / 60) });
}

function remove() {
  if (film?.id) api.closeFilm(film.id).catch(() => {}); // it may have ended already
  forget();
}

function forget() {
  film = null;
  $("film").hidden = true;
}
