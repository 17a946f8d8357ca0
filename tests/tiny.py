"""A tiny generator that obeys the contract, and a small picture, both made in code."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colorify.model.spec import CENTERS, FORMAT, METADATA_KEY

TINY_STRIDE = 4
TINY_SPEC: dict[str, Any] = {
    "format": FORMAT,
    "name": "tiny",
    "version": "0.0",
    "license": "MIT",
    "multiple": 32,
    "stride": TINY_STRIDE,
    "size": 64,
    "temperature": 0.38,
    CENTERS: [[0, 0], [40, 0], [0, 40], [-40, 0], [0, -40]],
}


def write_tiny_generator(path: Path, **changes: Any) -> Path:
    """Write a generator without training: warm highlights, cold shadows, and what the hints say.

    With l the mean of L over 4x4 px: a bin of grey has the logit 2, and four of colours have what is theirs
    of a and b, over 12; a = 20 sin(l / 10), b = l - 50, or those of a hint. ab is the annealed mean, but the
    hint's where there is one. confidence = l / 100. The backbone makes l.
    `changes`: to its metadata.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def constant(name: str, value: float) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(value, np.float32), name)

    def index(name: str, values: list[int]) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(values, np.int64), name)

    def tensor(name: str, shape: list[Any]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    stride = [TINY_STRIDE, TINY_STRIDE]
    pool = helper.make_node("AveragePool", ["L"], ["fresh"], kernel_shape=stride, strides=stride)
    look = helper.make_graph([pool], "look", [], [tensor("fresh", [1, 1, "h", "w"])])
    hand_on = helper.make_node("Identity", ["cached.0"], ["kept"])
    keep = helper.make_graph([hand_on], "keep", [], [tensor("kept", [1, 1, "h", "w"])])
    nodes = [
        helper.make_node("If", ["reuse"], ["features.0"], then_branch=keep, else_branch=look),
        helper.make_node("Identity", ["features.0"], ["small"]),
        helper.make_node("Div", ["small", "ten"], ["angle"]),
        helper.make_node("Sin", ["angle"], ["sine"]),
        helper.make_node("Mul", ["sine", "twenty"], ["a"]),
        helper.make_node("Sub", ["small", "fifty"], ["b"]),
        helper.make_node("Concat", ["a", "b"], ["own"], axis=1),
        helper.make_node("Slice", ["hints", "zero", "two", "one"], ["wanted"]),
        helper.make_node("Slice", ["hints", "two", "three", "one"], ["mask"]),
        helper.make_node("Greater", ["mask", "half"], ["hinted"]),
        helper.make_node("Where", ["hinted", "wanted", "own"], ["said"]),
        helper.make_node("Div", ["small", "hundred"], ["confidence"]),
        helper.make_node("Div", ["said", "twelve"], ["positive"]),
        helper.make_node("Neg", ["positive"], ["negative"]),
        helper.make_node("Concat", ["positive", "negative"], ["signed"], axis=1),
        helper.make_node("Relu", ["signed"], ["colored"]),
        helper.make_node("Pad", ["colored", "one before", "grey"], ["logits"]),
        helper.make_node("Div", ["logits", "temperature"], ["sharp"]),
        helper.make_node("Softmax", ["sharp"], ["likely"], axis=1),
        helper.make_node("Conv", ["likely", "centers"], ["mean"]),
        helper.make_node("Where", ["hinted", "wanted", "mean"], ["ab"]),
    ]
    constants = [
        *(constant(name, value) for name, value in [("ten", 10), ("twenty", 20)]),
        *(constant(name, value) for name, value in [("fifty", 50), ("half", 0.5), ("hundred", 100)]),
        constant("twelve", 12),
        constant("grey", 2),
        numpy_helper.from_array(np.array(TINY_SPEC[CENTERS], np.float32).T[:, :, None, None], "centers"),
        index("one before", [0, 1, 0, 0, 0, 0, 0, 0]),
        *(index(name, [value]) for name, value in [("zero", 0), ("one", 1), ("two", 2), ("three", 3)]),
    ]

    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            tensor("L", [1, 1, "H", "W"]),
            tensor("hints", [1, 3, "h", "w"]),
            tensor("temperature", []),
            helper.make_tensor_value_info("reuse", TensorProto.BOOL, []),
            tensor("cached.0", [1, 1, "cached.h", "cached.w"]),
        ],
        [
            tensor("ab", [1, 2, "h", "w"]),
            tensor("confidence", [1, 1, "h", "w"]),
            tensor("logits", [1, 5, "h", "w"]),
            tensor("features.0", [1, 1, "h", "w"]),
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps({**TINY_SPEC, **changes})
    path.write_bytes(model.SerializeToString())
    return path


def grey_scene(width: int = 96, height: int = 64, depth: int = 8) -> NDArray[Any]:
    """Draw a grey picture, (h, w): a gradient, a dark disc, a bright square and a little grain."""
    y, x = np.mgrid[:height, :width]
    scene = 0.15 + 0.7 * x / width
    scene[(x - width * 0.3) ** 2 + (y - height * 0.5) ** 2 < (height * 0.3) ** 2] = 0.08
    scene[height // 4 : height // 2, width * 3 // 4 : width * 7 // 8] = 0.97
    scene += np.random.default_rng(0).normal(0, 0.01, scene.shape)
    full = 2**depth - 1
    return np.rint(np.clip(scene, 0, 1) * full).astype(np.uint8 if depth == 8 else np.uint16)
