"""The branch keeps what a graph computes, and holds all that only the features need."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from colorify.training.export.onnx_branch import all_weights, make_backbone_optional


@pytest.fixture
def graph() -> onnx.GraphProto:
    """Two features, the second of the first; both and a scaled L go into ab; `wide` is used on both sides."""

    def value(name: str) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, "h", "w"])

    nodes = [
        helper.make_node("Mul", ["L", "scale"], ["scaled"]),
        helper.make_node("Mul", ["scaled", "wide"], ["features.0"]),
        helper.make_node("Sin", ["features.0"], ["wave"]),
        helper.make_node("Mul", ["wave", "alone"], ["features.1"]),
        helper.make_node("Sum", ["scaled", "features.0", "features.1", "hints"], ["sum"]),
        helper.make_node("Mul", ["sum", "wide"], ["ab"]),
    ]
    weights = [
        numpy_helper.from_array(np.array(number, np.float32), name)
        for name, number in [("scale", 0.1), ("wide", 3.0), ("alone", 7.0)]
    ]
    outputs = [value("ab"), value("features.0"), value("features.1")]
    return helper.make_graph(nodes, "made", [value("L"), value("hints")], outputs, weights)


def session(graph: onnx.GraphProto) -> ort.InferenceSession:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def test_the_same_comes_out_whether_features_are_made_or_handed_on(graph: onnx.GraphProto) -> None:
    rng = np.random.default_rng(0)
    given = {name: rng.random((1, 1, 4, 6), np.float32) for name in ("L", "hints")}
    expected = session(graph).run(None, given)
    split = session(make_backbone_optional(graph))
    nothing = {f"cached.{number}": np.zeros((1, 1, 1, 1), np.float32) for number in range(2)}
    made = split.run(None, {**given, **nothing, "reuse": np.array(False)})
    cached = {"cached.0": made[1], "cached.1": made[2]}
    again = split.run(None, {**given, **cached, "reuse": np.array(True)})
    for one, other, third in zip(expected, made, again, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, third)
    other_features = {name: array + 1 for name, array in cached.items()}
    moved = split.run(["ab"], {**given, **other_features, "reuse": np.array(True)})[0]
    np.testing.assert_allclose(moved, expected[0] + 6, rtol=1e-5)  # they count, not L


def test_what_only_the_features_need_is_in_the_branch(graph: onnx.GraphProto) -> None:
    split = make_backbone_optional(graph)
    assert {weight.name for weight in split.initializer} == {"scale", "wide"}
    assert [node.op_type for node in split.node] == ["Mul", "If", "Sum", "Mul"]
    assert sorted(weight.name for weight in all_weights(split)) == ["alone", "scale", "wide"]
