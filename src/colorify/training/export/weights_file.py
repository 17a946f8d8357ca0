"""A trained network as a weights file: one ONNX model that describes itself (see `colorify.model.spec`)."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from colorify.atomic import write_whole
from colorify.errors import SetupError
from colorify.model.spec import CENTERS, FEATURES, FORMAT, LOGITS, METADATA_KEY, Spec
from colorify.training.checkpoint import Checkpoint, select_weights
from colorify.training.export.batchnorm_folding import fold_batchnorm
from colorify.training.export.channel_padding import pad_channels
from colorify.training.export.onnx_branch import make_backbone_optional
from colorify.training.network.ab_bins import Bins
from colorify.training.network.heads import BinsHead, make_head
from colorify.training.network.unet import MULTIPLE, STRIDE, UNet

OPSET = 18
HALF_SUFFIX = ".half"  # ends the names of weights stored in half precision
EXAMPLE_SIDE = 128  # px; any multiple of MULTIPLE: the sides are dynamic


class ExportedNetwork(nn.Module):
    """The network between L and ab, as the generator's contract has it."""

    def __init__(self, network: UNet, bins: Bins, tilt: float = 0.0) -> None:
        """`tilt`: see `Spec.tilt`; a regression has no bins, and none."""
        super().__init__()
        self.network = fold_batchnorm(network)
        if len(bins):
            assert self.network.head.bias is not None
            self.network.head.bias.data += tilt * bins.chroma()
        pad_channels(self.network)
        self.head = make_head(bins)

    def forward(self, L: Tensor, hints: Tensor, temperature: Tensor) -> tuple[Tensor, ...]:
        features = self.network.backbone(L)
        output = self.network.decode(features, hints)
        logits = [output] if self.head.kind == BinsHead.kind else []  # a regression's are no distribution
        return self.head.ab(output, temperature), self.head.confidence(output), *logits, *features


def export_checkpoint(
    checkpoint: Checkpoint, path: Path, *, name: str, version: str, license: str, overwrite: bool = False
) -> Spec:
    """Write the averaged weights of a run to `path`, and return what the file says of itself.

    Raises SetupError where it cannot be written, or exists without `overwrite`.
    """
    head = make_head(checkpoint.bins)
    network = UNet(head.outputs)
    network.load_state_dict(select_weights(checkpoint))
    spec = Spec(
        name=name,
        version=version,
        license=license,
        multiple=MULTIPLE,
        stride=STRIDE,
        size=checkpoint.recipe.size,
        temperature=checkpoint.recipe.temperature,
        contrast=checkpoint.recipe.contrast,
        tilt=checkpoint.recipe.tilt,
        follows_hints=checkpoint.recipe.follows_hints,
    )
    notes = {
        "mode": checkpoint.recipe.mode,
        "confidence": "one minus the normalised entropy" if len(checkpoint.bins) else "not known: always 1",
        "photos": f"{checkpoint.photos} drawn in training",
        "steps": str(checkpoint.step),
        "minutes": f"{checkpoint.seconds / 60:.0f}",
        "recipe": json.dumps(asdict(checkpoint.recipe)),
    }
    export(network, checkpoint.bins, path, spec, notes, overwrite=overwrite)
    return spec


def export(
    network: UNet, bins: Bins, path: Path, spec: Spec, notes: dict[str, str], *, overwrite: bool = False
) -> None:
    """Write `path`. `notes`: what else the file says of itself: data, recipe, date. Raises SetupError."""
    side = torch.export.Dim("cells_high", min=1, max=4096), torch.export.Dim("cells_wide", min=1, max=4096)
    pixels = {2: MULTIPLE * side[0], 3: MULTIPLE * side[1]}
    cells = {2: MULTIPLE // STRIDE * side[0], 3: MULTIPLE // STRIDE * side[1]}
    small = EXAMPLE_SIDE // STRIDE
    logits = [LOGITS] if len(bins) else []
    features = [f"{FEATURES}.{number}" for number in range(len(network.backbone.channels))]
    example = (
        torch.rand(1, 1, EXAMPLE_SIDE, EXAMPLE_SIDE),
        torch.zeros(1, 3, small, small),
        torch.tensor(0.38),
    )
    with quiet_exporter():
        program = torch.onnx.export(
            ExportedNetwork(network, bins, spec.tilt).eval(),
            example,
            dynamo=True,
            opset_version=OPSET,
            input_names=["L", "hints", "temperature"],
            output_names=["ab", "confidence", *logits, *features],
            dynamic_shapes=(pixels, cells, None),
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    halve_weights(model.graph)
    model.graph.CopyFrom(make_backbone_optional(model.graph))
    forget_traces(model.graph)
    # beside the contract: what training needs to go on from this file alone (see `start`)
    more = {"notes": notes, "bin_weights": bins.weights.tolist()}
    metadata = json.dumps({"format": FORMAT, **asdict(spec), CENTERS: bins.centers.tolist(), **more})
    helper.set_model_props(model, {METADATA_KEY: metadata})
    onnx.checker.check_model(model)
    write_whole(path, model.SerializeToString(), overwrite=overwrite, kind=SetupError)


def halve_weights(graph: onnx.GraphProto) -> None:
    """Store float32 weights as float16, cast when the model is loaded: half the file, same arithmetic.

    Biases and the bins' centers stay as they are: they are few, and an error in them reaches every pixel.
    """
    casts = []
    for weight in graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or len(weight.dims) < 4:
            continue
        name, array = weight.name, numpy_helper.to_array(weight)
        weight.CopyFrom(numpy_helper.from_array(array.astype(np.float16), name + HALF_SUFFIX))
        casts.append(helper.make_node("Cast", [weight.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def forget_traces(graph: onnx.GraphProto) -> None:
    """Take out where in the source every node came from, which names folders of the machine that exported."""
    for entry in (*graph.node, *graph.value_info, *graph.input, *graph.output):
        del entry.metadata_props[:]
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                forget_traces(attribute.g)


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Hold back the exporter's own deprecation warnings and its remark that torchvision is missing."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning)
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            yield
    finally:
        logger.setLevel(level)
