"""Films that Colorify got wrong once: small files drawn for the purpose, after reports of other tools."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from made_films import Sort, labs, numbered, packets, times, write_film

from colorify.video import FilmReport, colorize_film, damage
from colorify.video.damage import damage_notes
from colorify.video.reader import open_film

CASES = Path(__file__).parent / "cases"
Color = Callable[[str], FilmReport]


@pytest.fixture
def color(tmp_path: Path, tiny_weights: Path) -> Color:
    """Colour a case."""

    def run(name: str) -> FilmReport:
        return colorize_film(CASES / name, tmp_path / "a.mkv", weights=tiny_weights)

    return run


@pytest.mark.parametrize("name", ["frames-tiff", "frames-exif"])
def test_pictures_with_side_data_without_a_name_are_read(color: Color, name: str) -> None:
    assert color(name).frames == 3


def test_a_turn_that_is_said_beside_such_data_is_honoured(tmp_path: Path, tiny_weights: Path) -> None:
    (tmp_path / "turned").mkdir()
    data = (CASES / "frames-exif/0000.jpg").read_bytes()
    # Orientation 6 in place of the entry for Make: tag, type SHORT, count 1, value
    at = data.index(b"\x01\x0f\x00\x02")
    entry = bytes.fromhex("0112 0003 00000001 0006 0000")
    (tmp_path / "turned/1.jpg").write_bytes(data[:at] + entry + data[at + 12 :])
    report = colorize_film(tmp_path / "turned", tmp_path / "a.mkv", weights=tiny_weights)
    assert (report.width, report.height) == (96, 128)


def test_numbers_in_names_count_as_numbers(tmp_path: Path, tiny_weights: Path) -> None:
    folder = tmp_path / "scans [1]: 100%d"  # all that means something to FFmpeg
    folder.mkdir()
    for number in (0, 1, 2, 9, 10, 11):
        numbered(folder / f"{number + 1}.png", number, (48, 32))
    (folder / "._1.png").write_bytes(b"what macOS leaves on other file systems")
    report = colorize_film(folder, weights=tiny_weights)
    assert report.target == tmp_path / "scans [1]: 100%d-color.mkv"
    means = [float(lab[..., 0].mean()) for lab in labs(report.target)]
    assert len(means) == 6
    assert means == sorted(means)


@pytest.mark.parametrize("name", ["joined-silent.mpg", "joined.vob"])
def test_time_goes_on_where_a_file_was_joined(color: Color, name: str) -> None:
    report = color(name)
    assert (report.frames, report.fault, report.notes) == (50, None, ())
    shown = times(report.target)
    steps = np.diff(shown)
    assert steps == pytest.approx(0.04, abs=0.013)  # the sound of the first part is a little longer
    assert shown[-1] - shown[0] == pytest.approx(1.96, abs=0.02)
    with av.open(str(report.target)) as film:
        for stream in film.streams.audio:
            stamps = [float(one.pts * one.time_base) for one in film.demux(stream) if one.pts is not None]
            assert stamps == sorted(stamps)
            assert stamps[-1] == pytest.approx(shown[-1], abs=0.2)
    assert packets(report.target, "audio") == packets(CASES / name, "audio")


def test_sound_goes_on_while_a_still_is_shown(color: Color) -> None:
    report = color("still-with-sound.mkv")
    assert (report.frames, report.fault) == (1, None)
    sound = packets(report.target, "audio")
    assert sound == packets(CASES / "still-with-sound.mkv", "audio")
    with av.open(str(report.target)) as film:
        assert film.duration == pytest.approx(5e6, rel=0.02)


def test_behind_a_damaged_spot_a_film_goes_on(color: Color) -> None:
    report = color("spot-damaged.mp4")
    assert (report.frames, report.fault) == (128, None)
    assert report.notes == ("the source is damaged at 2.40 to 2.92 s: frames there are missing or wrong",)
    assert times(report.target)[-1] == pytest.approx(139 / 25, abs=0.001)


@pytest.mark.parametrize(
    "said", [b"00:00:01.2500 ke", b"00:00:nan0000000", b"00:\xff\xfe:01.250000", b"9" * 16]
)
def test_a_length_that_is_no_time_is_not_believed(said: bytes, tmp_path: Path) -> None:
    source = write_film(tmp_path / "a.mkv", Sort(frames=30))
    assert open_film(source).span.end == pytest.approx(30 / 25, abs=0.1)
    data = source.read_bytes()
    at = data.index(b"DURATION")
    found = re.search(rb"\d\d:\d\d:\d\d\.\d{7}", data[at:])
    assert found is not None
    source.write_bytes(data[: at + found.start()] + said + data[at + found.end() :])
    film = open_film(source)
    assert film.span.end is None or film.span.end == pytest.approx(30 / 25, abs=0.1)


def test_frames_that_matroska_loses_are_said(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mkv", Sort(frames=140, gop=25))
    data = bytearray(source.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 2000] = bytes(2000)
    source.write_bytes(data)
    report = colorize_film(source, weights=tiny_weights)
    assert 100 < report.frames < 140
    assert report.fault is None
    assert len(report.notes) == 1
    assert report.notes[0].startswith("the source ")
    hole = np.argmax(np.diff(times(report.target)))
    assert f"{times(report.target)[hole]:.2f} " in report.notes[0]


def test_uneven_films_are_not_called_damaged() -> None:
    pts = np.cumsum([100, 130, 70, 255] * 10)
    assert damage.find_holes(pts, 100) == []
    even = np.arange(200) * 100
    assert damage_notes({500, 600}, np.delete(even, [5, 6, 40]), step=100, unit=0.01) == [
        "the source is damaged at 4.00 to 7.00 s: frames there are missing or wrong",
        "the source has no frames at 39.00 to 41.00 s",
    ]


def test_a_shape_that_changes_is_said(color: Color) -> None:
    report = color("shape-changes.ts")
    assert report.frames == 50
    assert report.notes == ("at 0.96 s its pixels change to 4:3; the result has 1:1 throughout",)


def test_a_picture_that_cannot_be_read_leaves_a_gap(tmp_path: Path, tiny_weights: Path) -> None:
    shutil.copytree(CASES / "frames-tiff", tmp_path / "scans", copy_function=shutil.copyfile)
    (tmp_path / "scans/0001.tif").write_bytes(b"no picture")
    report = colorize_film(tmp_path / "scans", weights=tiny_weights)
    assert report.frames == 2
    assert any("0001.tif" in note for note in report.notes)
    assert times(report.target) == pytest.approx([0, 2 / 24], abs=0.001)
