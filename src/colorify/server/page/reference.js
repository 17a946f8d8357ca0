// The colours of another photo: what both show gets the same colours.

import * as api from "./api.js";
import { t } from "./language.js";
import { report, wait } from "./notices.js";

const $ = (id) => document.getElementById(id);

export class Reference {
  /** `changed()`: the look of the photo on the stage is another one. */
  constructor(photos, changed) {
    this.photos = photos;
    this.changed = changed;
    $("reference").onclick = () => $("reference-file").click();
    $("reference-file").onchange = () => {
      const [file] = $("reference-file").files;
      $("reference-file").value = ""; // so that the same file can be chosen again
      if (file) this.use(file);
    };
    $("reference-remove").onclick = () => this.#set(photos.current, null);
  }

  draw(photo) {
    const reference = photo?.state === "ready" ? photo.looks.now.reference : null;
    if (!$("reference").ariaBusy) $("reference").disabled = photo?.state !== "ready";
    $("reference-used").hidden = !reference;
    $("reference-name").textContent = reference ? t("referenceFrom", { name: reference.name }) : "";
  }

  /** Take the colours of `file` for the photo on the stage. */
  async use(file) {
    const photo = this.photos.current;
    if (photo?.state !== "ready") return;
    const { name } = file;
    $("reference").disabled = true;
    $("reference").ariaBusy = "true";
    wait(t("comparing"));
    try {
      const hints = await photo.withSession((id) => api.match(id, file));
      if (hints.length) this.#set(photo, { name, hints });
      else report(t("referenceNone", { name }));
    } catch (error) {
      report(["bad-photo", "bad-value", "not-a-picture"].includes(error.kind) ? t("referenceGrey", { name }) : error);
    }
    wait("");
    $("reference").ariaBusy = null;
    this.draw(this.photos.current);
  }

  #set(photo, reference) {
    photo.looks.change({ reference });
    this.changed(photo);
  }
}
