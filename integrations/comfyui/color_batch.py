"""Colours a batch of images as ComfyUI passes them about: the part that knows nothing of ComfyUI.

An image batch is (B, H, W, C) float32, sRGB 0..1, C of 1, 3 or 4; a mask batch is (B, H, W) float32, 0..1.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorify import ColorifyError, Colorizer, Hint

FULL_SCALE: Final = 65535  # of 16 bits a sample: finer than the 8 bits that ComfyUI saves
LOADED_MODELS: Final = 2  # a workflow that compares two models keeps both


def color_batch(
    images: Tensor,
    *,
    strength: float = 1.0,
    vividness: float = 1.0,
    hints: str = "",
    model: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Tensor, Tensor]:
    """Colour each image of a batch; return the images, (B, H, W, 3), and how sure each colour is, (B, H, W).

    `strength`, `vividness`: 0..2, as `colorify` has them. `hints`: see `parse_hints`; for each image.
    `model`: path of a weights file; empty: the embedded one. `progress`: called after each image with
    how many are done, and of how many. The confidence is 0 (unsure) to 1. Raises ColorifyError.
    """
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4):
        raise ColorifyError(f"images: expected (B, H, W, 1, 3 or 4), found {tuple(images.shape)}.")
    colorizer, wanted = load_colorizer(model.strip()), parse_hints(hints)
    colored, sure = [], []
    for done, image in enumerate(images, 1):
        session = colorizer.open(to_pixels(image))
        pixels = session.colorize(strength=strength, vividness=vividness, hints=wanted)
        colored.append(from_pixels(pixels[:, :, :3]))
        sure.append(torch.from_numpy(session.confidence(vividness=vividness, hints=wanted)))
        if progress is not None:
            progress(done, len(images))
    return torch.stack(colored), torch.stack(sure)


def parse_hints(text: str) -> tuple[Hint, ...]:
    """Read hints, one a line or between semicolons: `X,Y,COLOR[,RADIUS][,+REACH]`, px or percent.

    Raises ColorifyError where a line is none, and says which.
    """
    lines = [line.strip() for line in text.replace(";", "\n").splitlines()]
    return tuple(_parse_hint(line) for line in lines if line)


def to_pixels(image: Tensor) -> NDArray[np.uint16]:
    """Return an image of a batch, (H, W, C) 0..1, as pixels that Colorify takes: 16 bits, without alpha."""
    values = image[..., :3].detach().to("cpu", torch.float32).clamp(0, 1).numpy()
    return np.round(values * FULL_SCALE).astype(np.uint16)


def from_pixels(pixels: NDArray[Any]) -> Tensor:
    """Return pixels of Colorify, (H, W, 3) uint16, as an image of a batch: float32, 0..1."""
    return torch.from_numpy(pixels.astype(np.float32) / np.float32(FULL_SCALE))


@lru_cache(LOADED_MODELS)
def load_colorizer(model: str) -> Colorizer:
    """Return a colorizer that is loaded once. `model`: a weights file; empty: the embedded one."""
    return Colorizer(model or None)


def _parse_hint(line: str) -> Hint:
    parts = [part.strip() for part in line.split(",")]
    reach = parts.pop() if len(parts) > 3 and parts[-1].startswith(("+", "-")) else "0"
    if len(parts) not in (3, 4):
        raise ColorifyError(f"hint {line!r}: expected X,Y,COLOR[,RADIUS][,+REACH]: 50%,30%,#7a1f2b.")
    x, y, color, radius = (*parts, "0")[:4]
    lengths = [_parse_length(text, line) for text in (x, y, radius, reach)]
    return Hint(lengths[0], lengths[1], color, lengths[2], lengths[3])  # type: ignore[arg-type]


def _parse_length(text: str, line: str) -> float | str:
    if text.endswith("%"):
        return text
    try:
        return float(text)
    except ValueError:
        raise ColorifyError(f"hint {line!r}: {text!r} is no number of px and no percent.") from None
