"""How well `colorify data screen` tells photos from the rest: precision and recall against known labels.

The labelled set is made here from shards of colour photos: a part of them is left as it is, the others are
given one fault each. Usage: python bench/screen.py SHARD.tar...
"""

import tempfile
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path

import click
import numpy as np
import pyvips
from clock import print_machine
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from colorify.color import lab_to_linear, linear_to_srgb
from colorify.dataset.screen import screen
from colorify.dataset.screening_rules import OTHER_REASONS, RULES, Thresholds
from colorify.dataset.shard_reader import read_members
from colorify.pixels import pixels_to_lab

Rgb = NDArray[np.uint8]  # (H, W, 3), sRGB

TONES = ((1.0, 0.86, 0.66), (1.0, 0.93, 0.8), (0.9, 0.95, 1.0), (1.0, 0.8, 0.55))
LEVELS = (255, 0, 240, 30)  # of borders
SENTENCE = "The quick brown fox jumps over the lazy dog and writes a long letter about it. "


def grey(pixels: Rgb, number: int) -> Rgb:
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    return np.repeat(luma.round().astype(np.uint8)[..., None], 3, axis=2)


def tinted(pixels: Rgb, number: int) -> Rgb:
    light = grey(pixels, number) * np.array(TONES[number % 4])
    if number % 2:  # a faded print has neither black nor white
        light = 40 + light * 0.75
    return np.clip(light, 0, 255).astype(np.uint8)


def saturated(pixels: Rgb, number: int) -> Rgb:
    lab = pixels_to_lab(pixels)
    lab[..., 1:] *= 3
    return (linear_to_srgb(lab_to_linear(lab)) * 255).round().astype(np.uint8)


def border(pixels: Rgb, number: int) -> Rgb:
    height, width = pixels.shape[:2]
    share = 0.02 + 0.1 * (number % 10) / 10
    y, x = (0 if number % 3 == 0 else max(2, int(share * height))), max(2, int(share * width))
    return np.pad(pixels, ((y, y), (x, x), (0, 0)), constant_values=LEVELS[number % 4])


def twin(pixels: Rgb, number: int) -> Rgb:
    return np.asarray(pyvips.Image.new_from_array(pixels).resize(0.6 + 0.05 * (number % 7)).numpy())


def drawing(pixels: Rgb, number: int) -> Rgb:
    rng = np.random.default_rng(number)
    canvas = Image.new("RGB", (400, 300), tuple(int(v) for v in rng.integers(120, 256, 3)))
    draw = ImageDraw.Draw(canvas)
    if number % 2:
        for line in range(18):
            draw.text((14, 10 + 16 * line), (SENTENCE * 2)[line : line + 60], fill=(20, 20, 30))
    else:
        for _ in range(9):
            x, y, w, h = (int(v) for v in rng.integers(10, 250, 4))
            draw.ellipse((x, y, x + w, y + h), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    return np.asarray(canvas)


FAULTS: dict[str, Callable[[Rgb, int], Rgb]] = {
    "grey": grey,
    "tinted": tinted,
    "drawing": drawing,
    "saturated": saturated,
    "border": border,
    "twin": twin,
}


@click.command()
@click.argument("shards", nargs=-1, required=True)
@click.option("--faulty", default=100, show_default=True, help="Pictures of each fault.")
@click.option("--photos", default=900, show_default=True, help="Photos left as they are.")
@click.option("--sheets", type=click.Path(path_type=Path), help="Keep the pictures and contact sheets there.")
def main(shards: tuple[str, ...], faulty: int, photos: int, sheets: Path | None) -> None:
    """Make the labelled set, screen it, print the table."""
    print_machine()
    with tempfile.TemporaryDirectory() as temporary:
        folder = sheets or Path(temporary)
        make_set(folder, shards, faulty, photos)
        # the photos of training shards are small already
        verdicts = screen(folder, Thresholds(min_side=64))
    print_table([(v.source.path.partition("/")[0], set(v.reasons)) for v in verdicts])


def make_set(folder: Path, shards: tuple[str, ...], faulty: int, photos: int) -> None:
    members = islice(chain.from_iterable(map(read_members, shards)), photos + faulty * (len(FAULTS) - 1))
    for number, (key, data) in enumerate(members):
        pixels = pyvips.Image.new_from_buffer(data, "").extract_band(0, n=3).numpy()
        if number < photos:
            write(folder / "photo" / f"{key}.webp", data)
            if number < faulty:
                write(folder / "twin" / f"{key}.jpg", jpeg(twin(pixels, number), 75))
            continue
        name = [fault for fault in FAULTS if fault != "twin"][(number - photos) // faulty]
        write(folder / name / f"{key}.jpg", jpeg(FAULTS[name](pixels, number), 75 + number % 20))


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def jpeg(pixels: Rgb, quality: int) -> bytes:
    return bytes(pyvips.Image.new_from_array(np.ascontiguousarray(pixels)).jpegsave_buffer(Q=quality))


def print_table(found: list[tuple[str, set[str]]]) -> None:
    print(f"{'reason':10} {'labelled':>9} {'found':>6} {'recall':>7} {'false':>6} {'precision':>10}")
    for reason in [row.name for row in RULES] + list(OTHER_REASONS):
        labelled = [reasons for label, reasons in found if label == reason]
        if labelled:
            hits = sum(reason in reasons for reasons in labelled)
            # grey and tinted are one question: is there colour?
            false = sum(reason in reasons for label, reasons in found if label == "photo")
            precision = hits / max(1, hits + false)
            recall = hits / len(labelled)
            print(f"{reason:10} {len(labelled):9} {hits:6} {recall:7.1%} {false:6} {precision:10.1%}")
    photos = [reasons for label, reasons in found if label == "photo"]
    faults = [reasons for label, reasons in found if label != "photo"]
    print(f"photos kept {sum(not reasons for reasons in photos)} of {len(photos)}")
    print(
        f"faulty rejected, for whatever reason, {sum(bool(reasons) for reasons in faults)} of {len(faults)}"
    )


if __name__ == "__main__":
    main()
