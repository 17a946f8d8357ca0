"""The models of this machine: what each says of itself, its size and its digest.

The embedded one, those in the cache of the Hub, and files that are named. No model is loaded for that.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from colorify.errors import WeightsError
from colorify.model.generator import BUILTIN_WEIGHTS
from colorify.model.hub import find_weights, list_cached
from colorify.model.onnx_file import read_entries
from colorify.model.runtime import read_model
from colorify.model.spec import WEIGHTS_CURE, read_spec

EMBEDDED = "embedded"  # in the package: what is used where nothing is named


@dataclass(frozen=True)
class ModelEntry:
    """One model."""

    weights: str  # what `-m` takes, or EMBEDDED
    name: str
    version: str
    license: str
    bytes: int
    sha256: str


def list_models(named: Iterable[Path] = ()) -> Iterator[ModelEntry | WeightsError]:
    """Describe the embedded model, the cached ones and `named` ones; one that is unusable is an error.

    One of the Hub that is named is loaded into the cache, if it is not there.
    """
    yield _describe(EMBEDDED, BUILTIN_WEIGHTS)
    try:
        for address, path in list_cached():
            yield _describe(str(address), path)
    except WeightsError as error:
        yield error
    for weights in named:
        try:
            yield _describe(weights.as_posix(), find_weights(weights))
        except WeightsError as error:
            yield error


def _describe(weights: str, path: Path) -> ModelEntry | WeightsError:
    try:
        return describe_model(weights, path)
    except WeightsError as error:
        return error


def describe_model(weights: str, path: Path) -> ModelEntry:
    """Describe the model of a file, which `weights` names. Raises WeightsError."""
    data = read_model(path)
    try:
        metadata = read_entries(memoryview(data))
    except ValueError as error:
        raise WeightsError(f"{path}: not a usable ONNX file ({error}). {WEIGHTS_CURE}") from error
    spec, _ = read_spec(metadata, path)
    digest = hashlib.sha256(data).hexdigest()
    return ModelEntry(weights, spec.name, spec.version, spec.license, len(data), digest)
