"""The commands of docs/scale.md that need no bucket and no cluster, typed in one folder."""

import shlex
import shutil
from pathlib import Path

import pytest

from colorify import cli
from typed_commands import ELSEWHERE, typed_lines

SAMPLES = Path(__file__).parents[3] / "samples"


def test_the_commands_of_the_page_run(
    tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    commands = [line for line in typed_lines("bulk:") if not line.startswith(tuple(ELSEWHERE))]
    assert len(commands) == 2
    for number, command in enumerate(commands):
        place = tmp_path / str(number)
        (place / "scans").mkdir(parents=True)
        shutil.copy(SAMPLES / "camera.jpg", place / "scans")
        parquet.write_table(pa.table({"url": [str(place / "scans/camera.jpg")]}), place / "list.parquet")
        monkeypatch.chdir(place)
        words = [*shlex.split(command), "-m", str(tiny_weights), "--workers", "1"]
        assert (command, cli.run(words[1:])) == (command, 0)
        assert [path for path in Path("colored").rglob("*") if path.suffix in (".jpg", ".tar")], command
