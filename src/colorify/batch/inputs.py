"""Which picture files the inputs of a run name: files, folders and globs."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from itertools import islice
from pathlib import Path
from typing import Final

from colorify.batch.file_places import make_real_path
from colorify.batch.own_results import is_own_clip, remember_stems
from colorify.errors import shell_word
from colorify.file_faults import describe_fault
from colorify.images.formats import match_format, read_head
from colorify.images.other_kinds import describe_cure, name_unread_kind
from colorify.images.output_names import READABLE_SUFFIXES, has_suffix

_NAMED_FILMS: Final = 5  # of a folder, in a note


@dataclass(frozen=True)
class Refusal:
    """An input, as it was given, of which nothing can be made, and why."""

    source: str
    reason: str
    files: int = 1  # of which it is said


@dataclass(frozen=True)
class FoundPhoto:
    """A picture file that an input names."""

    path: Path
    inside: Path  # where it goes below an output folder


def is_folder(path: str | Path) -> bool:
    """Whether this is a folder; False where one may not look: who reads or writes there is told."""
    return os.path.isdir(path)  # noqa: PTH112 - `Path.is_dir` raises PermissionError


def is_glob(text: str) -> bool:
    return has_magic(text) and not os.path.lexists(text)  # a file may well be called `scan [2].jpg`


def find_photos(
    inputs: Sequence[str], walker: "FolderWalker", *, watching: bool
) -> tuple[list[FoundPhoto], list[Refusal], list[Refusal]]:
    """Find the photos, the inputs that are refused, and what is left out."""
    real = make_real_path()
    found: dict[str, FoundPhoto] = {}  # by real path: a photo that two inputs name is coloured once
    refused: list[Refusal] = []
    for text in inputs:
        path, shut = Path(text), len(walker.refused)
        if is_glob(text):
            here = list(_expand(text, walker))
            missing = "no picture matches."
        elif is_folder(path):
            here = [FoundPhoto(file, file.relative_to(path)) for file in walker.walk(path)]
            missing = f"no pictures in this folder (looked for {' '.join(sorted(READABLE_SUFFIXES))})."
        else:
            missing = _why_not_there(path)
            here = [] if missing else [FoundPhoto(path, Path(path.name))]
        told = len(walker.refused) > shut or (watching and is_folder(path))
        if not here and not told:
            refused.append(Refusal(text, f"{text}: {missing}"))
        for item in here:
            found.setdefault(real(item.path), item)
    unread = () if watching else walker.unread()  # a watch would say it whenever there are more
    return list(found.values()), [*walker.refused, *refused], [*walker.left_out, *walker.films(), *unread]


def _why_not_there(path: Path) -> str:
    """Say why there is no such file, or that one may not look; nothing if it is there."""
    try:
        path.lstat()
    except OSError as error:
        return describe_fault(error, path)
    return ""


def _expand(pattern: str, walker: "FolderWalker") -> Iterator[FoundPhoto]:
    """Find what a glob names; its part before the first wildcard is the root that structure is kept below."""
    parts = Path(pattern).parts
    fixed = next(index for index, part in enumerate(parts) if has_magic(part))
    root = Path(*parts[:fixed])
    matches = glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob matches hidden files, and refuses `**x`
    for path in map(Path, sorted(matches)):
        if walker.leaves_out(path):
            continue
        for file in walker.walk(path, pattern) if is_folder(path) else walker.choose(pattern, [path]):
            yield FoundPhoto(file, file.relative_to(root))


class FolderWalker:
    """Finds the pictures below folders, and keeps what it could not look into."""

    def __init__(self, leave_out: Path | None, film_suffixes: frozenset[str]) -> None:
        """Leave out what is below a folder: the one of the results. `film_suffixes`: films are noted."""
        self.refused: list[Refusal] = []
        self.left_out: list[Refusal] = []
        self.own_clips: set[Path] = set()  # before and after of a photo, which is no film to colour
        self._film_suffixes = film_suffixes
        self._films: dict[str, dict[Path, None]] = {}  # by the folder or glob that was given
        self._unread: dict[str, dict[Path, tuple[str, str]]] = {}  # likewise; as what, and what it is
        self._stems = remember_stems()
        self._away = None if leave_out is None else Path(os.path.realpath(leave_out))

    def leaves_out(self, path: Path) -> bool:
        """Whether a path is the folder that is left out, or below it."""
        return self._away is not None and Path(os.path.realpath(path)).is_relative_to(self._away)

    def walk(self, folder: Path, named: str | None = None) -> Iterator[Path]:
        """Yield the pictures below `folder`, in order, but hidden ones and those that are left out.

        `named`: the glob that it is of; None: it was given itself.
        """
        for root, folders, files in os.walk(folder, onerror=self._refuse):
            seen = [Path(root, name) for name in sorted(folders) if not name.startswith(".")]
            seen = [path for path in seen if os.path.realpath(path) != str(self._away)]
            for path in seen:
                if path.is_symlink():  # which may lead back to where it is in
                    reason = (
                        f"{path}: a link to a folder, which is not followed; name it to colour what is in it."
                    )
                    self.left_out.append(Refusal(str(path), reason))
            folders[:] = [path.name for path in seen]
            paths = [Path(root, name) for name in sorted(files) if not name.startswith(".")]
            yield from self.choose(named or str(folder), paths)

    def choose(self, named: str, paths: Iterable[Path]) -> Iterator[Path]:
        """Yield the pictures among files, but hidden ones; note films, and pictures that are not read.

        `named`: the folder or glob that a person gave. A file without a suffix is what its first bytes say.
        """
        for path in paths:
            if path.name.startswith("."):
                continue
            if path.suffix.lower() in self._film_suffixes:
                if is_own_clip(path, self._stems):
                    self.own_clips.add(path)
                    continue
                self._films.setdefault(named, {})[path] = None
                continue
            head = None if has_suffix(path) else read_head(path)
            if path.suffix.lower() in READABLE_SUFFIXES or (head and match_format(head)):
                yield path
            elif (found := name_unread_kind(path.suffix, head)) is not None:
                self._unread.setdefault(named, {})[path] = found

    def unread(self) -> Iterator[Refusal]:
        """Count the pictures of kinds that are not read, and say what to type for the first."""
        for named, pictures in self._unread.items():
            count = f"{len(pictures)} picture{'s' * (len(pictures) > 1)}"
            kinds = Counter(name for name, _ in pictures.values())
            said = ", ".join(f"{number} {name}" for name, number in sorted(kinds.items()))
            path, (_, kind) = next(iter(pictures.items()))
            cure = describe_cure(kind, shell_word(str(path)))
            reason = f"{named}: {count} left, of a kind that is not read ({said}). {cure}"
            yield Refusal(named, reason, len(pictures))

    def films(self) -> Iterator[Refusal]:
        """Say which films are in the folders, and what to type for them."""
        for named, films in self._films.items():
            words = " ".join(shell_word(str(film)) for film in islice(films, _NAMED_FILMS))
            more = " ..." if len(films) > _NAMED_FILMS else ""
            count = f"{len(films)} film{'s' * (len(films) > 1)}"
            yield Refusal(named, f"{named}: {count} left; type: colorify video {words}{more}", len(films))

    def _refuse(self, error: OSError) -> None:
        reason = describe_fault(error, Path(error.filename))
        self.refused.append(Refusal(str(error.filename), f"{error.filename}: {reason}"))
