"""Where the generator may run: the CPU, or an accelerator that the installed ONNX Runtime can use; a table.

ONNX Runtime comes as one package for each kind of accelerator, and each says which *providers* it was built
with. So what is installed decides what can be chosen; that a provider was built in does not say that this
machine has such a card, which shows when a session is opened (see `runtime`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from colorify.errors import SetupError, UsageError
from colorify.extras import describe_extra, describe_install

AUTO: Final = "auto"
# Every package of ONNX Runtime is the same module, and pip does not say which is to lie on top; so the one
# for a card is laid over the others afterwards.
OVER: Final = ("--force-reinstall", "--no-deps")  # of pip


@dataclass(frozen=True)
class Device:
    """A row of the table."""

    name: str
    providers: tuple[str, ...]  # as ONNX Runtime names them: the first that is installed serves
    install: str  # what a person types to have it, or does
    options: Mapping[str, str] = field(default_factory=dict)  # of the provider
    automatic: bool = True  # whether `auto` may choose it

    def provider_among(self, available: Collection[str]) -> str | None:
        """Return the provider that serves, of those that are installed."""
        return next((provider for provider in self.providers if provider in available), None)


CPU: Final = Device("cpu", ("CPUExecutionProvider",), describe_install("onnxruntime"))
DEVICES: Final = (  # `auto` takes the first that is installed and opens
    Device(
        "cuda",
        ("CUDAExecutionProvider",),
        f"{describe_extra('cuda')} && {describe_install('onnxruntime-gpu', options=OVER)}",
        # the default measures every way of each convolution anew for each size of photo
        {"cudnn_conv_algo_search": "HEURISTIC"},
    ),
    Device(
        "rocm",
        ("MIGraphXExecutionProvider", "ROCMExecutionProvider"),
        describe_install("onnxruntime-migraphx", options=OVER),
    ),
    Device("directml", ("DmlExecutionProvider",), describe_install("onnxruntime-directml", options=OVER)),
    Device(
        "openvino",
        ("OpenVINOExecutionProvider",),
        describe_install("onnxruntime-openvino", options=OVER),
        {"device_type": "AUTO"},
    ),
    # in every package for macOS; sizes that change make it plan anew, so only a person chooses it
    Device("coreml", ("CoreMLExecutionProvider",), "use a Mac", automatic=False),
    CPU,
)
DEVICE_NAMES: Final = (AUTO, *(row.name for row in DEVICES))


def choose_devices(name: str, available: Collection[str]) -> list[Device]:
    """Return the devices to try, the first that opens to be used.

    `name`: one of DEVICE_NAMES. `available`: the providers that ONNX Runtime was built with.
    Raises UsageError for a name that there is not, SetupError where ONNX Runtime lacks the provider.
    """
    if name == AUTO:
        return [row for row in DEVICES if row.automatic and row.provider_among(available)]
    row = next((row for row in DEVICES if row.name == name), None)
    if row is None:
        raise UsageError(f"device {name!r}: expected one of {', '.join(DEVICE_NAMES)}.")
    if row.provider_among(available) is None:
        raise SetupError(
            f"device {name}: expected an ONNX Runtime with {' or '.join(row.providers)}, found one with "
            f"{', '.join(available) or 'none'}. To have it: {row.install}"
        )
    return [row]
