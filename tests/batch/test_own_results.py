"""Before and after, left beside the photos, are no photos of the folder: a command can be repeated."""

from pathlib import Path

import pytest

from command_line import Colorify, names, photo, result

pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize("style", ["side", "slider", "fade.mp4"])
def test_a_folder_with_before_and_after_can_be_coloured_again(colorify: Colorify, style: str) -> None:
    photo("album/a.jpg")
    assert colorify("album", "--compare", style).code == 0
    made = names()
    for words in (["--compare", style], [], ["-f", "--compare", style], ["-f"]):
        again = colorify("album", *words)
        assert (again.code, names()) == (0, made), again.err
        assert "skipped: 2 made by Colorify" in again.err
        assert "film" not in again.err
    everything = colorify(*sorted(made), "-v")
    assert (everything.code, names()) == (0, made), everything.err
    assert "album/a-compare" in everything.err
    [compared] = [name for name in made if "-compare" in name]
    alone = colorify(compared)
    assert (alone.code, alone.err.count("\n")) == (1, 1)
    assert f"{compared} was made by Colorify; -f colours it again." in alone.err


def test_in_a_folder_of_results_too(colorify: Colorify) -> None:
    photo("album/a.jpg")
    assert colorify("album", "-o", "new", "--compare", "slider").code == 0
    again = colorify("new")
    assert (again.code, names("new")) == (0, {"a.jpg", "a-compare.webp"}), again.err
    Path("new/a.jpg").unlink()
    assert colorify("new").code == 1, "it belongs to nothing here"


def test_without_the_mark_they_are_known_by_their_name(colorify: Colorify) -> None:
    photo("album/a.jpg")
    words = ["album", "--no-mark", "--compare", "side"]
    assert colorify(*words).code == 0
    made = names()
    for _ in range(2):
        again = colorify(*words)
        assert (again.code, names()) == (0, made)
        assert "skipped: 2 called NAME-color or NAME-compare beside NAME" in again.err


def test_a_photo_that_is_only_called_so_is_coloured(colorify: Colorify) -> None:
    photo("album/a.jpg"), photo("album/a-compare.jpg"), result("album/b-compare.webp")
    assert colorify("album").code == 0
    assert {"album/a-color.jpg", "album/a-compare-color.jpg"} <= names()
    Path("album/c-compare.webp").write_bytes(b"RIFF")
    photo("album/c.jpg")
    broken = colorify("album")
    assert (broken.code, "error: album/c-compare.webp" in broken.err) == (1, True)
