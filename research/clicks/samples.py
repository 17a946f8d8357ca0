"""Clicks on photos out of shards and of Clothing Co-Parsing, aged or not, with what is known of each."""

import io
import random
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from evidence import STRIDE, Look, open_generator
from numpy.typing import NDArray
from PIL import Image
from things import Mask, Pixels, choose_things, find_colored_things, labeled_photos

from colorify.color import rgb_to_lab
from colorify.hints import Hint, number_hints
from colorify.model.generator import Generator
from colorify.model.geodesic import geodesic_distances
from colorify.model.hint_regions import find_regions
from colorify.model.predict import MARGIN
from colorify.training.data.augment import degrade

FloatArray = NDArray[np.float32]
Halves = NDArray[np.float16]

SHORT, LONG = 320, 448  # px, of a sub-zone as the generator sees it
MULTIPLE: Final = 32  # px
CLICKS: Final = 8  # of a photo, at most
LABELED_SHARE: Final = 0.5  # of the photos
AGED_SHARE: Final = 0.65
LEAST_LABELED, LEAST_COLORED = 0.3, 0.45  # share of a side that a sub-zone has at least; labelled photos are larger
MIN_PHOTO_PX: Final = 128
# sets of the shards that are mostly of people and their things; of others three in ten are taken
PEOPLE: Final = {
    "idenprof",
    "har18k",
    "msed",
    "multim_poem",
    "banglalekha",
    "ethnic_costume",
    "world_dress",
    "unsplash_search",
    "ava",
    "instruments",
    "flickr_mix",
    "clothing",
    "fsa_kodachrome",
    "masked_people",
    "blip_cc",
    "street_art",
    "indian_dance",
    "nobel_colour",
    "african_fashion",
    "houses",
    "nyu_daquar",
}


@dataclass(frozen=True)
class Sample:
    """A photo and k clicks on it. Planes are (..., C, h, w), masks (k, h, w), of cells."""

    planes: Halves
    features: list[Halves]
    evidence: Halves
    inside: Mask
    judged: Mask
    skin: Mask
    seeds: Mask
    regions: Mask  # of the rule
    labeled: bool


def make_sample(
    generator: Generator, rgb: Pixels, labels: Pixels | None, folder: Path, rng: random.Random, *, aged: float
) -> Sample | None:
    """Click on a part of a photo; None: nothing on it is clear enough. `aged`: how likely it is made old."""
    rgb, labels = _cut(rgb, labels, rng)
    lab = rgb_to_lab(rgb / np.float32(255)).astype(np.float32)
    found = find_colored_things(lab) if labels is None else labeled_photos(folder).find_things(labels)
    if not found:
        return None
    look = Look(generator.encode(_age(lab, rng) if rng.random() < aged else np.ascontiguousarray(lab[:, :, 0])))
    things = choose_things(found, CLICKS, rng)
    seeds = np.stack([_click(thing.start, rng) for thing in things])
    made, skin = look.encoded.unguided(), look.skin
    ways = [geodesic_distances(seed[None], look.L, made.likeness.unlike_neighbors) for seed in seeds]
    rules = [
        find_regions(seed[None], way, made.likeness, skin) for seed, way in zip(seeds, ways, strict=True)
    ]  # each as if it were the only one
    distance, rule = np.concatenate(ways), np.concatenate(rules)
    inside = np.stack([_cells(thing.inside) > 0.6 for thing in things])
    return Sample(
        planes=_halve(look.planes()),
        features=[_halve(plane) for plane in look.features()],
        evidence=_halve(look.weigh(seeds, distance, rule)),
        inside=inside,
        judged=inside | np.stack([_cells(thing.outside) > 0.9 for thing in things]),
        skin=np.stack([_cells(thing.skin) > 0.6 for thing in things]),
        seeds=seeds,
        regions=np.isfinite(rule),
        labeled=labels is not None,
    )


def _cut(rgb: Pixels, labels: Pixels | None, rng: random.Random) -> tuple[Pixels, Pixels | None]:
    """Return a part of a photo at the scale of the generator, mirrored or not."""
    h, w = rgb.shape[:2]
    zoom = rng.uniform(LEAST_COLORED if labels is None else LEAST_LABELED, 1)
    high, wide = (int(side * min(1.0, zoom * rng.uniform(0.9, 1.25))) for side in (h, w))
    short = min(high, wide)
    high, wide = (min(side, int(short * LONG / SHORT)) for side in (high, wide))
    top, left = rng.randint(0, h - high), rng.randint(0, w - wide)
    size = [max(SHORT, round(side * SHORT / short) // MULTIPLE * MULTIPLE) for side in (wide, high)]
    smooth = cv2.INTER_AREA if short > SHORT else cv2.INTER_CUBIC
    turn = slice(None, None, -1 if rng.random() < 0.5 else 1)

    def cut(plane: Pixels, how: int) -> Pixels:
        part = plane[top : top + high, left : left + wide]
        return np.ascontiguousarray(cv2.resize(part, size, interpolation=how)[:, turn])

    return cut(rgb, smooth), None if labels is None else cut(labels, cv2.INTER_NEAREST)


def _age(lab: FloatArray, rng: random.Random) -> FloatArray:
    """Return L of an old print of it: (H, W)."""
    h, w, _ = lab.shape
    side = max(h, w)  # ageing takes squares
    square = np.pad(lab, ((0, side - h), (0, side - w), (0, 0)), mode="edge").transpose(2, 0, 1)
    planes = torch.from_numpy(np.ascontiguousarray(square))[None]
    seed = torch.Generator().manual_seed(rng.getrandbits(31))
    with torch.no_grad():
        old = degrade(planes[:, :1], planes[:, 1:], 1.0, seed)
    return np.ascontiguousarray(old[0, 0, :h, :w].numpy(), np.float32)


def _click(start: Mask, rng: random.Random) -> Mask:
    """Return the cells of a click somewhere in there."""
    rows, columns = np.nonzero(start)
    at, size = rng.randrange(len(rows)), start.shape[::-1]
    hint = Hint(int(columns[at]), int(rows[at]), "#ff0000")
    return number_hints([hint], photo=size, small=size, stride=STRIDE, margin=MARGIN) == 0


def _cells(mask: Mask) -> FloatArray:
    h, w = mask.shape
    return mask.reshape(h // STRIDE, STRIDE, w // STRIDE, STRIDE).mean(axis=(1, 3), dtype=np.float32)


def _halve(planes: FloatArray) -> Halves:
    """Bring channels forward, in half precision."""
    return np.ascontiguousarray(np.moveaxis(planes, -1, -3), np.float16)


def iterate_photos(shards: Sequence[Path], folder: Path, rng: random.Random) -> Iterator[tuple[Pixels, Pixels | None]]:
    """Yield photos, and the labels of those that have some, without end."""
    labeled = labeled_photos(folder)
    while True:
        for rgb in read_shard(rng.choice(shards), rng):
            while rng.random() < LABELED_SHARE / 2:  # not each photo of a shard has a thing on it
                yield labeled.read(rng.choice(labeled.numbers))
            yield rgb, None


def read_shard(shard: Path, rng: random.Random) -> Iterator[Pixels]:
    """Yield photos of a shard, those of people mostly; none of those that are labelled."""
    with tarfile.open(shard) as tar:
        for member in tar:
            name, _, _ = member.name.rpartition("-")
            file = tar.extractfile(member)
            picture = member.name.endswith((".jpg", ".webp"))
            if file is None or not picture or name == "ccp_street" or rng.random() > (0.9 if name in PEOPLE else 0.3):
                continue
            rgb = np.asarray(Image.open(io.BytesIO(file.read())).convert("RGB"))
            if min(rgb.shape[:2]) >= MIN_PHOTO_PX:
                yield rgb


def work(queue: Any, shards: Sequence[Path], folder: Path, seed: int) -> None:
    """Put samples into a queue, without end: what a worker does."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rng, generator = random.Random(seed), open_generator()
    for rgb, labels in iterate_photos(shards, folder, rng):
        sample = make_sample(generator, rgb, labels, folder, rng, aged=AGED_SHARE)
        if sample is not None:
            queue.put(sample)
