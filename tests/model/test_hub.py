"""Weights from the Hub: loaded once, checked, then used without it; against a stand-in on this machine."""

import builtins
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bulk_helpers import write_photos
from colorify import Colorizer
from colorify.batch.bulk.bulk_run import color_bulk
from colorify.errors import SetupError, WeightsError
from colorify.model.hub import find_weights, pin_weights, read_address
from hub_server import COMMIT, OTHER_COMMIT, StandIn, make_files
from hub_server import hub as hub  # a fixture

pytest.importorskip("huggingface_hub")

ADDRESS = Path("hf:someone/old-photos")


@pytest.mark.parametrize("revision", ["", "@main", "@v1", f"@{COMMIT}", "@refs/pr/1"])
def test_weights_are_loaded_once(hub: StandIn, tiny_weights: Path, revision: str) -> None:
    colorizer = Colorizer(f"{ADDRESS}{revision}")
    assert colorizer.spec == Colorizer(tiny_weights).spec
    assert hub.requests
    asked = len(hub.requests)
    assert find_weights(Path(f"{ADDRESS}{revision}")).read_bytes() == tiny_weights.read_bytes()
    assert len(hub.requests) == asked, "what is in the cache needs no network"


def test_a_branch_stays_where_it_was_until_another_revision_is_named(
    hub: StandIn, tiny_weights: Path
) -> None:
    first = find_weights(ADDRESS)
    hub.put("someone/old-photos", make_files(tiny_weights), OTHER_COMMIT)
    assert find_weights(ADDRESS) == first
    assert find_weights(Path(f"{ADDRESS}@{OTHER_COMMIT}")) != first


def test_what_begins_on_a_branch_goes_on_with_its_commit(hub: StandIn, tiny_weights: Path) -> None:
    assert pin_weights(ADDRESS) == Path(f"{ADDRESS}@{COMMIT}")
    assert pin_weights(tiny_weights) == tiny_weights


def test_a_bulk_run_notes_the_commit(hub: StandIn, tmp_path: Path) -> None:
    write_photos(tmp_path / "photos", {"one.png": 90})
    report = color_bulk(str(tmp_path / "photos"), str(tmp_path / "colored"), weights=ADDRESS)
    assert report.colored == 1
    plan = json.loads(next((tmp_path / "colored").rglob("plan.json")).read_text())
    assert plan["settings"]["weights"] == f"{ADDRESS}@{COMMIT}"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("hf:someone", "expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION"),
        ("hf:someone/old-photos/generator.onnx", "expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION"),
        ("hf:someone/old-photos@", "expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION"),
        ("hf:someone/old-photos@../../x", "expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION"),
        ("hf:someone/nothing", "no such repository, or a private one"),
        ("hf:someone/old-photos@v9", "no revision v9. Type hf:someone/old-photos"),
        ("hf:someone/secret", "hf auth login"),
        ("hf:someone/popular", "the Hub does not give it out"),
        ("hf:someone/text", "expected config.json and an ONNX file, found no config.json"),
        ("hf:someone/no-onnx", "expected config.json and an ONNX file, found no generator.onnx"),
        ("hf:someone/other", "expected `colorify` with `file` and `sha256` in config.json"),
        ("hf:someone/elsewhere", "expected `colorify` with `file` and `sha256` in config.json"),
        ("hf:someone/no-json", "expected `colorify` with `file` and `sha256` in config.json"),
        ("hf:someone/damaged", "expected SHA-256 0000"),
    ],
)
def test_what_cannot_be_had_is_said(hub: StandIn, tiny_weights: Path, address: str, says: str) -> None:
    files = make_files(tiny_weights)
    hub.put("someone/secret", files)
    hub.gated.add("someone/secret")
    hub.put("someone/popular", files)
    hub.limited.add("someone/popular")
    hub.put("someone/text", {"README.md": b"#"})
    hub.put("someone/no-onnx", {"config.json": files["config.json"]})
    hub.put("someone/other", {"config.json": b'{"model_type": "bert"}', "model.onnx": b""})
    hub.put("someone/elsewhere", make_files(tiny_weights, file="../generator.onnx"))
    hub.put("someone/no-json", {"config.json": b"\xff"})
    hub.put("someone/damaged", make_files(tiny_weights, sha256="0" * 64))
    with pytest.raises(WeightsError, match=address) as raised:
        find_weights(Path(address))
    assert says in str(raised.value)


def test_a_file_that_was_damaged_in_the_cache_is_found(hub: StandIn, tiny_weights: Path) -> None:
    cached = find_weights(ADDRESS)
    cached.resolve().write_bytes(tiny_weights.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="hf cache rm model/someone/old-photos"):
        Colorizer(ADDRESS)


def test_without_a_network_it_says_so(monkeypatch: pytest.MonkeyPatch, hub: StandIn) -> None:
    from huggingface_hub import constants

    nobody = "http://127.0.0.1:1/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", nobody)
    with pytest.raises(WeightsError, match="the Hub cannot be reached"):
        find_weights(ADDRESS)


def test_weights_without_a_config_in_the_cache_are_completed(hub: StandIn, tmp_path: Path) -> None:
    """As where the network failed between the two files."""
    weights = find_weights(ADDRESS)
    shutil.rmtree(weights.parent)
    assert find_weights(ADDRESS) == weights


def test_without_the_extra_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def refuse(name: str, *arguments: Any) -> Any:
        if name.startswith("huggingface_hub"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return load(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SetupError, match=r"pip install .*huggingface_hub"):
        find_weights(ADDRESS)


def test_an_address_is_spelt_as_it_is_read() -> None:
    assert str(read_address("hf:someone/old-photos")) == "hf:someone/old-photos@main"
    assert read_address(str(read_address("hf:a/b@v1"))) == read_address("hf:a/b@v1")
