"""A weights file is what it promises, or is refused with the file, the field, what was expected and found."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from colorify.errors import ColorifyError, WeightsError
from colorify.hints import Hint
from colorify.model.generator import Generator
from colorify.model.predict import predict_colors
from colorify.model.spec import CENTERS, RULES
from colorify.options import ColorOptions
from tiny import TINY_SPEC, write_tiny_generator

NUMBERS = {
    "multiple": (1, 1024),
    "size": (32, 4096),
    "temperature": (0.01, 1),
    "contrast": (0, 2),
    "tilt": (-1, 1),
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


def with_metadata(path: Path, text: str) -> Path:
    """Write the tiny generator with `text` as what it says of itself."""
    model = onnx.load(write_tiny_generator(path))
    model.metadata_props[0].value = text
    path.write_bytes(model.SerializeToString())
    return path


def color(path: Path) -> None:
    """Open a weights file and use all of it."""
    glance = Generator(path, threads=1).encode(np.linspace(0, 100, 96, dtype=np.float32).reshape(8, 12))
    for look in (
        ColorOptions(),
        ColorOptions(vividness=1.5, hints=(Hint(3, 3, "#a05040"),)),
        ColorOptions(alternative=2),
    ):
        predict_colors(glance, look, photo=(12, 8))


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("multiple", 0, "0"),
        ("multiple", 30, "30"),  # of a stride of 4
        ("multiple", True, "True"),
        ("stride", -4, "-4"),
        ("size", "big", "'big'"),
        ("size", 1e400, "inf"),
        ("temperature", 0, "0"),
        ("temperature", float("nan"), "nan"),
        ("contrast", -0.1, "-0.1"),
        ("tilt", -1.5, "-1.5"),
        ("follows_hints", 1, "1"),
        ("name", "", "''"),
        ("name", "a\nb", "'a\\\\nb'"),
        ("license", None, "None"),
        (CENTERS, [[0, 0], [1]], r"\[\[0, 0\], \[1\]\]"),
        (CENTERS, [["1", 2]], r"\[\['1', 2\]\]"),
        (CENTERS, [[0, 10**400]], r"\[\[0, 1000"),
    ],
)
def test_a_field_that_makes_no_sense(tmp_path: Path, field: str, value: Any, found: str) -> None:
    path = write_tiny_generator(tmp_path / "odd.onnx", **{field: value})
    with pytest.raises(WeightsError, match=rf"odd\.onnx: {field}: expected .*, found {found}.*Give weights"):
        Generator(path)


@pytest.mark.parametrize("field", sorted(set(RULES) - {"contrast", "tilt", "follows_hints"}))
def test_a_field_that_is_missing(tmp_path: Path, field: str) -> None:
    rest = {name: value for name, value in TINY_SPEC.items() if name != field}
    path = with_metadata(tmp_path / "half.onnx", json.dumps(rest))
    with pytest.raises(WeightsError, match=rf"half\.onnx: {field}: expected .*, found nothing"):
        Generator(path)


@pytest.mark.parametrize(("field", "bounds"), NUMBERS.items())
def test_the_ends_of_a_range(tmp_path: Path, field: str, bounds: tuple[float, float]) -> None:
    whole = isinstance(bounds[0], int) and field not in ("contrast", "tilt")
    for end, beyond in zip(bounds, (-1, 1), strict=True):
        spec = {**TINY_SPEC, "stride": 1, field: end}
        Generator(with_metadata(tmp_path / "end.onnx", json.dumps(spec)))
        spec[field] = end + beyond if whole else end + beyond * 1e-6
        with pytest.raises(WeightsError, match=field):
            Generator(with_metadata(tmp_path / "beyond.onnx", json.dumps(spec)))


@pytest.mark.parametrize("text", ["", "[" * 100_000, "[]", "null", "{", "\x00", "1" * 5000], ids=range(7))
def test_metadata_that_is_no_object(tmp_path: Path, text: str) -> None:
    with pytest.raises(WeightsError, match=r"text\.onnx"):
        Generator(with_metadata(tmp_path / "text.onnx", text))


@settings(max_examples=50)
@given(changes=st.dictionaries(st.sampled_from(["format", *RULES]), VALUES, min_size=1, max_size=3))
def test_whatever_the_metadata_says(
    changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "any.onnx"
    with suppress(ColorifyError):  # all else is a fault
        color(write_tiny_generator(path, **changes))


@settings(max_examples=25)
@given(
    changes=st.fixed_dictionaries(
        {},
        optional={
            "multiple": st.sampled_from([1, 2, 3, 4, 12, 32, 64, 96]),
            "stride": st.sampled_from([1, 2, 3, 4, 8, 16, 32]),
            "size": st.integers(32, 4096),
            "temperature": st.floats(0.01, 1),
            "contrast": st.floats(0, 2),
            "tilt": st.floats(-1, 1),
            CENTERS: st.lists(st.lists(st.floats(-128, 128), min_size=2, max_size=2), max_size=6),
        },
    )
)
def test_whatever_plausible_metadata_says(
    changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is in range, and is not what the network does."""
    path = tmp_path_factory.mktemp("fuzz") / "any.onnx"
    with suppress(ColorifyError):  # all else is a fault
        color(write_tiny_generator(path, **changes))


def rename(kind: str, name: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        entry = next(each for each in getattr(model.graph, kind) if each.name == name)
        entry.name = "other"

    return change


def retype(name: str, type: int, shape: list[Any]) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        entry = next(each for each in model.graph.input if each.name == name)
        entry.CopyFrom(helper.make_tensor_value_info(name, type, shape))

    return change


def one_more(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))


def other_bins(model: onnx.ModelProto) -> None:
    said = {**TINY_SPEC, CENTERS: TINY_SPEC[CENTERS][:4]}
    model.metadata_props[0].value = json.dumps(said)


FIXED = [1, 1, 64, 64]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (retype("L", TensorProto.FLOAT, FIXED), r"input L: expected .*\(1, 1, any, any\).*\(1, 1, 64, 64\)"),
        (retype("temperature", TensorProto.FLOAT, [1]), r"input temperature: expected .*shape \(\), found"),
        (retype("temperature", TensorProto.DOUBLE, []), r"not a usable ONNX file|expected tensor\(float\)"),
        (retype("cached.0", TensorProto.FLOAT, [1, "c", "h", "w"]), r"input cached\.0: expected .*channels"),
        (retype("cached.0", TensorProto.FLOAT, [1, 2, "h", "w"]), r"output features\.0: expected .*\(1, 2,"),
        (retype("hints", TensorProto.FLOAT, [1, 4, "h", "w"]), r"input hints: expected .*\(1, 3,.*\(1, 4,"),
        (rename("output", "confidence"), r"output confidence: expected .*, found nothing"),
        (one_more, r"inputs: expected those of the contract alone, found more"),
        (other_bins, r"output logits: expected .*\(1, 4, any, any\), found .*\(1, 5, any, any\)"),
    ],
    ids=["size", "rank", "type", "any channels", "other channels", "channels", "missing", "more", "bins"],
)
def test_a_network_that_breaks_the_contract(
    tmp_path: Path, change: Callable[[onnx.ModelProto], None], says: str
) -> None:
    path = write_tiny_generator(tmp_path / "other.onnx")
    model = onnx.load(path)
    change(model)
    for node in model.graph.node:  # whoever makes a renamed output makes it under the new name
        for place, name in enumerate(node.output):
            if name == "confidence" and change.__qualname__.startswith("rename"):
                node.output[place] = "other"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match=says):
        Generator(path)


def test_a_network_that_does_not_do_what_it_says_it_does(tmp_path: Path) -> None:
    """Its stride is 4 and not 8; ONNX Runtime finds no fault until it runs."""
    generator = Generator(write_tiny_generator(tmp_path / "eight.onnx", stride=8), threads=1)
    with pytest.raises(WeightsError, match=r"eight\.onnx: fails when it is run"):
        generator(np.zeros((64, 64), np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e9])
def test_damaged_weights_are_told_from_colours(tmp_path: Path, value: float) -> None:
    path = write_tiny_generator(tmp_path / "bad.onnx")
    model = onnx.load(path)
    fifty = next(entry for entry in model.graph.initializer if entry.name == "fifty")
    fifty.CopyFrom(onnx.numpy_helper.from_array(np.array(value, np.float32), "fifty"))
    path.write_bytes(model.SerializeToString())
    glance = Generator(path, threads=1).encode(np.full((8, 8), 50, np.float32))
    with pytest.raises(WeightsError, match=r"bad\.onnx: logits is not finite"):
        glance.distribution()
