"""Errors: each caller reads the options in his own words, and no library error speaks of the command line."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorify.cli.wording import describe_error
from colorify.colorizer import Colorizer
from colorify.errors import ColorifyError, ExitCode, PhotoError, SetupError, UsageError, WeightsError, option
from colorify.server.problems import spell_field
from command_line import Colorify
from tiny import grey_scene

PACKAGE = Path(__file__).parent.parent / "src" / "colorify"
FLAG = re.compile(r"[\s\"'](?:--[a-z]|-[mfo] )")
COMMAND = re.compile(
    r"\bpip\b|`colorify \w+ --\w+|\bopj_decompress "
)  # whole commands, to be typed as they stand
# of these the caller is the command line, or whoever types what it prints
OF_THE_COMMAND = ("__main__.py", "cli", "batch", "video", "dataset", "training", "evaluation", "server")


@pytest.mark.parametrize(
    ("stands", "python", "flag", "field"),
    [
        (option("overwrite", True), "overwrite=True", "--force", "overwrite True"),
        (option("weights"), "weights", "-m", "weights"),
        (option("size"), "size", "--size", "size"),
        (option("max_pixels"), "max_pixels", "--max-pixels", "max_pixels"),
        (option("format", "png"), "format='png'", "--format png", "format png"),
        (option("alternative", 2), "alternative=2", "--alternatives 2", "alternative 2"),
    ],
)
def test_an_option_is_spelt_by_who_shows_it(stands: str, python: str, flag: str, field: str) -> None:
    error = PhotoError(f"a.jpg: no. Give {stands}, or not.")
    assert str(error) == f"a.jpg: no. Give {python}, or not."
    assert describe_error(error) == f"a.jpg: no. Give {flag}, or not."
    assert error.spell(spell_field) == f"a.jpg: no. Give {field}, or not."
    quoted = PhotoError(f"b: {error.message}")
    assert describe_error(quoted) == f"b: a.jpg: no. Give {flag}, or not."


def test_what_is_no_option_stays_as_it_is() -> None:
    for text in ("", "a \x1f b", "\x1fA B\x1f", "--force", "50 %"):
        assert str(ColorifyError(text)) == text


def test_no_module_of_the_library_speaks_of_flags() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] not in OF_THE_COMMAND:
            lines = map(str.strip, path.read_text(encoding="utf-8").splitlines())
            found += [
                f"{path.name}: {line}" for line in lines if FLAG.search(line) and not COMMAND.search(line)
            ]
    assert found == []


def test_a_person_and_a_program_read_their_own_words(
    tmp_path: Path, colorizer: Colorizer, colorify: Colorify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    alpha = np.dstack([grey_scene()] * 3 + [np.full((64, 96), 99, np.uint8)])
    Image.fromarray(alpha).save("a.png")
    with pytest.raises(PhotoError, match=r"Choose format='png'\.$"):
        colorizer.colorize_file("a.png", "b.jpg")
    for words in (("-o", "b.jpg"), ("-o", "b.jpg", "--json")):
        ended = colorify("a.png", *words)
        assert ended.code == ExitCode.FAILED
        assert "Choose --format png." in ended.err + ended.out
    with pytest.raises(WeightsError, match="Leave out weights to use"):
        Colorizer("none.onnx")


def test_exit_codes_are_those_that_scripts_rely_on() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "ENVIRONMENT": 3,
        "INTERRUPTED": 130,
    }
    kinds = (ColorifyError, PhotoError, UsageError, SetupError, WeightsError)
    assert [kind.exit_code for kind in kinds] == [1, 1, 2, 3, 3]
