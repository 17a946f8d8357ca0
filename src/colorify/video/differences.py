"""What a film has and its result has not, found by comparing the two files: no loss without a word."""

from pathlib import Path
from typing import Any, Final

import av

from colorify.video.files import open_film_file
from colorify.video.tags import COMMENT, TagKeeper, unmarked_lines

# tags that say how the file was made, and are made anew
_OWN: Final = (
    *("encoder", "duration", "major_brand", "minor_version", "compatible_brands", "vendor_id"),
    *("handler_name", "bps", "number_of_", "_statistics_", "alpha_mode"),
)
# tags of tracks that are compared otherwise, or that the file itself has too
_OF_TRACKS: Final = ("language", "creation_time")
_CARRIED: Final = ("audio", "subtitle")
_UNSAID: Final = ("", "und")  # languages
_LATE: Final = 0.05  # s that a track may move against the picture: what a file counts in, and a codec's delay


def find_differences(source: Path, target: Path, muxer: str, *, tags: TagKeeper, whole: bool) -> list[str]:
    """Return notes on what was not taken over.

    `tags`: what chose those of the result. `whole`: the result is not a part of the film.
    """
    with open_film_file(source) as before, open_film_file(target) as after:
        notes = [*_tags(before, after, tags), *_tracks(before, after, tags)]
        if whole:
            notes += _chapters(before, after)
            notes += _starts(before, after)
    return [f"{note} ({muxer} has no place for it)" for note in notes]


def find_lost_tags(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Name the tags whose value is not there any more, whatever the case of their names."""
    kept = {key.lower(): value for key, value in after.items()}
    kept.setdefault("title", kept.get("name", ""))  # of a track of MP4
    own = [key for key in before if key.lower().startswith(_OWN)]
    return sorted(
        key for key in before if key not in own and not _same(key.lower(), before[key], kept.get(key.lower()))
    )


def _same(name: str, before: str, after: str | None) -> bool:
    if name == COMMENT:  # a mark is made anew
        return set(unmarked_lines(before)) <= set((after or "").splitlines())
    if after is None:
        return False
    return before.strip() == after.strip() or before[:19] == after[:19]  # a date, to the second


def _tags(before: Any, after: Any, tags: TagKeeper) -> list[str]:
    film = _film(after)
    # a timecode moves to the picture
    lost = find_lost_tags(tags.keep(before.metadata), film.metadata | after.metadata)
    first = find_lost_tags(tags.keep(_film(before).metadata), after.metadata | film.metadata)
    notes = [f"left out: tags {', '.join(lost)}"] if lost else []
    first = [key for key in first if key.lower() not in _OF_TRACKS]
    return [*notes, f"left out: tags of the picture {', '.join(first)}"] if first else notes


def _tracks(before: Any, after: Any, tags: TagKeeper) -> list[str]:
    notes = []
    pairs = zip(_carried(before), _carried(after), strict=False)
    for number, (old, new) in enumerate([(_film(before), _film(after)), *pairs]):
        what = "the picture" if number == 0 else f"track {old.index} ({old.type})"
        if (old.language or "") not in (*_UNSAID, new.language):
            notes.append(f"left out: the language {old.language} of {what}")
        lost = find_lost_tags(tags.keep(old.metadata), new.metadata) if number else []
        if lost := [key for key in lost if key.lower() not in _OF_TRACKS]:
            notes.append(f"left out: tags {', '.join(lost)} of {what}")
        flags = int(old.disposition) & ~int(new.disposition)
        names = [one.name for one in av.stream.Disposition if flags & one.value and one.name]
        if names:
            notes.append(f"left out: that {what} is {', '.join(names)}")
    return notes


def _chapters(before: Any, after: Any) -> list[str]:
    old, new = before.chapters(), after.chapters()
    if len(old) != len(new):
        return [f"left out: {len(old) - len(new)} of {len(old)} chapters"]
    lost = {
        key
        for one, other in zip(old, new, strict=True)
        for key in find_lost_tags(one["metadata"], other["metadata"])
    }
    return [f"left out: tags of chapters {', '.join(sorted(lost))}"] if lost else []


def _starts(before: Any, after: Any) -> list[str]:
    notes = []
    pairs = zip(_carried(before), _carried(after), strict=False)
    for old, new in pairs:
        if old.type != "audio" or None in (lag := [_lag(before, old), _lag(after, new)]):
            continue
        moved = float(lag[1] - lag[0])
        if abs(moved) > _LATE:
            notes.append(f"track {old.index} begins {moved:+.2f} s against the picture")
    return notes


def _lag(container: Any, stream: Any) -> Any:
    """Return how long after the picture a track begins, s; None: not known."""
    film = _film(container)
    if film.start_time is None or stream.start_time is None:
        return None
    return stream.start_time * stream.time_base - film.start_time * film.time_base


def _film(container: Any) -> Any:
    cover = av.stream.Disposition.attached_pic
    films = [stream for stream in container.streams.video if not stream.disposition & cover]
    best = container.streams.best("video")
    return best if best in films else films[0]


def _carried(container: Any) -> list[Any]:
    return [stream for stream in container.streams if stream.type in _CARRIED]
