// What is sent to the family: before and after as one picture or as a short clip, and a copy on the clipboard.

import * as api from "./api.js";
import { t } from "./language.js";
import { markAsGenerated } from "./generated_mark.js";
import { report, say } from "./notices.js";
import { busy, save } from "./results.js";

const PAPER = "#fffdf8";
const INK = "#6b645a";
const GAP = 0.02; // of the longer side: between the two pictures, and for the line below them
const CLIP_SIDE = 1080; // px at most
const CLIP = { grey: 900, wipe: 2200, color: 1600 }; // ms
const CLIP_KINDS = ["video/mp4;codecs=avc1.42E01F", "video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"];
const MAX_COPY_PIXELS = 20e6; // px; of larger photos the picture on the screen is copied

const $ = (id) => document.getElementById(id);

/** `photos`: of this visit. */
export function listen(photos) {
  $("share").ontoggle = () => $("share").open && $("share").scrollIntoView({ block: "nearest" });
  $("share-picture").onclick = () => busy($("share-picture"), () => sendPicture(photos.current));
  $("share-clip").onclick = () => busy($("share-clip"), () => sendClip(photos.current));
  $("share-copy").onclick = () => busy($("share-copy"), () => copy(photos.current));
}

export function draw(photo) {
  for (const name of ["share-picture", "share-clip", "share-copy"]) {
    if (!$(name).ariaBusy) $(name).disabled = photo?.state !== "ready";
  }
}

async function sendPicture(photo) {
  const paper = drawPair(...(await pair(photo)));
  const blob = await new Promise((done) => paper.toBlob(done, "image/jpeg", 0.92));
  save(await markAsGenerated(blob), `${photo.stem}-before-after.jpg`);
}

async function pair(photo) {
  const load = async (src) => {
    const image = Object.assign(new Image(), { src });
    await image.decode();
    return image;
  };
  return Promise.all([load(photo.originalUrl), load(photo.url)]);
}

/** Draw both pictures on one, side by side or, if they are wide, one below the other, and who made the colours. */
function drawPair(before, after) {
  const { naturalWidth: width, naturalHeight: height } = after;
  const gap = Math.round(GAP * Math.max(width, height));
  const wide = width > 1.2 * height;
  const paper = document.createElement("canvas");
  [paper.width, paper.height] = wide ? [width, 2 * height + gap] : [2 * width + gap, height];
  const line = Math.max(18, Math.round(2 * gap));
  paper.height += line;
  const context = paper.getContext("2d");
  context.fillStyle = PAPER;
  context.fillRect(0, 0, paper.width, paper.height);
  context.drawImage(before, 0, 0, width, height);
  context.drawImage(after, wide ? 0 : width + gap, wide ? height + gap : 0, width, height);
  write(context, paper.width / 2, paper.height - line / 2, line * 0.5);
  return paper;
}

function write(context, x, y, size) {
  context.fillStyle = INK;
  context.font = `${size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(t("madeBy"), x, y);
}

async function sendClip(photo) {
  const kind = CLIP_KINDS.find((one) => globalThis.MediaRecorder?.isTypeSupported(one));
  if (!kind) return report(t("noClip"));
  const [before, after] = await pair(photo);
  const blob = await record(kind, before, after);
  save(blob, `${photo.stem}.${kind.includes("mp4") ? "mp4" : "webm"}`);
}

/** Record how the colour comes over the photo. */
async function record(kind, before, after) {
  const scale = Math.min(1, CLIP_SIDE / Math.max(after.naturalWidth, after.naturalHeight));
  const even = (px) => 2 * Math.max(1, Math.round((px * scale) / 2)); // as codecs want it
  const [width, height] = [even(after.naturalWidth), even(after.naturalHeight)];
  const paper = Object.assign(document.createElement("canvas"), { width, height });
  const context = paper.getContext("2d");
  const drawAt = (part) => {
    const edge = Math.round(width * part);
    context.drawImage(before, 0, 0, width, height);
    if (!edge) return;
    context.save();
    context.beginPath();
    context.rect(0, 0, edge, height);
    context.clip();
    context.drawImage(after, 0, 0, width, height);
    context.restore();
    context.fillStyle = PAPER;
    if (edge < width) context.fillRect(edge - 1, 0, 2, height);
    else write(context, width / 2, height - height * 0.04, Math.max(10, height * 0.028));
  };
  drawAt(0);
  const recorder = new MediaRecorder(paper.captureStream(30), { mimeType: kind, videoBitsPerSecond: 6e6 });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((done) => (recorder.onstop = done));
  recorder.start();
  await animate(CLIP.grey + CLIP.wipe + CLIP.color, (time) => {
    const part = Math.min(1, Math.max(0, (time - CLIP.grey) / CLIP.wipe));
    drawAt(part * part * (3 - 2 * part));
  });
  recorder.stop();
  await ended;
  return new Blob(parts, { type: kind.split(";")[0] });
}

/** Call `draw(ms since the start)` for each frame; a timer, as frames are not asked for behind another window. */
function animate(duration, draw) {
  const start = performance.now();
  return new Promise((done) => {
    const timer = setInterval(() => {
      const time = performance.now() - start;
      draw(time);
      if (time < duration) return;
      clearInterval(timer);
      done();
    }, 1000 / 30);
  });
}

async function copy(photo) {
  if (!navigator.clipboard?.write || !globalThis.ClipboardItem) return report(t("noCopy"));
  // the promise itself: browsers want to see the click that asked for it
  await navigator.clipboard.write([new ClipboardItem({ "image/png": asPng(photo) })]);
  say(t("copied"));
}

async function asPng(photo) {
  const { width, height } = photo.session;
  if (width * height <= MAX_COPY_PIXELS) {
    return (await photo.withSession((id) => api.full(id, photo.looks.now, { format: "png", page: 1 }))).blob;
  }
  const [, after] = await pair(photo);
  const paper = new OffscreenCanvas(after.naturalWidth, after.naturalHeight);
  paper.getContext("2d").drawImage(after, 0, 0);
  return paper.convertToBlob({ type: "image/png" });
}
