"""Small photos whose colours can be learned: bright places are blue, dark ones green, the rest orange."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import pyvips
import torch
from filelock import FileLock
from made_networks import SPEC, make_network

from colorify.dataset.shard_reader import Sample
from colorify.model.spec import Spec
from colorify.training.export.weights_file import export
from colorify.training.network.ab_bins import Bins
from colorify.training.network.unet import UNet
from colorify.training.recipe import Phase, Recipe
from shallow_network import shallow_network

SHORT, LONG = 48, 64  # px


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """What a test draws does not depend on which ones ran before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="module", autouse=True)
def _shallow() -> Iterator[None]:
    """Steps and exports of the whole network take three times as long."""
    with shallow_network():
        yield


@pytest.fixture(scope="session")
def samples() -> list[Sample]:
    rng = np.random.default_rng(5)
    return [Sample(f"made-{number:05d}", _photo(rng)) for number in range(24)]


def _photo(rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[0:SHORT, 0:LONG] / SHORT
    waves = sum(np.sin(rng.uniform(2, 9) * x + rng.uniform(2, 9) * y + rng.uniform(0, 6)) for _ in range(3))
    L = 50 + 16 * waves
    a = np.select([L > 60, L < 40], [-5, -30], 25)
    b = np.select([L > 60, L < 40], [-35, 30], 40)
    a, b = a + rng.normal(0, 8, a.shape), b + rng.normal(0, 8, b.shape)
    return np.stack([np.clip(L * 2.55, 0, 255), a + 128, b + 128], -1).astype(np.uint8)


@pytest.fixture(scope="session")
def pictures(samples: list[Sample]) -> list[bytes]:
    """The samples as PNG files."""
    files = []
    for sample in samples:
        lab = pyvips.Image.new_from_array(sample.lab.astype(np.float32))
        lab = ((lab - [0, 128, 128]) * [1 / 2.55, 1, 1]).copy(interpretation="lab")
        files.append(lab.colourspace("srgb").pngsave_buffer())
    return files


@pytest.fixture(scope="session")
def folder(pictures: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the photos."""
    folder = tmp_path_factory.mktemp("photos")
    for number, data in enumerate(pictures):
        (folder / f"{number:02d}.png").write_bytes(data)
    return folder


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return Recipe(phases=(Phase(until=1.0, size=32, batch=4),), steps=6, average=0.5, warmup=0.0)


@pytest.fixture(scope="session")
def hard_recipe(recipe: Recipe) -> Recipe:
    """All photos aged, all with hints."""
    return dataclasses.replace(recipe, aged=1.0, hinted=1.0)


@pytest.fixture(scope="session")
def spec() -> Spec:
    """What `exported` says of itself."""
    return SPEC


@pytest.fixture(scope="session")
def bins() -> Bins:
    centers = torch.cartesian_prod(torch.arange(-20.0, 21, 10), torch.arange(-20.0, 21, 10))
    return Bins(centers, torch.rand(len(centers), generator=torch.Generator().manual_seed(1)))


@pytest.fixture(scope="session")
def network(bins: Bins) -> UNet:
    with shallow_network():
        return make_network(len(bins))


@pytest.fixture(scope="session")
def exported(network: UNet, bins: Bins, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The weights file of `network`: an export takes a quarter of a minute, so one serves all workers."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder if worker_id == "master" else folder.parent
    path = shared / "exported" / "deep" / "generator.onnx"
    with FileLock(shared / "exported.lock"):
        if not path.exists():
            export(network, bins, path, SPEC, {"data": "none"})
    return path
