// A word for a colour: for tooltips, for screen readers, and for those who cannot tell red from green.

import { t } from "./language.js";

const HUES = [
  [15, "red"], [40, "orange"], [65, "yellow"], [85, "lime"], [160, "green"],
  [195, "teal"], [255, "blue"], [290, "violet"], [335, "pink"], [360, "red"],
];

/** Return such as "dark dull orange" for "#rrggbb". */
export function nameOf(color) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  const [low, high] = [Math.min(r, g, b), Math.max(r, g, b)];
  const light = (low + high) / 2;
  const spread = high - low;
  const shaded = (name) => {
    if (light < 0.3) return t("darkColor", { color: name });
    return light > 0.72 ? t("lightColor", { color: name }) : name;
  };
  if (spread < 0.07) return shaded(t("greyColor"));
  const sector = high === r ? (g - b) / spread : high === g ? 2 + (b - r) / spread : 4 + (r - g) / spread;
  const hue = (60 * sector + 360) % 360;
  const name = HUES.find(([end]) => hue <= end)[1];
  const brown = name === "orange" && light < 0.5 && spread < 0.6;
  const said = t(brown ? "brown" : name);
  return shaded(!brown && spread < 0.25 ? t("dullColor", { color: said }) : said);
}
