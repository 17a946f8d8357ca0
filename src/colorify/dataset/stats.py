"""`stats`: what is in a set of shards, in numbers and as pictures."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.color import colorfulness, lab_to_rgb
from colorify.dataset.shard_reader import read_shards
from colorify.dataset.shard_writer import MANIFEST
from colorify.dataset.storage import write_whole
from colorify.errors import UsageError
from colorify.folders import own_folder
from colorify.images.contact_sheet import encode_png
from colorify.pixels import decode_lab

Counts = NDArray[np.int64]

STATS: Final = "stats.json"
AB_SIDE: Final = 256  # a and b in steps of one Lab unit, -128..127
COLORFULNESS_STEP: Final = 5  # of the bins
COLORFULNESS_BINS: Final = 40  # so up to 200
MAP_L: Final = 65.0  # at which the map shows its colours
MAP_REACH: Final = 100  # Lab units from the middle of the map to its edge
MAP_ZOOM: Final = 2  # px a Lab unit
BAR: Final = 12  # px a bin
BAR_HEIGHT: Final = 200  # px of the highest


@dataclass(frozen=True)
class Stats:
    """What is in a set of shards."""

    photos: dict[str, int]  # shard -> photos
    sides: dict[str, float]  # short side: smallest, median, largest; px
    colorfulness: dict[str, float]  # Hasler and Süsstrunk's: mean, 5 %, median, 95 %
    colorfulness_counts: tuple[int, ...]  # bins of 5, from 0
    mean_ab: tuple[float, float]  # Lab units
    licenses: dict[str, int]  # by the manifest


def gather_stats(
    folder: Path, *, report: Callable[[int, int], None] = lambda done, of: None
) -> tuple[Stats, Counts]:
    """Read all shards of `folder`.

    Returns the numbers and the histogram of ab, (256, 256) by a + 128 and b + 128. `report`: shards done,
    and in all. Raises UsageError where there are no shards.
    """
    shards = sorted(folder.glob("*.tar"))
    if not shards:
        raise UsageError(f"{folder}: no shards there. Make some: colorify data shard PHOTOS -o {folder}")
    photos: dict[str, int] = {}
    sides: list[int] = []
    values: list[float] = []
    histogram = np.zeros((AB_SIDE, AB_SIDE), dtype=np.int64)
    for number, shard in enumerate(shards):
        photos[shard.name] = 0
        for sample in read_shards([str(shard)]):
            photos[shard.name] += 1
            sides.append(min(sample.lab.shape[:2]))
            values.append(colorfulness(lab_to_rgb(decode_lab(sample.lab)) * np.float32(255)))
            codes = sample.lab[..., 1].astype(np.intp) * AB_SIDE + sample.lab[..., 2]
            histogram += np.bincount(codes.ravel(), minlength=AB_SIDE**2).reshape(AB_SIDE, AB_SIDE)
        report(number + 1, len(shards))
    if not values:
        raise UsageError(f"{folder}: the shards hold no photos. Is {shards[0]} one of colorify's?")
    return _summarize(folder, photos, sides, values, histogram), histogram


def write_stats(into: Path, stats: Stats, histogram: Counts) -> list[Path]:
    """Write stats.json, colorfulness.png and ab.png into `into`; return their paths.

    Raises UsageError where `into` holds anything else, SetupError where something cannot be written.
    """
    files = {
        STATS: json.dumps(asdict(stats), indent=1, ensure_ascii=False).encode(),
        "colorfulness.png": encode_png(draw_bars(stats.colorfulness_counts)),
        "ab.png": encode_png(draw_ab(histogram)),
    }
    with own_folder(into, STATS):
        _refuse_foreign(into / STATS)
        for name, data in files.items():
            write_whole(into / name, data)
    return [into / name for name in files]


def _refuse_foreign(path: Path) -> None:
    """Raise UsageError where there is another file of that common name."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.keys() != Stats.__dataclass_fields__.keys():
        raise UsageError(f"{path}: expected what colorify wrote, found another file. Give another --into.")


def draw_bars(counts: Sequence[int]) -> NDArray[np.uint8]:
    """Draw a histogram; a line under every tenth bin. (H, W, 3) uint8, sRGB."""
    page = np.full((BAR_HEIGHT + 12, len(counts) * BAR, 3), 255, np.uint8)
    for i, count in enumerate(counts):
        height = round(BAR_HEIGHT * count / max(1, *counts))
        page[BAR_HEIGHT - height : BAR_HEIGHT, i * BAR + 1 : (i + 1) * BAR - 1] = (60, 90, 150)
        if i % 10 == 0:
            page[BAR_HEIGHT + 2 :, i * BAR : i * BAR + 2] = 0
    page[BAR_HEIGHT : BAR_HEIGHT + 2] = 0
    return page


def draw_ab(histogram: Counts) -> NDArray[np.uint8]:
    """Draw the histogram of ab: a to the right, b upward, each in its colour, lighter the more often.

    Returns (H, W, 3) uint8, sRGB; lightness is logarithmic.
    """
    middle = AB_SIDE // 2
    part = histogram[middle - MAP_REACH : middle + MAP_REACH + 1, middle - MAP_REACH : middle + MAP_REACH + 1]
    share = np.log1p(part.T[::-1]) / max(1.0, float(np.log1p(histogram.max())))
    axis = np.arange(-MAP_REACH, MAP_REACH + 1, dtype=np.float32)
    lab = np.empty((*share.shape, 3), dtype=np.float32)
    lab[..., 0], lab[..., 1], lab[..., 2] = MAP_L, axis[None, :], axis[::-1, None]
    shown = (lab_to_rgb(lab) * share[..., None] * 255).round().astype(np.uint8)
    shown[MAP_REACH, :] = np.maximum(shown[MAP_REACH, :], 40)
    shown[:, MAP_REACH] = np.maximum(shown[:, MAP_REACH], 40)
    return shown.repeat(MAP_ZOOM, axis=0).repeat(MAP_ZOOM, axis=1)


def _summarize(
    folder: Path, photos: dict[str, int], sides: list[int], values: list[float], histogram: Counts
) -> Stats:
    bins = np.minimum(np.array(values) / COLORFULNESS_STEP, COLORFULNESS_BINS - 1).astype(np.intp)
    low, median, high = (float(value) for value in np.percentile(values, (5, 50, 95)))
    axis = np.arange(AB_SIDE) - AB_SIDE // 2
    total = histogram.sum()
    return Stats(
        photos=photos,
        sides={"smallest": min(sides), "median": float(np.median(sides)), "largest": max(sides)},
        colorfulness={"mean": float(np.mean(values)), "5 %": low, "median": median, "95 %": high},
        colorfulness_counts=tuple(int(n) for n in np.bincount(bins, minlength=COLORFULNESS_BINS)),
        mean_ab=(
            float((histogram.sum(axis=1) * axis).sum() / total),
            float((histogram.sum(axis=0) * axis).sum() / total),
        ),
        licenses=_licenses(folder),
    )


def _licenses(folder: Path) -> dict[str, int]:
    path = folder / MANIFEST
    if not path.exists():
        return {}  # shards from elsewhere
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return dict(Counter(manifest.get("licenses", {})).most_common())
