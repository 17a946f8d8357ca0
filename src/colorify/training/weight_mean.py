"""The mean of the weights of generators that went on from each other.

It is often better than either end (Wortsman et al. 2022, "Model soups").
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch

from colorify.errors import UsageError
from colorify.training.checkpoint import CHECKPOINT, Checkpoint, load_checkpoint
from colorify.training.warm_start import PretrainedGenerator, load_generator

STATISTICS: Final = (".running_mean", ".running_var")  # of batch norms


def load_mean(sources: Sequence[Path]) -> Checkpoint:
    """Return the last run of `sources` with the mean of the weights of all, by which it is judged then.

    `sources`: see `load_generator`; one of them at least is the folder of a run, whose recipe counts.
    Raises UsageError where there is none, or they did not go on from each other; WeightsError, SetupError.
    """
    runs = [source for source in sources if source.is_dir()]
    if not runs:
        raise UsageError(f"{sources[-1]}: not the folder of a run; one at least is needed, for its recipe.")
    checkpoint = load_checkpoint(runs[-1] / CHECKPOINT)
    if len(sources) == 1:
        return checkpoint
    return average_weights(checkpoint, [load_generator(str(source)) for source in sources])


def average_weights(checkpoint: Checkpoint, generators: Sequence[PretrainedGenerator]) -> Checkpoint:
    """Return `checkpoint` with the mean of the weights of `generators`.

    Raises UsageError where they are of different networks or bins, or where a weights file, whose norms have
    no statistics any more, is to be averaged with a run that has other ones.
    """
    states = [generator.network for generator in generators]
    shapes = [{name: tensor.shape for name, tensor in state.items()} for state in states]
    centers = [generator.bins.centers for generator in generators]
    if any(shape != shapes[-1] for shape in shapes) or not all(torch.equal(c, centers[-1]) for c in centers):
        raise UsageError("These runs are of different networks. Give runs that went on from each other.")
    if any(generator.folded for generator in generators) and not _share_statistics(generators):
        raise UsageError("A weights file can be averaged with a run that began from it, and with no other.")
    mean = {
        name: torch.stack([state[name].double() for state in states]).mean(0).to(tensor.dtype)
        for name, tensor in states[-1].items()
    }
    return replace(checkpoint, best=mean)


def _share_statistics(generators: Sequence[PretrainedGenerator]) -> bool:
    first, *others = (generator.network for generator in generators)
    return all(
        torch.allclose(state[name].float(), tensor.float())
        for name, tensor in first.items()
        if name.endswith(STATISTICS)
        for state in others
    )
