"""A weights file has no other file read, and whatever its bytes are, it is opened or refused."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from colorify.errors import ColorifyError, WeightsError
from colorify.model import onnx_file
from colorify.model.generator import BUILTIN_WEIGHTS, Generator
from colorify.model.onnx_file import has_external_data


@pytest.fixture(scope="module")
def tiny_bytes(tiny_weights: Path) -> bytes:
    return tiny_weights.read_bytes()


def external(name: str = "secret") -> TensorProto:
    """A tensor whose bytes are in another file."""
    tensor = numpy_helper.from_array(np.arange(2, dtype=np.float32), name)
    external_data_helper.set_external_data(tensor, location="secret.bin")
    tensor.ClearField("raw_data")
    return tensor


def put_into_the_graph(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(external())


def put_into_a_branch(model: onnx.ModelProto) -> None:
    branch = next(node for node in model.graph.node if node.op_type == "If").attribute[0].g
    branch.initializer.append(external())


def put_into_a_constant(model: onnx.ModelProto) -> None:
    model.graph.node.insert(0, helper.make_node("Constant", [], ["secret"], value=external()))


def put_into_a_large_node(model: onnx.ModelProto) -> None:
    inner = helper.make_graph([helper.make_node("Constant", [], ["secret"], value=external())], "g", [], [])
    inner.initializer.append(numpy_helper.from_array(np.zeros(9999, np.float32), "large"))
    model.graph.node.insert(0, helper.make_node("If", ["reuse"], ["secret"], then_branch=inner))


def put_into_a_function(model: onnx.ModelProto) -> None:
    node = helper.make_node("Constant", [], ["secret"], value=external())
    opset = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("other", "f", [], ["secret"], [node], opset))


def put_into_a_sparse_tensor(model: onnx.ModelProto) -> None:
    sparse = model.graph.sparse_initializer.add()
    sparse.values.CopyFrom(external())
    sparse.indices.CopyFrom(numpy_helper.from_array(np.arange(2), "places"))
    sparse.dims.append(9)


@pytest.mark.parametrize(
    "put",
    [
        put_into_the_graph,
        put_into_a_branch,
        put_into_a_constant,
        put_into_a_large_node,
        put_into_a_function,
        put_into_a_sparse_tensor,
    ],
)
def test_external_data_is_refused_wherever_it_is(tmp_path: Path, put: object, tiny_bytes: bytes) -> None:
    model = onnx.load_model_from_string(tiny_bytes)
    assert callable(put)
    put(model)
    path = tmp_path / "outside.onnx"
    path.write_bytes(model.SerializeToString())
    (tmp_path / "secret.bin").write_bytes(bytes(8))
    with pytest.raises(WeightsError, match=r"outside\.onnx: keeps tensors in other files, which is refused"):
        Generator(path)


def test_a_whole_file_has_none(tiny_bytes: bytes) -> None:
    assert not has_external_data(memoryview(tiny_bytes))


def test_nodes_are_not_walked_through_one_by_one(monkeypatch: pytest.MonkeyPatch, tiny_bytes: bytes) -> None:
    """As a file has hundreds of them, and that took 23 ms of each start."""
    graph = onnx.load_model_from_string(tiny_bytes).graph
    branches = [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    tensors = [tensor for each in (graph, *branches) for tensor in each.initializer]
    read, walked = onnx_file._fields, []

    def count(message: memoryview) -> Iterator[tuple[int, memoryview | int | None]]:
        walked.append(len(message))
        return read(message)

    monkeypatch.setattr(onnx_file, "_fields", count)
    assert not has_external_data(memoryview(tiny_bytes))
    # besides tensors: the model, its graph, and its branches, each within an attribute of a node
    assert len(walked) <= 2 + len(tensors) + 3 * len(branches) + 8
    assert len(graph.node) > 8


@pytest.mark.skipif(not BUILTIN_WEIGHTS.is_file(), reason="the embedded weights are not trained yet")
def test_the_embedded_weights_have_none() -> None:
    assert not has_external_data(memoryview(BUILTIN_WEIGHTS.read_bytes()))


@pytest.mark.parametrize("part", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_short(tmp_path: Path, tiny_bytes: bytes, part: float) -> None:
    path = tmp_path / "cut.onnx"
    path.write_bytes(tiny_bytes[: int(part * len(tiny_bytes))])
    with pytest.raises(WeightsError, match=r"cut\.onnx"):
        Generator(path)


@pytest.mark.parametrize(
    "data", [b"GIF89a", b"\xff" * 64, b"\x08", b"<html>", b"\x00\x00\x00\x00ORTM" + bytes(40)], ids=range(5)
)
def test_a_file_of_another_kind(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"other\.onnx: not a usable ONNX file"):
        Generator(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such weights file"):
        Generator(tmp_path)


def test_branches_within_branches_without_end(tmp_path: Path) -> None:
    inner = bytes([0x52, 8]) + b"location"  # a graph's text: a node without that word is not walked through
    for _ in range(300):  # a graph with a node with an attribute with a graph
        for tag in (0x32, 0x2A, 0x0A):
            inner = bytes([tag]) + length(len(inner)) + inner
    path = tmp_path / "deep.onnx"
    path.write_bytes(bytes([0x3A]) + length(len(inner)) + inner)
    with pytest.raises(WeightsError, match=r"deep\.onnx: not a usable ONNX file .*within each other"):
        Generator(path)


def length(number: int) -> bytes:
    """Write a number as protobuf does."""
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


@pytest.mark.parametrize("dims", [[2**40], [2**31, 2**31], [2**62, 4], [-1]])
def test_a_tensor_that_claims_to_be_huge(tmp_path: Path, tiny_bytes: bytes, dims: list[int]) -> None:
    model = onnx.load_model_from_string(tiny_bytes)
    fifty = next(entry for entry in model.graph.initializer if entry.name == "fifty")
    fifty.dims.extend(dims)
    path = tmp_path / "huge.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match=r"huge\.onnx: not a usable ONNX file"):
        Generator(path)


@settings(max_examples=60)
@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=3))
def test_whatever_bytes_are_damaged(
    tiny_bytes: bytes, changes: list[tuple[float, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(tiny_bytes)
    for place, bits in changes:
        data[int(place * len(data))] ^= bits
    path = tmp_path_factory.mktemp("fuzz") / "damaged.onnx"
    path.write_bytes(data)
    with suppress(ColorifyError):  # all else is a fault
        Generator(path, threads=1)(np.zeros((8, 8), np.float32))


def test_the_library_prints_nothing(
    tmp_path: Path, tiny_bytes: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "name.onnx"
    path.write_bytes(tiny_bytes.replace(b"features.0", b"features.\xff"))
    with pytest.raises(WeightsError, match=r"name\.onnx: not a usable ONNX file"):
        Generator(path)
    assert capfd.readouterr() == ("", "")
