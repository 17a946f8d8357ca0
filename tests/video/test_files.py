"""A folder of frames: pictures of one kind, in the order of their numbers."""

from pathlib import Path

import pytest
from made_films import numbered

from colorify.errors import FilmError
from colorify.video.files import list_pictures


@pytest.mark.parametrize(("suffixes", "found"), [((), "none"), ((".png", ".jpg"), r"\.jpg \.png")])
def test_a_folder_of_no_kind_or_of_two_is_refused(
    suffixes: tuple[str, ...], found: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("frames follow")
    for number, suffix in enumerate(suffixes):
        numbered(tmp_path / f"{number}{suffix}", number, (48, 32))
    with pytest.raises(FilmError, match=rf"expected pictures of one kind as frames, found {found}\."):
        list_pictures(tmp_path)


def test_other_files_between_the_frames_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("frames follow")
    for number in (1, 2, 10):
        numbered(tmp_path / f"{number}.png", number, (48, 32))
    assert [path.name for path in list_pictures(tmp_path)] == ["1.png", "2.png", "10.png"]
