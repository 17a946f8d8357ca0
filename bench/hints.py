"""One click on a thing, and the thing has that colour: how much of it, and what else changes.

python bench/hints.py LABELED CLUSTERED     # folders of colour photos, see `regions`; a minute or two

The click is in the middle of the thing: where it is deepest. The colour asked for is the thing's own with its
hue turned by 90 and by 180 degrees, and a chroma of 25 at least. All is measured in ab at working size, where
it is not yet cut to what can be shown; a border's 2 px on both sides are not judged.

    filled     share of the thing that is within 10 Lab units of the colour asked for
    spilled    share of what is outside that differs by more than 5 from the result without a hint
    skin       the same, of skin, where people have labeled it
    time       of a changed hint, beside the whole: a photo opened and coloured

With several of --reach, each is told, and what a person gets who moves the slider to the best of them: the
most filled, less SPILL_COST times what is spilled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click
import numpy as np
from clock import in_turn, print_machine
from regions import Thing, find_things

from colorify import Colorizer, Hint
from colorify.color import lab_to_rgb
from colorify.images.photo import open_photo
from colorify.model.preprocess import reduce_to_luminance
from colorify.options import ColorOptions
from colorify.session import Session

TURNS: Final = (90, 180)  # degrees
MIN_ASKED_CHROMA: Final = 25.0
HINT_L: Final = 60.0  # at which the colour is written as #RRGGBB; a hint's brightness does not count
MET_AB, MOVED_AB = 10.0, 5.0  # Lab units
UNTOUCHED: Final = 0.01  # share of skin below which it counts as untouched
SPILL_COST: Final = 4.0
FOLDER: Final = click.Path(path_type=Path, exists=True, file_okay=False)


@dataclass(frozen=True)
class Row:
    """What one click did: shares, 0..1; nan: there is none of it."""

    name: str
    turn: int
    filled: float
    spilled: float
    skin: float


@click.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(min=1), help="Photos a folder.")
@click.option("--each", is_flag=True, help="Print every click.")
@click.option("--reach", "reaches", multiple=True, type=float, help="Of the hint; may be repeated.  [0]")
def main(
    folders: Sequence[Path], weights: Path | None, limit: int, each: bool, reaches: Sequence[float]
) -> None:
    """Click once on each thing."""
    print_machine()
    colorizer = Colorizer(weights)
    rows: dict[float, list[Row]] = {reach: [] for reach in reaches or (0.0,)}
    for folder in folders:
        things = find_things(folder, colorizer.spec.size, limit)
        for reach, known in rows.items():
            found = [row for thing in things for row in click_on(colorizer, thing, reach)]
            if each:
                print(*map(spell, found), sep="\n")
            print_summary(f"{folder.name}, {len(things)} photos, reach {reach:g}", found)
            known += found
    for reach, known in rows.items():
        print_summary(f"all, reach {reach:g}", known)
    if len(rows) > 1:
        clicks = zip(*rows.values(), strict=True)
        print_summary("all, the best reach of each click", list(map(choose_best, clicks)))
    print_times(colorizer, things[0])


def choose_best(rows: Sequence[Row]) -> Row:
    """Return what a person would keep."""
    return max(rows, key=lambda row: row.filled - SPILL_COST * row.spilled)


def click_on(colorizer: Colorizer, thing: Thing, reach: float = 0.0) -> list[Row]:
    """Click on one thing, once for each colour."""
    session = colorizer.open(thing.pixels)
    plain = paint(session, thing, [])
    rows = []
    for turn in TURNS:
        hint = replace(ask(thing, turn), reach=reach)
        made = paint(session, thing, [hint])
        moved = np.linalg.norm(made - plain, axis=2) > MOVED_AB
        met = np.linalg.norm(made - hint.ab, axis=2) < MET_AB
        rows.append(
            Row(
                thing.name,
                turn,
                *(
                    share(*pair)
                    for pair in ((met, thing.inside), (moved, thing.outside), (moved, thing.skin))
                ),
            )
        )
    return rows


def ask(thing: Thing, turn: float) -> Hint:
    """Return a hint in the middle of a thing: its colour, its hue turned by so many degrees."""
    a, b = thing.ab
    angle, chroma = np.arctan2(b, a) + np.radians(turn), max(float(np.hypot(a, b)), MIN_ASKED_CHROMA)
    lab = np.array([HINT_L, chroma * np.cos(angle), chroma * np.sin(angle)], np.float32)
    column, row = thing.center
    return Hint(column, row, "#" + bytes(np.rint(lab_to_rgb(lab) * 255).astype(np.uint8)).hex())


def paint(session: Session, thing: Thing, hints: Sequence[Hint]) -> np.ndarray:  # type: ignore[type-arg]
    """Return ab of a thing's photo with hints: (h, w, 2)."""
    h, w, _ = thing.pixels.shape
    L = reduce_to_luminance(open_photo(thing.pixels), min(h, w)).L
    return session.chroma(ColorOptions(hints=tuple(hints))).upsample(w, h).ab(L, 0).transpose(1, 2, 0)


def share(what: np.ndarray, where: np.ndarray) -> float:  # type: ignore[type-arg]
    """Return the share of `where` that is `what`; nan where there is too little of it."""
    return float(what[where].mean()) if where.sum() >= 20 else float("nan")


def spell(row: Row) -> str:
    """One click as a line."""
    shares = f"filled {row.filled:6.1%}  spilled {row.spilled:6.1%}  skin {row.skin:6.1%}"
    return f"{row.name:28} {row.turn:4}  {shares}"


def print_summary(name: str, rows: Sequence[Row]) -> None:
    """Print the means over clicks, and in how many the thing alone had the colour."""
    filled, spilled, skin = (
        np.array([getattr(row, field) for row in rows]) for field in ("filled", "spilled", "skin")
    )
    good = (filled >= 0.85) & (spilled <= 0.03)
    print(
        f"{name}: filled {filled.mean():.1%} (median {np.median(filled):.1%}), "
        f"spilled {spilled.mean():.1%} (median {np.median(spilled):.1%}), "
        f"{say_skin(skin[~np.isnan(skin)])}; "
        f"filled by 85 % with 3 % spilled at most: {good.mean():.0%} of {len(rows)} clicks"
    )


def say_skin(shares: np.ndarray) -> str:  # type: ignore[type-arg]
    """Say how much of the skin was changed, of those clicks in whose photos it is known."""
    if not len(shares):
        return "skin not known"
    return f"skin {shares.mean():.1%}, untouched in {np.mean(shares < UNTOUCHED):.0%} of {len(shares)}"


def print_times(colorizer: Colorizer, thing: Thing) -> None:
    """Print how long a changed hint takes."""
    session = colorizer.open(thing.pixels)
    number = iter(range(10**6))

    def change() -> object:
        at = next(number)
        return session.colors(ColorOptions(hints=(Hint(20 + at % 200, 30 + at % 190, "#8a3050"),)))

    times = in_turn(
        {
            "the whole": lambda: colorizer.open(thing.pixels).preview(hints=[ask(thing, next(number))]),
            "a changed hint": change,
        },
        repeat=9,
    )
    whole = times["the whole"].median
    for name, row in times.items():
        print(f"{name:16} {row}  {row.median / whole:5.2f} x the whole")


if __name__ == "__main__":
    main()
