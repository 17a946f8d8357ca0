"""How long the generator alone takes, on one core and on all, for L of 256 x 256 and as it is used."""

import os
from functools import partial
from pathlib import Path

import click
import numpy as np
from clock import in_turn, print_machine

from colorify.model.generator import Generator

SIDE_PX = 256  # px, at which others are published


@click.command()
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
@click.option("--repeat", default=50, show_default=True)
def main(weights: Path | None, repeat: int) -> None:
    """Time the generator."""
    print_machine()
    cores = os.cpu_count() or 1
    generators = {f"{count} threads": Generator(weights, threads=count) for count in sorted({1, cores})}
    spec = next(iter(generators.values())).spec
    for side in sorted({SIDE_PX, spec.size}):
        print(f"{spec.name} {spec.version}, {side} x {side} px")
        L = np.random.default_rng(0).uniform(0, 100, (side, side)).astype(np.float32)
        times = in_turn(
            {name: partial(generator, L) for name, generator in generators.items()}, repeat=repeat
        )
        for name, row in times.items():
            print(f"{name:12} {row}")
        first, *_, last = (*times.values(), *times.values())
        print(f"one core to all of them: {first.median / last.median:.2f} x")


if __name__ == "__main__":
    main()
