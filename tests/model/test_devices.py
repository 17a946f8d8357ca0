"""A device is one that is installed and opens: what was named and does not serve is an error, not the CPU."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from colorify.errors import SetupError, UsageError, WeightsError
from colorify.model import devices
from colorify.model.generator import Generator

CPU_PROVIDER = "CPUExecutionProvider"
CUDA, COREML, OPENVINO = "CUDAExecutionProvider", "CoreMLExecutionProvider", "OpenVINOExecutionProvider"


def names(name: str, available: list[str]) -> list[str]:
    return [row.name for row in devices.choose_devices(name, available)]


class TestChoice:
    def test_auto_takes_what_is_installed_and_the_cpu_last(self) -> None:
        assert names("auto", [CPU_PROVIDER]) == ["cpu"]
        assert names("auto", [OPENVINO, CUDA, CPU_PROVIDER]) == ["cuda", "openvino", "cpu"]

    def test_auto_does_not_take_what_only_a_person_should(self) -> None:
        assert names("auto", [COREML, CPU_PROVIDER]) == ["cpu"]
        assert names("coreml", [COREML, CPU_PROVIDER]) == ["coreml"]

    def test_a_newer_provider_of_the_same_card_is_preferred(self) -> None:
        (rocm,) = devices.choose_devices("rocm", ["ROCMExecutionProvider", "MIGraphXExecutionProvider"])
        assert rocm.provider_among(["ROCMExecutionProvider"]) == "ROCMExecutionProvider"
        both = ["ROCMExecutionProvider", "MIGraphXExecutionProvider"]
        assert rocm.provider_among(both) == "MIGraphXExecutionProvider"

    def test_a_device_that_is_not_installed_is_refused_with_what_to_type(self) -> None:
        with pytest.raises(
            SetupError, match=r"found one with CPUExec.*pip install .*onnxruntime-gpu\[cuda,cudnn\]"
        ):
            devices.choose_devices("cuda", [CPU_PROVIDER])

    def test_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(UsageError, match="'gpu': expected one of auto, cuda, rocm"):
            devices.choose_devices("gpu", [CPU_PROVIDER])


class Machine:
    """A stand-in for an ONNX Runtime that was built for cards, on a machine where only some open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, built: list[str], works: list[str]) -> None:
        self.real, self.works, self.opened = onnxruntime.InferenceSession, works, list[Any]()
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: built)
        monkeypatch.setattr(onnxruntime, "InferenceSession", self.open)

    def open(self, data: bytes, options: Any, providers: list[Any], enable_fallback: int) -> Any:
        self.opened.append(providers)
        session = self.real(data, options, providers=[CPU_PROVIDER], enable_fallback=enable_fallback)
        first = providers[0] if isinstance(providers[0], str) else providers[0][0]
        if first in self.works:
            session.get_providers = lambda: [first, CPU_PROVIDER]
        return session


class TestOpening:
    def test_the_cpu_runs_where_there_is_nothing_else(self, tiny_weights: Path) -> None:
        generator = Generator(tiny_weights)
        assert (generator.device, generator.passed_over) == ("cpu", ())

    def test_a_card_that_opens_is_used_with_its_options(
        self, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine = Machine(monkeypatch, [CUDA, CPU_PROVIDER], works=[CUDA])
        for name in ("auto", "cuda"):
            generator = Generator(tiny_weights, device=name)
            assert (generator.device, generator.passed_over) == ("cuda", ())
            assert machine.opened[-1] == [(CUDA, {"cudnn_conv_algo_search": "HEURISTIC"}), CPU_PROVIDER]
        assert np.isfinite(generator(np.full((8, 8), 50, np.float32)).ab).all()

    def test_the_cpu_may_be_named_beside_a_card(
        self, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine = Machine(monkeypatch, [CUDA, CPU_PROVIDER], works=[CUDA])
        assert Generator(tiny_weights, device="cpu").device == "cpu"
        assert machine.opened == [[CPU_PROVIDER]]

    def test_a_card_that_was_named_and_does_not_load_is_an_error(
        self, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Machine(monkeypatch, [CUDA, CPU_PROVIDER], works=[])  # ONNX Runtime then goes on with the CPU
        with pytest.raises(SetupError, match=r"device cuda: .* did not load here.*device='cpu'"):
            Generator(tiny_weights, device="cuda")

    def test_auto_goes_on_and_says_why(self, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        Machine(monkeypatch, [CUDA, OPENVINO, CPU_PROVIDER], works=[OPENVINO])
        generator = Generator(tiny_weights)
        assert generator.device == "openvino"
        assert len(generator.passed_over) == 1
        assert "device cuda" in generator.passed_over[0]

    def test_a_provider_that_raises_is_an_error_of_ours(
        self, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine = Machine(monkeypatch, [CUDA, CPU_PROVIDER], works=[])

        def fail(data: bytes, options: Any, providers: list[Any], enable_fallback: int) -> Any:
            if providers != [CPU_PROVIDER]:
                raise RuntimeError("no driver\nand a long story")
            return machine.open(data, options, providers, enable_fallback)

        monkeypatch.setattr(onnxruntime, "InferenceSession", fail)
        with pytest.raises(SetupError, match=r"device cuda: cannot be used \(no driver\)"):
            Generator(tiny_weights, device="cuda")
        assert Generator(tiny_weights).passed_over == ("device cuda: cannot be used (no driver)",)

    def test_a_damaged_file_is_no_fault_of_the_card(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        damaged = tmp_path / "damaged.onnx"
        damaged.write_bytes(b"\x08\x07\x12\x00")
        Machine(monkeypatch, [CUDA, CPU_PROVIDER], works=[CUDA])
        with pytest.raises(WeightsError):
            Generator(damaged, device="cuda")
