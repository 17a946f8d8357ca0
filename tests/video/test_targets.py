"""Where a film is written: what cannot be its name is refused before the work."""

from pathlib import Path

import pytest

from colorify.errors import FilmError
from colorify.video import colorize_film


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("folder.mp4", r"folder\.mp4: expected the name of a film, found a folder"),
        ("result", r"result: its suffix is to say what kind of file it is\. Try -o result\.mkv"),
        ("film.mp4", r"film\.mp4: would overwrite the film itself"),
        ("link.mp4", r"link\.mp4: would overwrite the film itself"),
        ("result.doc", r"result\.doc: .*ends in \.doc"),
    ],
)
def test_what_can_be_no_film_is_refused(film: Path, tiny_weights: Path, name: str, says: str) -> None:
    before = film.read_bytes()
    (film.parent / "folder.mp4").mkdir()
    (film.parent / "link.mp4").symlink_to(film)
    with pytest.raises(FilmError, match=says):
        colorize_film(film, film.parent / name, weights=tiny_weights)
    assert film.read_bytes() == before
    assert sorted(path.name for path in film.parent.iterdir()) == ["film.mp4", "folder.mp4", "link.mp4"]
