"""A film goes in and comes out: time, picture, sound and tags."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_films import RATE, Sort, add_tracks, labs, matrix_of, numbered, packets, times, write_film

from colorify.errors import FilmError, UsageError
from colorify.options import ColorOptions
from colorify.video import FilmOptions, FilmReport, colorize_film

LOSSLESS = FilmOptions(codec="ffv1")
STEP = 0.35  # of L: half a code of limited-range 8 bits, and the rounding of chroma, where L is steepest


def color(source: Path, target: Path, weights: Path, options: FilmOptions | None = None) -> FilmReport:
    return colorize_film(source, target, weights=weights, options=options)


def worst_L(source: Path, target: Path) -> float:
    pairs = zip(labs(source), labs(target), strict=True)
    return max(float(np.abs(a[..., 0] - b[..., 0]).max()) for a, b in pairs)


def chroma(path: Path) -> float:
    return float(np.mean([np.hypot(lab[..., 1], lab[..., 2]).mean() for lab in labs(path)]))


def test_a_film_gets_colour_and_keeps_all_else(film: Path, tiny_weights: Path) -> None:
    report = colorize_film(film, weights=tiny_weights)
    target = film.with_name("film-color.mp4")
    assert (report.target, report.frames, report.fault, report.notes) == (target, 12, None, ())
    assert chroma(film) < 0.5 < 5 < chroma(target)
    assert times(target) == times(film)
    assert packets(target, "audio") == packets(film, "audio") != []
    with av.open(str(film)) as before, av.open(str(target)) as after:
        assert [stream.type for stream in after.streams] == [stream.type for stream in before.streams]
        assert after.chapters()[0]["metadata"] == {"title": "One"}
        assert after.metadata["title"] == "The Kid"
        assert "trained algorithm" in after.metadata["comment"]
        assert after.streams.audio[0].language == "fra"
        assert after.duration == before.duration
        video = after.streams.video[0]
        assert video.average_rate == RATE
        tags = (video.colorspace, video.color_primaries, video.color_trc, video.color_range)
        assert tags == (1, 1, 1, 1)
    assert list(film.parent.glob("*.parts")) == []


def test_luminance_stays_within_half_a_step(film: Path, tiny_weights: Path, tmp_path: Path) -> None:
    color(film, tmp_path / "out.mkv", tiny_weights, LOSSLESS)
    assert worst_L(film, tmp_path / "out.mkv") <= STEP


def test_luminance_stays_within_what_h264_loses(film: Path, tiny_weights: Path, tmp_path: Path) -> None:
    color(film, tmp_path / "out.mp4", tiny_weights)
    errors = [
        np.abs(a[..., 0] - b[..., 0]) for a, b in zip(labs(film), labs(tmp_path / "out.mp4"), strict=True)
    ]
    assert max(float(error.mean()) for error in errors) < 0.8


@pytest.mark.parametrize(("format", "depth", "step"), [("yuv420p10le", "10", 0.2), ("yuv420p", "", STEP)])
@pytest.mark.parametrize("full", [False, True])
def test_depth_and_range_are_kept(
    tmp_path: Path, tiny_weights: Path, format: str, depth: str, step: float, full: bool
) -> None:
    source = write_film(tmp_path / "a.mkv", Sort(format=format, full=full, frames=3, codec="ffv1"))
    color(source, tmp_path / "b.mkv", tiny_weights, LOSSLESS)
    assert worst_L(source, tmp_path / "b.mkv") <= step
    color(source, tmp_path / "c.mkv", tiny_weights)
    for name in ("b.mkv", "c.mkv"):
        with av.open(str(tmp_path / name)) as film:
            video = film.streams.video[0]
            assert video.format.name.partition("p")[2].removesuffix("le") == depth
            assert video.color_range == (2 if full else 1)


def test_uneven_time_stamps_are_kept(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mp4", Sort(frames=30, steps=(100, 130, 70, 255)))
    color(source, tmp_path / "b.mp4", tiny_weights)
    assert times(tmp_path / "b.mp4") == times(source)
    color(source, tmp_path / "c.mkv", tiny_weights)
    gaps = np.diff(times(tmp_path / "c.mkv")) - np.diff(times(source))
    assert np.abs(gaps).max() <= 0.001  # Matroska counts in milliseconds


def test_a_phone_film_is_turned_upright(tmp_path: Path, tiny_weights: Path) -> None:
    sort = Sort(frames=2, rotation=90, aspect=Fraction(4, 3))
    source = write_film(tmp_path / "a.mp4", sort)
    color(source, tmp_path / "b.mp4", tiny_weights, FilmOptions(crf=1))
    assert matrix_of(source) is not None
    assert matrix_of(tmp_path / "b.mp4") is None
    with av.open(str(tmp_path / "b.mp4")) as film:
        video = film.streams.video[0]
        assert (video.width, video.height) == (64, 96)
        assert video.sample_aspect_ratio == Fraction(3, 4)
    stored, shown = next(labs(source)), next(labs(tmp_path / "b.mp4"))
    assert (
        np.abs(np.rot90(stored[..., 0]) - shown[..., 0]).mean() < 1
    )  # 90: counter-clockwise, as FFmpeg has it


@pytest.mark.parametrize("size", [(67, 33), (64, 48), (16, 90)])
@pytest.mark.parametrize("frames", [1, 5])
def test_odd_sizes_single_frames_and_silence(
    tmp_path: Path, tiny_weights: Path, size: tuple[int, int], frames: int
) -> None:
    sort = Sort(size=size, frames=frames, format="yuv444p", codec="ffv1", sound=None, steps=(150,))
    source = write_film(tmp_path / "a.mkv", sort)  # 16 frames a second
    report = color(source, tmp_path / "b.mkv", tiny_weights, LOSSLESS)
    assert (report.frames, report.width, report.height) == (frames, *size)
    assert worst_L(source, tmp_path / "b.mkv") <= STEP
    assert times(tmp_path / "b.mkv") == times(source)


def test_h264_takes_odd_sizes(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mkv", Sort(size=(67, 33), frames=3, format="yuv444p", codec="ffv1"))
    color(source, tmp_path / "b.mkv", tiny_weights)
    assert next(labs(tmp_path / "b.mkv")).shape == (33, 67, 3)


def test_a_film_in_colour_is_made_anew_from_its_L(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mkv", Sort(frames=3))
    color(source, tmp_path / "red.mkv", tiny_weights, LOSSLESS)
    report = color(
        tmp_path / "red.mkv",
        tmp_path / "b.mkv",
        tiny_weights,
        replace(LOSSLESS, colors=ColorOptions(strength=0.0)),
    )
    assert report.was_colored
    assert chroma(tmp_path / "b.mkv") < 0.3
    assert worst_L(tmp_path / "red.mkv", tmp_path / "b.mkv") <= 2 * STEP


def test_interlaced_films_stay_interlaced(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mp4", Sort(frames=3, interlaced=True))
    color(source, tmp_path / "b.mp4", tiny_weights)
    with av.open(str(source)) as before, av.open(str(tmp_path / "b.mp4")) as after:
        orders = [film.streams.video[0].codec_context.field_order for film in (before, after)]
        assert orders[0] == orders[1] > 1
        assert all(frame.interlaced_frame for frame in before.decode(video=0))
        assert all(frame.interlaced_frame for frame in after.decode(video=0))


@pytest.mark.parametrize(
    ("codec", "suffix", "encoder"), [("prores", ".mov", "prores"), ("ffv1", ".mkv", "ffv1")]
)
def test_archive_codecs(film: Path, tiny_weights: Path, codec: str, suffix: str, encoder: str) -> None:
    report = colorize_film(film, weights=tiny_weights, options=FilmOptions(codec=codec))
    assert report.target.suffix == suffix
    with av.open(str(report.target)) as made:
        assert made.streams.video[0].codec_context.name == codec
    assert packets(report.target, "audio") == packets(film, "audio")


def test_a_part_of_a_film(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mp4", Sort(frames=36))
    color(source, tmp_path / "b.mp4", tiny_weights, FilmOptions(start=0.5, end=1.0))
    assert times(tmp_path / "b.mp4") == pytest.approx([number / 24 for number in range(12)], abs=0.001)
    expected = list(labs(source))[12:24]
    for before, after in zip(expected, labs(tmp_path / "b.mp4"), strict=True):
        assert np.abs(before[..., 0] - after[..., 0]).mean() < 0.8
    sound, part = packets(source, "audio"), packets(tmp_path / "b.mp4", "audio")
    assert 0.4 < len(part) * 1024 / 48000 < 0.6
    assert set(part) <= set(sound)


def test_dual_view_has_the_grey_film_on_the_left(film: Path, tiny_weights: Path, tmp_path: Path) -> None:
    report = color(film, tmp_path / "b.mkv", tiny_weights, replace(LOSSLESS, dual_view=True))
    both = next(labs(tmp_path / "b.mkv"))
    assert both.shape == (64, 192, 3)
    assert (report.width, report.height) == (192, 64), "of the film that was written"
    assert np.hypot(both[:, :96, 1], both[:, :96, 2]).max() < 0.5
    assert np.abs(both[:, :96, 0] - both[:, 96:, 0]).max() <= 2 * STEP


def test_pictures_out_and_in(film: Path, tiny_weights: Path, tmp_path: Path) -> None:
    colorize_film(film, pictures=tmp_path / "frames", weights=tiny_weights)
    names = sorted(path.name for path in (tmp_path / "frames").glob("*.png"))
    assert names == [f"{number:06d}.png" for number in range(1, 13)]
    (tmp_path / "grey").mkdir()
    for number in range(5):
        numbered(tmp_path / "grey" / f"scan-{number:03d}.png", number, (64, 48))
    report = color(tmp_path / "grey", tmp_path / "c.mkv", tiny_weights, replace(LOSSLESS, rate=Fraction(16)))
    assert report.frames == 5
    assert times(tmp_path / "c.mkv") == pytest.approx([number / 16 for number in range(5)], abs=0.001)
    means = [float(lab[..., 0].mean()) for lab in labs(tmp_path / "c.mkv")]
    assert means == sorted(means)
    assert means[-1] - means[0] > 5


def test_chroma_blur_and_strength(film: Path, tiny_weights: Path, tmp_path: Path) -> None:
    color(film, tmp_path / "plain.mkv", tiny_weights, LOSSLESS)
    color(film, tmp_path / "blurred.mkv", tiny_weights, replace(LOSSLESS, chroma_blur=8.0))
    color(film, tmp_path / "half.mkv", tiny_weights, replace(LOSSLESS, colors=ColorOptions(strength=0.5)))

    def edges(name: str) -> float:
        lab = next(labs(tmp_path / name))
        return float(np.abs(np.diff(lab[..., 1:], axis=1)).mean())

    assert edges("blurred.mkv") < 0.5 * edges("plain.mkv")
    assert chroma(tmp_path / "half.mkv") == pytest.approx(0.5 * chroma(tmp_path / "plain.mkv"), rel=0.1)
    assert worst_L(film, tmp_path / "blurred.mkv") <= STEP


def test_nothing_is_overwritten_unasked(film: Path, tiny_weights: Path) -> None:
    target = film.with_name("film-color.mp4")
    target.write_bytes(b"mine")
    with pytest.raises(FilmError, match="-f overwrites"):
        colorize_film(film, weights=tiny_weights)
    assert target.read_bytes() == b"mine"
    colorize_film(film, weights=tiny_weights, options=FilmOptions(overwrite=True))
    assert len(times(target)) == 12
    with pytest.raises(FilmError, match="would overwrite the film itself"):
        color(film, film, tiny_weights, FilmOptions(overwrite=True))


def test_subtitles_and_several_sounds_are_kept(tmp_path: Path, tiny_weights: Path) -> None:
    source = add_tracks(write_film(tmp_path / "plain.mkv", Sort(frames=36)), tmp_path / "a.mkv")
    target = tmp_path / "b.mkv"
    color(source, target, tiny_weights)
    with av.open(str(source)) as before, av.open(str(target)) as after:
        for old, new in zip(before.streams, after.streams, strict=True):
            assert (new.type, new.language) == (old.type, old.language)
        assert [stream.type for stream in after.streams] == ["video", "audio", "audio", "subtitle"]
        old_times, new_times = (
            [(float(p.pts * p.time_base), p.duration) for p in film.demux(subtitles=0) if p.size]
            for film in (before, after)
        )
        assert new_times == old_times
    assert packets(target, "subtitle") == packets(source, "subtitle") == [b"Hello", b"Goodbye"]
    assert packets(target, "audio") == packets(source, "audio")


def test_what_cannot_be_held_is_refused_before_the_work(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mkv", Sort(frames=1, sound="pcm_s16le"))
    with pytest.raises(FilmError, match=r"Try -o .*\.mkv"):
        color(source, tmp_path / "b.webm", tiny_weights)


def test_sound_that_no_file_can_hold_is_named(
    film: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colorify.video.targets.refusal", lambda *_: "it knows no wmav2")
    with pytest.raises(FilmError, match=r"knows no wmav2.*Convert its sound first: ffmpeg -i film\.mp4"):
        colorize_film(film, weights=tiny_weights)


def test_bad_options_are_refused() -> None:
    for bad in (
        {"colors": ColorOptions(alternative=2)},
        {"codec": "vp8"},
        {"start": 2.0, "end": 1.0},
        {"codec": "ffv1", "crf": 3},
    ):
        with pytest.raises(UsageError):
            FilmOptions(**bad)  # type: ignore[arg-type]


def test_what_is_no_film_is_refused(tmp_path: Path, tiny_weights: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no film at all" * 100)
    for name in ("a.mp4", "missing.mp4"):
        with pytest.raises(FilmError, match=name):
            color(tmp_path / name, tmp_path / "b.mp4", tiny_weights)
