"""What a source file imports and how it stands among the others: the checkers of `test_architecture`."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = "colorify"
DYNAMIC = ("import_module", "__import__")  # functions that are given the name of a module


def read_modules(root: Path) -> dict[str, str]:
    """Return the text of every module below `root`, by its name: `colorify.cli.colorize`."""
    named = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        named[name] = path.read_text(encoding="utf-8")
    return named


@cache  # each text is asked for by several checks, and to parse it takes longer than all else
def imported(text: str) -> tuple[str, ...]:
    """Name what a module imports anywhere in its text, in functions too: `a.b` and, from it, `a.b.name`.

    Relative imports are named with their dots. A module whose name is text counts: `import_module("a.b")`.
    """
    return tuple(_imported(text))


def _imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and _name(node.func) in DYNAMIC:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def packages(text: str) -> set[str]:
    """Name the top-level packages that a module imports, its own left out."""
    return {name.partition(".")[0] for name in imported(text)} - {PACKAGE, ""}


def siblings(text: str, modules: Iterable[str]) -> set[str]:
    """Name those of `modules` that a module imports; `from a import b` is a.b where that is a module."""
    known, found = set(modules), set[str]()
    names = imported(text)
    for name in names:
        longer = any(other.startswith(f"{name}.") and other in known for other in names)
        if name in known and not (longer and name.partition(".")[0] == PACKAGE):
            found.add(name)
    return found


def is_relative(text: str) -> bool:
    """Tell whether a module imports by dots."""
    return any(name.startswith(".") for name in imported(text))


def upward(modules: Mapping[str, str], floors: Sequence[Iterable[str]]) -> list[str]:
    """Say which modules import from a floor above their own, or from the face of the package."""
    floor = {name: number for number, names in enumerate(floors) for name in names}
    top = floor["cli"]
    faults = []
    for module, text in modules.items():
        if module == PACKAGE:
            continue
        part = module.split(".")[1]
        if part not in floor:
            faults.append(f"{module}: {part} stands on no floor; give it one in the design and here")
            continue
        if is_relative(text):
            faults.append(f"{module} imports relatively; write the whole name")
        for other in sorted(siblings(text, modules)):
            if other == PACKAGE and floor[part] != top:
                faults.append(f"{module}: import from the module that has it, not the face")
            elif other != PACKAGE and floor[other.split(".")[1]] > floor[part]:
                faults.append(f"{module} imports {other}, which stands above it")
    return faults


def cycle(modules: Mapping[str, str]) -> list[str]:
    """Return modules that import each other in a ring; none where there is no such ring."""
    graph = {module: siblings(text, modules) - {module} for module, text in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def importers(modules: Mapping[str, str], package: str, *, but: Iterable[str]) -> set[str]:
    """Name the modules that import `package`, but those in and below `but`."""
    allowed = tuple(but)
    return {
        module
        for module, text in modules.items()
        if package in packages(text)
        and not any(module == each or module.startswith(f"{each}.") for each in allowed)
    }


def long_files(modules: Mapping[str, str], most: int) -> dict[str, int]:
    """Return how many lines those modules have that have more than `most`."""
    lengths = {module: len(text.splitlines()) for module, text in modules.items()}
    return {module: length for module, length in lengths.items() if length > most}
