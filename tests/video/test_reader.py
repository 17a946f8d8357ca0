"""Films that are not of a piece: what changes in the middle is said, and what is no film is refused."""

from pathlib import Path

import av
import pytest
from made_films import Sort, write_film

from colorify.errors import FilmError
from colorify.video import colorize_film
from colorify.video.reader import open_film


def joined(tmp_path: Path, first: Sort, second: Sort) -> Path:
    """A transport stream whose second half is another film, as recordings of broadcasts are."""
    parts = [
        write_film(tmp_path / f"{number}.ts", sort).read_bytes()
        for number, sort in enumerate((first, second))
    ]
    (tmp_path / "both.ts").write_bytes(b"".join(parts))
    return tmp_path / "both.ts"


def test_a_film_ends_where_its_picture_changes_its_size(tmp_path: Path, tiny_weights: Path) -> None:
    film = joined(tmp_path, Sort(sound=None), Sort(size=(64, 48), sound=None))
    report = colorize_film(film, tmp_path / "a.mkv", weights=tiny_weights)
    assert report.fault is not None
    assert report.fault.reason == "the picture changes its size to 64x48"
    assert report.frames == 12
    assert (report.width, report.height) == (96, 64)


def test_it_is_said_where_a_film_becomes_interlaced(tmp_path: Path, tiny_weights: Path) -> None:
    film = joined(tmp_path, Sort(sound=None), Sort(sound=None, interlaced=True))
    report = colorize_film(film, tmp_path / "a.mkv", weights=tiny_weights)
    assert report.frames == 24
    (note,) = [note for note in report.notes if "progressive" in note]
    assert note.endswith("it is not progressive any more; the result is coded so throughout")


def test_sound_without_a_film_is_refused(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", Sort())
    with av.open(str(film)) as source, av.open(str(tmp_path / "b.mka"), "w") as out:
        sound = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = sound
                out.mux_one(packet)
    with pytest.raises(FilmError, match=r"b\.mka: there is sound perhaps, but no film in it"):
        open_film(tmp_path / "b.mka")


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("text.jpg", "A photo is coloured by: colorify "),
        ("notes.txt", "If a player shows it, convert it first: ffmpeg -i "),
    ],
)
def test_what_is_no_film_is_refused_with_what_to_do(tmp_path: Path, name: str, cure: str) -> None:
    path = tmp_path / name
    path.write_text("hello")
    with pytest.raises(FilmError, match=f"{name}: .*{cure}.*{name}"):
        open_film(path)


def test_a_film_of_which_no_frame_can_be_decoded_is_refused(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mkv", Sort(codec="ffv1", frames=2, sound=None))
    data = bytearray(film.read_bytes())
    with av.open(str(film)) as source:
        contents = [bytes(packet) for packet in source.demux(video=0) if packet.size]
    for content in contents:
        at = data.index(content)
        data[at : at + len(content)] = bytes(len(content))
    film.write_bytes(data)
    with pytest.raises(FilmError, match=r"a\.mkv: (no frame of it|its first frame) can"):
        open_film(film)
