"""Hints kept in a file: what is right is read, what is wrong is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from colorify.errors import UsageError
from colorify.hints import Hint, read_hint_file

RIGHT: dict[str, Any] = {"x": 1, "y": 2, "color": "#112233"}


def write(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "dress.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_hints_are_read_in_their_order(tmp_path: Path) -> None:
    second = {"x": "50%", "y": "12.5%", "color": "#A0B0C0", "radius": "2%", "reach": -1}
    rows = [{**RIGHT, "radius": 3.5}, second]
    assert read_hint_file(write(tmp_path, {"version": 1, "hints": rows})) == (
        Hint(1, 2, "#112233", 3.5),
        Hint("50%", "12.5%", "#A0B0C0", "2%", -1),
    )


def test_a_place_within_the_first_column_is_one(tmp_path: Path) -> None:
    rows = [{**RIGHT, "x": 0, "y": 0}, {**RIGHT, "x": 0.5, "y": 20.5}, {**RIGHT, "x": 0, "y": 0.5}]
    hints = read_hint_file(write(tmp_path, {"version": 1, "hints": rows}))
    assert [(hint.x, hint.y) for hint in hints] == [(0, 0), (0.5, 20.5), (0, 0.5)]


def test_no_hints_are_no_error(tmp_path: Path) -> None:
    assert read_hint_file(write(tmp_path, {"version": 1, "hints": []})) == ()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ([], '"version": 1'),
        ({"hints": []}, '"version": 1'),
        ({"version": 2, "hints": []}, "version 2, this Colorify reads version 1"),
        ({"version": True, "hints": []}, "version True"),
        ({"version": 1, "hints": {}}, 'a list as "hints", found an object'),
        ({"version": 1, "hints": [RIGHT, 7]}, "hint 2: expected .*, found 7"),
        ({"version": 1, "hints": [{"x": 1, "y": 2}]}, "hint 1: no color"),
        ({"version": 1, "hints": [{**RIGHT, "raduis": 5}]}, "hint 1: unknown raduis"),
        ({"version": 1, "hints": [{**RIGHT, "color": "redd"}]}, "hint 1: .*'redd': expected #RRGGBB"),
        ({"version": 1, "hints": [{**RIGHT, "color": None}]}, "hint 1: color: .* found null"),
        ({"version": 1, "hints": [{**RIGHT, "x": True}]}, "hint 1: x: expected a number"),
        ({"version": 1, "hints": [{**RIGHT, "y": [1]}]}, "hint 1: y: .* found a list"),
        ({"version": 1, "hints": [{**RIGHT, "x": 10**400}]}, "hint 1: x: too large"),
        ({"version": 1, "hints": [RIGHT, {**RIGHT, "x": 0.45, "y": 0.6}]}, "hint 2: .*percent: 45%,60%"),
        ({"version": 1, "hints": [{**RIGHT, "x": -0.5, "y": 0.5}]}, "hint 1: hint x -0.5: expected 0 or"),
        ({"version": 1, "hints": [{**RIGHT, "reach": 1.5}]}, "hint 1: hint reach 1.5: .* from -1"),
        ({"version": 1, "hints": [{**RIGHT, "reach": "far"}]}, "hint 1: hint reach 'far': .* from -1"),
        ({"version": 1, "hints": [{**RIGHT, "reach": 10**400}]}, "hint 1: hint reach"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: Any, says: str) -> None:
    with pytest.raises(UsageError, match=rf"dress\.json: .*{says}"):
        read_hint_file(write(tmp_path, content))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.json: no such file"):
        read_hint_file(tmp_path / "gone.json")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"a\.json: expected text in UTF-8"):
        read_hint_file(tmp_path / "a.json")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_from_notepad(tmp_path: Path, encoding: str) -> None:
    text = json.dumps({"version": 1, "hints": [RIGHT]}, indent=2).replace("\n", "\r\n")
    (tmp_path / "a.json").write_bytes(text.encode(encoding))
    assert read_hint_file(tmp_path / "a.json") == (Hint(1, 2, "#112233"),)
