// Light or dark: as the device has it, until the button says otherwise.

import { t } from "./language.js";

const button = document.getElementById("theme");
const root = document.documentElement;
const device = matchMedia("(prefers-color-scheme: dark)");
const theme = () => root.dataset.theme || (device.matches ? "dark" : "light");

function draw() {
  button.textContent = theme() === "dark" ? "☀" : "☾";
  button.title = t(theme() === "dark" ? "lightTheme" : "darkTheme");
}

button.onclick = () => {
  root.dataset.theme = theme() === "dark" ? "light" : "dark";
  draw();
};
device.addEventListener("change", draw);
draw();
