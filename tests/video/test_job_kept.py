"""What a film holds is in the result, or a note says that it is not: one row for each thing it can hold."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from made_films import TICK, view, write_film
from made_films import Sort as Kind

from colorify.video import FilmOptions, FilmReport, colorize_film
from colorify.video.differences import find_lost_tags

Read = Callable[[Any], object]
SOUNDS = (("fra", "Commentaire", "comment"), ("eng", "Original", "default"))


def video_of(film: Any) -> Any:
    return film.streams.video[0]


def lag(film: Any) -> float:
    """Return how long after the picture the sound begins, s."""
    sound, video = film.streams.audio[0], video_of(film)
    late = sound.start_time * sound.time_base - video.start_time * video.time_base
    return round(float(late), 1)  # AAC begins 0.02 s early, and not all files say so


def tag(name: str) -> Read:
    """Return what reads a tag of a film or of its picture, however its name is spelt."""

    def read(film: Any) -> object:
        said = {key.lower(): value for key, value in (video_of(film).metadata | film.metadata).items()}
        return said.get(name)

    return read


def made_at(film: Any) -> str:
    return str(tag("creation_time")(film))[:19]


def chapters(film: Any) -> list[object]:
    return [(float(one["start"] * one["time_base"]), one["metadata"]["title"]) for one in film.chapters()]


def stamps(film: Any) -> list[float]:
    return [round(float(one.pts * one.time_base), 2) for one in film.decode(video=0)]


def titles(film: Any) -> list[object]:
    return [one.metadata.get("title") or one.metadata.get("name") for one in film.streams.audio]


def hdr(film: Any) -> set[str]:
    return {one.type.name for one in next(film.decode(video=0)).side_data} & {"MASTERING_DISPLAY_METADATA"}


@dataclass(frozen=True)
class Row:
    """One thing that a film can hold."""

    read: Read
    note: str = ""  # what a note says of it if it is lost


ROWS = {
    "title": Row(tag("title"), "title"),
    "artist": Row(tag("artist"), "artist"),
    "date": Row(tag("date"), "date"),
    "a tag of one's own": Row(tag("shot_on"), "SHOT_ON"),
    "time of making": Row(made_at, "creation_time"),
    "timecode": Row(tag("timecode"), "timecode"),
    "language of the picture": Row(lambda film: video_of(film).language, "the language"),
    "chapters": Row(chapters, "chapters"),
    "tracks": Row(lambda film: [one.type for one in film.streams if one.type != "data"], "is left out"),
    "languages": Row(lambda film: [one.language for one in film.streams.audio], "the language"),
    "titles of tracks": Row(titles, "tags"),
    "dispositions": Row(lambda film: [int(one.disposition) for one in film.streams.audio], "left out: that"),
    "start of the sound": Row(lag, "against the picture"),
    "sample aspect ratio": Row(lambda film: video_of(film).sample_aspect_ratio),
    "range": Row(lambda film: video_of(film).color_range),
    "transfer": Row(lambda film: video_of(film).color_trc),
    "field order": Row(lambda film: video_of(film).codec_context.field_order),
    "interlaced frames": Row(lambda film: [one.interlaced_frame for one in film.decode(video=0)]),
    "frame rate": Row(lambda film: video_of(film).average_rate),
    "times of frames": Row(stamps),
    "HDR side data": Row(hdr, "HDR mastering display"),
}


def write_rich(path: Path) -> Path:
    """Write a film that holds all of that, as far as its kind of file can."""
    hdr = (
        "mastering-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):cll=1000,400"
    )
    options = {"preset": "ultrafast", "x264-params": hdr}
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream("libx264", rate=24, options=options)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        context = video.codec_context
        context.time_base, context.sample_aspect_ratio = TICK, Fraction(16, 15)
        context.color_range, context.color_trc = 2, 5  # full; gamma 2.8
        context.flags |= 0x00040000 | 0x20000000  # interlaced
        video.metadata["language"] = "eng"
        sounds = []
        for language, title, disposition in SOUNDS:
            sound: Any = out.add_stream("aac", rate=48000)
            sound.layout, sound.disposition = "mono", av.stream.Disposition[disposition]
            sound.metadata.update({"language": language, "title": title})
            sounds.append(sound)
        out.metadata.update({"title": "The Kid", "artist": "C. Chaplin", "date": "1921", "SHOT_ON": "Orwo"})
        out.metadata.update({"creation_time": "1921-01-21T10:00:00.000000Z", "timecode": "01:02:03:04"})
        if path.suffix == ".mkv":
            out.add_attachment("font.ttf", "font/ttf", b"a font")
        unit = Fraction(1, 1000)
        out.set_chapters(
            [
                {"id": 1, "start": 0, "end": 200, "time_base": unit, "metadata": {"title": "One"}},
                {"id": 2, "start": 200, "end": 500, "time_base": unit, "metadata": {"title": "Two"}},
            ]
        )
        for number in range(12):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for index, plane in enumerate(frame.planes):
                rows = np.frombuffer(plane, np.uint8).reshape(plane.height, -1)
                rows[:, : plane.width] = view(Kind(size=(64, 48)), number) * 255 if index == 0 else 128
            frame.pts, frame.time_base = number * 100, TICK
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for sound in sounds:
            for start in range(0, 24_000, 1024):
                piece = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
                piece.sample_rate, piece.pts = 48000, start + 9600  # 0.2 s late
                out.mux(sound.encode(piece))
            out.mux(sound.encode(None))
    return path


@pytest.fixture(scope="module", params=[".mkv .mkv", ".mkv .mp4", ".mov .mov", ".mp4 .mkv"])
def colored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path
) -> tuple[Path, FilmReport]:
    folder = tmp_path_factory.mktemp("rich")
    before, after = request.param.split()
    source = write_rich(folder / f"a{before}")
    return source, colorize_film(source, folder / f"b{after}", weights=tiny_weights)


@pytest.mark.parametrize("what", ROWS)
def test_it_is_kept_or_said(colored: tuple[Path, FilmReport], what: str) -> None:
    source, report = colored
    row = ROWS[what]
    with av.open(str(source)) as film, av.open(str(report.target)) as made:
        before, after = row.read(film), row.read(made)
    if before == after:
        return
    assert row.note, f"{before} became {after}, and no note can say so"
    assert any(row.note in note for note in report.notes), f"{before} became {after}; {report.notes}"


def test_the_rich_films_are_rich(colored: tuple[Path, FilmReport]) -> None:
    """Nothing is kept where nothing was."""
    source, _ = colored
    said: dict[str, Any] = {}
    for what, row in ROWS.items():
        with av.open(str(source)) as film:
            said[what] = row.read(film)
    empty = {what for what, value in said.items() if value in (None, [], set(), "None")}
    assert empty <= {"a tag of one's own"}, empty
    assert said["range"] == 2
    assert said["transfer"] == 5
    assert all(said["interlaced frames"])


def test_what_is_declared_is_believed_before_what_is_usual(tmp_path: Path, tiny_weights: Path) -> None:
    """Grey formats are usually of full range; this one says that it is not."""
    source = write_film(tmp_path / "a.mkv", Kind(format="gray", codec="ffv1", frames=2))
    with av.open(str(source)) as film:
        assert video_range(film) == 1
    made = colorize_film(source, tmp_path / "b.mkv", weights=tiny_weights, options=FilmOptions(codec="ffv1"))
    with av.open(str(made.target)) as film:
        assert video_range(film) == 1
        shown = next(film.decode(video=0)).to_ndarray()[0]
    with av.open(str(source)) as film:
        assert np.abs(next(film.decode(video=0)).to_ndarray().astype(int) - shown.astype(int)).mean() < 3


def video_range(film: Any) -> int:
    return int(video_of(film).color_range)


def test_brightness_that_is_coded_otherwise_is_refused(tmp_path: Path, tiny_weights: Path) -> None:
    from colorify.errors import FilmError

    source = tmp_path / "log.mkv"
    with av.open(str(source), "w") as out:
        video: Any = out.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        video.codec_context.color_trc = 9
        out.mux(video.encode(av.VideoFrame(32, 32, "yuv420p")))
        out.mux(video.encode(None))
    with pytest.raises(FilmError, match="coded with logarithmic brightness"):
        colorize_film(source, weights=tiny_weights)


@pytest.mark.parametrize("suffix", [".avi", ".mkv", ".mp4"])
def test_texts_that_are_no_utf_8(tmp_path: Path, tiny_weights: Path, suffix: str) -> None:
    """As old programs wrote them: of the film, of its picture, and of a chapter."""
    source, target = tmp_path / f"old{suffix}", tmp_path / "new.mkv"
    with av.open(str(source), "w") as out:
        stream: Any = out.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.metadata["title"], stream.metadata["title"] = "GroXX Garten", "BiXX"
        if suffix != ".avi":
            chapter = {"id": 1, "start": 0, "end": 1, "time_base": Fraction(1), "metadata": {"title": "XX"}}
            out.set_chapters([chapter])
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), "rgb24")))
        out.mux(stream.encode(None))
    source.write_bytes(source.read_bytes().replace(b"XX", b"\xdf\xe4"))
    colorize_film(source, target, weights=tiny_weights)
    with av.open(str(target)) as film:
        assert tag("title")(film) == "Großä Garten"
        assert [one["metadata"]["title"] for one in film.chapters()] == ["ßä"] * (suffix != ".avi")


def test_the_tags_that_are_lost_are_named() -> None:
    before = {
        "title": "A",
        "SHOT_ON": "x",
        "ENCODER": "y",
        "date": "1921",
        "creation_time": "1921-01-21T10:00:00.0Z",
    }
    after = {"TITLE": "A", "DATE": "1922", "creation_time": "1921-01-21T10:00:00.000000Z"}
    assert find_lost_tags(before, after) == ["SHOT_ON", "date"]


MARK = "Colours generated by a trained algorithm (Colorify, "


@pytest.mark.parametrize("after", [".mkv", ".mp4"])
@pytest.mark.parametrize("before", [".mkv", ".mp4"])
def test_a_comment_stays_and_a_last_line_is_the_mark(
    tmp_path: Path, tiny_weights: Path, before: str, after: str
) -> None:
    """Matroska spells the name of the tag in capitals."""
    said = "Grandpa 1962\n\nAt the lake"
    source = write_film(tmp_path / f"a{before}", Kind(frames=2, sound=None, tags=(("comment", said),)))
    once, again, plain = (tmp_path / f"{name}{after}" for name in ("once", "again", "plain"))
    colorize_film(source, once, weights=tiny_weights)
    colorize_film(once, again, weights=tiny_weights, options=FilmOptions(overwrite=True))
    for made in (once, again):
        with av.open(str(made)) as film:
            *lines, mark = str(tag("comment")(film)).split("\n")
        assert "\n".join(lines) == said
        assert mark.startswith(MARK)
    colorize_film(source, plain, weights=tiny_weights, options=FilmOptions(mark=False))
    with av.open(str(plain)) as film:
        assert tag("comment")(film) == said


@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_a_part_has_the_timecode_of_its_first_frame(tmp_path: Path, tiny_weights: Path, suffix: str) -> None:
    source = write_film(tmp_path / f"a{suffix}", Kind(frames=40, rate=25, sound=None, timecode="01:00:00:00"))
    options = FilmOptions(start=1.21)  # between two frames
    report = colorize_film(source, tmp_path / f"b{suffix}", weights=tiny_weights, options=options)
    with av.open(str(report.target)) as film:
        assert tag("timecode")(film) == "01:00:01:06"
    assert report.notes == ()


def test_a_timecode_that_cannot_be_moved_is_left_out_with_a_note(tmp_path: Path, tiny_weights: Path) -> None:
    tags = (("timecode", "reel 2"),)
    source = write_film(tmp_path / "a.mkv", Kind(frames=12, sound=None, tags=tags))
    part = colorize_film(source, tmp_path / "b.mkv", weights=tiny_weights, options=FilmOptions(start=0.25))
    with av.open(str(part.target)) as film:
        assert tag("timecode")(film) is None
    assert part.notes == ("left out: the timecode reel 2, as it is that of the whole film",)


def see_through(path: Path, *, alpha: int) -> Path:
    """Write a film of two frames, the second of which has that alpha."""
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream("ffv1", rate=24)
        video.width, video.height, video.pix_fmt = 64, 48, "yuva420p"
        for number, value in enumerate((255, alpha)):
            frame = av.VideoFrame(64, 48, "yuva420p")
            for plane, content in zip(frame.planes, (90, 128, 128, value), strict=True):
                np.frombuffer(plane, np.uint8)[:] = content
            frame.pts, frame.time_base = number, Fraction(1, 24)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path


def test_transparency_is_said_to_be_left_out(tmp_path: Path, tiny_weights: Path) -> None:
    clear, opaque = (see_through(tmp_path / f"{alpha}.mkv", alpha=alpha) for alpha in (100, 255))
    assert colorize_film(clear, weights=tiny_weights).notes == ("left out: transparency",)
    assert colorize_film(opaque, weights=tiny_weights).notes == ()


def test_transparent_pictures_are_said_to_be_opaque_in_the_film(tmp_path: Path, tiny_weights: Path) -> None:
    (tmp_path / "scans").mkdir()
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 48, "rgba", Fraction(1, 24)
    frame = av.VideoFrame.from_ndarray(np.full((48, 64, 4), 90, np.uint8), "rgba")
    data = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    (tmp_path / "scans/1.png").write_bytes(data)
    report = colorize_film(tmp_path / "scans", weights=tiny_weights)
    assert report.notes == ("left out: transparency",)


def test_a_result_does_not_say_that_it_is_transparent(tmp_path: Path, tiny_weights: Path) -> None:
    """WebM keeps transparency where no decoder here looks for it, and says so in a tag."""
    source = write_film(tmp_path / "plain.mkv", Kind(frames=2, sound=None))
    with av.open(str(source)) as film, av.open(str(tmp_path / "a.mkv"), "w") as out:
        video: Any = out.add_stream_from_template(film.streams.video[0])
        video.metadata["alpha_mode"] = "1"
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = video
                out.mux_one(packet)
    report = colorize_film(tmp_path / "a.mkv", weights=tiny_weights)
    assert report.notes == ("left out: transparency",)
    with av.open(str(report.target)) as film:
        assert "alpha_mode" not in {key.lower() for key in video_of(film).metadata}


def test_pictures_are_said_to_have_lost_the_shape_of_pixels(tmp_path: Path, tiny_weights: Path) -> None:
    source = write_film(tmp_path / "a.mp4", Kind(frames=2, sound=None, aspect=Fraction(2)))
    report = colorize_film(source, pictures=tmp_path / "frames", weights=tiny_weights)
    assert report.notes == ("left out: the shape of its pixels, 2:1",)
    assert colorize_film(source, weights=tiny_weights).notes == ()


def test_a_frame_is_one_slice(tmp_path: Path, tiny_weights: Path) -> None:
    """Slices are cut by the threads that are free, so that a piece made again would differ."""
    source = write_film(tmp_path / "a.mp4", Kind(size=(320, 240), frames=3, sound=None))
    report = colorize_film(source, weights=tiny_weights)
    with av.open(str(report.target)) as film:
        for packet in film.demux(video=0):
            assert len(slices(bytes(packet))) <= 1


def slices(data: bytes) -> list[int]:
    """Return the types of the parts of a picture, each behind its length (ISO/IEC 14496-15)."""
    found = []
    while data:
        length = int.from_bytes(data[:4])
        found.append(data[4] & 31)
        data = data[4 + length :]
    return [one for one in found if one in (1, 5)]
