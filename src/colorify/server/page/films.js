// A film that is brought to the page: it is coloured by the server, with a bar and a frame that is at work.

import * as api from "./api.js";
import { t } from "./language.js";
import { report, say } from "./notices.js";
import { busy, save } from "./results.js";

const SUFFIXES = /\.(mp4|m4v|mov|mkv|webm|avi|wmv|mpe?g|mts|m2ts|3gp|vob|ogv|flv)$/i;
const ASK = 1000; // ms between two questions how far it is
const SHOW = 4; // questions between two frames
const KEEP = 60_000; // ms between two questions once it is done: the server forgets what nobody asks about
const PATIENCE = 60; // questions in a row that may go wrong, as while a network is away

const $ = (id) => document.getElementById(id);
let film = null; // {file, id, done, ...}; one at a time

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
  const mine = { file, id: "", asked: 0, suffix: "", done: false, kept: false };
  film = mine;
  draw({ state: "sending", frames: 0, total: null });
  $("film-frame").hidden = true;
  try {
    mine.id = (await api.openFilm(file)).id;
    if (film !== mine) await api.closeFilm(mine.id); // it was removed meanwhile
    await follow(mine);
  } catch (error) {
    if (film !== mine) return;
    report(`${file.name}: ${error.message}`);
    remove();
  }
}

/** Ask about a film until it is removed; also when it is done, so that the server keeps it. */
async function follow(mine) {
  for (let failures = 0; film === mine; ) {
    try {
      await ask(mine);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (error.kind === "no-such-session" || failures > PATIENCE) throw error;
    }
    await new Promise((done) => setTimeout(done, mine.done ? KEEP : ASK));
  }
}

/** Ask how far it is, and show that. */
async function ask(mine) {
  const status = await api.filmStatus(mine.id);
  if (film !== mine || mine.done) return;
  mine.suffix = status.result_suffix;
  if (status.state === "failed") {
    report(t("filmFailed", { detail: status.error }));
    remove();
    return;
  }
  draw(status);
  if (status.state === "working" && mine.asked++ % SHOW === 0) await showFrame(mine).catch(() => {}); // the next one will come
  if (status.state === "done") {
    mine.done = true;
    say(t("filmDone"));
    status.notes.forEach(report);
  }
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
  film = null;
  $("film").hidden = true;
}
