"""Without what an extra brings, a verb that needs it says so in one line, with what to type."""

import subprocess
import sys
from pathlib import Path

import pytest

from colorify.errors import ExitCode
from colorify.extras import EXTRAS, describe_extra
from waiting import PATIENCE

# extra -> the module that is not there, and a command that needs it
NEEDED = {
    "train": ("torch", "train photos.tar --into run"),
    "video": ("av", "film.mp4"),
    "heif": ("pillow_heif", "photo.heic"),
    "crawl": ("scrapy", "data crawl https://example.org/ --into photos --contact you@example.org"),
    "bulk": ("fsspec", "bulk album colored"),
    "ray": ("ray", "bulk album colored --engine ray"),
    "s3": ("s3fs", "bulk s3://bucket/album colored"),
    "hub": ("huggingface_hub", "photo.jpg -m hf:someone/old-photos"),
}
PROGRAM = """
import sys
sys.modules[sys.argv[1]] = None  # as if it were not installed
from colorify.cli.command import run_command
sys.exit(run_command(sys.argv[2:]))
"""


def test_all_extras_are_tried() -> None:
    assert set(NEEDED) == set(EXTRAS) - {"cuda"}, "tests/model/test_devices.py has that"


@pytest.mark.parametrize("extra", NEEDED)
def test_one_line_says_what_is_missing(extra: str, tmp_path: Path) -> None:
    module, words = NEEDED[extra]
    samples = Path(__file__).parents[2] / "samples"
    (tmp_path / "photo.jpg").write_bytes((samples / "camera.jpg").read_bytes())
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "photo.jpg").write_bytes((samples / "camera.jpg").read_bytes())
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64))
    for name in ("film.mp4", "photos.tar"):
        (tmp_path / name).write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module, *words.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    (line,) = done.stderr.splitlines()
    assert describe_extra(extra) in line
    assert done.returncode == (ExitCode.FAILED if extra == "heif" else ExitCode.ENVIRONMENT)
    assert not (tmp_path / "run").exists()
