"""The two folders that `bench/hints.py` takes: the same photos on every machine.

python bench_set.py CCP EVAL INTO    # a checkout of bearpaw/clothing-co-parsing; photos/eval; LABELED and CLUSTERED

INTO/labeled: 40 of the labelled photos that nothing is learned from, each with its largest garment. INTO/clustered:
every third photo of EVAL/coco and every second of EVAL/bsds; `bench/regions.py` finds the thing by its colour.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from things import GAP_PX, Labeled, Mask, Pixels, grow, pieces_of, regions, shrink

FIRST, COUNT = 48, 40  # of those held out; the ones before are what `train.py` looks at
MIN_GARMENT, MIN_PIECE = 0.03, 0.02  # shares of the picture
NO_GARMENTS: Final = ("skin", "hair")
EVERY: Final = {"coco": 3, "bsds": 2}


def main(folder: Path, known: Path, into: Path) -> None:
    """Write both folders anew."""
    labeled, others = into / "labeled", into / "clustered"
    for room in (labeled, others):
        room.mkdir(parents=True)
    source = Labeled(folder)
    for number in source.held_out[FIRST:]:
        garment = find_garment(source, source.read(number)[1])
        if garment is not None and len(list(labeled.glob("*.png"))) < COUNT:
            cv2.imwrite(str(labeled / f"{number:04d}.png"), garment)
            shutil.copy(folder / f"photos/{number:04d}.jpg", labeled)
    for name, step in EVERY.items():
        for path in sorted((known / name).iterdir())[::step]:
            shutil.copy(path, others / f"{name}-{path.name}")


def find_garment(source: Labeled, labels: Pixels) -> Pixels | None:
    """Return a picture of labels as `bench/regions.py` reads it, of the largest garment; None: it is small."""
    best: tuple[Mask, int] | None = None
    for label in np.unique(labels[labels > 0]):
        if source.names[label] in NO_GARMENTS:
            continue
        mask = labels == label
        for piece in pieces_of(shrink(grow(mask, GAP_PX), GAP_PX), MIN_PIECE):
            if best is None or (mask & piece).sum() > best[0].sum():
                best = mask & piece, label
    if best is None or best[0].mean() < MIN_GARMENT:
        return None
    inside, label = best
    picture = np.full(labels.shape, regions.OTHER, np.uint8)
    picture[labels == source.skin] = regions.SKIN
    picture[(labels == label) & ~inside] = regions.UNJUDGED
    picture[inside] = regions.THING
    return picture


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
