import json
from pathlib import Path

import numpy as np
import pytest
from test_set_distance import write_weights

from colorify.cli import run
from colorify.errors import PhotoError, UsageError
from colorify.evaluation.scoring import COMPARED_PX, LeftOut, evaluate, find_photos, reveal_hints
from colorify.images.contact_sheet import write_sheet


def test_hints_are_true_colors_inside_the_photo() -> None:
    truth = np.zeros((COMPARED_PX, COMPARED_PX, 3), np.uint8)
    truth[:, : COMPARED_PX // 2] = [200, 40, 40]
    truth[:, COMPARED_PX // 2 :] = [40, 40, 200]
    hints = reveal_hints(truth, (512, 1024), 200, np.random.default_rng(0))
    assert all(0 <= hint.x < 512 and 0 <= hint.y < 1024 for hint in hints)
    for hint in hints:
        if abs(hint.x - 256) > 8:
            assert hint.color == ("#c82828" if hint.x < 256 else "#2828c8")
    assert 100 < np.mean([hint.x for hint in hints]) < 400


def test_no_photos_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(UsageError, match="no photos"):
        find_photos(tmp_path)


def test_hidden_files_are_no_photos(tmp_path: Path) -> None:
    """macOS lays a `._` beside each file on other file systems, and thumbnails into hidden folders."""
    for name in ("0.png", "._0.png", "sub/1.jpg", ".thumbnails/0.png", "sub/.cache/1.jpg"):
        (tmp_path / ".album" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ".album" / name).touch()
    found = find_photos(tmp_path / ".album")
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [".album/0.png", ".album/sub/1.jpg"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two colour photos, of which the sky of one is blue."""
    y, x = np.mgrid[0:96, 0:128]
    for number in (1, 2):
        picture = np.stack([x + 50, 200 - y, (y * number) % 200], -1).astype(np.uint8)
        write_sheet([[picture]], tmp_path / "in" / f"photo{number}.png", overwrite=False)
    return tmp_path / "in"


def test_results_stand_beside_grey_and_truth(folder: Path, colorizer) -> None:
    results = list(evaluate(colorizer, find_photos(folder)))
    assert [result.path.name for result in results] == ["photo1.png", "photo2.png"]
    for result in results:
        assert (
            result.truth.shape == result.gray.shape == result.colored.shape == (COMPARED_PX, COMPARED_PX, 3)
        )
        assert np.ptp(result.gray.astype(int), axis=2).max() <= 1
        assert result.scores.lightness_error < 0.6
        assert result.scores.true_colorfulness > 20


def test_true_hints_lower_the_error(folder: Path, colorizer) -> None:
    paths = find_photos(folder)
    without, given = (
        np.mean([result.scores.delta_e for result in evaluate(colorizer, paths, hints=count)])
        for count in (0, 100)
    )
    assert given < 0.9 * without


def test_the_command_scores_each_number_of_hints_beside_the_published_curve(
    folder: Path, tiny_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", folder, "-m", tiny_weights, "--hints", "0,5,7", "--sheet", tmp_path / "sheet.png"]
    assert run([*map(str, words), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["hints"], row["photos"]) for row in rows] == [(0, 2), (5, 2), (7, 2)]
    assert rows[0]["psnr"] < rows[1]["psnr"]
    assert [row.get("psnr_zhang2017") for row in rows] == [24.43, 27.39, None]
    assert (tmp_path / "sheet.png").is_file()
    assert all(0 <= row["left_grey"] <= 1 and row["uneven"] >= 0 for row in rows)
    assert run([*map(str, words), "-f"]) == 0
    assert "left_grey 0." in capsys.readouterr().out
    assert run(["evaluate", str(folder), "-m", str(tiny_weights), "--hints", "0,x"]) == 2


def test_of_one_photo_there_is_no_distance_of_sets(
    folder: Path, tiny_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "photo2.png").unlink()
    eyes = write_weights(tmp_path / "alexnet.ckpt", "AlexNet_0")
    words = ["evaluate", str(folder), "-m", str(tiny_weights), "--metric-weights", str(eyes)]
    assert run([*words, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    row = json.loads(line, parse_constant=pytest.fail)  # NaN is no JSON
    assert row["mmd_alexnet"] is None
    assert row["lpips"] > 0
    assert run(words) == 0
    assert "mmd_alexnet none" in capsys.readouterr().out


@pytest.fixture
def mixed_folder(folder: Path) -> Path:
    """The same two, and before them a damaged photo and one in black and white, as RGB."""
    whole = (folder / "photo1.png").read_bytes()
    (folder / "a-cut.png").write_bytes(whole[: len(whole) // 2])
    ramp = np.repeat(np.mgrid[0:96, 0:128][1][..., None], 3, -1).astype(np.uint8)
    write_sheet([[ramp]], folder / "b-grey.png", overwrite=False)
    return folder


def test_what_is_no_truth_is_left_out_and_changes_nothing_of_the_others(
    mixed_folder: Path, colorizer
) -> None:
    left_out: list[LeftOut] = []
    paths = find_photos(mixed_folder)
    results = list(evaluate(colorizer, paths, hints=5, leave_out=left_out.append))
    assert [(each.path.name, each.is_gray) for each in left_out] == [
        ("a-cut.png", False),
        ("b-grey.png", True),
    ]
    alone = list(evaluate(colorizer, paths[2:], hints=5))
    assert [result.scores for result in results] == [result.scores for result in alone]
    with pytest.raises(PhotoError, match=r"a-cut\.png"):
        list(evaluate(colorizer, paths))


def test_the_command_measures_the_others_and_tells_what_it_left_out(
    mixed_folder: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", str(mixed_folder), "-m", str(tiny_weights)]
    assert run([*words, "--hints", "0,1", "--json"]) == 1
    said = capsys.readouterr()
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert [(row["photos"], row["grey"], row["failed"]) for row in rows] == [(2, 1, 1)] * 2
    assert [Path(each["source"]).name for each in rows[1]["left_out"]] == ["a-cut.png", "b-grey.png"]
    assert len(said.err.splitlines()) == 2
    assert "left out: " in said.err
    assert "a-cut.png" in said.err

    (mixed_folder / "a-cut.png").unlink()
    assert run(words) == 0
    said = capsys.readouterr()
    assert said.out.startswith("photos 2  grey 1  hints 0  psnr ")
    assert "b-grey.png: a photo in black and white" in said.err

    for number in (1, 2):
        (mixed_folder / f"photo{number}.png").unlink()
    assert run([*words, "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["photos"] == 0
    assert "error: " in said.err
    assert "no colour photo" in said.err
