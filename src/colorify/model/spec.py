"""What a weights file promises: the contract between those who make generators and those who run them.

A weights file is an ONNX model that describes itself: its metadata entry `colorify` is a JSON object with the
fields of `Spec` and, as `bin_centers`, the a and b of each of Q bins. Its inputs and outputs, float32 but for
`reuse`, NCHW, sides of L a multiple of `Spec.multiple`, s `Spec.stride`:

    L            (1, 1, H, W)        0..100
    hints        (1, 3, H/s, W/s)    a, b, 1 where the user gave a colour; 0, 0, 0 elsewhere, and everywhere
                                     where `Spec.follows_hints` is false
    temperature  ()                  of the annealed mean (Zhang et al. 2016, section 2.3), 0..1
    reuse        () bool             whether `cached` holds the features of this L: the backbone then rests
    cached.N     (1, C, h, w)        if not `reuse`, anything of C channels
    ab           (1, 2, H/s, W/s)    -110..110
    confidence   (1, 1, H/s, W/s)    0..1, one minus the entropy of the distribution over its largest value
    logits       (1, Q, H/s, W/s)    of the distribution over the bins; not there where Q is 0: a regression
    features.N   (1, C, h, w)        what the backbone makes of L alone, N from 0: to be `cached.N` next time

All of it is checked when a file is opened, so that a file of another kind is told from a damaged photo.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from colorify.errors import WeightsError, option
from colorify.options import RANGES, Range

FloatArray = NDArray[np.float32]

METADATA_KEY: Final = "colorify"
FORMAT: Final = 2  # of the contract above; a file of another number is refused
REUSE, CACHED, FEATURES, LOGITS, CENTERS = "reuse", "cached", "features", "logits", "bin_centers"
WEIGHTS_CURE: Final = f"Give {option('weights')} a file that this version's `colorify export` wrote."
MAX_BINS: Final = 4096
MAX_AB: Final = 128  # of a bin; beyond what any RGB shows
_MAX_NAME_LENGTH: Final = 100  # characters of a name


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
    tilt: float = 0.0  # logits that a Lab unit of chroma adds to a bin; they are in the file's logits already
    follows_hints: bool = True  # False: hints are propagated alone, and not given to it: see `EncodedPhoto`


class _Rule(NamedTuple):
    """What a field may be."""

    expected: str
    holds: Callable[[Any], bool]


class Tensor(NamedTuple):
    """One input or output of a model."""

    name: str
    type: str  # as ONNX Runtime calls it
    shape: tuple[int | None, ...]  # None: a side that may be any


def _text() -> _Rule:
    return _Rule(
        f"1 to {_MAX_NAME_LENGTH} printable characters",
        lambda value: isinstance(value, str) and 0 < len(value) <= _MAX_NAME_LENGTH and value.isprintable(),
    )


def _whole(allowed: Range) -> _Rule:
    return _Rule(
        f"a whole number from {allowed}",
        # True is an int to Python, and no number to anybody else
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value in allowed,
    )


def _number(least: float, most: float) -> _Rule:
    return _Rule(f"a number from {least:g} to {most:g}", lambda value: _is_number(value, least, most))


def _is_number(value: object, least: float, most: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most


RULES: Final = {
    "name": _text(),
    "version": _text(),
    "license": _text(),
    "multiple": _whole(Range(1, 1024)),
    "stride": _whole(Range(1, 256)),
    "size": _whole(RANGES["size"]),
    "temperature": _number(0.01, 1),
    "contrast": _number(0, 2),
    "tilt": _number(-1, 1),
    "follows_hints": _Rule("true or false", lambda value: isinstance(value, bool)),
    CENTERS: _Rule(
        f"up to {MAX_BINS} pairs of a and b from -{MAX_AB} to {MAX_AB}",
        lambda value: isinstance(value, list) and len(value) <= MAX_BINS and all(map(_is_color, value)),
    ),
}
_OPTIONAL: Final = {field.name for field in fields(Spec) if field.default is not MISSING}


def read_spec(metadata: Mapping[str, str], path: Path) -> tuple[Spec, FloatArray]:
    """Return what a file says of itself, and the centers of its bins, (Q, 2). Raises WeightsError."""
    values = read_metadata(metadata, path)
    for name, rule in RULES.items():
        if name not in values and name in _OPTIONAL:
            continue
        if name not in values:
            raise _refusal(path, name, rule.expected, "nothing")
        if not rule.holds(values[name]):
            raise _refusal(path, name, rule.expected, _shortened(values[name]))
    spec = Spec(**{name: values[name] for name in RULES if name in values and name != CENTERS})
    if spec.multiple % spec.stride:
        raise _refusal(path, "multiple", f"a multiple of the stride, {spec.stride}", str(spec.multiple))
    return spec, np.array(values[CENTERS], np.float32).reshape(-1, 2)


def read_metadata(metadata: Mapping[str, str], path: Path) -> dict[str, Any]:
    """Return the fields of a weights file as they stand in it, its format checked. Raises WeightsError."""
    if METADATA_KEY not in metadata:
        raise WeightsError(
            f"{path}: an ONNX file, but no Colorify generator: no metadata {METADATA_KEY!r}. {WEIGHTS_CURE}"
        )
    try:
        values = json.loads(metadata[METADATA_KEY])
    except (ValueError, RecursionError) as error:  # a JSONDecodeError is a ValueError
        raise _refusal(path, METADATA_KEY, "JSON", _shortened(metadata[METADATA_KEY])) from error
    if not isinstance(values, dict):
        raise _refusal(path, METADATA_KEY, "a JSON object", _shortened(values))
    if values.get("format") != FORMAT:
        raise WeightsError(
            f"{path}: format {_shortened(values.get('format'))}, this Colorify reads format {FORMAT}. "
            f"{WEIGHTS_CURE}"
        )
    return values


def check_tensors(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor], centers: FloatArray, path: Path
) -> tuple[int, ...]:
    """Return how many channels each of `cached` has. Raises WeightsError where a file breaks the contract."""
    cached = _channels(inputs, path)
    plane, number = (1, 1, None, None), "tensor(float)"
    wanted = [
        Tensor("L", number, plane),
        Tensor("hints", number, (1, 3, None, None)),
        Tensor("temperature", number, ()),
        Tensor(REUSE, "tensor(bool)", ()),
        *(Tensor(f"{CACHED}.{at}", number, (1, count, None, None)) for at, count in enumerate(cached)),
    ]
    made = [
        Tensor("ab", number, (1, 2, None, None)),
        Tensor("confidence", number, plane),
        *([Tensor(LOGITS, number, (1, len(centers), None, None))] if len(centers) else []),
        *(Tensor(f"{FEATURES}.{at}", number, (1, count, None, None)) for at, count in enumerate(cached)),
    ]
    _check_all("input", inputs, wanted, path)
    _check_all("output", outputs, made, path)
    unknown = {each.name for each in inputs} - {each.name for each in wanted}
    if unknown:
        raise _refusal(path, "inputs", "those of the contract alone", ", ".join(sorted(unknown)))
    return cached


def _channels(inputs: Sequence[Tensor], path: Path) -> tuple[int, ...]:
    named = {each.name: each.shape for each in inputs if each.name.startswith(f"{CACHED}.")}
    counts = []
    for at in range(len(named)):
        shape = named.get(f"{CACHED}.{at}")
        if shape is None or len(shape) != 4 or not shape[1]:
            found = "nothing" if shape is None else _described(shape)
            raise _refusal(path, f"input {CACHED}.{at}", "shape (1, a number of channels, any, any)", found)
        counts.append(shape[1])
    return tuple(counts)


def _check_all(kind: str, found: Sequence[Tensor], wanted: Sequence[Tensor], path: Path) -> None:
    by_name = {each.name: each for each in found}
    for tensor in wanted:
        there = by_name.get(tensor.name)
        if there != tensor:
            shown = "nothing" if there is None else f"{there.type} of {_described(there.shape)}"
            expected = f"{tensor.type} of {_described(tensor.shape)}"
            raise _refusal(path, f"{kind} {tensor.name}", expected, shown)


def _is_color(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(_is_number(number, -MAX_AB, MAX_AB) for number in value)
    )


def _described(shape: Sequence[int | None]) -> str:
    return f"shape ({', '.join('any' if side is None else str(side) for side in shape)})"


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_NAME_LENGTH else text[: _MAX_NAME_LENGTH - 3] + "..."


def _refusal(path: Path, field: str, expected: str, found: str) -> WeightsError:
    return WeightsError(f"{path}: {field}: expected {expected}, found {found}. {WEIGHTS_CURE}")
