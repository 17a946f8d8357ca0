"""Pictures made in code: photos of nothing in particular, and everything that is not a photo."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Rgb = NDArray[np.uint8]  # (H, W, 3), sRGB

WORDS = "The quick brown fox jumps over the lazy dog and writes a long letter about it. " * 4


def clouds(height: int, width: int, rng: np.random.Generator, power: float = 1.7) -> NDArray[np.float64]:
    """Noise with a falling spectrum like that of photographs; (height, width), mean 0, deviation 1."""
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    amplitude = 1 / np.maximum(np.hypot(fy, fx), 1 / max(height, width)) ** power
    spectrum = amplitude * np.exp(2j * np.pi * rng.random(amplitude.shape))
    plane = np.fft.irfft2(spectrum, (height, width))
    return np.asarray((plane - plane.mean()) / plane.std())


def photo(seed: int, *, height: int = 300, width: int = 400, color: float = 14.0) -> Rgb:
    """A picture with the statistics of a photo. `color`: deviation of a and b, Lab units."""
    from colorify.color import lab_to_rgb

    rng = np.random.default_rng(seed)
    L = np.clip(52 + 20 * clouds(height, width, rng, 1.4) + rng.normal(0, 1.2, (height, width)), 2, 98)
    a, b = (color * clouds(height, width, rng) for _ in range(2))
    lab = np.stack([L, a, b], axis=-1).astype(np.float32)
    return np.asarray((lab_to_rgb(lab) * 255).round(), dtype=np.uint8)


def grey(seed: int) -> Rgb:
    return np.repeat(photo(seed)[..., 1:2], 3, axis=2)


def sepia(seed: int, *, toning: tuple[float, float, float] = (1.0, 0.86, 0.66)) -> Rgb:
    light = photo(seed, color=0.0).astype(np.float64)
    return np.asarray(np.clip(light * toning, 0, 255), dtype=np.uint8)


def neon(seed: int) -> Rgb:
    return photo(seed, color=160.0)


def bordered(seed: int, *, share: float = 0.08, level: int = 250) -> Rgb:
    picture = photo(seed)
    height, width = picture.shape[:2]
    y, x = int(share * height), int(share * width)
    framed = np.full_like(picture, level)
    framed[y : height - y, x : width - x] = picture[y : height - y, x : width - x]
    return framed


def page_of_text(seed: int) -> Rgb:
    rng = np.random.default_rng(seed)
    canvas = Image.new("RGB", (400, 300), (255, 255, int(rng.integers(230, 256))))
    draw = ImageDraw.Draw(canvas)
    for line in range(18):
        start = int(rng.integers(0, 40))
        draw.text((14, 10 + 16 * line), WORDS[start : start + 60], fill=(20, 20, int(rng.integers(0, 120))))
    return np.asarray(canvas)


def drawing(seed: int) -> Rgb:
    rng = np.random.default_rng(seed)
    canvas = Image.new("RGB", (400, 300), tuple(int(v) for v in rng.integers(120, 255, 3)))
    draw = ImageDraw.Draw(canvas)
    for _ in range(9):
        x, y, w, h = (int(v) for v in rng.integers(10, 250, 4))
        fill = tuple(int(v) for v in rng.integers(0, 255, 3))
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + w // 2 + 5, y + h // 2 + 5), fill=fill, outline=(0, 0, 0))
    return np.asarray(canvas)


def jpeg(pixels: Rgb, *, quality: int = 90, **options: Any) -> bytes:
    return bytes(pyvips.Image.new_from_array(pixels).jpegsave_buffer(Q=quality, **options))


def png(pixels: Rgb) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def resized(pixels: Rgb, factor: float) -> Rgb:
    return np.asarray(pyvips.Image.new_from_array(pixels).resize(factor).numpy())


FAULTS: dict[str, Callable[[int], Rgb]] = {
    "grey": grey,
    "tinted": sepia,
    "drawing": drawing,
    "text": page_of_text,
    "saturated": neon,
    "bordered": bordered,
}


def near(hashes: list[int]) -> list[int]:
    """Make some close ones of each perceptual hash."""
    return [value ^ flip for value in hashes for flip in (0, 1 << 63, 0b1011 << 30, 0x7F << 3)]
