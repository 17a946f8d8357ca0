"""How the colours are to be, as far as a person may choose, and checked."""

from dataclasses import dataclass

from colorify.errors import UsageError
from colorify.hints import Hint

SMALLEST, LARGEST = 32, 4096  # px, of the short side at which the generator sees a photo


@dataclass(frozen=True)
class ColorOptions:
    """Raises UsageError where a value is out of its range."""

    strength: float = 1.0  # 0 grey, 1 as generated, 2 twice that
    vividness: float = 1.0  # 0 cautious, 1 as trained, 2 bold
    size: int | None = None  # px, short side at which the generator sees the photo; None: the spec's
    hints: tuple[Hint, ...] = ()
    alternative: int = 1  # of the plausible colourings: 1 the likeliest

    def __post_init__(self) -> None:
        for name in ("strength", "vividness"):
            if not 0 <= getattr(self, name) <= 2:
                raise UsageError(f"{name} {getattr(self, name):g}: expected 0 to 2.")
        if self.alternative < 1:
            raise UsageError(f"alternative {self.alternative}: expected 1 or more.")
        if self.size is not None and not SMALLEST <= self.size <= LARGEST:
            raise UsageError(f"size {self.size}: expected {SMALLEST} to {LARGEST} px.")
