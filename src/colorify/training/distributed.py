"""The processes of one run: one, or as many as `torchrun` started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from colorify.errors import SetupError, UsageError


@dataclass(frozen=True)
class Workers:
    """Which of them this process is."""

    rank: int = 0
    count: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this one writes files and reports."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """Average the gradients of `module` over all processes, if there are several."""
        if self.count == 1:
            return module
        return DistributedDataParallel(module, broadcast_buffers=False)

    def broadcast(self, value: float) -> float:
        """Return the main process's value; a bool or a whole number survives."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64)  # on the CPU: no GPU waits for it
        distributed.broadcast(shared, 0)
        return float(shared)

    def all_reduce(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum an array over all processes."""
        if self.count == 1:
            return counts
        shared = torch.from_numpy(counts.copy())
        distributed.all_reduce(shared)
        total: NDArray[np.int64] = shared.numpy()
        return total

    def gather(self, numbers: list[int]) -> list[list[int]]:
        """Return the numbers of every process, as many of each."""
        if self.count == 1:
            return [numbers]
        own = torch.tensor(numbers, dtype=torch.int64)
        everyone = [torch.empty_like(own) for _ in range(self.count)]
        distributed.all_gather(everyone, own)
        return [each.tolist() for each in everyone]


def require_device(name: str) -> None:
    """Make sure that torch can use a device, before there is any work. Raises UsageError, SetupError."""
    try:
        torch.empty(0, device=torch.device(name))
    except (AssertionError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        if not name.startswith("cuda"):
            raise UsageError(f"device {name!r}: expected cpu, cuda, cuda:1, ... ({reason}).") from error
        raise SetupError(
            f"device {name}: torch cannot use it ({reason}). Type --device cpu, or install a torch that was "
            "built for this card: https://pytorch.org/get-started/locally/"
        ) from error


@contextmanager
def init_distributed(device: str) -> Iterator[tuple[Workers, str]]:
    """Meet the other processes if `torchrun` started this one. Yields it and its own device."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Workers(), device
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    # CPU tensors go by gloo in any case
    distributed.init_process_group("cpu:gloo,cuda:nccl" if device.startswith("cuda") else "gloo")
    try:
        yield Workers(distributed.get_rank(), count), device
    finally:
        distributed.destroy_process_group()


def let_cudnn_choose() -> None:
    """Have cuDNN try its convolutions on each size: these are few, and stay. For the whole process."""
    torch.backends.cudnn.benchmark = True
