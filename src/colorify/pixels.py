"""Samples of 8 and 16 bits: from one depth to the other, and to Lab, bytes of Lab and #RRGGBB.

All is done on small arrays: pictures at full size are converted by libvips and by `render.compose`.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import FloatArray, rgb_to_lab

Pixels = NDArray[Any]  # uint8 or uint16
LabBytes = NDArray[np.uint8]  # (H, W, 3): L * 2.55, a + 128, b + 128

MAX_16_BIT: Final = 65_535
CODES_16_PER_8: Final = 257  # codes of 16 bits between two of 8
# of LabBytes: what a sample of a shard is kept as. libvips makes them where shards are read, and torch reads
# them on the device; tests hold both to `encode_lab` and `decode_lab`
LAB_BYTE_SCALE: Final = (2.55, 1.0, 1.0)
LAB_BYTE_OFFSET: Final = (0.0, 128.0, 128.0)


def to_8_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """Round each sample of uint8 or uint16 to the nearest of 8 bits. Any shape."""
    if pixels.dtype == np.uint8:
        return pixels
    nearest = (pixels.astype(np.uint32) + CODES_16_PER_8 // 2) // CODES_16_PER_8  # odd, so that nothing ties
    return nearest.astype(np.uint8)


def to_16_bits(pixels: Pixels) -> NDArray[np.uint16]:
    """Widen each sample of uint8 or uint16 to 16 bits; `to_8_bits` gives it back exactly. Any shape."""
    if pixels.dtype == np.uint16:
        return pixels
    return pixels.astype(np.uint16) * np.uint16(CODES_16_PER_8)


def to_rgb8(pixels: Pixels) -> NDArray[np.uint8]:
    """Turn (h, w, 1 or more) of 8 or 16 bits into (h, w, 3) of 8: grey becomes RGB, alpha is dropped."""
    color = pixels[:, :, : 3 if pixels.shape[2] >= 3 else 1]
    return np.ascontiguousarray(np.broadcast_to(to_8_bits(color), (*pixels.shape[:2], 3)))


def pixels_to_lab(pixels: Pixels) -> FloatArray:
    """Convert sRGB, (..., 1 or 3) of 8 or 16 bits, to Lab.

    Returns (..., 3) float32: L 0..100, a and b about -110..110.
    """
    full = np.float32(np.iinfo(pixels.dtype).max)
    return rgb_to_lab(np.broadcast_to(pixels.astype(np.float32) / full, (*pixels.shape[:-1], 3)))


def encode_lab(lab: FloatArray) -> LabBytes:
    """Round Lab, (..., 3), to bytes."""
    scaled = lab * np.array(LAB_BYTE_SCALE) + np.array(LAB_BYTE_OFFSET)
    codes: LabBytes = np.rint(scaled).clip(0, 255).astype(np.uint8)
    return codes


def decode_lab(codes: LabBytes) -> FloatArray:
    """Turn bytes of Lab, (..., 3), into Lab: float32."""
    offset, scale = np.array(LAB_BYTE_OFFSET, np.float32), np.array(LAB_BYTE_SCALE, np.float32)
    return np.asarray((codes.astype(np.float32) - offset) / scale, np.float32)


def are_neutral(pixels: Pixels) -> bool:
    """Whether red, green and blue are one number in all of (h, w, 3), as in most scans in black and white."""
    red, green, blue = (pixels[..., band] for band in range(3))
    middle = len(pixels) // 2  # a photo in colour shows it in any row
    if not np.array_equal(red[middle], green[middle]):
        return False
    return np.array_equal(red, green) and np.array_equal(red, blue)


def to_hex(rgb: FloatArray) -> str:
    """Write one colour, (3,) of 0..1, sRGB, as "#rrggbb"."""
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in rgb)
