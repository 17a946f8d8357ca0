"""Coloured frames as numbered pictures in a folder, which holds them and a list of them, and nothing else."""

import json
import os
from pathlib import Path
from typing import Any, Final

from colorify.atomic import make_folder, move_file, sync_folder, write_whole
from colorify.errors import FilmError
from colorify.video.segments import Segments, picture_name

LIST: Final = ".colorify-frames.json"  # says which pictures of the folder Colorify wrote


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Make sure that pictures can go into a folder: there is none, or an empty one, or one of Colorify's.

    Raises FilmError.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise FilmError(f"{folder}: expected a folder for pictures, found a file.")
    if not folder.exists():
        return
    said = _list_in(folder)
    ours = {LIST, *_names(said)}
    others = sorted(path.name for path in folder.iterdir() if path.name not in ours)
    if others:
        raise FilmError(
            f"{folder}: holds {others[0]}, which is no frame that Colorify wrote there. "
            "Name a folder that is empty or not there; it is made."
        )
    if said.get("complete") and not overwrite:
        raise FilmError(f"{folder}: holds the frames of an earlier run; -f overwrites them.")


def publish(segments: Segments, folder: Path, count: int, *, overwrite: bool) -> None:
    """Move the pictures of a job into their folder; those of an earlier run go as the new ones come.

    A job that is killed meanwhile goes on when it is called again. Raises FilmError.
    """
    check_folder(folder, overwrite=overwrite)
    make_folder(folder, kind=FilmError)
    before = int(_list_in(folder).get("count", 0))
    _write_list(folder, max(before, count), complete=False)
    for number in range(1, count + 1):
        made, target = segments.picture_path(number), folder / picture_name(number)
        if number <= before and made.exists():
            made.replace(target)
        elif made.exists():
            move_file(made, target, kind=FilmError)
    for number in range(count + 1, before + 1):
        (folder / picture_name(number)).unlink(missing_ok=True)
    _write_list(folder, count, complete=True)
    sync_folder(folder)


def _list_in(folder: Path) -> dict[str, Any]:
    try:
        said = json.loads((folder / LIST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return said if isinstance(said, dict) and isinstance(said.get("count"), int) else {}


def _write_list(folder: Path, count: int, *, complete: bool) -> None:
    said = {"written by": "colorify video --frames", "count": count, "complete": complete}
    write_whole(folder / LIST, json.dumps(said).encode(), overwrite=True, kind=FilmError)


def _names(said: dict[str, Any]) -> set[str]:
    return {picture_name(number) for number in range(1, said.get("count", 0) + 1)}
