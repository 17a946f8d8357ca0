"""Randomness that is the same on every run."""

import torch


def generator(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
