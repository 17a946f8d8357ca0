"""Screening: what it keeps, what it says, and that it never loses a file."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from made_pictures import FAULTS, Rgb, jpeg, photo, resized

from colorify.dataset.screen import Verdict, read_kept, screen
from colorify.dataset.screening_rules import Thresholds
from colorify.errors import PhotoError, SetupError, UsageError
from colorify.images.photo import open_photo

SEEDS = range(8)


def write(path: Path, pixels: Rgb, *, quality: int = 85) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg(pixels, quality=quality))


def by_path(verdicts: list[Verdict]) -> dict[str, Verdict]:
    return {verdict.source.path: verdict for verdict in verdicts}


def test_made_faults_are_found_and_photos_are_kept(tmp_path: Path) -> None:
    for fault, make in FAULTS.items():
        for seed in SEEDS:
            write(tmp_path / fault / f"{seed}.jpg", make(seed + 40))
    for seed in range(24):
        write(tmp_path / "photo" / f"{seed}.jpg", photo(seed))
    reasons = {path: set(verdict.reasons) for path, verdict in by_path(screen(tmp_path)).items()}
    expected = {fault: "drawing" if fault == "text" else fault for fault in FAULTS}
    for fault, reason in expected.items():
        wanted = "border" if reason == "bordered" else reason
        found = [path for path, given in reasons.items() if path.startswith(f"{fault}/") and wanted in given]
        assert len(found) >= len(SEEDS) - 1, fault  # recall
    assert [path for path, given in reasons.items() if path.startswith("photo/") and given] == []  # precision


def test_size_aspect_and_damage_are_told_with_their_numbers(tmp_path: Path) -> None:
    write(tmp_path / "small.jpg", photo(1, height=200, width=300))
    write(tmp_path / "wide.jpg", photo(2, height=300, width=1000))
    (tmp_path / "cut.jpg").write_bytes(jpeg(photo(3))[:5000])
    (tmp_path / "page.png").write_bytes(b"<html>")
    (tmp_path / "film.gif").write_bytes(b"GIF89a" + bytes(20))
    (tmp_path / "notes.txt").write_text("not a picture, and nobody said it were")
    found = by_path(screen(tmp_path))
    assert found["small.jpg"].reasons["small"] == "short side 200 px, expected at least 256"
    assert found["wide.jpg"].reasons["aspect"] == "aspect 3.3, expected at most 3"
    assert [set(found[name].reasons) for name in ("cut.jpg", "page.png", "film.gif")] == [{"broken"}] * 3
    assert "a GIF" in found["film.gif"].reasons["broken"]
    assert "notes.txt" not in found


def test_of_twins_the_largest_stays(tmp_path: Path) -> None:
    original = photo(5, height=600, width=800)
    write(tmp_path / "b" / "large.jpg", original)
    write(tmp_path / "a" / "half.jpg", resized(original, 0.5))
    write(tmp_path / "a" / "poor.jpg", resized(original, 0.7), quality=40)
    write(tmp_path / "other.jpg", photo(6))
    found = by_path(screen(tmp_path))
    assert {path for path, verdict in found.items() if verdict.passes} == {"b/large.jpg", "other.jpg"}
    assert found["a/half.jpg"].twin_of == found["a/poor.jpg"].twin_of == "b/large.jpg"


def test_rejected_files_are_moved_not_deleted_and_a_second_run_agrees(tmp_path: Path) -> None:
    write(tmp_path / "sub" / "grey.jpg", FAULTS["grey"](1))
    write(tmp_path / "sub" / "fine.jpg", photo(2))
    content = (tmp_path / "sub" / "grey.jpg").read_bytes()
    screen(tmp_path, move_rejected=True)
    moved = tmp_path / "rejected" / "grey" / "sub" / "grey.jpg"
    assert moved.read_bytes() == content
    assert not (tmp_path / "sub" / "grey.jpg").exists()
    report = (tmp_path / "screen" / "report.jsonl").read_bytes()
    screen(tmp_path, move_rejected=True)
    assert (tmp_path / "screen" / "report.jsonl").read_bytes() == report
    assert moved.read_bytes() == content
    assert [path for path, _ in read_kept(tmp_path)] == ["sub/fine.jpg"]


def test_a_folder_called_screen_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "fine.jpg", photo(2))
    theirs = tmp_path / "screen" / "kept.jpg"
    write(theirs, photo(3))
    content = theirs.read_bytes()
    with pytest.raises(UsageError, match=r"expected a new folder.*found kept\.jpg"):
        screen(tmp_path)
    assert [path.read_bytes() for path in theirs.parent.iterdir()] == [content]


def test_two_screenings_of_one_folder_do_not_mix(tmp_path: Path) -> None:
    write(tmp_path / "fine.jpg", photo(2))

    def another(_done: int, _of: int) -> None:
        with pytest.raises(UsageError, match="another run of Colorify is writing there"):
            screen(tmp_path)

    screen(tmp_path, report=another)
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_a_file_is_not_moved_onto_one_that_was_rejected_before(tmp_path: Path) -> None:
    write(tmp_path / "grey.jpg", FAULTS["grey"](1))
    write(tmp_path / "fine.jpg", photo(2))
    screen(tmp_path, move_rejected=True)
    first = (tmp_path / "rejected" / "grey" / "grey.jpg").read_bytes()
    write(tmp_path / "grey.jpg", FAULTS["grey"](2))  # another one of the same name
    with pytest.raises(PhotoError, match=r"grey\.jpg was not moved there\. Move one of them away"):
        screen(tmp_path, move_rejected=True)
    assert (tmp_path / "rejected" / "grey" / "grey.jpg").read_bytes() == first
    assert (tmp_path / "grey.jpg").exists()


def test_a_moved_file_replaces_none_that_came_at_the_last_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "grey.jpg", FAULTS["grey"](1))
    target = tmp_path / "rejected" / "grey" / "grey.jpg"
    link = os.link

    def come(source: Path, name: Path) -> None:
        if name == target:
            target.write_bytes(b"theirs")
        link(source, name)

    monkeypatch.setattr("colorify.atomic.os.link", come)
    with pytest.raises(SetupError, match="exists already"):
        screen(tmp_path, move_rejected=True)
    assert target.read_bytes() == b"theirs"
    assert (tmp_path / "grey.jpg").exists()


def test_the_report_and_the_sheets_can_be_read(tmp_path: Path) -> None:
    write(tmp_path / "sepia.jpg", FAULTS["tinted"](1))
    write(tmp_path / "fine.jpg", photo(2))
    screen(tmp_path)
    entries = [json.loads(line) for line in (tmp_path / "screen" / "report.jsonl").read_text().splitlines()]
    assert [(entry["path"], entry["kept"], list(entry["reasons"])) for entry in entries] == [
        ("fine.jpg", True, []),
        ("sepia.jpg", False, ["tinted"]),
    ]
    for name in ("kept.jpg", "rejected-tinted.jpg"):
        assert min(open_photo(tmp_path / "screen" / name).size) >= 96


def test_thresholds_are_obeyed(tmp_path: Path) -> None:
    write(tmp_path / "small.jpg", photo(1, height=100, width=150))
    write(tmp_path / "grey.jpg", FAULTS["grey"](1))
    found = by_path(screen(tmp_path, Thresholds(min_side=64, min_color=0.0)))
    assert all(verdict.passes for verdict in found.values())


def test_a_line_that_was_cut_short_is_measured_again(tmp_path: Path) -> None:
    for seed in range(3):
        write(tmp_path / f"{seed}.jpg", photo(seed))
    screen(tmp_path)
    report = (tmp_path / "screen" / "report.jsonl").read_bytes()
    notes = tmp_path / "screen" / "measures.jsonl"
    notes.write_bytes(notes.read_bytes()[:-40])
    screen(tmp_path)
    assert (tmp_path / "screen" / "report.jsonl").read_bytes() == report
    assert len(notes.read_text().splitlines()) == 4


def test_a_changed_file_is_measured_again(tmp_path: Path) -> None:
    write(tmp_path / "a.jpg", FAULTS["grey"](1))
    assert not screen(tmp_path)[0].passes
    write(tmp_path / "a.jpg", photo(1))
    assert screen(tmp_path)[0].passes


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_without_pictures_the_cure_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"expected a folder|colorify data crawl"):
        screen(tmp_path / name)


def test_img2dataset_files_keep_their_source(tmp_path: Path) -> None:
    write(tmp_path / "00000" / "000000001.jpg", photo(1))
    note = {"url": "http://www.example.org/1.jpg", "caption": "One", "license": None, "width": 9}
    (tmp_path / "00000" / "000000001.json").write_text(json.dumps(note))
    (source,) = (verdict.source for verdict in screen(tmp_path))
    assert (source.url, source.alt, source.set_name) == (note["url"], "One", "www.example.org")


def test_sixteen_bits_and_grey_files_are_measured(tmp_path: Path) -> None:
    import pyvips

    deep = pyvips.Image.new_from_array(photo(1).astype(np.uint16) * 257).copy(interpretation="rgb16")
    deep.write_to_file(str(tmp_path / "deep.png"))
    pyvips.Image.new_from_array(photo(2)[..., 0]).write_to_file(str(tmp_path / "grey.png"))
    found = by_path(screen(tmp_path))
    assert found["deep.png"].passes
    assert set(found["grey.png"].reasons) == {"grey"}
