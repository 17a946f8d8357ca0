"""The house keeps its shape: imports point down, heavy things load late, and the linters agree.

A check that cannot fail is none, so each is given a small example that it has to catch.
"""

import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

import colorify
from architecture import cycle, imported, importers, long_files, packages, read_modules, siblings, upward
from waiting import PATIENCE

ROOT = Path(__file__).parent.parent
MODULES = read_modules(ROOT / "src" / "colorify")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# docs: the design, section 2. A package may import from its own floor and from those below it.
FLOORS = [
    {"extras"},
    {"errors"},
    {"c_library", "color", "css_colors", "file_faults", "text_file"},
    {"pixels", "threads"},
    {"hints"},
    {"options"},
    {"atomic", "heap", "locks", "folders"},
    {"images"},
    {"render"},
    {"model"},
    {"result"},
    {"session", "colorizer", "multipage"},
    {"dataset"},
    {"batch", "video", "evaluation", "training"},
    {"server"},
    {"cli"},
    {"__main__"},
]
MAKERS = ("colorify.training", "colorify.evaluation")  # the wing that may use PyTorch
LIGHT = {"click", "_typeshed"}  # what the command itself is made of, and what only the type checker knows
NETWORK = {"socket", "ssl", "http", "urllib.request", "urllib3", "asyncio", "httpx", "requests"}
LINES = 400  # of a file; it is to fit in the head


def test_imports_point_down() -> None:
    faults = upward(MODULES, FLOORS)
    assert faults == []


def test_every_floor_is_of_something_that_is_there() -> None:
    parts = {module.split(".")[1] for module in MODULES if module != "colorify"}
    names = [name for names in FLOORS for name in names]
    assert sorted(names) == sorted(parts), "each part on one floor, and no name that is none"


def test_there_are_no_cycles() -> None:
    ring = cycle(MODULES)
    assert ring == []


def test_only_the_make_wing_touches_torch() -> None:
    found = importers(MODULES, "torch", but=MAKERS)
    assert found == set()
    found = importers(MODULES, "torch", but=())
    assert found, "the rule finds those that do"


def test_only_one_file_calls_onnx_runtime() -> None:
    found = importers(MODULES, "onnxruntime", but=())
    assert found == {"colorify.model.runtime"}


HOUSE = {"colorify": "", "colorify.cli": "", "colorify.a": "", "colorify.a.x": "", "colorify.b": ""}
STOREYS = [{"a"}, {"b"}, {"cli"}]


@pytest.mark.parametrize(
    ("module", "text", "says"),
    [
        ("colorify.a", "from colorify.b import thing", "which stands above it"),
        ("colorify.a", "import colorify.b", "which stands above it"),
        ("colorify.a", "import colorify.b as other", "which stands above it"),
        ("colorify.a", "from colorify import b", "which stands above it"),
        ("colorify.a.x", "def f():\n    from colorify import b, a", "which stands above it"),
        ("colorify.a", "if TYPE_CHECKING:\n    from colorify.b import Thing", "which stands above it"),
        ("colorify.a", "import importlib\nimportlib.import_module('colorify.b')", "which stands above it"),
        ("colorify.a", "__import__('colorify.b')", "which stands above it"),
        ("colorify.a", "from colorify import Colorizer", "not the face"),
        ("colorify.b", "import colorify", "not the face"),
        ("colorify.a.x", "from . import thing", "imports relatively"),
        ("colorify.a.x", "from ..b import thing", "imports relatively"),
        ("colorify.c", "", "stands on no floor"),
    ],
)
def test_an_import_that_points_up_is_found(module: str, text: str, says: str) -> None:
    (fault,) = upward({**HOUSE, module: text}, STOREYS)
    assert says in fault
    assert fault.startswith(module)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("colorify.b", "from colorify.a import x\nfrom colorify.a.x import thing"),
        ("colorify.cli", "import colorify\nfrom colorify import Colorizer"),
        ("colorify.a", "text = 'from colorify.b import thing'  # import colorify.b"),
    ],
)
def test_an_import_that_points_down_is_none_to_find(module: str, text: str) -> None:
    assert upward({**HOUSE, module: text}, STOREYS) == []


def test_a_module_is_told_from_a_name_in_it() -> None:
    assert siblings("from colorify.a import x", HOUSE) == {"colorify.a.x"}
    assert siblings("from colorify.a import thing", HOUSE) == {"colorify.a"}
    assert siblings("import colorify.a.x", HOUSE) == {"colorify.a.x"}


def test_a_ring_of_imports_is_found() -> None:
    ring = {"colorify.a": "from colorify import b", "colorify.b": "def f():\n    import colorify.a"}
    assert set(cycle({**HOUSE, **ring})) == {"colorify.a", "colorify.b"}
    assert cycle({**HOUSE, "colorify.a": "import colorify.b"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "import torch",
        "import torch.nn as nn",
        "from torch import Tensor",
        "from torch.nn import functional as F",
        "def f():\n    from torch import nn",
        "import numpy, torch",
        "try:\n    import torch\nexcept ImportError:\n    pass",
        "from importlib import import_module\nimport_module('torch.nn')",
    ],
)
def test_torch_is_found_however_it_is_imported(text: str) -> None:
    assert importers({"colorify.a": text}, "torch", but=MAKERS) == {"colorify.a"}
    assert importers({"colorify.training.a": text}, "torch", but=MAKERS) == set()
    assert importers({"colorify.training_more": text}, "torch", but=MAKERS), "another room, a like name"


@pytest.mark.parametrize("text", ["import torchrun", "# import torch", "text = 'import torch'"])
def test_what_only_looks_like_torch_is_none(text: str) -> None:
    assert importers({"colorify.a": text}, "torch", but=()) == set()
    assert "torch" not in set(imported(text))


def loaded_by(*arguments: str, first: str = "") -> set[str]:
    """Name the modules that a fresh interpreter has loaded when it ends. `first`: code run before."""
    end = "import atexit, sys; atexit.register(lambda: print('\\n' + ' '.join(sys.modules), file=sys.stderr))"
    code = f"{end}\n{first}\nimport runpy\nsys.argv[1:] = {list(arguments)!r}\nimport colorify\n"
    if arguments:
        code += "runpy.run_module('colorify', run_name='__main__')"
    untraced = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
        env=untraced,
    )
    return set(done.stderr.splitlines()[-1].split())


@cache  # not when the file is imported, as every worker does that
def heavy() -> set[str]:
    """Name all that anything imports, so that no name can be misspelt.

    NumPy too: the command says before how many threads it may have.
    """
    named = {name for text in MODULES.values() for name in packages(text)}
    return named - sys.stdlib_module_names - LIGHT | {"pyarrow"}


def test_what_is_heavy_is_known() -> None:
    assert {"numpy", "torch", "onnxruntime", "pyvips", "av", "cv2", "PIL", "pillow_heif"} <= heavy()
    assert [name for name in heavy() if find_spec(name) is None] == [], "names of what is installed"
    assert [name for name in NETWORK if find_spec(name.partition(".")[0]) is None] == []


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("--version",)])
def test_nothing_heavy_is_loaded_before_it_is_needed(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by(*arguments)
    assert "colorify" in loaded
    assert ("click" in loaded) == bool(arguments)
    assert loaded.isdisjoint(heavy())


def test_what_is_loaded_is_seen() -> None:
    loaded = loaded_by("--version", first="import pillow_heif, urllib.request")
    assert {"pillow_heif", "PIL"} <= loaded & heavy()
    assert {"urllib.request", "socket"} <= loaded & NETWORK


def test_a_photo_is_coloured_without_anything_that_could_reach_a_network(tmp_path: Path) -> None:
    loaded = loaded_by(str(ROOT / "samples" / "camera.jpg"), "-o", str(tmp_path / "new.jpg"))
    assert "onnxruntime" in loaded
    assert loaded.isdisjoint(NETWORK)
    # parts of NumPy that load when they are first called, as by unique and percentile: 20 ms of a start each
    assert loaded.isdisjoint({"numpy.ma", "numpy.random"})


def test_one_function_prints_lines() -> None:
    """So that no name of a file can split one."""
    printing = {
        name
        for name, text in MODULES.items()
        if re.search(r"click\.(echo|secho)\((?!json\.dumps)|\bprint\(", text)
    }
    assert printing == {"colorify.cli.lines"}


def test_there_is_one_version() -> None:
    """The package says it; what is built from it, and what is cited, follow."""
    assert SETTINGS["project"]["dynamic"] == ["version"]
    assert SETTINGS["tool"]["hatch"]["version"] == {"path": "src/colorify/__init__.py"}
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f'\nversion: "{colorify.__version__}"\n' in cited


def test_every_file_fits_in_the_head() -> None:
    found = long_files(MODULES, LINES)
    assert found == {}
    assert long_files({"a": "1\n" * (LINES + 1), "b": "1\n" * LINES}, LINES) == {"a": LINES + 1}


def test_the_linters_look_at_all_of_it() -> None:
    """They would agree with anything that they are told to pass over."""
    mypy, ruff = SETTINGS["tool"]["mypy"], SETTINGS["tool"]["ruff"]
    assert mypy["files"] == ["src"]
    assert mypy["strict"] is True
    assert {"exclude", "ignore_errors", "disable_error_code"}.isdisjoint(mypy)
    for override in mypy["overrides"]:
        assert set(override) == {"module", "ignore_missing_imports"}
        assert not any(module.startswith("colorify") for module in override["module"])
    assert {"exclude", "extend-exclude", "include"}.isdisjoint(ruff)
    assert "per-file-ignores" not in ruff["lint"]
    assert {"B", "BLE", "S", "ASYNC", "PLE"} <= set(ruff["lint"]["select"])


@pytest.mark.parametrize("room", ["src/colorify", "tests", "bench", "examples"])
def test_the_linter_finds_what_is_wrong(room: str) -> None:
    text = "import os\n\n\ndef f(x):\n    try:\n        return x\n    except:\n        return None\n"
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", f"{room}/new.py", "-"],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "F401" in done.stdout
    assert "E722" in done.stdout


@pytest.mark.timeout(900)  # mypy has much to read where it has not run before
@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        pytest.param(["mypy"], marks=pytest.mark.slow),  # a step of its own: `make check`
    ],
    ids=["ruff-check", "ruff-format", "mypy-strict"],
)
def test_the_linters_agree(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
