"""What a film has and its result has not: two files are compared, and each loss is named."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from made_films import Sort, write_film

from colorify.video.differences import find_differences


def copied(
    source: Path, target: Path, *, language: str, flags: int, chapters: tuple[str, ...], delay: int = 0
) -> Path:
    """Copy a film, and say something of its sound. `delay`: of the sound, in ms."""
    with av.open(str(source)) as film, av.open(str(target), "w") as out:
        streams: dict[int, Any] = {
            stream.index: out.add_stream_from_template(stream)
            for stream in film.streams
            if stream.type != "data"
        }
        sound = streams[film.streams.audio[0].index]
        sound.metadata["language"], sound.disposition = language, flags
        out.set_chapters(
            [
                {
                    "id": at,
                    "start": at,
                    "end": at + 1,
                    "time_base": Fraction(1, 10),
                    "metadata": {"title": title},
                }
                for at, title in enumerate(chapters)
            ]
        )
        for packet in film.demux():
            if packet.size:
                late = int(Fraction(delay, 1000) / packet.time_base) if packet.stream.type == "audio" else 0
                packet.pts, packet.dts = packet.pts + late, packet.dts + late
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    return target


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A film in English for the blind, with two chapters; and the same with nothing of it, and late."""
    film = write_film(tmp_path / "film.mkv", Sort())
    flags = int(av.stream.Disposition.visual_impaired | av.stream.Disposition.default)
    told = {"language": "eng", "flags": flags, "chapters": ("One", "Two")}
    untold = {"language": "und", "flags": int(av.stream.Disposition.default), "chapters": ("One",)}
    before = copied(film, tmp_path / "before.mkv", **told)  # type: ignore[arg-type]
    return before, copied(film, tmp_path / "after.mkv", delay=400, **untold)  # type: ignore[arg-type]


def test_each_loss_has_its_note(pair: tuple[Path, Path]) -> None:
    assert find_differences(*pair, "matroska", whole=True) == [
        "left out: the language eng of track 1 (audio) (matroska has no place for it)",
        "left out: that track 1 (audio) is visual_impaired (matroska has no place for it)",
        "left out: 1 of 2 chapters (matroska has no place for it)",
        "track 1 begins +0.40 s against the picture (matroska has no place for it)",
    ]


def test_of_a_part_of_a_film_chapters_and_beginnings_are_not_compared(pair: tuple[Path, Path]) -> None:
    notes = find_differences(*pair, "matroska", whole=False)
    assert [note.partition(" of ")[0] for note in notes] == [
        "left out: the language eng",
        "left out: that track 1 (audio) is visual_impaired (matroska has no place for it)",
    ]


def test_the_same_film_has_lost_nothing(pair: tuple[Path, Path]) -> None:
    assert find_differences(pair[0], pair[0], "matroska", whole=True) == []
