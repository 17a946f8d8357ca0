"""What the job of a film writes, and what is said where the system refuses: names, places, errors."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import av

from colorify.atomic import write_error
from colorify.errors import FilmError
from colorify.video.codecs import Codec
from colorify.video.files import exists
from colorify.video.film_options import FilmOptions
from colorify.video.image_sequence import check_folder
from colorify.video.reader import Film
from colorify.video.segments import was_joined
from colorify.video.targets import check_target, choose_target


@dataclass(frozen=True)
class FilmResult:
    """What a job writes."""

    path: Path
    muxer: str | None  # what FFmpeg calls the kind of file; None: pictures

    @classmethod
    def of(
        cls, film: Film, target: Path | None, pictures: Path | None, codec: Codec, options: FilmOptions
    ) -> "FilmResult":
        """Decide what is written, and make sure before the long work that it can be. Raises FilmError."""
        if pictures is not None:
            folder = Path(os.path.abspath(pictures))  # noqa: PTH100 - Path.resolve would follow links
            check_folder(folder, overwrite=options.overwrite)
            _make_place(folder)
            return cls(folder, None)
        target = target or choose_target(film, codec)
        muxer = check_target(film, target, codec)
        left = finished_before(target)
        if exists(target) and not options.overwrite and not left:
            raise FilmError(f"{target} exists; -f overwrites it.")
        _make_place(target)
        return cls(target, muxer)


def partial_name(target: Path) -> Path:
    """Return what the film of an interrupted job is called."""
    return target.with_name(f"{target.stem}.partial{target.suffix}")


def finished_before(target: Path) -> bool:
    """Tell whether a job that was killed had given its film its name, and has only to tidy up."""
    return was_joined(parts_folder(target), target)


def parts_folder(target: Path) -> Path:
    """Return the folder of the pieces of a job."""
    return target.with_name(f"{target.name}.parts")


def _make_place(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise system_error(target, error, "cannot be written") from error


def system_error(path: Path, error: av.FFmpegError | OSError, what: str) -> FilmError:
    """Return what to raise where the system refused something: what, where, and how to go on."""
    named = getattr(error, "filename", None)
    told = OSError(error.errno, error.strerror or str(error))
    said = write_error(path, told, what, kind=FilmError)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FilmError(f"{said} It goes on where it was.")
    inside = (
        f" It is {named} that was refused." if named and str(named).removeprefix("file:") != str(path) else ""
    )
    return FilmError(f"{said}{inside} Choose another place with -o, or repeat the command once it can be.")
