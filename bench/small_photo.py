"""What a small photo costs besides the generator, in CPU time: opened, reduced, painted, saved, and the rest.

python bench/small_photo.py                            # this tree
python bench/small_photo.py --against ../other/src     # and another one, in turn with it: a ratio in one run

The network runs for the first photo alone; its answers, right in shape, are given again to all others, so
that what is left is measured and not a difference of two large numbers. A photo's share is the slope between
folders of two sizes, coloured by the command with one job in one process, so that its start does not count.
CPU time is that of all threads. What the network takes by itself is printed beside it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

import click
from clock import print_machine
from folder import SIZE, make

HERE: Final = Path(__file__).parent.parent / "src"
FEW: Final = 4  # photos of the smaller folder
CHILD: Final = """
import sys, time
from colorify import cli
from colorify.model.generator import Generator

few, many, out, photos = *sys.argv[1:4], int(sys.argv[4])
run, answers, took = Generator.run, {}, []

def answer(self, outputs, inputs):
    asked = (*outputs, inputs["L"].shape, bool(inputs["reuse"]))
    if asked not in answers:
        run(self, outputs, inputs)  # the first allocates
        started = time.process_time()
        answers[asked] = run(self, outputs, inputs)
        took.append(time.process_time() - started)
    return answers[asked]

Generator.run = answer

def seconds(folder, name):
    started = time.process_time()
    assert cli.run([folder, "-o", f"{out}/{name}", "-q", "-j", "1"]) == 0
    return time.process_time() - started

seconds(few, "warm")
first = seconds(few, "few")
print((seconds(many, "many") - first) / photos, took[0])
"""


@click.command()
@click.option("--against", type=click.Path(exists=True, path_type=Path), help="Folder `src` of another tree.")
@click.option("--count", default=100, show_default=True, help="Photos that are counted, in each round.")
@click.option("--repeat", default=5, show_default=True, help="Rounds, each tree once in each.")
def main(against: Path | None, count: int, repeat: int) -> None:
    """Count what a small photo costs."""
    print_machine()
    trees = {"this tree": HERE, **({"the other": against.resolve()} if against else {})}
    rests: dict[str, list[float]] = {name: [] for name in trees}
    with tempfile.TemporaryDirectory() as place:
        few, many = Path(place, "few"), Path(place, "many")
        make(few, FEW)
        make(many, FEW + count)
        print(f"JPEG of {SIZE[0]} x {SIZE[1]} px, CPU time a photo, {repeat} rounds of {count} photos")
        for _ in range(repeat):
            for name, source in trees.items():
                rest, network = measure(source, few, many, count)
                rests[name].append(rest)
                beside = f"ms besides the network, which takes {network * 1000:.1f} ms"
                print(f"{name:10} {rest * 1000:6.1f} {beside}")
    for name, found in rests.items():
        print(f"{name:10} {median(found) * 1000:6.1f} ms besides the network (median)")
    if against:
        ratios = [one / other for one, other in zip(*rests.values(), strict=True)]
        print(f"this tree to the other: {median(ratios):.2f} (median of the rounds)")


def measure(source: Path, few: Path, many: Path, count: int) -> tuple[float, float]:
    """Return the seconds of CPU that a photo and one run of the network take with the tree `source`."""
    with tempfile.TemporaryDirectory() as out:
        words = [sys.executable, "-c", CHILD, str(few), str(many), out, str(count)]
        # as the command has it, which sets this before NumPy is loaded
        environment = {**os.environ, "PYTHONPATH": str(source), "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    rest, network = map(float, done.stdout.split())
    return rest, network


if __name__ == "__main__":
    main()
