"""A film whose picture begins late ends where its last frame does, however its file counts."""

from pathlib import Path

import av
import pytest
from made_films import Sort, times, write_film

from colorify.errors import FilmError
from colorify.hints import Hint
from colorify.video import FilmOptions, FilmProgress, TimedHint, colorize_film
from colorify.video.reader import open_film

LATE = Sort(size=(64, 48), frames=25, rate=25, begin=125, sound=None)  # from 5 to 6 s


def in_fragments(source: Path, target: Path) -> Path:
    """Copy a film into MP4 whose header counts the length from 0."""
    options = {"movflags": "dash+delay_moov"}
    with av.open(str(source)) as film, av.open(str(target), "w", options=options) as out:
        stream = out.add_stream_from_template(film.streams.video[0])
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux_one(packet)
    return target


@pytest.fixture(params=["late.mp4", "late.mkv", "fragments.mp4"])
def late(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    source = write_film(tmp_path / "made.mp4", LATE)
    if request.param == "fragments.mp4":
        return in_fragments(source, tmp_path / request.param)
    return write_film(tmp_path / request.param, LATE)


def test_its_end_can_be_asked_for(late: Path, tiny_weights: Path, tmp_path: Path) -> None:
    options = FilmOptions(start=5.52, hints=(TimedHint(Hint(20, 20, "#a03020"), time=5.6),))
    report = colorize_film(late, tmp_path / "a.mkv", weights=tiny_weights, options=options)
    assert (report.frames, report.fault) == (12, None)
    assert times(tmp_path / "a.mkv") == pytest.approx([number / 25 for number in range(12)], abs=0.002)
    with pytest.raises(FilmError, match="before the start at 30 s"):
        colorize_film(late, tmp_path / "b.mkv", weights=tiny_weights, options=FilmOptions(start=30))


def test_it_is_whole_and_what_is_left_to_do_is_its_frames(
    late: Path, tiny_weights: Path, tmp_path: Path
) -> None:
    seen: list[FilmProgress] = []
    report = colorize_film(late, tmp_path / "a.mkv", weights=tiny_weights, progress=seen.append)
    assert (report.frames, report.fault) == (25, None)
    if late.name != "fragments.mp4":  # which may as well last for 6 s from its first frame on
        assert {now.total for now in seen} == {25}


def test_one_that_breaks_off_is_told(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", Sort(size=(64, 48), frames=100, rate=25, begin=125, sound=None))
    data = film.read_bytes()
    film.write_bytes(data[: len(data) // 2])
    opened = open_film(film)
    shown = list(opened.frames())
    assert opened.fault is not None
    assert 5 < opened.fault.time == pytest.approx(shown[-1].time, abs=0.1)
