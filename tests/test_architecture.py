"""The house keeps its shape: imports point down, heavy things load late, and the linters agree."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import colorify
from waiting import PATIENCE

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "colorify"

# docs: the design, section 2. A module may import from its own floor and from those below it.
FLOORS = [
    {"color", "errors", "formats"},
    {
        "alternatives",
        "atomic",
        "libvips",
        "locks",
        "look",
        "photo",
        "blocks",
        "caution",
        "chroma",
        "coherence",
        "contrast",
        "folders",
        "frames",
        "generator",
        "guided",
        "heic",
        "hint_file",
        "hints",
        "icc",
        "iptc",
        "limits",
        "metadata",
        "nearby",
        "origin",
        "own",
        "pil",
        "profile",
        "recombine",
        "reference",
        "render",
        "seen",
        "session",
        "sheet",
        "shown",
        "space",
        "spread",
        "stream",
        "suggest",
        "tiff_tags",
        "tiles",
    },
    {"colorizer", "dataset"},
    {"plan", "batch", "arrivals", "video", "evaluation", "training"},
    {"bulk", "server"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
HEAVY = {
    "numpy",  # the command says before how many threads it may have
    "torch",
    "onnxruntime",
    "pyvips",
    "fastapi",
    "av",
    "cv2",
    "scrapy",
    "ray",
    "rich",
    "onnx",
    "PIL",
    "pi_heif",
}


def modules() -> dict[str, Path]:
    """Name every module of the package: `colorify.cli.colorize` -> its file."""
    named = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


MODULES = modules()


def imports(module: str) -> Iterator[str]:
    """Name the modules of the package that `module` imports anywhere in its text, in functions too."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == "colorify")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively; write the whole name"
            if node.module is not None and node.module.partition(".")[0] == "colorify":
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield whole if whole in MODULES else node.module


def floor(module: str) -> int:
    part = module.removeprefix("colorify").lstrip(".").partition(".")[0]
    assert part in FLOOR, f"{module}: {part} stands on no floor; give it one in the design and here"
    return FLOOR[part]


@pytest.mark.parametrize("module", [module for module in MODULES if module != "colorify"])
def test_imports_point_down(module: str) -> None:
    for other in imports(module):
        if other == "colorify":
            assert floor(module) == FLOOR["cli"], (
                f"{module}: import from the module that has it, not the face"
            )
            continue
        assert floor(other) <= floor(module), f"{module} imports {other}, which stands above it"


def test_there_are_no_cycles() -> None:
    graph = {module: set(imports(module)) - {module} for module in MODULES}
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError and names the cycle


def test_only_the_make_wing_touches_torch() -> None:
    makers = ("colorify.training", "colorify.dataset", "colorify.evaluation", "colorify.cli")
    for module, path in MODULES.items():
        if not module.startswith(makers):
            assert "import torch" not in path.read_text(encoding="utf-8"), module


def loaded_by(*arguments: str) -> set[str]:
    """Name the top-level packages that a fresh interpreter has loaded when it ends."""
    end = "import atexit, sys; atexit.register(lambda: print('\\n' + ' '.join(sys.modules), file=sys.stderr))"
    code = f"{end}\nimport runpy\nsys.argv[1:] = {list(arguments)!r}\nimport colorify\n"
    if arguments:
        code += "runpy.run_module('colorify', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    return {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("--version",)])
def test_nothing_heavy_is_loaded_before_it_is_needed(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by(*arguments)
    assert "colorify" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_a_photo_is_coloured_without_anything_that_could_reach_a_network(tmp_path: Path) -> None:
    loaded = loaded_by(str(ROOT / "samples" / "camera.jpg"), "-o", str(tmp_path / "new.jpg"))
    assert "onnxruntime" in loaded
    assert loaded.isdisjoint({"socket", "ssl", "http", "urllib3", "asyncio"})


def test_there_is_one_version() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{colorify.__version__}"\n' in pyproject


def test_every_file_fits_in_the_head() -> None:
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module: length for module, length in lengths.items() if length > 400} == {}


@pytest.mark.timeout(900)  # mypy has much to read where it has not run before
@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=["ruff-check", "ruff-format", "mypy-strict"],
)
def test_the_linters_agree(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
