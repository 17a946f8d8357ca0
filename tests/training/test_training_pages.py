"""The commands of training that the README and the pages show, typed one after the other with a tiny recipe.

The whole fine-tuning, with its real recipe and its real export, is the slow test of tests/test_readme.py.
"""

import dataclasses
import io
import shlex
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
import pyvips

from colorify import cli
from colorify.dataset.shard_reader import Sample
from colorify.model.generator import BUILTIN_WEIGHTS
from colorify.training import recipe
from colorify.training.export import weights_file
from typed_commands import ROOT, typed_lines

TINY = (
    "steps = 2\nseed = 1\nfrozen_stages = 5\nwarmup = 0.0\naverage = 0.5\n"
    "phases = [ { until = 1.0, size = 32, batch = 2 } ]\n"
)
SERIES = {
    "fine-tune.md": typed_lines("typed by tests/test_readme.py, ", "fine-tune.md"),
    "model-card.md": typed_lines("training:", "model-card.md"),
    "training.md": typed_lines("training:", "training.md"),
}


@pytest.fixture(scope="module", autouse=True)
def _shallow() -> None:
    """The network is whole, as is the embedded generator that the pages begin from."""


@pytest.fixture
def place(samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with photos, shards and recipes; each recipe is tiny, also that of fine-tuning."""
    files = [_png(sample) for sample in samples[:8]]
    for number, data in enumerate(files):
        folder = tmp_path / ("my-color-photos" if number < 6 else "other-color-photos")
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.png").write_bytes(data)
    (tmp_path / "shards").mkdir()
    with tarfile.open(tmp_path / "shards" / "a.tar", "w") as tar:
        for number, data in enumerate(files):
            entry = tarfile.TarInfo(f"{number}.png")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    (tmp_path / "recipes").mkdir()
    for path in (ROOT / "recipes").glob("*.toml"):
        (tmp_path / "recipes" / path.name).write_text(TINY)
    (tmp_path / "album").mkdir()
    shutil.copy(ROOT / "samples" / "chelsea.jpg", tmp_path / "album")
    phases = (recipe.Phase(until=1.0, size=32, batch=2),)
    tiny = dataclasses.replace(recipe.FINE_TUNE, phases=phases, minutes=0.0, steps=2)
    monkeypatch.setattr(recipe, "FINE_TUNE", tiny)
    monkeypatch.setattr(weights_file, "export", _copy_the_embedded)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _png(sample: Sample) -> bytes:
    lab = (pyvips.Image.new_from_array(sample.lab.astype(np.float32)) - [0, 128, 128]) * [1 / 2.55, 1, 1]
    return bytes(lab.copy(interpretation="lab").colourspace("srgb").pngsave_buffer())


def _copy_the_embedded(*given: object, **_options: object) -> None:
    """Stand in for the export, which takes longer than all else and is tested in export/."""
    _network, _bins, path, *_rest = given
    assert isinstance(path, Path)
    shutil.copy(BUILTIN_WEIGHTS, path)


def test_the_readme_types_what_the_page_does() -> None:
    assert set(typed_lines("training:", "README.md")) <= set(SERIES["fine-tune.md"])


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("page", SERIES)
def test_the_commands_of_a_page_run(page: str) -> None:
    for command in SERIES[page]:
        words = [
            name for word in shlex.split(command) for name in (sorted(map(str, Path().glob(word))) or [word])
        ]
        assert (command, cli.run(words[1:])) == (command, 0)
    assert list(Path().glob("*.onnx"))
