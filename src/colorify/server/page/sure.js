// Where the generator is unsure: a veil over the grey photo, denser where it is less sure than elsewhere in it.

const VEIL = [214, 84, 0]; // the colour of --unsure
const MAX_ALPHA = 0.72; // alpha

/** Draw a grey PNG of confidence (0 black, 1 white) as a veil on `canvas`. */
export async function drawUnsure(canvas, blob) {
  const picture = await createImageBitmap(blob);
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  picture.close();
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  const [low, high] = range(image.data);
  for (let at = 0; at < image.data.length; at += 4) {
    const unsure = 1 - Math.min(1, Math.max(0, (image.data[at] - low) / (high - low || 1)));
    image.data.set(VEIL, at);
    image.data[at + 3] = 255 * MAX_ALPHA * unsure ** 2; // so that what is surer than most stays clear
  }
  context.putImageData(image, 0, 0);
}

/** Return between which values most of the picture lies, the 3rd and the 97th percentile: but for what a person set. */
function range(data) {
  const values = [];
  for (let at = 0; at < data.length; at += 4) if (data[at] < 255) values.push(data[at]);
  values.sort((a, b) => a - b);
  return [values[Math.floor(values.length * 0.03)] ?? 0, values[Math.floor(values.length * 0.97)] ?? 255];
}
