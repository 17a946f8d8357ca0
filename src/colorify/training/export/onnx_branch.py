"""A generator's backbone as a branch that runs only when it is wanted, within one ONNX graph.

    features = cached if reuse else backbone(L)

ONNX Runtime runs the one branch of an `If` that was chosen. The weights go into the branch with the nodes
that use them: left outside, ONNX Runtime does not lay them out for its fast convolutions, and a whole run
takes 1.3 times as long. Inside, it takes as long as without the `If`, and gives the same to the last bit.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import onnx
from onnx import TensorProto, helper

from colorify.model.spec import CACHED, FEATURES, REUSE

FRESH_PREFIX: Final = "fresh"  # begins the names, within the branch, of features that the backbone makes
KEPT_PREFIX: Final = "kept"  # the same, of those handed on


def make_backbone_optional(graph: onnx.GraphProto) -> onnx.GraphProto:
    """Return `graph` with all that only its outputs `features.N` need run on demand.

    New inputs: `reuse`, (), bool; and `cached.N`, of the shapes of the features but of any height and width.
    """
    features = [output for output in graph.output if output.name.startswith(FEATURES)]
    names = {output.name for output in features}
    others = [output.name for output in graph.output if output.name not in names]
    after = _makers(graph, others, stop=names)
    branch = [node for number, node in enumerate(graph.node) if number not in after]
    # what the branch takes from the rest has to come before it
    before = after & _makers(graph, [name for node in branch for name in node.input])
    used = {name for number in after for name in graph.node[number].input}
    nodes = [
        *(graph.node[number] for number in sorted(before)),
        helper.make_node(
            "If",
            [REUSE],
            [output.name for output in features],
            then_branch=_hand_on(features),
            else_branch=_run(branch, features, [w for w in graph.initializer if w.name not in used]),
        ),
        *(graph.node[number] for number in sorted(after - before)),
    ]
    inputs = [*graph.input, helper.make_tensor_value_info(REUSE, TensorProto.BOOL, [])]
    for output in features:
        name = _renamed(output.name, CACHED)
        channels = output.type.tensor_type.shape.dim[1].dim_value
        sides = [f"{name}.high", f"{name}.wide"]
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, *sides]))
    weights = [weight for weight in graph.initializer if weight.name in used]
    return helper.make_graph(nodes, graph.name, inputs, graph.output, weights)


def all_weights(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    """Return the weights of a graph and of its branches."""
    branches = [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    return [*graph.initializer, *(weight for branch in branches for weight in all_weights(branch))]


def _makers(graph: onnx.GraphProto, names: Iterable[str], stop: Iterable[str] = ()) -> set[int]:
    """Return the numbers of the nodes that `names` need, directly or not, without those that make `stop`."""
    maker = {name: number for number, node in enumerate(graph.node) for name in node.output}
    for name in stop:
        del maker[name]
    open_names, found = list(names), set[int]()
    while open_names:
        number = maker.get(open_names.pop(), -1)
        if number >= 0 and number not in found:
            found.add(number)
            open_names += graph.node[number].input
    return found


def _run(
    nodes: Iterable[onnx.NodeProto], features: list[onnx.ValueInfoProto], weights: list[onnx.TensorProto]
) -> onnx.GraphProto:
    """Make the branch that runs the backbone."""
    fresh = {output.name: _renamed(output.name, FRESH_PREFIX) for output in features}
    renamed = [_with_names(node, fresh) for node in nodes]
    return helper.make_graph(
        renamed, "backbone", [], [_as(output, FRESH_PREFIX) for output in features], weights
    )


def _hand_on(features: list[onnx.ValueInfoProto]) -> onnx.GraphProto:
    """Make the branch that hands on what the backbone made earlier."""
    nodes = [
        helper.make_node("Identity", [_renamed(output.name, CACHED)], [_renamed(output.name, KEPT_PREFIX)])
        for output in features
    ]
    return helper.make_graph(nodes, "reuse", [], [_as(output, KEPT_PREFIX) for output in features])


def _with_names(node: onnx.NodeProto, new: Mapping[str, str]) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    for names in (copy.input, copy.output):
        for place, name in enumerate(names):
            names[place] = new.get(name, name)
    return copy


def _as(output: onnx.ValueInfoProto, prefix: str) -> onnx.ValueInfoProto:
    copy = onnx.ValueInfoProto()
    copy.CopyFrom(output)
    copy.name = _renamed(output.name, prefix)
    return copy


def _renamed(name: str, prefix: str) -> str:
    """Turn `features.2` into `cached.2`."""
    return prefix + "." + name.rpartition(".")[2]
