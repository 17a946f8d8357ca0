"""Write docs/api.md from the docstrings of the public classes and functions: python docs/api_page.py

tests/test_public_names.py fails where the page is not what this would write.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import colorify
from colorify.errors import FilmError, PhotoError, SetupError, TooLargeError, UsageError, WeightsError
from colorify.session import Session

PAGE: Final = Path(__file__).with_name("api.md")
WIDTH: Final = 100  # characters of a signature on one line
ERRORS: Final = (PhotoError, TooLargeError, FilmError, UsageError, SetupError, WeightsError)
HEAD: Final = """\
# Python: classes and functions

Made from the docstrings by `python docs/api_page.py`. Import from `colorify`; but `Session` is what
`Colorizer.open` returns, and the errors below `ColorifyError` are in `colorify.errors`. Arrays are described
by shape, type and range. Examples that run: [examples/](../examples/).
"""


def make_page() -> str:
    """Return the text of the page."""
    names = [name for name in colorify.__all__ if not name.startswith("__")]
    things = [getattr(colorify, name) for name in names]
    functions = [thing for thing in things if not inspect.isclass(thing)]
    errors = [colorify.ColorifyError, *ERRORS]
    classes = [thing for thing in things if inspect.isclass(thing) and thing not in errors]
    parts = [describe(function, "##") for function in functions]
    parts += [part for kind in [classes[0], Session, *classes[1:]] for part in describe_class(kind)]
    parts += ["## Errors", *(f"* **{error.__name__}**: {inspect.getdoc(error)}" for error in errors)]
    return HEAD + "\n" + "\n\n".join(parts) + "\n"


def describe_class(kind: type) -> Iterator[str]:
    """Yield the parts of a class: what it is, how it is made, its fields, its methods."""
    yield f"## {kind.__name__}"
    yield quote(inspect.getdoc(kind) or "")
    if is_dataclass(kind):
        yield "Fields: " + ", ".join(f"`{field.name}`" for field in fields(kind)) + "."
    else:
        made = kind.__init__  # type: ignore[misc]
        yield f"```python\n{spell_signature(kind.__name__, made)}\n```"
        yield quote(inspect.getdoc(made) or "")
    for name, member in vars(kind).items():
        if name.startswith("_") or not isinstance(member, FunctionType | property | classmethod):
            continue
        if isinstance(member, property):
            yield f"### {kind.__name__}.{name}\n\n{quote(inspect.getdoc(member) or '')}"
        else:
            yield describe(getattr(kind, name), "###", kind.__name__)


def describe(function: Callable[..., Any], mark: str, home: str = "") -> str:
    """Return the part of a function: its name, its signature and what it says."""
    whole = ".".join(filter(None, (home, function.__name__)))
    signature = spell_signature(function.__name__, function)
    return f"{mark} {whole}\n\n```python\n{signature}\n```\n\n{quote(inspect.getdoc(function) or '')}"


def spell_signature(name: str, function: Callable[..., Any]) -> str:
    """Return how it is called, with the types as its source spells them; on several lines if it is long."""
    [source] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(source, ast.FunctionDef)
    given = source.args
    before = [*given.posonlyargs, *given.args]
    values = [None] * (len(before) - len(given.defaults)) + [*given.defaults]
    words = [
        spell_argument(one, value)
        for one, value in zip(before, values, strict=True)
        if one.arg not in ("self", "cls")
    ]
    words += ["*"] if given.kwonlyargs else []
    words += [
        spell_argument(one, value) for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    back = "" if name[0].isupper() or source.returns is None else f" -> {ast.unparse(source.returns)}"
    back = back.replace("'", "")
    one_line = f"{name}({', '.join(words)}){back}"
    if len(one_line) <= WIDTH:
        return one_line
    return "\n".join([f"{name}(", *(f"    {word}," for word in words), f"){back}"])


def spell_argument(given: ast.arg, value: ast.expr | None) -> str:
    kind = "" if given.annotation is None else f": {ast.unparse(given.annotation)}"
    return f"{given.arg}{kind}" + ("" if value is None else f" = {ast.unparse(value)}")


def quote(text: str) -> str:
    """Return a docstring as Markdown: signs that it would take for its own are written out."""
    indented = [f"    {line}" if line.startswith("    ") else line for line in text.splitlines()]
    return "\n".join(line.replace("*", "\\*").replace("<", "\\<") for line in indented)


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
