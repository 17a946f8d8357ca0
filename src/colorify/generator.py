"""The generator: luminance in, ab out, under ONNX Runtime.

A weights file is an ONNX model that describes itself: its metadata entry `colorify` is a JSON object with the
fields of `Spec` and, as `bin_centers`, the a and b of each of Q bins. Its inputs and outputs, float32 but for
`reuse`, NCHW, sides of L a multiple of `Spec.multiple`, s `Spec.stride`:

    L            (1, 1, H, W)        0..100
    hints        (1, 3, H/s, W/s)    a, b, 1 where the user gave a colour; 0, 0, 0 elsewhere
    temperature  ()                  of the annealed mean (Zhang et al. 2016, section 2.3), 0..1
    reuse        () bool             whether `cached` holds the features of this L: the backbone then rests
    cached.N     (1, C, h, w)        if not `reuse`, anything of C channels
    ab           (1, 2, H/s, W/s)    -110..110
    confidence   (1, 1, H/s, W/s)    0..1, one minus the entropy of the distribution over its largest value
    logits       (1, Q, H/s, W/s)    of the distribution over the bins; not there where Q is 0: a regression
    features.N   (1, C, h, w)        what the backbone makes of L alone, N from 0: to be `cached.N` next time
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import WeightsError
from colorify.shown import shown

if TYPE_CHECKING:
    import onnxruntime

FloatArray = NDArray[np.float32]

METADATA_KEY: Final = "colorify"
FORMAT: Final = 2  # of the contract above; a file of another number is refused
REUSE, CACHED, FEATURES, LOGITS, CENTERS = "reuse", "cached", "features", "logits", "bin_centers"
QUIET: Final = "ORT_DISABLE_TELEMETRY"  # without it, ONNX Runtime 1.29 and newer report to Microsoft
# Logits a Lab unit of a bin's chroma by which one more of vividness makes it likelier. Most of what vividness
# does is contrast (see `guided`), which costs less PSNR for as much colourfulness.
VIVIDNESS: Final = 0.01
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
    temperature: float  # of the annealed mean
    contrast: float = 0.0  # share by which colours are moved away from their mean: see `contrast`


@dataclass(frozen=True)
class Colors:
    """What the generator makes of one L of (H, W), at its own scale (h, w) = ceil(H/s), ceil(W/s)."""

    ab: FloatArray  # (h, w, 2), CIE Lab, about -110..110
    confidence: FloatArray  # (h, w), 0..1


@dataclass(frozen=True)
class Distribution:
    """How likely the generator thinks each colour is at each of its cells."""

    centers: FloatArray  # (Q, 2), CIE Lab: a and b of each bin
    probabilities: FloatArray  # (h, w, Q), 0..1; their sum over Q is 1

    def colors(self, temperature: float) -> FloatArray:
        """Return its annealed mean (Zhang et al. 2016, section 2.3): (h, w, 2), CIE Lab."""
        most = self.probabilities.max(axis=2, keepdims=True)
        sharp = (self.probabilities / most) ** np.float32(1 / temperature)
        return np.asarray(sharp @ self.centers / sharp.sum(axis=2, keepdims=True))


class Generator:
    """One weights file, ready to run; safe to share between threads."""

    def __init__(self, weights: Path | None = None, *, threads: int = 0) -> None:
        """Load `weights` (the embedded ones if None) onto the CPU, to run on `threads` cores (0: all).

        Raises WeightsError where the file is missing, damaged or of another kind.
        """
        self.path = weights if weights is not None else EMBEDDED
        self._session = _open_session(self.path, threads)
        # `centers`: (Q, 2) float32, a and b of each bin; a regression has none
        self.spec, self.centers = _read_spec(self._session.get_modelmeta().custom_metadata_map, self.path)
        cached = [entry for entry in self._session.get_inputs() if entry.name.startswith(CACHED)]
        self._no_features = tuple(np.zeros((1, entry.shape[1], 1, 1), np.float32) for entry in cached)

    def __call__(self, L: FloatArray, *, hints: FloatArray | None = None, vividness: float = 1.0) -> Colors:
        """Generate the colours of one photo: see `look` and `Glance.colors`."""
        return self.look(L).colors(hints=hints, vividness=vividness)

    def look(self, L: FloatArray) -> "Glance":
        """Look at one photo, to make its colours more than once.

        `L`: (H, W) float32, 0..100, any size from 1x1: it is padded here, never resampled. An old
        print is shown to the network as if it were a fresh one: see `shown`.
        """
        return Glance(self, L)


class Glance:
    """One L before a generator, whose backbone runs once whatever is asked. Safe to share between threads."""

    def __init__(self, generator: Generator, L: FloatArray) -> None:
        """Made by `Generator.look`."""
        self.generator, self.L = generator, L
        margins = [(0, -side % generator.spec.multiple) for side in L.shape]
        self._padded = np.pad(shown(L), margins, mode="symmetric").astype(np.float32, copy=False)
        self._features: tuple[FloatArray, ...] | None = None  # once the backbone has run; NCHW
        self._roots: NDArray[np.float16] | None = None  # once asked for; (h, w, Q)

    def colors(self, *, hints: FloatArray | None = None, vividness: float = 1.0) -> Colors:
        """Generate the colours.

        `hints`: (ceil(H/s), ceil(W/s), 3) float32: a, b, and 1 where there is a hint.
        `vividness`: 0 cautious, 1 as trained, 2 bold: see VIVIDNESS. A regression knows no likelier colours.
        """
        if vividness == 1 or not len(self.generator.centers):
            ab, confidence = self._run(["ab", "confidence"], hints)
            return Colors(ab=ab, confidence=confidence[:, :, 0])
        logits, confidence = self._run([LOGITS, "confidence"], hints)
        made = self._distribution(logits, vividness)
        return Colors(ab=made.colors(self.generator.spec.temperature), confidence=confidence[:, :, 0])

    def distribution(self, *, hints: FloatArray | None = None, vividness: float = 1.0) -> Distribution:
        """Return how likely each colour is. Raises WeightsError where the generator is a regression."""
        if not len(self.generator.centers):
            raise WeightsError(
                f"{self.generator.path}: a regression; it knows one colour a place and none beside it. "
                "Leave out -m to use the embedded generator."
            )
        (logits,) = self._run([LOGITS], hints)
        return self._distribution(logits, vividness)

    @property
    def nbytes(self) -> int:
        """Memory that it holds, in bytes."""
        kept = (self.L, self._padded, *(self._features or ()), self._roots)
        return sum(plane.nbytes for plane in kept if plane is not None)

    def roots(self) -> FloatArray | None:
        """Return the roots of the probabilities that the colours have without hints, (h, w, Q).

        The product of those of two places is the overlap of their distributions: 1 where the generator thinks
        the same. Made once. None where the generator is a regression.
        """
        if not len(self.generator.centers):
            return None
        if self._roots is None:
            self._roots = np.sqrt(self.distribution().probabilities).astype(np.float16)
        return self._roots.astype(np.float32)

    def features(self, stride: int) -> FloatArray:
        """Return what the backbone sees at `stride` px of L to a cell: (ceil(H/stride), ceil(W/stride), C).

        Raises WeightsError where it has no features at that stride.
        """
        if self._features is None:
            self._run([], None)
        for plane in self._features or ():
            if len(self._padded) == stride * plane.shape[2]:
                return self._cut(plane, stride)
        raise WeightsError(f"{self.generator.path}: its backbone has no features at stride {stride}.")

    def _distribution(self, logits: FloatArray, vividness: float) -> Distribution:
        centers = self.generator.centers
        logits = logits + np.float32(VIVIDNESS * (vividness - 1)) * np.linalg.norm(centers, axis=1)
        likely = np.exp(logits - logits.max(axis=2, keepdims=True))
        return Distribution(centers, likely / likely.sum(axis=2, keepdims=True))

    def _run(self, outputs: list[str], hints: FloatArray | None) -> list[FloatArray]:
        """Return `outputs`, each (h, w, C), and keep the features."""
        generator, features = self.generator, self._features
        stride = generator.spec.stride
        high, wide = self._padded.shape
        planes = np.zeros((1, 3, high // stride, wide // stride), np.float32)
        if hints is not None:
            planes[0, :, : hints.shape[0], : hints.shape[1]] = hints.transpose(2, 0, 1)
        given = features if features is not None else generator._no_features
        named = {f"{CACHED}.{number}": plane for number, plane in enumerate(given)}
        made = [f"{FEATURES}.{number}" for number in range(len(given))] if features is None else []
        results = generator._session.run(
            [*outputs, *made],
            {
                "L": self._padded[None, None],
                "hints": planes,
                "temperature": np.array(generator.spec.temperature, np.float32),
                REUSE: np.array(features is not None),
                **named,
            },
        )
        if features is None:
            self._features = tuple(results[len(outputs) :])
        return [self._cut(plane, stride) for plane in results[: len(outputs)]]

    def _cut(self, plane: FloatArray, stride: int) -> FloatArray:
        """Turn (1, C, h, w) into (h, w, C), and cut off what the padding of L became."""
        height, width = self.L.shape
        return plane[0, :, : -(-height // stride), : -(-width // stride)].transpose(1, 2, 0)


def _open_session(path: Path, threads: int) -> "onnxruntime.InferenceSession":
    os.environ.setdefault(QUIET, "1")  # before the library is loaded
    import onnxruntime as ort  # here, not above: it takes longer to load than all else together

    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file. Leave out -m to use the embedded generator.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # its threads would wait for more work by turning round and round, in the way of those that paint
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # a pool of its own would grow to the power of two above what all runs at a time ever took, and keep it
    options.enable_cpu_mem_arena = False
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # ONNX Runtime's exceptions share no base class of their own
        raise WeightsError(f"{path}: not a usable ONNX file ({_first_line(error)}).") from error


def _read_spec(metadata: dict[str, str], path: Path) -> tuple[Spec, FloatArray]:
    """Return what a file says of itself, and the centers of its bins, (Q, 2)."""
    cure = "Give -m a file that this version's `colorify export` wrote."
    try:
        fields: dict[str, Any] = json.loads(metadata[METADATA_KEY])
        if fields["format"] != FORMAT:
            raise WeightsError(
                f"{path}: format {fields['format']}, this Colorify reads format {FORMAT}. {cure}"
            )
        spec = Spec(**{key: fields[key] for key in Spec.__annotations__ if key in fields})
        centers = np.array(fields[CENTERS], np.float32).reshape(-1, 2)
    except (KeyError, TypeError, ValueError) as error:  # a JSONDecodeError is a ValueError
        raise WeightsError(f"{path}: an ONNX file, but no Colorify generator. {cure}") from error
    return spec, centers


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
