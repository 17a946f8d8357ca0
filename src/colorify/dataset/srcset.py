"""The largest picture that a `srcset` offers."""

import re
from typing import Final

NUMBER: Final = re.compile(r"\d{1,9}(\.\d{0,9})?|\.\d{1,9}")
URL: Final = re.compile(r"[\s,]*+(\S+)")

Candidate = tuple[float, str]  # width in px, or pixel density; address


def read_srcset(text: str) -> list[Candidate]:
    """Read a srcset, once from left to right. HTML standard, section 4.8.4.2.1."""
    found, position = [], 0
    while match := URL.match(text, position):
        url, position = match[1], match.end()
        size = 1.0
        if not url.endswith(","):
            comma = text.find(",", position)
            end = len(text) if comma < 0 else comma
            size = _size(text[position:end].strip())
            position = end + 1
        found.append((size, url.rstrip(",")))
    return found


def choose_largest(candidates: list[Candidate]) -> Candidate | None:
    """Return the first of the largest candidates."""
    return max(candidates, key=lambda candidate: candidate[0], default=None)


def _size(descriptor: str) -> float:
    number = descriptor[:-1]
    return float(number) if descriptor[-1:] in ("w", "x") and NUMBER.fullmatch(number) else 1.0
