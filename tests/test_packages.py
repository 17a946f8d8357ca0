"""Every module is found: in the walk of its package, in the tree of the architecture, and by its tests."""

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


TESTS = Path(__file__).parent
MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix()
    for path in PACKAGE.rglob("*.py")
    if not path.name.startswith("__")
}
TEST_FILES = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}


def find_module(test: str, modules: set[str]) -> str | None:
    """Return the module after which a test file is named: `test_<module>.py`, `test_<module>_<aspect>.py`."""
    folder, _, name = test.removesuffix(".py").rpartition("test_")
    while name:
        if folder + name in modules:
            return folder + name
        name = name.rpartition("_")[0]
    return None


def test_a_test_file_is_told_by_its_name() -> None:
    modules = {"hints", "model/hints", "model/hint_file"}
    assert find_module("test_hints.py", modules) == "hints"
    assert find_module("model/test_hints_of_two.py", modules) == "model/hints"
    assert find_module("model/test_hint_file.py", modules) == "model/hint_file"
    assert find_module("model/test_hint.py", modules) is None
    assert find_module("cli/test_hints.py", modules) is None


def test_every_module_is_found_by_its_tests_and_every_test_by_its_module() -> None:
    page = (TESTS / "README.md").read_text(encoding="utf-8")
    shared, others = page.partition("## Modules")[2].split("## Tests")
    rows = re.findall(r"^\| (?:`([\w/]+)` )?\| (`.+?) \| (`.+) \|$", shared, re.MULTILINE)
    with_others = [folder + name for folder, names, _ in rows for name in re.findall(r"\w+", names)]
    own = {find_module(test, MODULES) for test in TEST_FILES} - {None}
    assert MODULES - own - set(with_others) == set(), "a module of which tests/README.md says no tests"
    assert set(with_others) - MODULES == set(), "no module"
    assert own & set(with_others) == set(), "has a file of tests of its own"
    assert sorted(with_others) == sorted(set(with_others)), "once each"

    listed = re.findall(r"`([\w/]+(?:\.py|/))`", re.sub(r"\|[^|]+\|$", "", others, flags=re.MULTILINE))
    nameless = {test for test in TEST_FILES if find_module(test, MODULES) is None}
    assert {test for test in nameless if not test.startswith(tuple(listed))} == set(), "in no table"
    assert [name for name in listed if not any(test.startswith(name) for test in nameless)] == []


def test_the_tests_that_pages_name_are_there() -> None:
    pages = [*PAGE.parent.glob("*.md"), *PAGE.parent.parent.glob("*.md")]
    named = {
        name for page in pages for name in re.findall(r"tests/[\w/]+\.py", page.read_text(encoding="utf-8"))
    }
    own = (TESTS / "README.md").read_text(encoding="utf-8")
    named |= {f"tests/{name}" for name in re.findall(r"[\w/]*test_\w+\.py", own)}
    assert len(named) > 20
    assert [name for name in sorted(named) if not (TESTS.parent / name).exists()] == []
