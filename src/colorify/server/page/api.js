// What the page asks the server. Every refusal becomes a Problem, whose message is for a person.

let token = "";

export class Problem extends Error {
  constructor(message, name = "", retryAfter = 0) {
    super(message);
    this.kind = name;
    this.retryAfter = retryAfter; // s
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

export async function openSession(file, signal) {
  const form = new FormData();
  form.append("image", file, file.name);
  return (await call("/v1/sessions", { method: "POST", body: form, signal })).json();
}

export const original = async (id) => (await call(`/v1/sessions/${id}/original`)).blob();

export const closeSession = (id) => call(`/v1/sessions/${id}`, { method: "DELETE", keepalive: true }, 0);

export const preview = async (id, look, signal) =>
  (await post(`/v1/sessions/${id}/colorize`, look, signal)).blob();

export const confidence = async (id, { vividness, hints }, signal) =>
  (await post(`/v1/sessions/${id}/confidence`, { vividness, hints }, signal)).blob();

export const countAlternatives = async (id, { vividness, hints }) =>
  (await (await post(`/v1/sessions/${id}/alternatives`, { vividness, hints })).json()).count;

/** Return the picture in full and the name that the server gives it. */
export async function full(id, wishes, signal) {
  const answer = await post(`/v1/sessions/${id}/colorize`, { ...wishes, scale: "full" }, signal);
  const name = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get("Content-Disposition") || "");
  return { blob: await answer.blob(), name: name ? decodeURIComponent(name[1]) : "photo-color.jpg" };
}

export const suggest = async (id, x, y, signal) =>
  (await call(`/v1/suggest?session=${id}&x=${x}&y=${y}`, { signal })).json();

const post = (path, body, signal) =>
  call(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal });

async function call(path, options = {}, tries = 6) {
  const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The server does not answer. Is `colorify serve` still running?", "offline");
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
  const say = WORDS[kind];
  const text = say ? say(body.detail || "") : `${body.title || "That did not work"}. ${body.detail || ""}`;
  return new Problem(text.trim(), kind, Number(answer.headers.get("Retry-After")) || 0);
}

// in a person's words; the server's detail has the figures
const WORDS = {
  "too-many-bytes": (detail) => `This file is too large for this server. ${detail}`,
  "too-many-pixels": (detail) => `This photo has too many pixels for this server. ${detail}`,
  "not-a-picture": () => "This is not a photo that can be opened. Choose a JPEG, PNG, TIFF, WebP or AVIF file.",
  "bad-photo": (detail) => `This photo cannot be used: ${detail.replace(/^(bytes|the photo): /, "")}`,
  busy: () => "The server is busy with other photos. Try again in a moment.",
  "took-too-long": () => "This took too long and was given up. Try a smaller photo.",
  "token-needed": () => "This server wants a token.",
};
