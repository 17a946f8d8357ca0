"""A package's `__init__` walks the reader through it: every module is in there, and nothing that is not."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "colorify"
PAGE = PACKAGE.parent.parent / "docs" / "architecture.md"
PACKAGES = sorted(path.parent for path in PACKAGE.rglob("*/__init__.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_names_its_modules(package: Path) -> None:
    doc = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    there = {path.stem for path in package.glob("*.py")} - {"__init__"}
    assert there - set(re.findall(r"`(\w+)`", doc)) == set(), "not in the walk"
    listed = {
        name
        for line in doc.splitlines()
        if line.startswith("* ")
        for name in re.findall(r"`(\w+)`", line.partition(":")[0])
    }
    rooms = {path.parent.name for path in package.glob("*/__init__.py")}
    assert listed - there - rooms == set(), "in the walk and not in the package"


def test_the_page_on_the_architecture_has_every_file() -> None:
    tree = PAGE.read_text(encoding="utf-8").partition("```text")[2].partition("```")[0]
    listed = re.findall(r"^ *([\w/]+\.py|\w+/) ", tree, re.MULTILINE)
    there = [path.name for path in PACKAGE.rglob("*.py") if not path.name.startswith("__")]
    assert sorted(listed) == sorted([*there, *(f"{package.name}/" for package in PACKAGES)])
