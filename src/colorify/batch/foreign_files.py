"""What lies where a result is to go, and was not made by Colorify: it is never replaced unasked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from colorify.batch.file_places import FileState, read_file_state
from colorify.batch.own_results import is_called_comparison
from colorify.errors import PhotoError
from colorify.images.metadata.provenance import describe_foreign
from colorify.images.photo import MAX_PIXELS
from colorify.render.comparison import has_comparison_mark

DescribeForeign = Callable[[Path], str | None]


@dataclass
class ForeignFiles:
    """Tells files that Colorify did not make; each is looked at once, as long as it does not change."""

    max_pixels: int = MAX_PIXELS
    _seen: dict[Path, tuple[FileState | None, str | None]] = field(default_factory=dict)

    def __call__(self, path: Path) -> str | None:
        """Say what a file is that Colorify does not know as its own; None if it does."""
        state = read_file_state(path)
        if path not in self._seen or self._seen[path][0] != state:
            self._seen[path] = state, self._describe(path)
        return self._seen[path][1]

    def _describe(self, path: Path) -> str | None:
        what = describe_foreign(path, max_pixels=self.max_pixels)
        if what is not None and is_called_comparison(path) and path.is_file() and has_comparison_mark(path):
            return None  # it moves, so it is no photo, and has the mark all the same
        return what


def refuse_foreign(source: Path, target: Path, *, max_pixels: int = MAX_PIXELS) -> None:
    """Raise PhotoError where `target`, whose name nobody typed, is there and was not made by Colorify."""
    if target.is_file() and (what := describe_foreign(target, max_pixels=max_pixels)) is not None:
        raise PhotoError(explain_foreign(source, target, what))


def refuse_foreign_comparison(source: Path, target: Path) -> None:
    """Raise the same for before and after in one picture."""
    if target.is_file() and not has_comparison_mark(target):
        raise PhotoError(explain_foreign(source, target, "no comparison of Colorify's"))


def explain_foreign(source: Path, target: Path, what: str, *, named: bool = False) -> str:
    """Say why nothing comes of `source`, and what to type. `named`: the person could name the target."""
    if named:
        return (
            f"{source}: {target} is there, {what}; only by its name is it replaced: -o {target} -f. "
            "Or give -o another name."
        )
    return f"{source}: {target} is there, {what}, and is never replaced. Move it, or give -o another place."
