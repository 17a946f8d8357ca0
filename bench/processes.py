"""Photos a second in training on a CPU: one process of all cores beside a process a core.

python bench/processes.py SHARD.tar SHARD.tar...      # as many shards as cores, or more; some minutes

Trains a few steps of recipes/refine.toml from the embedded weights, in turn, each with the same number of
photos a step, and prints the rate that `colorify train` reports.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from clock import print_machine

ROOT = Path(__file__).parent.parent
STEPS = 40
PHOTOS = 24  # a step
TURNS = 3


@click.command()
@click.argument("shards", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def main(shards: tuple[Path, ...]) -> None:
    """Compare both ways."""
    cores = os.cpu_count() or 1
    print_machine()
    rates: dict[int, list[float]] = {1: [], cores: []}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(TURNS):
            for count, found in rates.items():
                found.append(rate(shards, count, cores, Path(folder) / f"{turn}-{count}"))
    for count, found in rates.items():
        print(
            f"{count} of {cores // count} threads: {statistics.median(found):.1f} photos/s, {sorted(found)}"
        )


def rate(shards: tuple[Path, ...], count: int, cores: int, run: Path) -> float:
    """Photos a second of `count` processes that share the cores."""
    recipe = run.with_suffix(".toml")
    text = (ROOT / "recipes" / "refine.toml").read_text()
    text = re.sub(r"^minutes = .*$", f"steps = {STEPS}", text, flags=re.MULTILINE)
    phases = f"phases = [{{ until = 1.0, size = 160, batch = {PHOTOS // count} }}]"
    recipe.write_text(re.sub(r"^phases = \[.*?^\]", phases, text, flags=re.MULTILINE | re.DOTALL))
    road = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"] if count > 1 else []
    command = [sys.executable, *road, "-m", "colorify", "train", *map(str, shards)]
    command += ["--recipe", str(recipe), "--from", "shipped", "--into", str(run)]
    threads = {"OMP_NUM_THREADS": str(cores // count)}
    done = subprocess.run(command, env={**os.environ, **threads}, capture_output=True, text=True, check=True)
    return float(re.findall(rf"step {STEPS} .*?([\d.]+)/s", done.stderr + done.stdout)[-1])


if __name__ == "__main__":
    main()
