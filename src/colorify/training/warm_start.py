"""Where a run starts from: another run, a weights file, or the generator in the package."""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it has no types
from onnx import numpy_helper
from torch import Tensor

from colorify.errors import SetupError, WeightsError
from colorify.model.generator import BUILTIN_WEIGHTS
from colorify.model.hub import find_weights
from colorify.model.runtime import read_model
from colorify.model.spec import read_metadata, read_spec
from colorify.training.checkpoint import CHECKPOINT, load_checkpoint, save_whole, select_weights
from colorify.training.export.batchnorm_folding import unfold_batchnorm
from colorify.training.export.onnx_branch import all_weights
from colorify.training.export.weights_file import HALF_SUFFIX
from colorify.training.network.ab_bins import Bins
from colorify.training.network.heads import make_head
from colorify.training.network.unet import UNet

BUILTIN: Final = "shipped"
NETWORK_PREFIX: Final = "network."  # begins the names of the network's weights in a weights file
BACKBONE_FORMAT: Final = 1


@dataclass(frozen=True)
class PretrainedGenerator:
    """A trained generator: what `UNet.load_state_dict` takes, and its bins (none: a regression)."""

    network: dict[str, Tensor]
    bins: Bins
    folded: bool  # whether its norms have no statistics any more and must stay fixed


def load_generator(source: str) -> PretrainedGenerator:
    """Read "shipped", a weights file (of the Hub, too), or the folder of a run.

    Raises WeightsError, SetupError.
    """
    path = BUILTIN_WEIGHTS if source == BUILTIN else find_weights(Path(source))
    if path.is_dir():
        checkpoint = load_checkpoint(path / CHECKPOINT)
        return PretrainedGenerator(
            select_weights(checkpoint), checkpoint.bins, checkpoint.recipe.norms == "fixed"
        )
    return load_weights(path)


def load_weights(path: Path) -> PretrainedGenerator:
    """Read a weights file back into what the trainer takes. Raises WeightsError."""
    data = read_model(path)  # nothing that is in other files
    try:
        model = onnx.load_model_from_string(data)
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        spec, said = read_spec(metadata, path)
        weights = torch.tensor(read_metadata(metadata, path)["bin_weights"], dtype=torch.float32)
        if weights.shape != (len(said),):
            raise ValueError(f"bin_weights: expected {len(said)} numbers")
        tensors = {
            entry.name.removesuffix(HALF_SUFFIX): torch.from_numpy(numpy_helper.to_array(entry).copy())
            for entry in all_weights(model.graph)
        }
        centers = tensors["head.centers"].float() if len(weights) else torch.zeros(0, 2)
        bins = Bins(centers, weights)
        network = UNet(make_head(bins).outputs)
        state = {
            name.removeprefix(NETWORK_PREFIX): tensor.float()
            for name, tensor in tensors.items()
            if name.startswith(NETWORK_PREFIX) and ".attend.norm." not in name
        }
        entries = unfold_batchnorm(state, network)
        network.load_state_dict(entries)
        if len(bins):
            entries["head.bias"] = entries["head.bias"] - spec.tilt * bins.chroma()
    except (DecodeError, KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise WeightsError(
            f"{path}: cannot be trained on ({type(error).__name__}: {reason}). "
            "Expected a file that this version's `colorify export` wrote, or a run's folder."
        ) from error
    return PretrainedGenerator(entries, bins, folded=True)


def save_backbone(state: dict[str, Tensor], path: Path, *, overwrite: bool = False) -> None:
    """Write the backbone out of the state of a whole network. Raises SetupError."""
    prefix = "backbone."
    backbone = {name.removeprefix(prefix): t for name, t in state.items() if name.startswith(prefix)}
    save_whole({"format": BACKBONE_FORMAT, "backbone": backbone}, path, overwrite=overwrite)


def load_backbone(path: Path) -> dict[str, Tensor]:
    """Read what `save_backbone` wrote. Raises SetupError where it is something else."""
    try:
        entries = torch.load(path, map_location="cpu", weights_only=True)
        if entries["format"] != BACKBONE_FORMAT:
            raise SetupError(f"{path}: a backbone of another Colorify. Export it anew.")
        backbone: dict[str, Tensor] = entries["backbone"]
    except (OSError, KeyError, TypeError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SetupError(
            f"{path}: no backbone ({reason}). Give a file that --export-backbone wrote."
        ) from error
    return backbone
