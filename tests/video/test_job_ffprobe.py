"""What another program, ffprobe of FFmpeg, says of a film before and after; skipped where there is none."""

import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from made_films import Sort, add_tracks, write_film

from colorify.video import FilmOptions, colorize_film

pytestmark = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")

# of a stream: what must stay, whatever it is
FIELDS = (
    *("codec_type", "width", "height", "sample_aspect_ratio", "avg_frame_rate", "start_time", "duration"),
    *("nb_frames", "channels", "sample_rate", "disposition"),
)
BT709 = {"color_space": "bt709", "color_transfer": "bt709", "color_primaries": "bt709"}


def probe(path: Path, *what: str) -> Any:
    command = ["ffprobe", "-loglevel", "error", *what, "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def described(path: Path) -> list[dict[str, Any]]:
    """Return what must stay of each stream."""
    streams = probe(path, "-show_streams")["streams"]
    unsaid = {"sample_aspect_ratio": "1:1"}
    return [{key: (unsaid | stream)[key] for key in FIELDS if key in unsaid | stream} for stream in streams]


def copied(path: Path) -> list[tuple[str, ...]]:
    """Return time stamps and hashes of all packets that are not of the picture."""
    packets = probe(path, "-show_packets", "-show_data_hash", "md5")["packets"]
    return [
        (packet["stream_index"], packet["pts"], packet["data_hash"])
        for packet in sorted(packets, key=lambda packet: (packet["stream_index"], packet["pts"]))
        if packet["codec_type"] != "video"
    ]


def shown(path: Path) -> list[tuple[str, ...]]:
    """Return the time of each frame, and how it is interlaced."""
    entries = "frame=pts_time,interlaced_frame,top_field_first"
    frames = probe(path, "-select_streams", "v:0", "-show_entries", entries)["frames"]
    return [(one["pts_time"], one["interlaced_frame"], one["top_field_first"]) for one in frames]


@pytest.mark.parametrize(
    ("name", "sort"),
    [
        ("a.mp4", Sort()),
        ("a.mkv", Sort(frames=30, steps=(100, 130, 70, 255), sound="flac")),
        ("a.mov", Sort(aspect=Fraction(16, 15), interlaced=True, sound="pcm_s16le")),
        ("a.mkv", Sort(steps=(150,), frames=8, sound=None)),  # silent, 16 frames a second
        ("a.mkv", Sort(format="yuv420p10le", codec="ffv1", frames=4)),
    ],
)
def test_ffprobe_sees_the_same_film(tmp_path: Path, tiny_weights: Path, name: str, sort: Sort) -> None:
    source = write_film(tmp_path / name, sort)
    target = colorize_film(source, weights=tiny_weights).target
    assert described(target) == described(source)
    assert copied(target) == copied(source)
    assert shown(target) == shown(source)
    assert probe(target, "-show_chapters") == probe(source, "-show_chapters")
    lengths = [float(probe(path, "-show_format")["format"]["duration"]) for path in (source, target)]
    assert lengths[0] == pytest.approx(lengths[1], abs=0.005)
    picture = probe(target, "-show_streams")["streams"][0]
    assert picture["pix_fmt"] == sort.format
    assert picture["color_range"] == "tv"
    assert {key: picture[key] for key in BT709} == BT709


def test_all_tracks_are_seen_again(tmp_path: Path, tiny_weights: Path) -> None:
    source = add_tracks(write_film(tmp_path / "plain.mkv", Sort(frames=36)), tmp_path / "a.mkv")
    target = colorize_film(source, weights=tiny_weights).target
    assert [stream["codec_type"] for stream in described(target)] == ["video", "audio", "audio", "subtitle"]
    assert copied(target) == copied(source)


def test_a_phone_film_is_seen_upright(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mp4", Sort(frames=4, rotation=90))
    target = tmp_path / "b.mov"
    colorize_film(source, target, weights=tiny_weights, options=FilmOptions(codec="prores"))
    picture = probe(target, "-show_streams")["streams"][0]
    assert (picture["width"], picture["height"]) == (64, 96)
    assert "side_data_list" not in picture
    assert picture["pix_fmt"] == "yuv422p10le"
    assert copied(target) == copied(source)
