// The photos of this visit: each is sent once, and sent again if the server has had to forget it.

import * as api from "./api.js";
import { Looks } from "./looks.js";

/** waiting, sending, ready, failed */
export class Photo {
  state = "waiting";
  error = "";
  session = null; // what the server says of it
  originalUrl = ""; // as it came, for the screen
  url = ""; // in colour, for the screen
  looks = new Looks();

  constructor(file) {
    this.file = file;
  }

  /** The look in the words of the API. */
  get wishes() {
    return this.looks.now;
  }

  /** Do something with the session; if it has ended, open another and do it again. */
  async withSession(use) {
    try {
      return await use(this.session.id);
    } catch (error) {
      if (error.kind !== "no-such-session") throw error;
      this.session = await api.openSession(this.file);
      return use(this.session.id);
    }
  }

  show(blob) {
    URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(blob);
    return this.url;
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

  add(files) {
    const added = files.map((file) => new Photo(file));
    this.list.push(...added);
    this.#work();
    return added;
  }

  /** Send what waits, one after the other; the one that somebody looks at first. */
  async #work() {
    if (this.#working) return;
    this.#working = true;
    for (let photo = this.#next(); photo; photo = this.#next()) await this.#send(photo);
    this.#working = false;
  }

  #next() {
    if (this.current?.state === "waiting") return this.current;
    return this.list.find((photo) => photo.state === "waiting");
  }

  async #send(photo) {
    photo.state = "sending";
    this.changed(photo);
    try {
      photo.session = await api.openSession(photo.file);
      photo.originalUrl = URL.createObjectURL(await api.original(photo.session.id));
      photo.show(await api.preview(photo.session.id, photo.wishes));
      photo.state = "ready";
    } catch (error) {
      photo.state = "failed";
      photo.error = error.message;
      photo.problem = error;
    }
    this.changed(photo);
  }

  /** Try a photo again that could not be sent. */
  retry(photo) {
    photo.state = "waiting";
    this.changed(photo);
    this.#work();
  }

  remove(photo) {
    this.list = this.list.filter((other) => other !== photo);
    if (photo === this.current) this.current = null;
  }
}
