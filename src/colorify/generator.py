"""The generator: luminance in, ab out, under ONNX Runtime.

A weights file is an ONNX model that describes itself: its metadata entry `colorify` is a JSON object, read
into `Spec`. Its inputs and outputs, all float32, NCHW, sides a multiple of `Spec.multiple`:

    L            (1, 1, H, W)        0..100
    hints        (1, 3, H/s, W/s)    a, b, 1 where the user gave a colour; 0, 0, 0 elsewhere; s: Spec.stride
    temperature  ()                  of the annealed mean (Zhang et al. 2016, section 2.3), 0..1
    ab           (1, 2, H/s, W/s)    -110..110
    confidence   (1, 1, H/s, W/s)    0..1, one minus the entropy of the distribution over its largest value
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import WeightsError

if TYPE_CHECKING:
    import onnxruntime

FloatArray = NDArray[np.float32]

METADATA_KEY: Final = "colorify"
FORMAT: Final = 1  # of the contract above; a file of another number is refused
EMBEDDED: Final = Path(__file__).parent / "weights" / "generator.onnx"


@dataclass(frozen=True)
class Spec:
    """What a weights file says of itself."""

    name: str
    version: str
    license: str
    multiple: int  # px; sides of L must be a multiple of it
    stride: int  # px of L a px of ab
    size: int  # px; short side of L at which the generator does best
    temperature: float  # of the annealed mean at vividness 1


@dataclass(frozen=True)
class Colors:
    """What the generator makes of one L of (H, W), at its own scale (h, w) = ceil(H/s), ceil(W/s)."""

    ab: FloatArray  # (h, w, 2), CIE Lab, about -110..110
    confidence: FloatArray  # (h, w), 0..1


class Generator:
    """One weights file, ready to run; safe to share between threads."""

    def __init__(self, weights: Path | None = None, *, threads: int = 0) -> None:
        """Load `weights` (the embedded ones if None) onto the CPU, to run on `threads` cores (0: all).

        Raises WeightsError where the file is missing, damaged or of another kind.
        """
        self.path = weights if weights is not None else EMBEDDED
        self._session = _open_session(self.path, threads)
        self.spec = _read_spec(self._session.get_modelmeta().custom_metadata_map, self.path)

    def __call__(self, L: FloatArray, *, hints: FloatArray | None = None, vividness: float = 1.0) -> Colors:
        """Generate the colours of one photo.

        `L`: (H, W) float32, 0..100, any size from 1x1: it is padded here, never stretched.
        `hints`: (ceil(H/s), ceil(W/s), 3) float32: a, b, and 1 where there is a hint.
        `vividness`: 0 the mean of what is likely, 1 the trained default, 2 close to the likeliest alone.
        """
        stride, multiple = self.spec.stride, self.spec.multiple
        height, width = L.shape
        bottom, right = -height % multiple, -width % multiple
        padded = np.pad(L, ((0, bottom), (0, right)), mode="symmetric")
        shape = (padded.shape[0] // stride, padded.shape[1] // stride)
        planes = np.zeros((1, 3, *shape), np.float32)
        if hints is not None:
            planes[0, :, : hints.shape[0], : hints.shape[1]] = hints.transpose(2, 0, 1)
        ab, confidence = self._session.run(
            ["ab", "confidence"],
            {
                "L": padded[None, None].astype(np.float32, copy=False),
                "hints": planes,
                "temperature": np.array(self.spec.temperature**vividness, np.float32),
            },
        )
        h, w = -(-height // stride), -(-width // stride)
        return Colors(ab=ab[0, :, :h, :w].transpose(1, 2, 0), confidence=confidence[0, 0, :h, :w])


def _open_session(path: Path, threads: int) -> "onnxruntime.InferenceSession":
    import onnxruntime as ort  # here, not above: it takes longer to load than all else together

    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file. Leave out -m to use the embedded generator.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # ONNX Runtime's exceptions share no base class of their own
        raise WeightsError(f"{path}: not a usable ONNX file ({_first_line(error)}).") from error


def _read_spec(metadata: dict[str, str], path: Path) -> Spec:
    cure = "Give -m a file that `colorify train` exported."
    try:
        fields: dict[str, Any] = json.loads(metadata[METADATA_KEY])
        found = fields["format"]
        spec = Spec(**{key: fields[key] for key in Spec.__annotations__})
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise WeightsError(f"{path}: an ONNX file, but no Colorify generator. {cure}") from error
    if found != FORMAT:
        raise WeightsError(f"{path}: format {found}, this Colorify reads format {FORMAT}. {cure}")
    return spec


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
