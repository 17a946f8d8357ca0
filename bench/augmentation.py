"""Make research/augmentation.md and its picture sheets, of everything that training does to a photo.

python bench/augmentation.py       # writes research/augmentation.md and research/images/augment-*.jpg

The pictures are from `samples/`, coloured by the embedded generator, as a true colour is needed for what film
makes of colours. The rows are those of the table in `training.data.augment`: a new one appears by itself.
"""

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyvips
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from colorify import Colorizer
from colorify.color import rgb_to_lab
from colorify.images.photo import open_photo
from colorify.pixels import encode_lab, to_rgb8
from colorify.training.data.augment import DAMAGE, SHARES, degrade, emulsion
from colorify.training.data.batches import Batch, random_zone, stack
from colorify.training.data.mounts import add_mounts
from colorify.training.lab import lab_to_rgb

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "research" / "augmentation.md"
PHOTOS = ("astronaut", "chelsea")  # a row of each sheet
PAGE_WIDTH = 116  # characters of a line
SHORT_SIDE = 256  # px, as in shards
SIDE_PX = 160  # px of a picture: a size of the recipes
DRAWS = 5  # pictures beside the original
GAP = 4  # px of white
SEED = 7

HEAD = f"""# Augmentation: what training does to a photo

Made by `python bench/augmentation.py`; do not edit. Left is the photo as it is, to the right five draws of
chance, all of {SIDE_PX} px: what is seen here is what the network sees.

A photo is first cut: a square sub-zone, and half of the zones are mirrored. A share (`mounted` in the recipe)
is put in a frame. Then a share (`aged`) is aged. Age acts on **L alone**: the network is given the damaged L,
and learns the clean colours. Each damage happens to a share of the aged photos, in the order of this page,
and draws its own strength for each photo. A recipe may choose:

```toml
zone = 0.7               # smallest sub-zone, share of the short side
mounted = 0.1            # share of the samples
aged = 0.4               # share of the samples

[damage]                 # share of the aged samples; what is left out keeps its share
grain = 0.8
```

## Sub-zones and mirror

70 to 100 % of the short side (`zone`), anywhere in the photo, perhaps mirrored.

![the photo, and five sub-zones](images/augment-zones.jpg)

## Mounts

A frame, a mount or an oval mask, each border up to 18 % of the side wide. It has no colour, and none is to be
learned.

![the photo, and five mounts](images/augment-mounts.jpg)
"""

Rgb = NDArray[np.uint8]  # (H, W, 3), sRGB
Lab = NDArray[np.uint8]  # (H, W, 3), bytes as in shards


def main() -> None:
    """Write the page and its sheets."""
    photos = [load(name) for name in PHOTOS]
    whole = [stack([center(lab)]) for lab in photos]
    save("zones", [[shown(batch), *zones(lab)] for batch, lab in zip(whole, photos, strict=True)])
    save("mounts", [[shown(batch), *mounts(batch)] for batch in whole])
    text = HEAD
    for name, help_, act in damages():
        colors = name in ("emulsion", "together")  # what these do depends on them
        save(name, [row(batch, act, colors=colors) for batch in whole])
        share = f"{SHARES[name]:.0%} of the aged photos. " if name in SHARES else ""
        words = textwrap.fill(f"{share}{help_}", PAGE_WIDTH)
        text += f"\n## {name.capitalize()}\n\n{words}\n\n![{name}](images/augment-{name}.jpg)\n"
    PAGE.write_text(text, encoding="utf-8")


def damages() -> Iterator[tuple[str, str, Callable[[Batch, Generator], Tensor]]]:
    """Name, explain and do each damage, and then all of them as training does."""
    yield "emulsion", first_line(emulsion), lambda batch, rng: emulsion(batch.L, batch.ab_at_L, rng)
    for damage, _ in DAMAGE:
        yield damage.__name__, first_line(damage), lambda batch, rng, act=damage: act(batch.L, rng)
    together = "All of it, each with its share: what an aged sample looks like."
    yield "together", together, lambda batch, rng: degrade(batch.L, batch.ab_at_L, 1.0, rng)


def first_line(act: Callable[..., Tensor]) -> str:
    return (act.__doc__ or "").splitlines()[0]


def row(batch: Batch, act: Callable[[Batch, Generator], Tensor], *, colors: bool) -> list[Rgb]:
    """L as it is, after the photo in its `colors` if wanted, and the draws."""
    drawn = [gray(act(batch, torch.Generator().manual_seed(SEED + draw))) for draw in range(DRAWS)]
    return [*([shown(batch)] if colors else []), gray(batch.L), *drawn]


def zones(lab: Lab) -> list[Rgb]:
    cut = (random_zone(lab, SIDE_PX, torch.Generator().manual_seed(SEED + draw)) for draw in range(DRAWS))
    return [shown(stack([zone])) for zone in cut]


def mounts(batch: Batch) -> list[Rgb]:
    return [
        shown(add_mounts(batch, 1.0, torch.Generator().manual_seed(SEED + draw))) for draw in range(DRAWS)
    ]


def load(name: str) -> Lab:
    """A sample with the colours that the embedded generator gives it, shrunk, as a shard holds it."""
    photo = open_photo(ROOT / "samples" / f"{name}.jpg")
    scale = SHORT_SIDE / min(photo.size)
    gray = to_rgb8(photo.shrink(*(round(side * scale) for side in photo.size)))
    lab = rgb_to_lab(Colorizer().colorize(gray).astype(np.float32) / np.float32(255))
    return encode_lab(lab)


def center(lab: Lab) -> Tensor:
    """The central square. Returns (3, SIDE_PX, SIDE_PX) uint8."""
    return random_zone(lab, SIDE_PX, torch.Generator().manual_seed(1), smallest=1.0)


def shown(batch: Batch) -> Rgb:
    return to_bytes(lab_to_rgb(batch.L, batch.ab_at_L))


def gray(L: Tensor) -> Rgb:
    L = L.clamp(0, 100)
    return to_bytes(lab_to_rgb(L, torch.zeros(1, 2, *L.shape[2:])))


def to_bytes(rgb: Tensor) -> Rgb:
    return (rgb[0] * 255).round().byte().permute(1, 2, 0).numpy()


def save(name: str, rows: list[list[Rgb]]) -> None:
    """Write a sheet: rows of pictures of one size, with white between them."""
    lines = []
    for pictures in rows:
        gap = np.full((SIDE_PX, GAP, 3), 255, np.uint8)
        spaced = [part for picture in pictures for part in (picture, gap)]
        line = np.concatenate(spaced[:-1], axis=1)
        lines += [line, np.full((GAP, line.shape[1], 3), 255, np.uint8)]
    sheet = pyvips.Image.new_from_array(np.concatenate(lines[:-1]), interpretation="srgb")
    sheet.jpegsave(str(ROOT / "docs" / "images" / f"augment-{name}.jpg"), Q=80)


if __name__ == "__main__":
    main()
