"""Colour one photograph, and look at what is reported."""

import sys
from pathlib import Path

from colorify import Colorizer

source = Path(sys.argv[1] if len(sys.argv) > 1 else "samples/astronaut.jpg")
target = Path("out", f"{source.stem}-color.jpg")  # a folder that git ignores
target.parent.mkdir(exist_ok=True)

report = Colorizer().colorize_file(source, target, vividness=1.0, overwrite=True)

print(f"{target}: {report.width} x {report.height} pixels in {report.seconds:.1f} s")
print(f"on average {report.mean_confidence:.0%} sure of its colours")
if report.was_colored:
    print("the photo had colour, which was made anew from its brightness")
