// The photos of this visit: each is sent once, and sent again if the server has had to forget it.

import * as api from "./api.js";
import { Looks } from "./looks.js";

const BROWSERS_SHOW = /^image\/(jpeg|png|webp|avif)$/;

/** waiting, sending, ready, failed */
export class Photo {
  state = "waiting";
  problem = null; // why it failed
  session = null; // what the server says of it
  originalUrl = ""; // as it came, for the screen
  url = ""; // in colour, for the screen
  painted = null; // the look that `url` shows
  sharp = null; // the look that `url` shows in full resolution
  ideas = null; // little pictures of other colourings, once somebody has asked
  kept = null; // the look that was downloaded
  resultName = null; // what a person calls the result, without its suffix
  detail = "auto"; // how closely the generator looks, or is to look
  #looked = "auto"; // how closely it has looked
  looks = new Looks();
  #asked = null; // the last choice of a detail
  #gone = false; // was it removed?

  constructor(file) {
    this.file = file;
    // the file itself, where a browser can show it; no copy is made
    this.localUrl = BROWSERS_SHOW.test(file.type) ? URL.createObjectURL(file) : "";
  }

  get error() {
    return this.problem?.message || "";
  }

  get stem() {
    return this.resultName || `${this.file.name.replace(/\.\w+$/, "")}-color`;
  }

  /** Is there work that closing the page would lose? */
  get unsaved() {
    return this.looks.now.marks.length > 0 && this.looks.now !== this.kept;
  }

  /** Do something with the session; if it has ended, open another and do it again. */
  async withSession(use) {
    try {
      return await use(this.session.id);
    } catch (error) {
      if (error.kind !== "no-such-session" || this.#gone) throw error;
      this.session = await api.openSession(this.file, this.detail);
      return use(this.session.id);
    }
  }

  /** Have the generator look more or less closely: the photo is sent again. */
  async look(detail) {
    this.detail = detail;
    const asked = (this.#asked = {});
    const isLast = () => this.#asked === asked && !this.#gone; // else another detail was chosen, or the photo removed
    let session;
    try {
      session = await api.openSession(this.file, detail);
    } catch (error) {
      if (isLast()) this.detail = this.#looked;
      throw error;
    }
    const { id } = isLast() ? this.session : session;
    api.closeSession(id).catch(() => {}); // it may have ended already
    if (!isLast()) return;
    [this.session, this.#looked] = [session, detail];
    this.painted = this.sharp = this.ideas = null;
  }

  /** Take over a picture in the colours of `look`, once it can be shown at once; return whether it is `still` wanted then. */
  async show(blob, look, still = () => true) {
    const url = URL.createObjectURL(blob);
    await Object.assign(new Image(), { src: url }).decode();
    const wanted = still();
    URL.revokeObjectURL(wanted ? this.url : url);
    if (wanted) [this.url, this.painted, this.sharp] = [url, look, null];
    return wanted;
  }

  forget() {
    this.#gone = true;
    for (const url of [this.url, this.originalUrl, this.localUrl, ...(this.ideas || [])]) URL.revokeObjectURL(url);
    if (this.session) api.closeSession(this.session.id).catch(() => {}); // it may have ended already
  }
}

export class Photos {
  list = [];
  current = null;
  #working = false;

  /** `changed(photo)`: its state or picture is another one. */
  constructor(changed) {
    this.changed = changed;
  }

  get ready() {
    return this.list.filter((photo) => photo.state === "ready");
  }

  add(files) {
    const added = files.map((file) => new Photo(file));
    this.list.push(...added);
    this.work();
    return added;
  }

  /** Send what waits and colour what is wanted otherwise, one after the other. */
  async work() {
    if (this.#working) return;
    this.#working = true;
    for (let photo = this.#next(); photo; photo = this.#next()) {
      await (photo.state === "waiting" ? this.#send(photo) : this.#refresh(photo));
    }
    this.#working = false;
  }

  /** The one that somebody looks at goes first, unless it is painted already; that is the painter's. */
  #next() {
    if (this.current?.state === "waiting") return this.current;
    const stale = (photo) => photo !== this.current && photo.painted !== photo.looks.now;
    return this.list.find((photo) => photo.state === "waiting") || this.ready.find(stale);
  }

  async #send(photo) {
    photo.state = "sending";
    this.changed(photo);
    try {
      photo.session = await api.openSession(photo.file, photo.detail);
      const look = photo.looks.now;
      const { id } = photo.session;
      const [original, preview] = await Promise.all([api.original(id), api.preview(id, look)]);
      photo.originalUrl = URL.createObjectURL(original);
      await photo.show(preview, look);
      photo.state = "ready";
    } catch (error) {
      photo.state = "failed";
      photo.problem = error;
    }
    if (this.list.includes(photo)) this.changed(photo);
    else photo.forget(); // it was removed meanwhile
  }

  async #refresh(photo) {
    const look = photo.looks.now;
    try {
      await photo.show(await photo.withSession((id) => api.preview(id, look)), look);
    } catch (error) {
      if (look.alternative > 1 && error.kind === "bad-photo") {
        // another vividness leaves fewer ideas than before; the usual one is always there, and is taken next
        if (photo.looks.now === look) photo.looks.change({ alternative: 1 }, { merge: true });
        return;
      }
      photo.state = "failed";
      photo.problem = error;
    }
    this.changed(photo);
  }

  /** Try a photo again that could not be sent. */
  retry(photo) {
    photo.state = "waiting";
    photo.problem = null;
    this.changed(photo);
    this.work();
  }

  /** Forget a photo; return the one that takes its place on the stage, if any. */
  remove(photo) {
    const at = this.list.indexOf(photo);
    this.list.splice(at, 1);
    if (photo.state !== "sending") photo.forget();
    if (photo !== this.current) return this.current;
    this.current = this.list[at] || this.list[at - 1] || null;
    return this.current;
  }
}
