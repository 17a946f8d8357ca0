"""Everything that a run needs to go on exactly where it was, in one file."""

import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from colorify.atomic import make_folder, whole_file
from colorify.errors import SetupError
from colorify.training.network.ab_bins import Bins
from colorify.training.recipe import Recipe, from_table

FORMAT: Final = 3  # another one where the network is another, or an entry of a recipe has gone
CHECKPOINT: Final = "checkpoint.pt"  # its name in the folder of a run


@dataclass
class Checkpoint:
    """The state of a run after `step` optimiser steps and `seconds` of training."""

    recipe: Recipe
    bins: Bins
    network: dict[str, Tensor]
    average: dict[str, Tensor]  # the moving average of the weights: what is exported
    optimizer: dict[str, Any]
    step: int = 0
    photos: int = 0
    seconds: float = 0.0
    # absent from checkpoints of runs without them
    watch: dict[str, Any] = field(default_factory=dict)
    best: dict[str, Tensor] | None = None  # averaged weights at the best validation: exported in their place
    adversary: dict[str, Any] | None = None
    stream: dict[str, Any] | None = None  # which photos streamed, and where each process stands in them


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write `path`, whole or not at all."""
    entries = {name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__}
    entries["recipe"] = asdict(checkpoint.recipe)
    entries["bins"] = {"centers": checkpoint.bins.centers, "weights": checkpoint.bins.weights}
    save_whole({"format": FORMAT, **entries}, path, overwrite=True)  # `load_checkpoint` knew the one before


def save_whole(entries: dict[str, Any], path: Path, *, overwrite: bool) -> None:
    """Write tensors and plain values to `path`, whole or not at all. Raises SetupError."""
    make_folder(path.parent, kind=SetupError)
    with (
        whole_file(path, overwrite=overwrite, kind=SetupError) as temporary,
        temporary.open("wb") as file,  # given a name, torch writes it into the file
    ):
        try:
            torch.save(entries, file)
        except RuntimeError as error:  # all that torch says of a disk that refuses; `whole_file` asks why
            raise SetupError(f"{path}: cannot be written ({str(error).splitlines()[0]}).") from error


def select_weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Return the weights that a run is judged by: the best average if it kept one, else the last."""
    if checkpoint.best is not None:
        return checkpoint.best
    prefix = "module."  # of AveragedModel, which also counts its updates
    return {
        key.removeprefix(prefix): value for key, value in checkpoint.average.items() if key.startswith(prefix)
    }


def load_checkpoint(path: Path) -> Checkpoint:
    """Read `path`. Raises SetupError where it is missing or no checkpoint."""
    try:
        entries = torch.load(path, map_location="cpu", weights_only=True)
        if entries.pop("format") != FORMAT:
            raise SetupError(f"{path}: a checkpoint of another Colorify. Train anew, or use that version.")
        recipe = from_table(entries.pop("recipe"))
        return Checkpoint(recipe=recipe, bins=Bins(**entries.pop("bins")), **entries)
    except (OSError, KeyError, TypeError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SetupError(f"{path}: not a usable checkpoint ({reason}).") from error
