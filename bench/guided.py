"""How long a changed hint takes, against colouring the whole photo: a 12-megapixel grey JPEG.

Every repetition has a hint of its own, so that nothing is taken from what a session keeps but the features of
the backbone, which runs once a photo.
"""

import tempfile
from itertools import count
from pathlib import Path

import click
from clock import in_turn, print_machine
from photo import JPEG, enlarge

from colorify import Colorizer, Hint
from colorify.images.photo import open_photo
from colorify.model.generator import Generator


@click.command()
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--threads", default=0, show_default=True, help="Cores; 0: all.")
@click.option("--repeat", default=9, show_default=True)
def main(weights: Path | None, threads: int, repeat: int) -> None:
    """Time a change of a hint."""
    print_machine()
    numbers = count()

    def hint() -> list[Hint]:
        number = next(numbers)
        return [Hint(500 + number % 3000, 700 + number % 1999, "#8a3050", 40)]

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "grey.jpg", Path(folder) / "color.jpg"
        enlarge(JPEG).cast("uchar").write_to_file(str(source), Q=90)
        colorizer, generator = Colorizer(weights, threads=threads), Generator(weights, threads=threads)
        session = colorizer.open(source)
        L = colorizer.colors(open_photo(source))[0].L
        glance = generator.encode(L)
        times = in_turn(
            {
                "the whole": lambda: colorizer.colorize_file(source, target, hints=hint(), overwrite=True),
                "open": lambda: colorizer.open(source),
                "hint, preview": lambda: session.preview(hints=hint()),
                "hint, full size": lambda: session.colorize(hints=hint()),
                "strength, preview": lambda: session.preview(strength=1 + next(numbers) % 10 / 10),
                "suggest": lambda: session.suggest(500 + next(numbers) % 3000, 700),
                "generator, first": lambda: generator(L),
                "generator, again": lambda: glance.predict(),
            },
            repeat=repeat,
        )
    whole = times["the whole"].median
    for name, row in times.items():
        print(f"{name:18} {row}  {row.median / whole:6.3f} x the whole")
    part = times["generator, again"].median / times["generator, first"].median
    print(f"\na generator whose backbone has run takes {part:.0%} of a first run")


if __name__ == "__main__":
    main()
