// The photograph on the start page: it colours itself under the pointer; where there is none, by and by.

const print = document.getElementById("print");
const photo = print.querySelector(".print-photo");

print.addEventListener("pointermove", (event) => {
  if (event.pointerType !== "mouse") return;
  const { left, width } = photo.getBoundingClientRect();
  show(Math.min(1, Math.max(0, (event.clientX - left) / width)));
});
print.addEventListener("pointerleave", () => print.classList.remove("led"));

function show(part) {
  print.classList.add("led");
  photo.style.setProperty("--part", `${100 * part}%`);
}
