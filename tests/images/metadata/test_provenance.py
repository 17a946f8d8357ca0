"""Whether Colorify made a picture is read from its header, and no more than that is read."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from colorify.colorizer import Colorizer
from colorify.images.metadata.provenance import is_colorify_output
from colorify.images.photo import open_photo

MOST_BYTES = 2**16  # of a header, by far


class _CountingFile(io.FileIO):
    """A file that counts what is read of it."""

    read_bytes = 0

    def readinto(self, buffer: Any) -> int | None:
        count = super().readinto(buffer)
        _CountingFile.read_bytes += count or 0
        return count

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(-1 if size is None else size)
        _CountingFile.read_bytes += len(data)
        return data

    def readall(self) -> bytes:
        data = super().readall()
        _CountingFile.read_bytes += len(data)
        return data


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> type[_CountingFile]:
    def open_counted(path: Path, mode: str = "r", buffering: int = -1, *_: Any, **__: Any) -> Any:
        assert mode == "rb"
        file = _CountingFile(path, "rb")
        return file if buffering == 0 else io.BufferedReader(file)

    def read_all(path: Path) -> bytes:
        with path.open("rb") as file:
            data: bytes = file.read()
        return data

    monkeypatch.setattr(Path, "open", open_counted)
    monkeypatch.setattr(Path, "read_bytes", read_all)
    _CountingFile.read_bytes = 0
    return _CountingFile


def test_of_a_large_jpeg_the_header_alone_is_read(tmp_path: Path, counted: type[_CountingFile]) -> None:
    path = tmp_path / "noise.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000), np.uint8)
    Image.fromarray(noise).save(path, quality=95)
    assert path.stat().st_size > 30 * MOST_BYTES
    counted.read_bytes = 0
    assert not is_colorify_output(path)
    assert 0 < counted.read_bytes < MOST_BYTES
    open_photo(path)
    assert counted.read_bytes > path.stat().st_size  # whoever opens it reads it


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_the_mark_is_found_in_every_format(tmp_path: Path, colorizer: Colorizer, suffix: str) -> None:
    source = tmp_path / "a.png"
    Image.new("L", (64, 48), 90).save(source)
    target = tmp_path / f"b{suffix}"
    colorizer.colorize_file(source, target)
    assert is_colorify_output(target)
    assert not is_colorify_output(source)
    colorizer.colorize_file(source, target, mark=False, overwrite=True)
    assert not is_colorify_output(target)
