"""Colour a numpy array: grey floats of 0..1 in, colours of the same type out, the brightness as it was."""

import numpy as np

from colorify import Colorizer
from colorify.color import rgb_to_lab

height, width = 240, 320
sky = np.linspace(0.9, 0.6, height // 2)[:, None]  # from the top down to the horizon
ground = np.linspace(0.3, 0.45, height // 2)[:, None]
gray = np.concatenate([sky, ground]) * np.ones((1, width))  # (240, 320) float64, sRGB of 0..1

colored = Colorizer().colorize(gray)  # (240, 320, 3) float64, sRGB of 0..1
before = rgb_to_lab(np.repeat(gray[:, :, None], 3, axis=2).astype(np.float32))[..., 0]
after = rgb_to_lab(colored.astype(np.float32))[..., 0]

print(f"{gray.shape} of {gray.dtype} -> {colored.shape} of {colored.dtype}")
print(f"the brightness L, 0 to 100, moved by {np.abs(after - before).max():.3f} at most")
