"""`colorify train`, as it is typed: from photos, from shards, on one process and on two."""

import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import pyvips
import torch
from recorded_export import RecordedExport
from short_runs import COMMON, PHASES

from colorify.cli import run
from colorify.dataset.shard_reader import Sample
from colorify.errors import ExitCode
from colorify.training.checkpoint import CHECKPOINT, load_checkpoint
from colorify.training.export import weights_file
from colorify.training.trainer import Trainer

BARE_COMMAND = Path(__file__).with_name("bare_command.py")
RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module")
def smoke(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RecordedExport]:
    """The folder of a run of recipes/smoke.toml, and what it exported."""
    into, recorded = tmp_path_factory.mktemp("smoke"), RecordedExport()
    words = ["train", "--photos", folder, "--recipe", RECIPES / "smoke.toml", "--into", into]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights_file, "export", recorded.export)
        assert run([*map(str, words), "--export-backbone", str(into / "backbone.pt")]) == 0
    return into, recorded


def test_smoke_writes_all_it_should(smoke: tuple[Path, RecordedExport]) -> None:
    folder, recorded = smoke
    checkpoint = load_checkpoint(folder / CHECKPOINT)
    assert checkpoint.step == 30
    assert [path.name for path in sorted((folder / "sheets").iterdir())] == ["0000015.png", "0000030.png"]
    assert recorded.spec is not None
    assert (recorded.spec.name, recorded.spec.size) == ("own", checkpoint.recipe.size)
    assert (folder / "generator.onnx").is_file()
    assert (folder / "backbone.pt").is_file()


@pytest.mark.parametrize(
    ("words", "follows"), [([], True), (["--follows-hints"], True), (["--no-follows-hints"], False)]
)
def test_an_export_says_whether_its_generator_follows_hints(
    smoke: tuple[Path, RecordedExport],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    follows: bool,
) -> None:
    recorded = RecordedExport()
    monkeypatch.setattr(weights_file, "export", recorded.export)
    assert run(["export", str(smoke[0]), "-o", str(tmp_path / "made.onnx"), *words]) == 0
    assert recorded.spec is not None
    assert recorded.spec.follows_hints is follows


def test_what_is_interrupted_while_it_is_exported_can_be_finished_by_the_command_that_is_named(
    smoke: tuple[Path, RecordedExport],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    into, output = tmp_path / "a run", tmp_path / "tuned.onnx"
    shutil.copytree(smoke[0], into)

    def interrupt(*_: object, **__: object) -> None:
        assert f"writing {output} ..." in capsys.readouterr().err  # before it begins
        raise KeyboardInterrupt

    monkeypatch.setattr(weights_file, "export", interrupt)
    words = ["train", "--photos", folder, "--recipe", RECIPES / "smoke.toml", "--into", into, "-o", output]
    assert run([*map(str, words), "--export-backbone", str(tmp_path / "backbone.pt")]) == ExitCode.INTERRUPTED
    told, last = filter(None, capsys.readouterr().err.splitlines())
    assert last == "interrupted"
    assert (tmp_path / "backbone.pt").is_file()
    assert not output.exists()

    recorded = RecordedExport()
    monkeypatch.setattr(weights_file, "export", recorded.export)
    assert run(shlex.split(told.partition("type: colorify ")[2])) == 0
    assert output.is_file()
    assert recorded.spec == smoke[1].spec  # also its name and its licence


def test_smoke_is_better_than_grey(smoke: tuple[Path, RecordedExport], samples: list[Sample]) -> None:
    _, recorded = smoke
    error, grey = [], []
    for sample in samples:
        lab = sample.lab[:32]  # a multiple of what the network takes
        truth = lab[2::4, 2::4, 1:].astype(np.float32) - 128
        ab = recorded.colors((lab[..., 0] / np.float32(2.55)).astype(np.float32))
        error.append(np.linalg.norm(ab - truth, axis=-1).mean())
        grey.append(np.linalg.norm(truth, axis=-1).mean())
    assert np.mean(error) < 0.9 * np.mean(grey)


def test_fine_tuning_needs_a_weights_file_and_photos_alone(
    exported: Path,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recorded = RecordedExport()
    monkeypatch.setattr(weights_file, "export", recorded.export)
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for path in sorted(folder.glob("0*.png")):
        (mixed / path.name).write_bytes(path.read_bytes())
    (mixed / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut short")
    grey = pyvips.Image.new_from_array(np.tile(np.arange(64, dtype=np.uint8), (48, 1)))
    grey.write_to_file(str(mixed / "grey.png"))
    words = ["train", "--from", exported, "--photos", mixed, "--into", tmp_path / "run"]
    (tmp_path / "short.toml").write_text(f"steps = 3\nrate = 1e-4\nbackbone_rate = 1e-5\n{COMMON}{PHASES}")
    words += ["--recipe", tmp_path / "short.toml"]
    assert run([*map(str, words), "-o", str(tmp_path / "mine.onnx")]) == 1  # two photos were left out
    said = capsys.readouterr().err
    assert "broken.jpg" in said
    assert "grey.png: a photo in black and white" in said
    errors = [float(error) for error in re.findall(r"ab error ([\d.]+)", said)]
    assert f"held out: ab error {errors[0]:.3f} before, {errors[1]:.3f} after" in said
    assert said.index("before: ab error") < said.index("100.0%")
    L = np.random.default_rng(0).uniform(0, 100, (64, 64)).astype(np.float32)
    before, after = (network.colors(L) for network in (RecordedExport.of_file(exported), recorded))
    assert (tmp_path / "mine.onnx").is_file()
    assert 0 < np.abs(after - before).mean() < 20
    assert load_checkpoint(tmp_path / "run" / CHECKPOINT).recipe.norms == "fixed"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["a.tar"], "give --recipe, or --from"),
        (["--recipe", "smoke.toml"], "either SHARDS or --photos"),
        (["a.tar", "--photos", ".", "--recipe", "smoke.toml"], "either SHARDS or --photos"),
        (["--photos", ".", "--recipe", "smoke.toml"], "no photos"),
        (["a.tar", "--recipe", "ablations/perceptual.toml"], "--perceptual-weights"),
        (["a.tar", "--recipe", "smoke.toml", "--perceptual-weights", "none"], "does not exist"),
        (["foo://a.tar", "--recipe", "smoke.toml"], "foo://a.tar: no address that fsspec opens"),
        (["a.tar", "--recipe", "smoke.toml", "--device", "gpu"], "device 'gpu': expected cpu, cuda, cuda:1"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], complaint: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [str(RECIPES / word) if word.endswith(".toml") else word for word in words]
    assert run(["train", *words, "--into", "run"]) == 2
    assert complaint in capsys.readouterr().err


def test_a_card_that_torch_cannot_use_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Torch not compiled with CUDA enabled")

    monkeypatch.setattr(torch, "empty", refuse)
    words = ["train", "a.tar", "--recipe", str(RECIPES / "smoke.toml"), "--into", str(tmp_path / "run")]
    assert run([*words, "--device", "cuda"]) == ExitCode.ENVIRONMENT
    assert "device cuda: torch cannot use it (Torch not compiled" in (said := capsys.readouterr().err)
    assert "Type --device cpu, or install a torch" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--name", "mine", "--license", "MIT", "--version", "7"], "--name, --version, --license"),
        (["--contrast", "0", "--tilt", "-0.1", "--follows-hints"], "--contrast, --tilt, --follows-hints"),
        (["--no-follows-hints"], "--no-follows-hints"),
    ],
)
def test_what_a_weights_file_says_of_itself_cannot_be_changed_for_the_hub(
    tmp_path: Path, words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.onnx").touch()
    assert run(["export", str(tmp_path / "mine.onnx"), "--hub", str(tmp_path / "hub"), *words]) == 2
    said = capsys.readouterr().err
    assert f"leave out {named}, or give the folder of the run." in said
    assert not (tmp_path / "hub").exists()


def write_shard(path: Path, pictures: list[bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for number, data in enumerate(pictures):
            entry = tarfile.TarInfo(f"made-{number}.png")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def test_a_request_to_stop_is_heard_after_the_step_and_the_command_goes_on_from_there(
    pictures: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(weights_file, "export_checkpoint", lambda _, output, **__: output.touch())
    monkeypatch.chdir(tmp_path)
    write_shard(tmp_path / "a.tar", pictures[:8])
    (tmp_path / "short.toml").write_text(f"steps = 2\n{COMMON}{PHASES}")
    train_step = Trainer.train_step

    def step_and_signal(self: Trainer, *words: object) -> None:
        train_step(self, *words)
        signal.raise_signal(signal.SIGTERM)

    words = ["train", "a.tar", "--recipe", "short.toml", "--into", "run", "--decoders", "1"]
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train_step", step_and_signal)
        assert run(words) == 130
    assert "stopped at step 1; repeat the command" in capsys.readouterr().err
    assert load_checkpoint(tmp_path / "run" / CHECKPOINT).step == 1
    assert not (tmp_path / "run" / "generator.onnx").exists()
    assert run(words) == 0
    said = capsys.readouterr().err
    assert "from step 1" in said
    assert "a new pass begins" not in said
    assert load_checkpoint(tmp_path / "run" / CHECKPOINT).step == 2


@pytest.mark.timeout(900)
def test_two_processes_do_what_one_does_with_two_batches(
    pictures: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one photo alone, many times: then their draws are those of one process."""
    for name in ("a.tar", "b.tar"):
        write_shard(tmp_path / name, pictures[:1] * 8)
    (tmp_path / "one.toml").write_text(f"steps = 3\naccumulate = 2\n{COMMON}{PHASES}")
    (tmp_path / "two.toml").write_text(f"steps = 3\n{COMMON}{PHASES}")
    # standalone: on a free port of its own
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    one = ["train", "a.tar", "--recipe", "one.toml", "--into", "one"]
    two = ["train", "a.tar", "b.tar", "--recipe", "two.toml", "--into", "two"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(weights_file, "export_checkpoint", lambda _, output, **__: output.touch())
    assert run(one) == 0
    done = subprocess.run(
        [*launch, BARE_COMMAND, *two],
        env={**os.environ, "PYTHONPATH": str(BARE_COMMAND.parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    first, second = (load_checkpoint(tmp_path / name / CHECKPOINT) for name in ("one", "two"))
    assert first.photos == second.photos == 3 * 2 * 2
    torch.testing.assert_close(first.bins.weights, second.bins.weights)
    # statistics, and how many batches they are of, are the main process's own
    trained = [name for name in first.network if ".running_" not in name and "num_batches" not in name]
    for name in trained:
        torch.testing.assert_close(second.network[name], first.network[name], rtol=1e-3, atol=2e-4)
