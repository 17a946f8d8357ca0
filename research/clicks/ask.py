"""`bench/hints.py` with the network in place of the rule.

python ask.py network.pt SURE LABELED CLUSTERED [options of hints.py]    # SURE: logits from which on a cell belongs
"""

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from evidence import STRIDE, STRIDES, Look
from network import ClickNetwork
from numpy.typing import NDArray

import colorify.model.predict as predict
from colorify.model.hint_regions import connect, find_regions

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

MULTIPLE: Final = STRIDES[-1] // STRIDE  # cells


class Asker:
    """Stands in for `find_regions` of one photo after the other."""

    def __init__(self, network: ClickNetwork, sure: float) -> None:
        self.network, self.sure, self.look = network.eval(), sure, Look(None)  # type: ignore[arg-type]

    def watch(self, apply: Any) -> Any:
        """Return what applies hints and remembers the photo."""

        def applied(encoded: Any, *rest: Any) -> Any:
            self.look = Look(encoded)
            return apply(encoded, *rest)

        return applied

    def find_regions(self, masks: Mask, distance: FloatArray, *rest: Any) -> FloatArray:
        """Do what the rule's function of that name does."""
        rule = find_regions(masks, distance, *rest)
        h, w = self.look.shape
        evidence = self.look.weigh(masks, distance, rule)
        regions = np.isfinite(rule)[..., None].astype(np.float32)
        features = [_pad(plane, h, w, stride) for plane, stride in zip(self.look.features(), STRIDES, strict=True)]
        with torch.no_grad():
            made = self.network(_pad(self.look.planes(), h, w), features, _pad(evidence, h, w), _pad(regions, h, w))
        logits = made[:, 0, :h, :w].numpy()
        inside = connect((logits > self.sure) | masks, masks)
        return np.where(inside, np.maximum(logits - self.sure, 0.1), -np.inf).astype(np.float32)


def _pad(planes: FloatArray, h: int, w: int, stride: int = STRIDE) -> torch.Tensor:
    """Return (..., h, w, C) as (k, C, h, w), its border repeated so that the deepest features are whole."""
    high, wide = (-(-side // MULTIPLE) * MULTIPLE * STRIDE // stride for side in (h, w))
    stacked = planes.reshape(-1, *planes.shape[-3:])
    more = ((0, 0), (0, high - stacked.shape[1]), (0, wide - stacked.shape[2]), (0, 0))
    return torch.from_numpy(np.moveaxis(np.pad(stacked, more, mode="edge"), -1, 1).astype(np.float32))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
    import hints

    _, file, sure, *words = sys.argv
    network = ClickNetwork()
    network.load_state_dict(torch.load(file))
    asker = Asker(network, float(sure))
    predict._apply_hints = asker.watch(predict._apply_hints)
    predict.find_regions = asker.find_regions
    hints.main(words)
