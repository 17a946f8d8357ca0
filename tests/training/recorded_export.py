"""A stand-in for the export to ONNX, which takes longer than all else: it keeps the network that it is given.

What a real export writes, and that it computes the same, is tested once: in export/test_weights_file.py.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch

from colorify.atomic import write_whole
from colorify.errors import SetupError
from colorify.model.preprocess import normalize_luminance
from colorify.model.spec import Spec
from colorify.training.export.weights_file import ExportedNetwork
from colorify.training.network.ab_bins import Bins
from colorify.training.network.unet import UNet
from colorify.training.warm_start import load_weights


@dataclass
class RecordedExport:
    """The last network that was exported."""

    network: UNet | None = None
    bins: Bins | None = None
    spec: Spec | None = None

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Read a weights file."""
        start = load_weights(path)
        network = UNet(len(start.bins))
        network.load_state_dict(start.network)
        return cls(network, start.bins)

    def export(
        self, network: UNet, bins: Bins, path: Path, spec: Spec, notes: dict[str, str], *, overwrite: bool
    ) -> None:
        """Stand in for `weights_file.export`."""
        assert notes["recipe"]
        self.network, self.bins, self.spec = network, bins, spec
        write_whole(path, b"a weights file", overwrite=overwrite, kind=SetupError)

    @torch.inference_mode()
    def colors(self, L: np.ndarray) -> np.ndarray:
        """Return what the network makes of L, sides multiples of 32 px: ab at a quarter of them."""
        assert self.network is not None
        assert self.bins is not None
        height, width = L.shape
        exported = ExportedNetwork(self.network, self.bins).eval()
        light = torch.from_numpy(normalize_luminance(L))[None, None]
        ab = exported(light, torch.zeros(1, 3, height // 4, width // 4), torch.tensor(0.38))[0]
        return ab[0].permute(1, 2, 0).numpy()
