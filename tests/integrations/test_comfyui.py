"""The ComfyUI node: what it makes of tensors, and what both of ComfyUI's interfaces find in its folder."""

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from colorify.color import rgb_to_lab
from colorify.errors import ColorifyError

torch = pytest.importorskip("torch")

FOLDER = Path(__file__).parents[2] / "integrations" / "comfyui"
PACKAGE = "custom_nodes_colorify"  # ComfyUI makes up a name, too


def load_folder(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import the folder as ComfyUI does: by its path, under a name of its own."""
    spec = importlib.util.spec_from_file_location(
        PACKAGE, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    assert spec is not None
    assert spec.loader is not None
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        monkeypatch.delitem(sys.modules, name)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, PACKAGE, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load_folder(monkeypatch)


@pytest.fixture
def color_batch(folder: ModuleType) -> Any:
    return sys.modules[f"{PACKAGE}.color_batch"]


def ramp(batch: int = 2, channels: int = 3) -> Any:
    """Return a batch of grey ramps, the second turned upside down: (B, 40, 48, C)."""
    values = torch.linspace(0.05, 0.95, 48).expand(40, 48)
    images = torch.stack([values, values.flip(1)])[:batch]
    return images[..., None].expand(-1, -1, -1, channels).contiguous()


def test_a_batch_is_colored_and_keeps_its_luminance(color_batch: Any, tiny_weights: Path) -> None:
    images = ramp()
    colored, confidence = color_batch.color_batch(images, model=str(tiny_weights))
    assert colored.shape == (2, 40, 48, 3)
    assert colored.dtype == torch.float32
    assert confidence.shape == (2, 40, 48)
    assert 0 <= float(confidence.min()) <= float(confidence.max()) <= 1
    spread = colored.amax(-1) - colored.amin(-1)
    assert float(spread.max()) > 0.1, "it is in colour"
    L = [rgb_to_lab(batch.numpy())[..., 0] for batch in (images, colored)]
    assert np.abs(L[0] - L[1]).max() < 0.1
    assert not torch.equal(colored[0], colored[1])


def test_grey_and_alpha_channels_are_taken(color_batch: Any, tiny_weights: Path) -> None:
    results = [color_batch.color_batch(ramp(1, c), model=str(tiny_weights))[0] for c in (1, 3, 4)]
    assert all(torch.allclose(result, results[0], atol=1 / 255) for result in results)


def test_strength_and_hints_are_heard(color_batch: Any, tiny_weights: Path) -> None:
    grey, _ = color_batch.color_batch(ramp(1), strength=0.0, model=str(tiny_weights))
    assert float((grey.amax(-1) - grey.amin(-1)).max()) < 1e-3
    plain, _ = color_batch.color_batch(ramp(1), model=str(tiny_weights))
    hinted, _ = color_batch.color_batch(ramp(1), hints="50%,50%,#d02020,20", model=str(tiny_weights))
    assert not torch.equal(plain, hinted)


def test_progress_is_told_image_by_image(color_batch: Any, tiny_weights: Path) -> None:
    told: list[tuple[int, int]] = []
    color_batch.color_batch(
        ramp(), model=str(tiny_weights), progress=lambda done, of: told.append((done, of))
    )
    assert told == [(1, 2), (2, 2)]


def test_hints_are_read_line_by_line(color_batch: Any) -> None:
    hints = color_batch.parse_hints("10, 20, #7a1f2b\n\n50%,12.5%,#00ff00,3%,+0.5; 1,2,#0000ff,-1")
    assert [(hint.x, hint.y, hint.color, hint.radius, hint.reach) for hint in hints] == [
        (10.0, 20.0, "#7a1f2b", 0.0, 0.0),
        ("50%", "12.5%", "#00ff00", "3%", 0.5),
        (1.0, 2.0, "#0000ff", 0.0, -1.0),
    ]


@pytest.mark.parametrize("text", ["10,20", "10,20,#7a1f2b,1,2", "left,20,#7a1f2b"])
def test_what_is_no_hint_is_named(color_batch: Any, text: str) -> None:
    with pytest.raises(ColorifyError, match=text.split(",")[0]):
        color_batch.parse_hints(f"1,2,#000000\n{text}")


def test_what_is_no_batch_is_refused(color_batch: Any) -> None:
    with pytest.raises(ColorifyError, match=r"\(B, H, W"):
        color_batch.color_batch(torch.zeros(4, 4, 3))


def test_a_comfyui_without_v3_finds_the_classic_mapping(folder: ModuleType, tiny_weights: Path) -> None:
    assert not hasattr(folder, "comfy_entrypoint")
    [(name, node)] = folder.NODE_CLASS_MAPPINGS.items()
    assert {name: "Colorify"} == folder.NODE_DISPLAY_NAME_MAPPINGS
    inputs = node.INPUT_TYPES()
    settings = {
        key: row[1].get("default") for part in inputs.values() for key, row in part.items() if len(row) > 1
    }
    outputs = getattr(node(), node.FUNCTION)(images=ramp(1), **{**settings, "model": str(tiny_weights)})
    assert len(outputs) == len(node.RETURN_TYPES) == len(node.RETURN_NAMES)
    assert outputs[0].shape == (1, 40, 48, 3)


def stand_in() -> dict[str, ModuleType]:
    """Return modules with the part of `comfy_api.latest` that the node uses, as ComfyUI documents it."""

    class Input:
        def __init__(self, id: str, **settings: Any) -> None:
            self.id, self.settings = id, settings

    class Output:
        def __init__(self, id: str | None = None, display_name: str | None = None) -> None:
            self.display_name = display_name

    class Schema(SimpleNamespace):
        def __init__(
            self,
            *,
            node_id: str,
            display_name: str,
            category: str,
            description: str,
            inputs: list[Input],
            outputs: list[Output],
        ) -> None:
            super().__init__(node_id=node_id, category=category, inputs=inputs, outputs=outputs)

    class NodeOutput:
        def __init__(self, *args: Any) -> None:
            self.args = args

    io = SimpleNamespace(Schema=Schema, NodeOutput=NodeOutput, ComfyNode=object)
    for kind in ("Image", "Mask", "Float", "String"):
        setattr(io, kind, SimpleNamespace(Input=Input, Output=Output))
    package, latest = ModuleType("comfy_api"), ModuleType("comfy_api.latest")
    package.__path__ = []
    vars(latest).update(io=io, ComfyExtension=type("ComfyExtension", (), {}))
    for module in (package, latest):
        module.__spec__ = importlib.util.spec_from_loader(module.__name__, loader=None)
    return {"comfy_api": package, "comfy_api.latest": latest}


def test_a_comfyui_with_v3_finds_the_entry_point_alone(
    monkeypatch: pytest.MonkeyPatch, tiny_weights: Path
) -> None:
    for name, module in stand_in().items():
        monkeypatch.setitem(sys.modules, name, module)
    folder = load_folder(monkeypatch)
    assert not hasattr(folder, "NODE_CLASS_MAPPINGS"), "ComfyUI would take it and pass over the entry point"

    async def list_nodes() -> Any:
        return await (await folder.comfy_entrypoint()).get_node_list()

    [node] = asyncio.run(list_nodes())
    schema = node.define_schema()
    given = {entry.id: entry.settings.get("default") for entry in schema.inputs}
    output = node.execute(**{**given, "images": ramp(1), "model": str(tiny_weights)})
    assert len(output.args) == len(schema.outputs)
    assert output.args[0].shape == (1, 40, 48, 3)


def test_both_nodes_have_one_name_and_the_same_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    [(name, classic)] = load_folder(monkeypatch).NODE_CLASS_MAPPINGS.items()
    for module_name, module in stand_in().items():
        monkeypatch.setitem(sys.modules, module_name, module)
    load_folder(monkeypatch)
    schema = sys.modules[f"{PACKAGE}.v3_node"].ColorifyNode.define_schema()
    assert schema.node_id == name
    classic_inputs = [key for part in classic.INPUT_TYPES().values() for key in part]
    assert [entry.id for entry in schema.inputs] == classic_inputs
