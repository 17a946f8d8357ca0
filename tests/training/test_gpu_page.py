"""The commands of docs/gpu.md, typed on a machine without a GPU, with the smallest recipe."""

import io
import re
import subprocess
import tarfile
import time
from pathlib import Path

import pytest
import pyvips

from colorify.dataset.shard_reader import Sample
from command_line import make_command

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """List what the page types, for a machine without a GPU and for little time."""
    text = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    here = text.replace("--device cuda", "--device cpu").replace("recipes/gpu.toml", "recipes/smoke.toml")
    return re.sub(r" --minutes [\d.]+", "", here).replace("\\\n", " ").splitlines()


@pytest.fixture
def place(samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with shards/ and recipes/, where `colorify` is a command."""
    (tmp_path / "shards").mkdir()
    for number in range(2):
        with tarfile.open(tmp_path / "shards" / f"{number}.tar", "w") as tar:
            for sample in samples[number::2]:
                lab = (pyvips.Image.new_from_array(sample.lab) - [0, 128, 128]) * [1 / 2.55, 1, 1]
                data = lab.copy(interpretation="lab").colourspace("srgb").pngsave_buffer()
                entry = tarfile.TarInfo(f"{sample.key}.png")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    make_command(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def type_in(command: str) -> str:
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(2700)  # an export may take a quarter of an hour on a busy machine
def test_the_half_hour_can_be_rehearsed(place: Path) -> None:
    for command in commands():
        said = type_in(command)
        if command.endswith("&"):  # detached: it goes on when its shell has ended
            wait_for_the_end(place / "gpu.log")
        if command.startswith("tail"):
            assert "runs/gpu/generator.onnx" in said
        if command.startswith("split"):
            parts = sorted(place.glob("fetched.pt.*"))
            assert len(parts) > 3
            assert max(part.stat().st_size for part in parts) <= 15 * 2**20
    assert (place / "gpu.onnx").stat().st_size > 2**20


def wait_for_the_end(log: Path) -> None:
    end = time.monotonic() + 900
    while "generator.onnx" not in log.read_text():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.5)


def test_the_options_of_the_page_exist() -> None:
    from colorify.cli.train import train

    known = {option for param in train.params for option in param.opts}
    for command in re.findall(r"colorify train [^`\n]*", PAGE):
        assert set(re.findall(r"--[a-z-]+", command)) <= known
