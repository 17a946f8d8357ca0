"""`colorify models`: what is there, and what of it is unusable."""

import hashlib
import json
from pathlib import Path

import pytest

from colorify.cli.command import run_command as main
from colorify.model.generator import BUILTIN_WEIGHTS
from hub_server import COMMIT, StandIn, make_files
from hub_server import hub as hub  # a fixture

EMBEDDED_VERSION = "11"


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no cache"))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, object]], str]:
    code = main(["models", "--json", *arguments])
    shown = capsys.readouterr()
    return code, [json.loads(line) for line in shown.out.splitlines()], shown.err


def test_the_embedded_model_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, [entry], err = run(capsys)
    data = BUILTIN_WEIGHTS.read_bytes()
    assert (code, err) == (0, "")
    assert entry == {
        "weights": "embedded",
        "name": "colorify-lite2",
        "version": EMBEDDED_VERSION,
        "license": "MIT",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def test_a_person_reads_lines(capsys: pytest.CaptureFixture[str], tiny_weights: Path) -> None:
    assert main(["models", str(tiny_weights)]) == 0
    embedded, named = capsys.readouterr().out.splitlines()
    assert embedded.startswith(f"colorify-lite2 {EMBEDDED_VERSION}  MIT  ")
    digest = hashlib.sha256(tiny_weights.read_bytes()).hexdigest()
    assert named == f"tiny 0.0  MIT  0.0 MB  sha256:{digest}  {tiny_weights}"


@pytest.mark.usefixtures("hub")
def test_what_is_loaded_is_in_the_list_from_then_on(capsys: pytest.CaptureFixture[str]) -> None:
    _, before, _ = run(capsys)
    _, [_, named], _ = run(capsys, "hf:someone/old-photos")
    _, [_, cached], _ = run(capsys)
    assert len(before) == 1
    assert named["weights"] == "hf:someone/old-photos"
    assert cached == {**named, "weights": f"hf:someone/old-photos@{COMMIT}"}


def test_models_of_other_programs_are_passed_over(
    capsys: pytest.CaptureFixture[str], hub: StandIn, tiny_weights: Path
) -> None:
    import huggingface_hub

    hub.put("someone/text", {"config.json": b'{"model_type": "bert"}'})
    huggingface_hub.hf_hub_download("someone/text", "config.json")
    code, entries, err = run(capsys)
    assert (code, len(entries), err) == (0, 1, "")


@pytest.mark.usefixtures("hub")
def test_an_unusable_model_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, tiny_weights: Path
) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"\x72\x05half")
    (tmp_path / "other.onnx").write_bytes(b"")
    broken_ones = [str(tmp_path / "broken.onnx"), str(tmp_path / "other.onnx")]
    code, entries, err = run(capsys, *broken_ones, "nowhere.onnx", "hf:someone/nothing", str(tiny_weights))
    assert code == 1
    assert [entry["name"] for entry in entries] == ["colorify-lite2", "tiny"]
    broken, other, nowhere, nothing = err.splitlines()
    assert "broken.onnx: not a usable ONNX file (cut short)" in broken
    assert "other.onnx: an ONNX file, but no Colorify generator" in other
    assert "nowhere.onnx: no such weights file" in nowhere
    assert "hf:someone/nothing@main: no such repository, or a private one" in nothing


def test_a_repository_is_laid_out_and_can_be_used(
    capsys: pytest.CaptureFixture[str], hub: StandIn, tmp_path: Path, tiny_weights: Path
) -> None:
    folder = tmp_path / "repository"
    assert main(["export", str(tiny_weights), "--hub", str(folder)]) == 0
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(files) == ["README.md", "config.json", "generator.onnx"]
    said = json.loads(files["config.json"])["colorify"]
    assert said == {**json.loads(make_files(tiny_weights)["config.json"])["colorify"], **said}
    hub.put("someone/new", files)
    code, [_, entry], _ = run(capsys, "hf:someone/new")
    assert (code, entry["name"], entry["sha256"]) == (0, "tiny", said["sha256"])


def test_the_card_begins_with_what_the_hub_reads(tmp_path: Path, tiny_weights: Path) -> None:
    import yaml

    from colorify.training.export.hub_repository import write_repository
    from tiny import write_tiny_generator

    write_repository(tiny_weights, tmp_path / "plain")
    _, head, text = (tmp_path / "plain" / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(head)["license"] == "mit"
    assert "| SHA-256 | `" in text
    other = write_tiny_generator(tmp_path / "other.onnx", license='own: "yes"', name="a | b")
    write_repository(other, tmp_path / "other")
    _, head, text = (tmp_path / "other" / "README.md").read_text().split("---\n", 2)
    said = yaml.safe_load(head)
    assert (said["license"], said["license_name"]) == ("other", 'own: "yes"')
    assert "# a \\| b" in text


def test_a_repository_replaces_nothing_unasked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, tiny_weights: Path
) -> None:
    (tmp_path / "README.md").write_text("mine")
    assert main(["export", str(tiny_weights), "--hub", str(tmp_path)]) == 3
    assert "README.md: exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert main(["export", str(tiny_weights), "--hub", str(tmp_path), "-f"]) == 0
    assert main(["export", str(tiny_weights)]) == 2
    assert "either -o FILE or --hub FOLDER" in capsys.readouterr().err
