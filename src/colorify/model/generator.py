"""The generator: luminance in, ab out, under ONNX Runtime. What its files promise is in `spec`."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, partial
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import UsageError, WeightsError, option
from colorify.images.sizes import scale_size
from colorify.model.devices import AUTO
from colorify.model.hub import find_weights
from colorify.model.likeness import COMPONENTS, FEATURE_WEIGHTS, Likeness, measure_likeness
from colorify.model.memory import Claims
from colorify.model.non_local_means import find_agreed_shift
from colorify.model.preprocess import MAX_ASPECT, normalize_luminance
from colorify.model.runtime import Runtime
from colorify.model.spec import CACHED, FEATURES, LOGITS, REUSE, WEIGHTS_CURE, check_tensors, read_spec
from colorify.options import RANGES

FloatArray = NDArray[np.float32]

# Logits a Lab unit of a bin's chroma by which one more of vividness makes it likelier. Most of what vividness
# does is contrast (see `guided`), which costs less PSNR for as much colourfulness. With half of it, 0.5 and
# 1.5 could hardly be told apart; with half as much again, 2 is garish.
VIVIDNESS_LOGIT_PER_LAB: Final = 0.02
BUILTIN_WEIGHTS: Final = Path(__file__).parent / "weights" / "generator.onnx"
# Bytes that a colouring takes at its peak, of P pixels of L: PER_PIXEL * P + PER_PAIR * P**2. The square is
# the attention of the network at stride 16, of each of its cells to each: 4 heads, twice, 4 bytes.
# `bench/memory.py` measures both.
BYTES_PER_PIXEL: Final = 650
BYTES_PER_ATTENTION_PAIR: Final = 4 * 2 * 4 / 16**4
MAX_OUTPUT: Final = 1e6  # no output is beyond it; what is comes of damaged weights


@dataclass(frozen=True)
class Prediction:
    """What the generator makes of one L of (H, W), at its own scale (h, w) = ceil(H/s), ceil(W/s)."""

    ab: FloatArray  # (h, w, 2), CIE Lab, about -110..110
    confidence: FloatArray  # (h, w), 0..1


@dataclass(frozen=True)
class Distribution:
    """How likely the generator thinks each colour is at each of its cells."""

    centers: FloatArray  # (Q, 2), CIE Lab: a and b of each bin
    probabilities: FloatArray  # (h, w, Q), 0..1; their sum over Q is 1

    def colors_at(self, temperature: float) -> FloatArray:
        """Return its annealed mean (Zhang et al. 2016, section 2.3): (h, w, 2), CIE Lab."""
        most = self.probabilities.max(axis=2, keepdims=True)
        sharp = (self.probabilities / most) ** np.float32(1 / temperature)
        return np.asarray(sharp @ self.centers / sharp.sum(axis=2, keepdims=True))


class Generator:
    """One weights file, ready to run; safe to share between threads."""

    def __init__(self, weights: Path | None = None, *, threads: int = 0, device: str = AUTO) -> None:
        """Load `weights` (the embedded ones if None), to run on `device`, of `threads` cores (0: all).

        `weights`: a file, or `hf:OWNER/NAME[@REVISION]`; see `hub`.

        `device`: one of `devices.DEVICE_NAMES`; auto: the first accelerator that works, or the CPU.
        Raises WeightsError where the file is missing, damaged or of another kind; SetupError where a device
        was named that cannot be used.
        """
        self.path = BUILTIN_WEIGHTS if weights is None else find_weights(weights)
        self._runtime = Runtime(self.path, threads, device)
        # `centers`: (Q, 2) float32, a and b of each bin; a regression has none
        self.spec, self.centers = read_spec(self._runtime.metadata, self.path)
        cached = check_tensors(self._runtime.inputs, self._runtime.outputs, self.centers, self.path)
        self._no_features = tuple(np.zeros((1, channels, 1, 1), np.float32) for channels in cached)
        self._claims = Claims()

    def __call__(
        self, L: FloatArray, *, hints: FloatArray | None = None, vividness: float = 1.0
    ) -> Prediction:
        """Generate the colours of one photo: see `encode` and `EncodedPhoto.colors`."""
        return self.encode(L).predict(hints=hints, vividness=vividness)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the weights file, in hexadecimal."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def encode(self, L: FloatArray) -> "EncodedPhoto":
        """Look at one photo, to make its colours more than once.

        `L`: (H, W) float32, 0..100, any size from 1x1: it is padded here, never resampled. An old
        print is shown to the network as if it were a fresh one: see `normalize_luminance`.
        """
        return EncodedPhoto(self, L)

    @property
    def device(self) -> str:
        """Where it runs: one of `devices.DEVICE_NAMES`, and never auto."""
        return self._runtime.device.name

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Accelerators that are installed and could not be used, each with the reason."""
        return self._runtime.passed_over

    def check_memory(self, size: tuple[int, int]) -> None:
        """Raise UsageError where an L of (width, height) px takes more memory than there is."""
        self._claims.check(
            estimate_memory(size, self.spec.multiple), partial(_too_large, size, self.spec.multiple)
        )

    def run(self, outputs: list[str], inputs: dict[str, Any]) -> list[FloatArray]:
        """Return `outputs`, NCHW, while the memory that this takes is held: see `spec` for the inputs."""
        _, _, height, width = inputs["L"].shape
        size, multiple = (width, height), self.spec.multiple
        with self._claims.claim(estimate_memory(size, multiple), partial(_too_large, size, multiple)):
            results = self._runtime.run(outputs, inputs)
        for name, plane in zip(outputs, results, strict=True):
            self._check_output(name, plane, size)
        return results

    def _check_output(self, name: str, plane: FloatArray, size: tuple[int, int]) -> None:
        """Raise WeightsError where an output is none that the contract allows, whatever the file said."""
        width, height = (side // self.spec.stride for side in size)
        channels = {"ab": 2, "confidence": 1, LOGITS: len(self.centers)}
        expected = (1, channels.get(name), height, width)
        shape = plane.shape
        if name.startswith(FEATURES):
            expected = (1, self._no_features[int(name.rpartition(".")[2])].shape[1], *shape[2:])
        if len(shape) != 4 or shape != expected:
            raise WeightsError(
                f"{self.path}: expected {name} of shape {expected}, found {shape}. {WEIGHTS_CURE}"
            )
        if not (plane.max() <= MAX_OUTPUT and plane.min() >= -MAX_OUTPUT):  # what is no number is neither
            raise WeightsError(f"{self.path}: {name} is not finite: its weights are damaged. {WEIGHTS_CURE}")


@dataclass(frozen=True)
class UnguidedPhoto:
    """What a generator thinks of a photo without hints."""

    prediction: Prediction
    logits: FloatArray  # (h, w, Q), of its colours; of a regression Q is 0
    features: dict[int, FloatArray]  # of its backbone, by their stride: those that tell things apart
    stride: int  # px of L to a cell
    # (h, w, 2): by how much colours would move if what is alike agreed, see `non_local_means`
    agreed_shift: FloatArray | None

    @cached_property
    def likeness(self) -> Likeness:
        """How alike its cells are."""
        return measure_likeness(self.logits, self.features, self.stride)

    @cached_property
    def _half_roots(self) -> NDArray[np.float16]:
        return np.sqrt(_softmax(self.logits)).astype(np.float16)

    @property
    def nbytes(self) -> int:
        """Memory that it holds, in bytes, or will when it has been given a hint."""
        ab, features = self.prediction.ab, self.features.values()
        planes = (ab, ab, self.prediction.confidence, self.logits, *features, *features)
        roots, likeness = self.logits.nbytes // 2, ab.nbytes * COMPONENTS // 2
        return roots + likeness + sum(plane.nbytes for plane in planes)

    def sqrt_probabilities(self) -> FloatArray | None:
        """Return the roots of the probabilities of the colours, (h, w, Q); None for a regression.

        The product of those of two places is the overlap of their distributions: 1 where the generator thinks
        the same.
        """
        return self._half_roots.astype(np.float32) if self.logits.shape[2] else None


class EncodedPhoto:
    """One L before a generator, whose backbone runs once whatever is asked. Safe to share between threads.

    A generator that follows no hints (see `spec`) is not given them for its colours: what it makes of the
    photo with hints is what it makes of it without, which is kept. So a changed hint runs nothing of it.
    """

    def __init__(self, generator: Generator, L: FloatArray) -> None:
        """Made by `Generator.encode`."""
        self.generator, self.L = generator, L
        self._padded = _pad_symmetrically(normalize_luminance(L), generator.spec.multiple)
        self._features: tuple[FloatArray, ...] | None = None  # once the backbone has run; NCHW
        self._unguided: UnguidedPhoto | None = None  # once asked for

    def predict(self, *, hints: FloatArray | None = None, vividness: float = 1.0) -> Prediction:
        """Generate the colours. Raises UsageError where there is too little memory for that.

        `hints`: (ceil(H/s), ceil(W/s), 3) float32: a, b, and 1 where there is a hint.
        `vividness`: 0 cautious, 1 as exported, 2 bold: see VIVIDNESS. A regression knows no likelier colours.
        """
        if self._passes_over(hints) or (self._unguided is not None and not _any_hint(hints)):
            return self._predict_unguided(vividness)
        if vividness == 1 or not len(self.generator.centers):
            ab, confidence = self._run(["ab", "confidence"], hints)
            return Prediction(ab=ab, confidence=confidence[:, :, 0])
        logits, confidence = self._run([LOGITS, "confidence"], hints)
        ab = self._distribution(logits, vividness).colors_at(self.generator.spec.temperature)
        return Prediction(ab=ab, confidence=confidence[:, :, 0])

    def distribution(
        self, *, hints: FloatArray | None = None, vividness: float = 1.0, fed: bool = False
    ) -> Distribution:
        """Return how likely each colour is. Raises WeightsError where the generator is a regression.

        `fed`: with the hints, even if the generator follows none.
        """
        if not len(self.generator.centers):
            raise WeightsError(
                f"{self.generator.path}: a regression; it knows one colour a place and none beside it. "
                f"Leave out {option('weights')} to use the embedded generator."
            )
        if not fed and self._passes_over(hints):
            return self._distribution(self.unguided().logits, vividness)
        (logits,) = self._run([LOGITS], hints)
        return self._distribution(logits, vividness)

    def _passes_over(self, hints: FloatArray | None) -> bool:
        """Whether there are hints, and the generator is not given them."""
        return not self.generator.spec.follows_hints and _any_hint(hints)

    def _predict_unguided(self, vividness: float) -> Prediction:
        """Return the colours without hints, from what is kept of them."""
        made = self.unguided()
        if vividness == 1 or not len(self.generator.centers):
            return made.prediction
        ab = self._distribution(made.logits, vividness).colors_at(self.generator.spec.temperature)
        return Prediction(ab=ab, confidence=made.prediction.confidence)

    @property
    def cells(self) -> tuple[int, int]:
        """How many cells it has, down and across."""
        height, width = self.L.shape
        stride = self.generator.spec.stride
        return -(-height // stride), -(-width // stride)

    @property
    def contrast(self) -> float:
        """Share by which colours are to be moved away from their mean."""
        return self.generator.spec.contrast

    @property
    def nbytes(self) -> int:
        """Memory that it holds, in bytes."""
        kept = (self.L, self._padded, *(self._features or ()))
        unguided = self._unguided.nbytes if self._unguided is not None else 0
        return sum(plane.nbytes for plane in kept) + unguided

    def unguided(self) -> UnguidedPhoto:
        """Return what the generator thinks of the photo without hints. Made once."""
        if self._unguided is None:
            centers, spec = self.generator.centers, self.generator.spec
            ab, confidence, *rest = self._run(["ab", "confidence", *([LOGITS] if len(centers) else [])], None)
            sure, features = confidence[:, :, 0], self._wide_features()
            logits, shift = np.zeros((*ab.shape[:2], 0), np.float32), None
            if rest:
                (logits,) = rest
                shift = find_agreed_shift(
                    logits, sure, features, ab, centers, temperature=spec.temperature, stride=spec.stride
                )
            self._unguided = UnguidedPhoto(Prediction(ab, sure), logits, features, spec.stride, shift)
        return self._unguided

    def _wide_features(self) -> dict[int, FloatArray]:
        """Return those of the backbone's features that tell one thing from another, by their stride."""
        strides = {len(self._padded) // plane.shape[2] for plane in self._features or ()}
        return {stride: self.features(stride) for stride in FEATURE_WEIGHTS if stride in strides}

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
        return Distribution(centers, _softmax(logits + _vividness_logits(centers, vividness)))

    def _run(self, outputs: list[str], hints: FloatArray | None) -> list[FloatArray]:
        """Return `outputs`, each (h, w, C), and keep the features."""
        generator, features = self.generator, self._features
        stride = generator.spec.stride
        high, wide = self._padded.shape
        planes = np.zeros((1, 3, high // stride, wide // stride), np.float32)
        if hints is not None:
            planes[0, :, : hints.shape[0], : hints.shape[1]] = hints.transpose(2, 0, 1)
        cached = features if features is not None else generator._no_features
        named = {f"{CACHED}.{number}": plane for number, plane in enumerate(cached)}
        feature_names = [f"{FEATURES}.{number}" for number in range(len(cached))] if features is None else []
        results = generator.run(
            [*outputs, *feature_names],
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


def _any_hint(hints: FloatArray | None) -> bool:
    return hints is not None and bool(hints[:, :, 2].any())


def _softmax(logits: FloatArray) -> FloatArray:
    """Return the probabilities of colours, (h, w, Q)."""
    likely = np.exp(logits - logits.max(axis=2, keepdims=True))
    return np.asarray(likely / likely.sum(axis=2, keepdims=True))


def _pad_symmetrically(plane: FloatArray, multiple: int) -> FloatArray:
    """Mirror a plane beyond its last row and column, until its sides are multiples: as `numpy.pad` does.

    That takes several times as long, and more than once as long as the sums of a small photo.
    """
    rows, columns = (np.arange(side + -side % multiple) % (2 * side) for side in plane.shape)
    height, width = plane.shape
    rows, columns = np.minimum(rows, 2 * height - 1 - rows), np.minimum(columns, 2 * width - 1 - columns)
    return np.asarray(plane.take(rows, axis=0).take(columns, axis=1), np.float32)


def _vividness_logits(centers: FloatArray, vividness: float) -> FloatArray:
    """Return what vividness adds to the logit of each colour: (Q,)."""
    gain = np.float32(VIVIDNESS_LOGIT_PER_LAB * (vividness - 1))
    return np.asarray(gain * np.linalg.norm(centers, axis=1), np.float32)


def estimate_memory(size: tuple[int, int], multiple: int) -> int:
    """Return the bytes that the colouring of an L of (width, height) px takes, padded to `multiple`."""
    pixels = (size[0] + -size[0] % multiple) * (size[1] + -size[1] % multiple)
    return int(BYTES_PER_PIXEL * pixels + BYTES_PER_ATTENTION_PAIR * pixels**2)


def _too_large(size: tuple[int, int], multiple: int, available: int) -> UsageError:
    """Say that an L of (width, height) px does not fit, and which short side would."""
    short = max(min(size), ceil(max(size) / MAX_ASPECT))  # as a person gives it: see `preprocess.small_size`

    def fits(smaller: int) -> bool:
        return estimate_memory(scale_size(size, smaller / short), multiple) <= available

    smallest = int(RANGES["size"].low)
    largest = next((smaller for smaller in range(short - 1, smallest - 1, -1) if fits(smaller)), None)
    cure = (
        "Free some memory first."
        if largest is None
        else f"The largest {option('size')} that fits is {largest}."
    )
    return UsageError(
        f"To look at {size[0]}x{size[1]} px takes about {estimate_memory(size, multiple) / 1e9:.1f} GB of "
        f"memory, found {available / 1e9:.1f} GB. {cure}"
    )
