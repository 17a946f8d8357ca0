"""Films and pictures by the names of their files, whatever letters these hold."""

import codecs
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import av

from colorify.errors import FilmError, shell_word
from colorify.file_faults import describe_fault, describe_missing
from colorify.images.output_names import READABLE_SUFFIXES

PICTURES: Final = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".dpx")  # as frames of a folder
_ONE_PICTURE: Final = {"pattern_type": "none"}  # of image2: % and * in a name are letters like any other
_LATIN_1: Final = "colorify-latin-1"  # how Python knows `_read_latin_1`
_NUMBER: Final = re.compile(r"(\d+)")


def _read_latin_1(error: UnicodeError) -> tuple[str, int]:
    """Read bytes of a tag that are no UTF-8 as what old programs wrote; for the codecs of Python."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_LATIN_1, _read_latin_1)


def ffmpeg_url(path: Path) -> str:
    """Return how FFmpeg is told of a file: by itself it takes what is before a colon for a protocol."""
    return f"file:{path}"


def open_film_file(path: Path) -> Any:
    """Open a film for reading. Raises FilmError."""
    return _open(path, None, {})


def read_picture(path: Path) -> av.VideoFrame:
    """Decode a picture. Raises FilmError."""
    with _open(path, "image2", _ONE_PICTURE) as container:
        try:
            frame = next(container.decode(video=0), None)
        except av.FFmpegError as error:
            raise FilmError(f"{path}: it cannot be decoded ({error.strerror}).") from error
    if frame is None:
        raise FilmError(f"{path}: there is no picture in it.")
    return cast(av.VideoFrame, frame)


def list_pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder as people count: 9 before 10. Raises FilmError.

    Hidden files are no frames: systems leave some that end like pictures.
    """
    try:
        found = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in PICTURES and not path.name.startswith(".")
        ]
    except OSError as error:
        raise FilmError(f"{folder}: {describe_fault(error, folder)}") from error
    kinds = {path.suffix for path in found}
    if len(kinds) != 1:
        named = " ".join(sorted(kinds)) or "none"
        raise FilmError(f"{folder}: expected pictures of one kind as frames, found {named}.")
    return sorted(found, key=lambda path: natural_sort_key(path.name))


def natural_sort_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return what names are sorted by, so that numbers in them count as numbers."""
    parts = _NUMBER.split(name)  # text and number, in turn
    return [(int(part), "") if index % 2 else (-1, part) for index, part in enumerate(parts)], name


def film_stem(path: Path) -> str:
    """Return the name of a film or folder without its suffix: "St. Mary" and a folder have none."""
    return path.stem if path.suffix.lower() in _suffixes() and not path.is_dir() else path.name


def find_muxer(target: Path) -> str | None:
    """Return what FFmpeg calls the kind of file that a name is written as; None: it knows none."""
    try:
        with av.open(ffmpeg_url(target), "w") as out:  # which makes no file before something is written
            return str(out.format.name)
    except ValueError:
        return None


def exists(path: Path) -> bool:
    """Tell whether there is a file or folder. Raises FilmError where one may not look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return os.path.lexists(path)
    except OSError as error:
        raise FilmError(f"{path}: {describe_fault(error, path)}") from error
    return True


def advise_other_way(path: Path) -> str:
    """Say what to do with a file that cannot be read as a film."""
    name = shell_word(str(path))
    if path.suffix.lower() in READABLE_SUFFIXES:
        return f"A photo is coloured by: colorify {name}"
    return f"If a player shows it, convert it first: ffmpeg -i {name} OUT.mp4"


@cache
def _suffixes() -> frozenset[str]:
    """Return the suffixes of all kinds of file that FFmpeg reads or writes."""
    formats = (av.ContainerFormat(name) for name in av.formats_available)
    return frozenset(f".{suffix}" for format in formats for suffix in format.extensions)


def _open(path: Path, format: str | None, options: dict[str, str]) -> Any:
    if not exists(path):
        raise FilmError(f"{path}: {describe_missing(path, 'film')}")
    try:
        return av.open(ffmpeg_url(path), "r", format=format, options=options, metadata_errors=_LATIN_1)
    except av.FFmpegError as error:
        raise FilmError(
            f"{path}: no film that FFmpeg can read ({error.strerror}). {advise_other_way(path)}"
        ) from error
