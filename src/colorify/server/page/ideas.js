// Other plausible colourings of the photo, as little pictures to choose from; made when somebody asks for them.

import * as api from "./api.js";
import { t } from "./language.js";
import { report, say } from "./notices.js";

const THUMBNAIL_SIDE = 120; // px of a little picture, its shorter side

export class Ideas {
  #photo = null;

  /** `onPick(number)`: a colouring was chosen, 1 the usual one. */
  constructor(root, onPick) {
    this.ask = root.querySelector("#ideas-ask");
    this.title = root.querySelector("#ideas-title");
    this.row = root.querySelector("#ideas-row");
    this.onPick = onPick;
    this.ask.onclick = () => this.#make();
  }

  /** Show the ideas for `photo`; null: none. */
  draw(photo) {
    const made = photo?.ideas;
    this.ask.hidden = Boolean(made);
    this.title.hidden = !made;
    if (!this.ask.ariaBusy) this.ask.disabled = !photo;
    if (photo !== this.#photo || this.row.hidden !== !made) {
      this.#photo = photo;
      this.row.hidden = !made;
      this.row.replaceChildren(...(made || []).map((url, index) => this.#button(url, index + 1)));
    }
    [...this.row.children].forEach((button, index) => button.setAttribute("aria-pressed", photo.looks.now.alternative === index + 1));
  }

  #button(url, number) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = number === 1 ? t("usualIdea") : t("idea", { number });
    button.setAttribute("aria-label", button.title);
    button.append(Object.assign(document.createElement("img"), { src: url, alt: "" }));
    button.onclick = () => this.onPick(number);
    return button;
  }

  async #make() {
    const photo = this.#photo;
    this.ask.disabled = true;
    this.ask.ariaBusy = "true";
    try {
      photo.ideas = await photo.withSession(async (id) => {
        const look = photo.looks.now;
        const count = await api.countAlternatives(id, look);
        const urls = [];
        for (let number = 1; number <= count; number++) {
          urls.push(await little(await api.preview(id, { ...look, strength: 1, alternative: number })));
        }
        return urls;
      });
      if (photo.ideas.length > 1) say(t("ideasFound", { count: photo.ideas.length }));
      else report(t("noIdea"));
    } catch (error) {
      report(error);
    }
    this.ask.ariaBusy = null;
    this.draw(this.#photo);
  }
}

async function little(blob) {
  const picture = await createImageBitmap(blob);
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.min(picture.width, picture.height));
  const paper = new OffscreenCanvas(Math.ceil(picture.width * scale), Math.ceil(picture.height * scale));
  paper.getContext("2d").drawImage(picture, 0, 0, paper.width, paper.height);
  picture.close();
  return URL.createObjectURL(await paper.convertToBlob({ type: "image/jpeg" }));
}
