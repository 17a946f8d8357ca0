// What the page asks the server. Every refusal becomes a Problem, whose message is for a person.

import { knows, t } from "./language.js";
import { hintsOf } from "./marks.js";

let token = "";

const LASTING = ["not-a-picture", "bad-photo", "too-many-bytes", "too-many-pixels", "bad-value", "wrong-media-type"];

export class Problem extends Error {
  constructor(message, name = "", retryAfter = 0) {
    super(message);
    this.kind = name;
    this.retryAfter = retryAfter; // s
  }

  /** Could the same work another time? What is wrong with a photo stays wrong. */
  get passes() {
    return !LASTING.includes(this.kind);
  }
}

/** Take the token out of the address, where `colorify serve` puts it, so that it is not copied along. */
export function readToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found) {
    token = found;
    history.replaceState(null, "", location.pathname);
  }
}

export function useToken(text) {
  token = text;
}

export const models = async () => (await call("/v1/models")).json();

export async function openSession(file, detail, signal) {
  const form = new FormData();
  form.append("detail", detail);
  form.append("image", file, file.name);
  return (await call("/v1/sessions", { method: "POST", body: form, signal })).json();
}

export const original = async (id) => (await call(`/v1/sessions/${id}/original`)).blob();

export const closeSession = (id) => call(`/v1/sessions/${id}`, { method: "DELETE", keepalive: true }, 0);

export const preview = async (id, look, signal) => (await post(`/v1/sessions/${id}/colorize`, colorOptions(look), signal)).blob();

export const confidence = async (id, look, signal) =>
  (await post(`/v1/sessions/${id}/confidence`, { vividness: look.vividness, hints: hintsOf(look) }, signal)).blob();

export const countAlternatives = async (id, look) =>
  (await (await post(`/v1/sessions/${id}/alternatives`, { vividness: look.vividness, hints: hintsOf(look) })).json()).count;

/** Return what the photo has in common with another one, as hints. */
export async function match(id, file, signal) {
  const form = new FormData();
  form.append("image", file, file.name);
  return (await (await call(`/v1/sessions/${id}/match`, { method: "POST", body: form, signal })).json()).hints;
}

/** Return the picture in full and the name that the server gives it. */
export async function full(id, look, file = {}, signal) {
  const answer = await post(`/v1/sessions/${id}/colorize`, { ...colorOptions(look), ...file, scale: "full" }, signal);
  const name = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get("Content-Disposition") || "");
  return { blob: await answer.blob(), name: name ? decodeURIComponent(name[1]) : "photo-color.jpg" };
}

/** Return the likeliest colours of a point, px, in the light of `hints`. */
export const suggest = async (id, x, y, hints, signal) =>
  (await post(`/v1/sessions/${id}/suggest`, { x, y, hints }, signal)).json();

/** Send a film; what is returned by it, and by `filmStatus`, says how far it is. */
export async function openFilm(file, signal) {
  const form = new FormData();
  form.append("image", file, file.name);
  return (await call("/v1/films", { method: "POST", body: form, signal })).json();
}

export const filmStatus = async (id) => (await call(`/v1/films/${id}`)).json();

export const filmFrame = async (id) => (await call(`/v1/films/${id}/frame`)).blob();

export const filmResult = async (id) => (await call(`/v1/films/${id}/result`)).blob();

export const closeFilm = (id) => call(`/v1/films/${id}`, { method: "DELETE", keepalive: true }, 0);

/** Return a look in the words of the server. */
const colorOptions = (look) => ({
  strength: look.strength, vividness: look.vividness, alternative: look.alternative, hints: hintsOf(look),
});

const post = (path, body, signal) =>
  call(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal });

async function call(path, options = {}, tries = 6) {
  const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(t("offline"), "offline");
  }
  if (answer.ok) return answer;
  const problem = await explain(answer);
  if (problem.kind === "busy" && tries > 0) {
    await new Promise((done) => setTimeout(done, 1000 * Math.min(5, problem.retryAfter || 1)));
    return call(path, options, tries - 1);
  }
  throw problem;
}

async function explain(answer) {
  const body = await answer.json().catch(() => ({}));
  const kind = (body.type || "").replace("urn:colorify:", "");
  const detail = (body.detail || body.title || "").replace(/^the photo: /, "");
  const text = t(knows(kind) ? kind : "problem", { detail });
  return new Problem(text.trim(), kind, Number(answer.headers.get("Retry-After")) || 0);
}
