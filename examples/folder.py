"""Colour all photos of a folder; one that fails is named and does not stop the others."""

import sys
from pathlib import Path

from colorify import ColorifyError, Colorizer

source = Path(sys.argv[1] if len(sys.argv) > 1 else "samples")
target = Path("out")  # a folder that git ignores
target.mkdir(parents=True, exist_ok=True)

colorizer = Colorizer()  # once: loading the generator takes longer than running it
failed = 0
for photo in sorted(source.glob("*.jpg")):
    try:
        report = colorizer.colorize_file(photo, target / photo.name, overwrite=True)
        print(f"{photo} -> {report.target}")
    except ColorifyError as error:
        failed += 1
        print(f"failed: {error}", file=sys.stderr)
sys.exit(1 if failed else 0)
