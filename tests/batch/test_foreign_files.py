"""What Colorify did not make stays, whatever it is called: -f replaces results, and files that were named."""

from pathlib import Path

import pytest

from colorify.batch.coloring import BatchOptions, bind_coloring
from colorify.batch.plan import Job
from colorify.colorizer import Colorizer
from colorify.errors import PhotoError
from colorify.options import SaveOptions
from command_line import Colorify, names, photo, size

pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize("format", ["jpg", "png", "tif", "webp", "avif"])
def test_a_photo_called_like_a_result_is_a_photo_and_is_never_replaced(
    colorify: Colorify, format: str
) -> None:
    photo(f"own/a.{format}", color=True), photo(f"own/a-color.{format}", 20, 30)
    before = Path(f"own/a-color.{format}").read_bytes()
    first = colorify("own")
    assert first.code == 1
    assert f"error: own/a.{format}: own/a-color.{format} is there, a picture without" in first.err
    assert "1 coloured, 0 skipped, 1 failed" in first.err
    for words in (["own", "-f"], [f"own/a.{format}", "-f"], ["own/*", "-f"], ["own", "-f", "--no-mark"]):
        assert colorify(*words).code == 1
        assert Path(f"own/a-color.{format}").read_bytes() == before, words
    assert size(f"own/a-color-color.{format}") == (20, 30)
    assert "made by Colorify" not in first.err
    assert colorify("own/a-color-color." + format, "-f").code == 0


def test_what_comes_to_lie_at_a_target_after_the_plan_is_not_replaced_either(colorizer: Colorizer) -> None:
    source, target = photo("a.png"), photo("out/a.png")
    before = target.read_bytes()
    color = bind_coloring(colorizer, BatchOptions(save=SaveOptions(overwrite=True)))
    with pytest.raises(PhotoError, match=r"out/a\.png is there, a picture without Colorify's mark"):
        color(Job(source, target), lambda part: None)
    assert target.read_bytes() == before
    color(Job(source, target, named=True), lambda part: None)
    assert target.read_bytes() != before


def test_a_run_without_the_mark_is_resumed_by_its_names(colorify: Colorify) -> None:
    photo("album/a.jpg")
    for words in (["--no-mark"], ["--no-mark", "-v"]):
        ended = colorify("album", *words)
        assert (ended.code, names("album")) == (0, {"a.jpg", "a-color.jpg"})
    assert "skipped: 1 called NAME-color or NAME-compare beside NAME, as results" in ended.err


@pytest.mark.parametrize("style", ["side", "slider", "fade.mp4"])
def test_a_picture_called_like_a_comparison_is_not_replaced(colorify: Colorify, style: str) -> None:
    photo("a.jpg")
    assert colorify("a.jpg", "--compare", style).code == 0
    assert colorify("a.jpg", "--compare", style, "-f").code == 0, "it is ours"
    (made,) = Path().glob("a-compare.*")
    made.write_bytes(b"mine")
    ended = colorify("a.jpg", "--compare", style, "-f")
    assert (ended.code, f"{made} is there, " in ended.err, made.read_bytes()) == (1, True, b"mine")


def test_in_python_a_name_that_nobody_gave_is_not_replaced_either(colorizer: Colorizer) -> None:
    photo("a.jpg"), photo("a-color.jpg")
    before = Path("a-color.jpg").read_bytes()
    with pytest.raises(PhotoError, match=r"a-color\.jpg: is there, a picture without Colorify's mark"):
        colorizer.colorize("a.jpg", overwrite=True)
    assert Path("a-color.jpg").read_bytes() == before
    colorizer.colorize_file("a.jpg", "a-color.jpg", overwrite=True)
    colorizer.colorize("a.jpg", overwrite=True)
