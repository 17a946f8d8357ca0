"""Memory that a colouring takes, by the size at which the generator sees a photo: `--size` is refused by it.

Each size is a process of its own, which says by how much its peak is above what it had after loading. The
last column is what `colorify.model.generator.estimate_memory` says beforehand; it has to be the larger.

    python bench/memory.py
"""

import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from colorify.errors import PhotoError
from colorify.hints import Hint
from colorify.model.generator import Generator, estimate_memory
from colorify.model.predict import predict_colors
from colorify.options import ColorOptions

SIZES = (
    (320, 320),
    (426, 320),
    (640, 640),
    (1365, 512),
    (2048, 512),
    (1024, 1024),
    (1365, 1024),
    (1536, 1536),
)
HINTS = 20
LOOKS = {
    "plain": lambda width, height: ColorOptions(),
    "vivid": lambda width, height: ColorOptions(vividness=1.5),
    "hints": lambda width, height: ColorOptions(hints=hints(width, height)),
    "other": lambda width, height: ColorOptions(alternative=2),
}


def hints(width: int, height: int) -> tuple[Hint, ...]:
    places = (np.arange(HINTS) + 0.5) / HINTS
    return tuple(
        Hint(float(x * width), float(y * height), "#a05040")
        for x, y in zip(places, places[::-1], strict=True)
    )


def rise(width: int, height: int, look: str) -> float:
    """Return by how many MB a colouring raises the resident set of this process."""
    generator = Generator(threads=1)
    before = resident()
    cells = np.random.default_rng(0).uniform(0, 100, (-(-height // 8), -(-width // 8)))
    L = np.kron(cells, np.ones((8, 8)))[:height, :width].astype(np.float32)
    with suppress(PhotoError):  # there is no other colouring
        predict_colors(generator.encode(L), LOOKS[look](width, height), photo=(width, height))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before


def resident() -> float:
    """Return the resident set of this process, MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def main() -> None:
    if len(sys.argv) > 1:
        print(rise(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
        return
    print(f"{'px of L':>11} {'MP':>6}" + "".join(f"{name:>8}" for name in LOOKS) + f"{'said':>8}   MB")
    for width, height in SIZES:
        row = []
        for look in LOOKS:
            command = [sys.executable, __file__, str(width), str(height), look]
            row.append(float(subprocess.check_output(command, text=True)))
        said = estimate_memory((width, height), 32) / 2**20
        figures = "".join(f"{each:8.0f}" for each in row)
        print(f"{width:>5} x{height:>4} {width * height / 1e6:6.2f}{figures}{said:8.0f}", flush=True)


if __name__ == "__main__":
    main()
