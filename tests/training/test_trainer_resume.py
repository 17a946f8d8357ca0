"""A run on streamed shards that is stopped goes on exactly where it was, by GAN and by two processes too."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from resumed_runs import GAN, RECIPE, STOP, compare, make_start, train, write_shards

from colorify.errors import UsageError
from colorify.training.checkpoint import CHECKPOINT
from colorify.training.data.photo_source import source_of_shards
from colorify.training.distributed import Workers
from colorify.training.recipe import Gan, Recipe
from colorify.training.trainer import Trainer
from colorify.training.warm_start import load_generator

HELPERS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return write_shards(tmp_path_factory.mktemp("shards"))


@pytest.mark.parametrize("recipe", [RECIPE, GAN], ids=["bins", "gan"])
def test_ten_steps_are_five_and_five(recipe: Recipe, shards: list[str], tmp_path: Path) -> None:
    compare(recipe, tmp_path, shards, Workers())


@pytest.mark.timeout(900)
def test_so_they_are_in_two_processes_with_a_gan(shards: list[str], tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = Path(__file__).with_name("resumed_runs.py")
    done = subprocess.run(
        [*launch, str(script), str(tmp_path), *shards],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HELPERS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
    )
    assert done.returncode == 0, done.stderr


def test_other_photos_begin_a_new_pass_and_say_so(shards: list[str], tmp_path: Path) -> None:
    stopped = train(RECIPE, tmp_path, shards, Workers(), STOP)
    for changed, given in (
        (RECIPE, shards[:3]),
        (dataclasses.replace(RECIPE, buffer=6), shards),
        (dataclasses.replace(RECIPE, sets={}), shards),
    ):
        trainer = Trainer(changed, tmp_path, source_of_shards(given)[0], start=make_start())
        assert not trainer.same_stream
        assert trainer.step == STOP
        assert trainer.position.start.turn == stopped.position.start.turn + 1


@pytest.mark.parametrize("recipe", [RECIPE, GAN], ids=["bins", "gan"])
def test_other_rates_hold_from_there_on(recipe: Recipe, shards: list[str], tmp_path: Path) -> None:
    train(recipe, tmp_path, shards, Workers(), STOP)
    lower = dataclasses.replace(recipe, rate=1e-5, backbone_rate=1e-6, decay=0.5)
    if lower.gan is not None:
        lower = dataclasses.replace(lower, gan=dataclasses.replace(lower.gan, rate=1e-7))
    gone_on = train(lower, tmp_path, shards, Workers(), STOP + 2)
    groups = gone_on.optimizer.param_groups
    assert [group["lr"] for group in groups] == pytest.approx([1e-5, 1e-6])
    assert [group["weight_decay"] for group in groups] == [0.5, 0.5]
    assert all(state["step"] == STOP + 2 - 2 * (recipe is GAN) for state in gone_on.optimizer.state.values())
    if gone_on.adversary is not None:
        assert [group["lr"] for group in gone_on.adversary.optimizer.param_groups] == [1e-7]


@pytest.mark.parametrize(
    "changed",
    [
        dataclasses.replace(RECIPE, frozen_stages=4),
        dataclasses.replace(RECIPE, backbone="scratch"),
        dataclasses.replace(GAN, gan=Gan(alone=2, useful=2.0, sees_L=True)),
    ],
    ids=["frozen_stages", "backbone", "sees_L"],
)
def test_other_parts_that_learn_are_refused(changed: Recipe, shards: list[str], tmp_path: Path) -> None:
    train(RECIPE if changed.gan is None else GAN, tmp_path, shards, Workers(), STOP)
    with pytest.raises(UsageError, match=r"other parts of the networks learn .* begin a new run: --into"):
        train(changed, tmp_path, shards, Workers())


def test_a_release_branches_off_and_the_trunk_goes_on_from_where_it_was(
    shards: list[str], tmp_path: Path
) -> None:
    unbroken = train(RECIPE, tmp_path / "unbroken", shards, Workers())
    train(RECIPE, tmp_path / "trunk", shards, Workers(), STOP)
    before = (tmp_path / "trunk" / CHECKPOINT).read_bytes()
    release = dataclasses.replace(GAN, steps=2, schedule="cosine", warmup=0.0)
    branch = Trainer(
        release,
        tmp_path / "release",
        source_of_shards(shards)[0],
        start=load_generator(str(tmp_path / "trunk")),
    )
    assert branch.run(lambda _: None)
    assert (tmp_path / "trunk" / CHECKPOINT).read_bytes() == before
    trunk = train(RECIPE, tmp_path / "trunk", shards, Workers())
    for name, tensor in unbroken.network.state_dict().items():
        assert (trunk.network.state_dict()[name] - tensor).abs().max() <= 1e-6
