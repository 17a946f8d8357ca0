"""How exact the L of a result is, format by format, depth by depth and profile by profile; and its alpha.

python bench/fidelity.py            # prints the tables of docs/fidelity.md; a minute

Photos are made of the samples, coloured by the embedded generator, and read again by libvips. The L of both
is computed here, in double precision, from the published numbers of each space, and by none of our tables.
"""

import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image

from colorify import Colorizer
from colorify.color import RGB_TO_XYZ, WHITE
from colorify.images.formats import FORMATS, Format
from colorify.images.icc import D50, adaptation_matrix, make_profile
from colorify.images.rgb_space import standard_profile

SAMPLE: Final = Path(__file__).parent.parent / "samples" / "astronaut.jpg"
HALF_A_STEP: Final = 0.255  # of L: half a step of 8 bits in the curve of sRGB, where it is widest
A_4096TH: Final = 100 / 4096  # of the range of L
LOSSLESS: Final = {"webp": {"lossless": True, "exact": True}, "avif": {"lossless": True}}
STEPS: Final = 1024  # of the curve of a grey profile

Light = Callable[[NDArray[np.float64]], NDArray[np.float64]]  # codes 0..1 (h, w, bands) -> Y 0..1 (h, w)


@dataclass(frozen=True)
class Kind:
    """A photo by what its codes mean."""

    name: str
    bands: int
    profile: bytes | None
    light: Light


def main() -> None:
    """Print both tables."""
    colorizer = Colorizer()
    print("| format | bits | codes of | median error of L | 99.9 % | largest | within bounds |")
    print("|---|---|---|---|---|---|---|")
    for row in FORMATS:
        for depth in (8, 16) if row.max_depth > 8 else (8,):
            for kind in KINDS:
                if depth == 16 and not row.has_grey and kind.bands == 1 and kind.profile is not None:
                    continue  # nothing at hand writes such a file
                errors = errors_of_l(colorizer, row, depth, kind)
                print(f"| {row} | {depth} | {kind.name} | {errors} |", flush=True)
    print("\n| format | bits | quality | largest error of alpha, in steps of 8 bits |")
    print("|---|---|---|---|")
    for row in (row for row in FORMATS if row.has_alpha):
        for quality in (None, 100) if row.quality is not None else (None,):
            error = error_of_alpha(colorizer, row, quality)
            print(f"| {row} | 8 | {quality or row.quality or 'lossless'} | {error} |", flush=True)


def errors_of_l(colorizer: Colorizer, row: Format, depth: int, kind: Kind) -> str:
    """Colour one photo and compare."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = (Path(folder) / f"{name}{row.suffixes[0]}" for name in ("in", "out"))
        write(source, scene(depth, kind.bands), kind.profile, LOSSLESS.get(row.name, {}))
        colorizer.colorize_file(source, target, quality=100 if row.quality is not None else None)
        before, after = (
            lightness(kind.light(codes(source)[..., : kind.bands])),
            lightness(srgb(codes(target))),
        )
    error = np.abs(after - before)
    bound = A_4096TH if depth == 16 else HALF_A_STEP
    share = 100 * np.mean(error <= bound)
    return f"{np.median(error):.4f} | {np.percentile(error, 99.9):.4f} | {error.max():.3f} | {share:.2f} %"


def error_of_alpha(colorizer: Colorizer, row: Format, quality: int | None) -> int:
    """Colour a photo whose alpha is a ramp with a hard edge."""
    pixels = np.concatenate([scene(8, 1), np.zeros_like(scene(8, 1))], axis=2)
    pixels[:, :, 1] = np.arange(pixels.shape[1]) // 2
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.png", Path(folder) / f"out{row.suffixes[0]}"
        write(source, pixels, None, {})
        colorizer.colorize_file(source, target, quality=quality)
        found = pyvips.Image.new_from_file(str(target)).numpy()[:, :, -1]
    return int(np.abs(found.astype(int) - pixels[:, :, 1]).max())


def scene(depth: int, bands: int) -> NDArray[Any]:
    """Return the sample with 8 or 16 bits; in colour its channels are turned, so that all colours occur."""
    grey = pyvips.Image.new_from_file(str(SAMPLE)).numpy().reshape(512, 512)
    planes = np.stack([grey, grey[::-1], grey[:, ::-1]][:bands], axis=-1)
    if depth == 8:
        return planes
    grain = np.random.default_rng(0).integers(0, 257, planes.shape)
    return (planes.astype(np.uint32) * 256 + grain.clip(0, 255)).astype(np.uint16)


def write(path: Path, pixels: NDArray[Any], profile: bytes | None, options: dict[str, Any]) -> None:
    if path.suffix in (".webp", ".avif") and profile is not None and pixels.shape[2] == 1:
        # libvips would leave the profile out, as it has made RGB of the grey
        Image.fromarray(pixels[:, :, 0]).save(path, lossless=True, quality=100, icc_profile=profile)
        return
    names = ("b-w", "grey16") if pixels.shape[2] < 3 else ("srgb", "rgb16")
    image = pyvips.Image.new_from_array(pixels).copy(interpretation=names[pixels.dtype == np.uint16])
    if profile is not None:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    image.write_to_file(str(path), **options)


def codes(path: Path) -> NDArray[np.float64]:
    pixels = pyvips.Image.new_from_file(str(path), revalidate=True).numpy()
    return np.atleast_3d(pixels) / np.iinfo(pixels.dtype).max


def srgb(values: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return linear[..., 0] if values.shape[2] == 1 else linear @ RGB_TO_XYZ[1]


def lightness(Y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(Y > 216 / 24389, 116 * np.cbrt(Y) - 16, 24389 / 27 * Y)


def dot_gain(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ink that spreads by 20 % where half of the paper is covered."""
    ink = 1 - values
    return 1 - ink - 4 * 0.2 * ink * (1 - ink)


def grey_profile(curve: Light) -> bytes:
    """Make an ICC profile of grey, version 2.4, whose curve has STEPS points."""
    points = np.rint(curve(np.linspace(0, 1, STEPS)) * 65535).astype(">u2").tobytes()
    white = struct.pack(">3i", 63190, 65536, 54061)
    tags = [
        (b"desc", b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(79)),
        (b"cprt", b"text" + bytes(4) + b"CC0\0"),
        (b"wtpt", b"XYZ " + bytes(4) + white),
        (b"kTRC", b"curv" + bytes(4) + struct.pack(">I", STEPS) + points),
    ]
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, data in tags:
        table += tag + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I4xI", start + len(body), 0x02400000) + b"mntrGRAYXYZ "
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + white
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def by_primaries(to_d65: NDArray[np.float64], gamma: float) -> Light:
    return lambda values: values**gamma @ (to_d65[1] / to_d65[1].sum())


# as published: Adobe RGB (1998) 4.3.5.3; ROMM RGB, ISO 22028-2, whose white is D50
ADOBE: Final = np.array(
    [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
)
ROMM: Final = adaptation_matrix(D50, WHITE) @ [
    [0.7977, 0.1352, 0.0313],
    [0.2880, 0.7119, 0.0001],
    [0.0, 0.0, 0.8249],
]
KINDS: Final = (
    Kind("grey", 1, None, srgb),
    Kind("grey, gamma 1.8", 1, grey_profile(lambda x: x**1.8), lambda x: x[..., 0] ** 1.8),
    Kind("grey, gamma 2.2", 1, grey_profile(lambda x: x**2.2), lambda x: x[..., 0] ** 2.2),
    Kind("grey, dot gain 20 %", 1, grey_profile(dot_gain), lambda x: dot_gain(x[..., 0])),
    Kind("sRGB", 3, None, srgb),
    Kind("Adobe RGB", 3, standard_profile("adobe"), by_primaries(ADOBE, 563 / 256)),
    Kind("ProPhoto RGB", 3, make_profile("ROMM", to_d65=ROMM, gamma=1.8), by_primaries(ROMM, 461 / 256)),
)


if __name__ == "__main__":
    main()
