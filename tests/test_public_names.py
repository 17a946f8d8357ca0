"""The public face: every name of `colorify.__all__` is there, described, and callable as it always was."""

import inspect
import runpy
from pathlib import Path

import numpy as np
import pytest

import colorify
from colorify import ColorifyError, Colorizer, Report, colorize
from colorify.errors import PhotoError, WeightsError
from colorify.session import Session

COLOR = ["strength", "vividness", "size", "detail", "hints"]
FILE = [
    "format",
    "quality",
    "depth",
    "mark",
    "strip",
    "confidence",
    "layer",
    "compare",
    "compare_style",
    "overwrite",
    "max_pixels",
    "progress",
]
# keyword -> of which call; who has written such a call finds it working
KEYWORDS = {
    colorize: [*COLOR, "overwrite"],
    Colorizer.__init__: ["threads", "device"],
    Colorizer.colorize: [*COLOR, "overwrite"],
    Colorizer.colorize_file: [*COLOR, *FILE, "profile", "alternative"],
    Colorizer.colors: ["vividness", "size", "detail", "hints"],
    Colorizer.open: ["size", "detail", "preview", "max_pixels"],
    Colorizer.suggest: ["count"],
    Colorizer.match: ["size", "max_pixels"],
    Session.colorize: ["strength", "vividness", "hints", "alternative"],
    Session.preview: ["strength", "vividness", "hints", "alternative"],
    Session.confidence: ["vividness", "hints"],
    Session.suggest: ["count", "hints"],
}


def test_every_public_name_is_there_and_described() -> None:
    assert sorted(colorify.__all__) == sorted([*colorify._HOMES, "__version__"])
    assert dir(colorify) == colorify.__all__
    for name in colorify.__all__:
        thing = getattr(colorify, name)
        assert isinstance(thing, str) or inspect.getdoc(thing), name
    with pytest.raises(AttributeError, match="no attribute 'colourise'"):
        _ = colorify.colourise  # type: ignore[attr-defined]


@pytest.mark.parametrize("call", KEYWORDS, ids=lambda call: call.__qualname__)
def test_options_are_keywords(call: object) -> None:
    parameters = inspect.signature(call).parameters.values()  # type: ignore[arg-type]
    assert [one.name for one in parameters if one.kind is one.KEYWORD_ONLY] == KEYWORDS[call]  # type: ignore[index]


def test_a_path_may_be_text(tmp_path: Path, colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    color = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(color).save("a.png")
    report = colorizer.colorize_file("a.png", "b.png", confidence="sure.png")
    assert (report.source, report.target) == (Path("a.png"), Path("b.png"))
    assert Path("b.png").is_file()
    assert Path("sure.png").is_file()
    assert isinstance(report, Report)
    with pytest.raises(WeightsError, match="no features"):  # it was read: the tiny generator sees too little
        colorizer.open("a.png").match("a.png")


def test_a_result_is_replaced_only_where_that_is_asked_for(tmp_path: Path, colorizer: Colorizer) -> None:
    from PIL import Image

    photo = tmp_path / "a.png"
    Image.new("L", (32, 32), 90).save(photo)
    made = colorizer.colorize(photo)
    made.write_bytes(b"theirs")
    with pytest.raises(PhotoError, match="exists already"):
        colorizer.colorize(photo)
    with pytest.raises(PhotoError, match="only by its name is it replaced"):
        colorizer.colorize(photo, overwrite=True)
    assert made.read_bytes() == b"theirs"
    colorizer.colorize_file(photo, made, overwrite=True)
    before = made.stat().st_ino
    assert colorizer.colorize(str(photo), overwrite=True) == str(made)
    assert made.stat().st_ino != before
    assert issubclass(PhotoError, ColorifyError)


def test_the_page_of_the_api_says_what_the_docstrings_say() -> None:
    docs = Path(__file__).parent.parent / "docs"
    made = runpy.run_path(str(docs / "api_page.py"))["make_page"]()
    assert (docs / "api.md").read_text(encoding="utf-8") == made, "type: python docs/api_page.py"
