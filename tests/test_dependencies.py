"""What is installed with Colorify is what it imports: nothing is missing, nothing superfluous is pulled."""

import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from architecture import packages, read_modules
from waiting import PATIENCE

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {
    name: rows for name, rows in PROJECT["optional-dependencies"].items() if name not in ("dev", "server")
}
# imported, and brought by something that is declared, which is nothing without it
BROUGHT = {
    "google": "onnx",
    "pydantic": "fastapi",
    "starlette": "fastapi",
    "twisted": "scrapy",
    "w3lib": "scrapy",
    "zope": "scrapy",
}
GIVEN = {"PIL"}  # loaded by who gives us a picture of it
# declared, and loaded by others: ONNX Runtime's packages in place of `onnxruntime`, fsspec's of a protocol
LOADED = {
    "onnxruntime-directml",
    "onnxruntime-gpu",
    "onnxruntime-openvino",
    "onnxscript",  # by torch.onnx.export
    "s3fs",
}


def names(rows: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(row).name) for row in rows}


def imports() -> set[str]:
    """Name the top-level packages that Colorify imports, anywhere in its text."""
    texts = read_modules(ROOT / "src" / "colorify").values()
    found = {name for text in texts for name in packages(text)}
    return found - sys.stdlib_module_names - {"_typeshed"} - GIVEN


def test_what_is_imported_is_declared_and_what_is_declared_imported() -> None:
    owners = packages_distributions()
    imported = {canonicalize_name(owner) for name in imports() - BROUGHT.keys() for owner in owners[name]}
    declared = names([*PROJECT["dependencies"], *(row for rows in EXTRAS.values() for row in rows)])
    assert imported - declared == set(), "missing"
    assert declared - imported == LOADED, "superfluous"


@pytest.mark.parametrize("name", BROUGHT)
def test_what_is_brought_by_another_is_required_by_it(name: str) -> None:
    assert name in imports()
    required = names(distribution(BROUGHT[name]).requires or [])
    owners = {canonicalize_name(owner) for owner in packages_distributions()[name]}
    assert owners & required


def installed_alone() -> set[str]:
    """Name the distributions that `pip install colorify-photo` brings, here: what is declared, and so on."""
    found: set[str] = set()
    todo = [Requirement(row) for row in PROJECT["dependencies"]]
    while todo:
        row = todo.pop()
        name = canonicalize_name(row.name)
        if name not in found:
            found.add(name)
            rows = [Requirement(text) for text in distribution(name).requires or []]
            todo += [
                new
                for new in rows
                if new.marker is None
                or any(new.marker.evaluate({"extra": extra}) for extra in ("", *row.extras))
            ]
    return found


# finds none of the packages that are named; colours a photo, lists the models and makes the server's app
PROGRAM = """
import sys
from importlib.machinery import PathFinder
hidden = set(sys.argv[1].split(","))
class FewFinder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in hidden else super().find_spec(name, path, target)
sys.meta_path = [FewFinder if finder is PathFinder else finder for finder in sys.meta_path]
from colorify.cli.command import run_command
import colorify.server.app, colorify.server.process
sys.exit(run_command(["photo.jpg"]) or run_command(["models"]))
"""


def test_the_declared_dependencies_suffice(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes((ROOT / "samples" / "camera.jpg").read_bytes())
    alone = installed_alone() | {"colorify-photo"}
    hidden = {
        name
        for name, owners in packages_distributions().items()
        if not alone & {canonicalize_name(owner) for owner in owners}
    }
    assert {"torch", "av", "fsspec", "pytest", "pip"} <= hidden
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ",".join(hidden)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert (tmp_path / "photo-color.jpg").exists()
