"""ONNX Runtime, and its errors as ours: the only file that calls it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import SetupError, UsageError, WeightsError, option
from colorify.model.devices import AUTO, CPU, Device, choose_devices
from colorify.model.onnx_file import has_external_data
from colorify.model.spec import Tensor

if TYPE_CHECKING:
    import onnxruntime

FloatArray = NDArray[np.float32]

TELEMETRY_ENV: Final = "ORT_DISABLE_TELEMETRY"  # without it, ONNX Runtime 1.29 and newer report to Microsoft
# px of L from which on the memory of a run is given back after it. Below it is kept, as the next run wants
# as much: a film's takes a tenth longer without.
LARGE_INPUT_PX: Final = 2**19
_SHRINK: Final = "memory.enable_memory_arena_shrinkage"


class Runtime:
    """One ONNX model, ready to run; safe to share between threads."""

    def __init__(self, path: Path, threads: int, device: str = AUTO) -> None:
        """Load the model of a weights file, to run on `device`, of `threads` cores (0: all).

        Raises WeightsError, and SetupError where a device was named that this machine has not.
        """
        self.path = path
        data = read_model(path)
        self._session, self.device, self.passed_over = _open_on_first(data, threads, device, path)
        with _translate_errors(f"{path}: not a usable ONNX file", sized=False):
            self.metadata: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
            self.inputs = [_tensor(entry) for entry in self._session.get_inputs()]
            self.outputs = [_tensor(entry) for entry in self._session.get_outputs()]

    def run(self, outputs: Sequence[str], inputs: dict[str, Any]) -> list[FloatArray]:
        """Return `outputs`. Raises WeightsError where the model fails, UsageError where memory does."""
        with _translate_errors(f"{self.path}: fails when it is run", sized=True):
            results: list[FloatArray] = self._session.run(outputs, inputs, self._options(inputs["L"].size))
        return results

    def _options(self, pixels: int) -> "onnxruntime.RunOptions":
        options = _import_onnxruntime().RunOptions()
        if pixels >= LARGE_INPUT_PX:
            options.add_run_config_entry(_SHRINK, "cpu:0")
        return options


def read_model(path: Path) -> bytes:
    """Return the bytes of an ONNX model that is whole in its file. Raises WeightsError."""
    if not path.is_file():
        raise WeightsError(
            f"{path}: no such weights file. Leave out {option('weights')} to use the embedded generator."
        )
    try:
        data = path.read_bytes()
        external = has_external_data(memoryview(data))
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise WeightsError(f"{path}: not a usable ONNX file ({error}).") from error
    if external:
        raise WeightsError(
            f"{path}: keeps tensors in other files, which is refused: expected all of them in one. "
            "Save it anew without external data."
        )
    return data


def _open_on_first(
    data: bytes, threads: int, name: str, path: Path
) -> tuple["onnxruntime.InferenceSession", Device, tuple[str, ...]]:
    """Open a session on the first device that does what it promises; return why others were passed over.

    ONNX Runtime says which providers it was built with, whether or not there is such a card, and goes on
    without one that fails to load; so what runs is read from the session.
    """
    available = _import_onnxruntime().get_available_providers()
    devices = choose_devices(name, available)
    reasons: list[str] = []
    for device in devices:
        if device is CPU:
            break
        provider = device.provider_among(available)
        assert provider is not None  # it was chosen for that
        try:
            return _open_accelerated(data, threads, provider, device), device, tuple(reasons)
        except SetupError as error:
            reasons.append(str(error))
    with _translate_errors(f"{path}: not a usable ONNX file", sized=False):
        session = _open_session(data, threads, [])  # for a named device too: it may be the file that is bad
    if CPU in devices:
        return session, CPU, tuple(reasons)
    raise SetupError(f"{reasons[0]}. Check its driver, or give {option('device', CPU.name)}.")


def _open_accelerated(
    data: bytes, threads: int, provider: str, device: Device
) -> "onnxruntime.InferenceSession":
    """Raises SetupError where the provider is installed and does not serve."""
    try:
        session = _open_session(data, threads, [(provider, dict(device.options))])
    except Exception as error:  # ONNX Runtime's exceptions share no base class of their own
        raise SetupError(f"device {device.name}: cannot be used ({_first_line(error)})") from error
    if provider not in session.get_providers():
        raise SetupError(f"device {device.name}: ONNX Runtime has {provider}, which did not load here")
    return session


def _open_session(
    data: bytes, threads: int, accelerators: list[tuple[str, dict[str, str]]]
) -> "onnxruntime.InferenceSession":
    onnxruntime = _import_onnxruntime()
    if accelerators and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # CUDA's libraries may lie in packages of Python, where no loader looks
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what it would print as errors, it raises too
    # a plan for sizes that it has met keeps a second set of buffers, and saves no time
    options.enable_mem_pattern = False
    # its threads would wait for more work by turning round and round, in the way of those that paint
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # a model given as bytes is of ONNX's own format, in which external data was looked for
    options.add_session_config_entry("session.load_model_format", "ONNX")
    # the CPU runs what an accelerator cannot; its fallback prints that it tries the same once more
    providers = [*accelerators, *CPU.providers]
    return onnxruntime.InferenceSession(data, options, providers=providers, enable_fallback=0)


def _import_onnxruntime() -> ModuleType:
    """Load the library, here and not above: it takes longer than all else together."""
    unset = TELEMETRY_ENV not in os.environ
    os.environ.setdefault(TELEMETRY_ENV, "1")  # it is read once, while the library is loaded
    try:
        return import_module("onnxruntime")
    finally:
        if unset:
            os.environ.pop(TELEMETRY_ENV, None)


@contextmanager
def _translate_errors(what: str, *, sized: bool) -> Iterator[None]:
    """Turn what ONNX Runtime raises into errors of ours. `sized`: whether a smaller photo could help."""
    try:
        yield
    except Exception as error:
        # ONNX Runtime's exceptions share no base class of their own, and none is for lack of memory
        reason = _first_line(error)
        if sized and (isinstance(error, MemoryError) or "alloc" in reason.lower()):
            raise UsageError(
                f"There is too little memory ({reason}). Give a smaller {option('size')}."
            ) from error
        raise WeightsError(f"{what} ({reason}).") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _tensor(entry: "onnxruntime.NodeArg") -> Tensor:
    sides = (side if isinstance(side, int) else None for side in entry.shape or ())
    return Tensor(entry.name, entry.type, tuple(sides))
