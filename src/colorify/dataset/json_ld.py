"""What the JSON-LD of a page says of its pictures (schema.org)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from colorify.dataset.links import MAX_URL

MAX_NESTING: Final = 8  # of entries in entries


@dataclass(frozen=True)
class Node:
    """One node of JSON-LD, as far as it says something of a picture or of the page."""

    content: str  # the address of the file
    is_image: bool
    is_film: bool  # or a sound
    words: str
    license: str


def read_json_ld(text: str) -> Iterator[Node]:
    """Yield the entries of one script, outer ones first. What cannot be read says nothing."""
    try:
        node = json.loads(text)
    except (ValueError, RecursionError):
        return  # other people's JSON
    yield from _entries(node, depth=0)


def _entries(node: Any, *, depth: int) -> Iterator[Node]:
    if depth > MAX_NESTING:
        return
    if isinstance(node, dict):
        yield _entry(node)
        for value in node.values():
            yield from _entries(value, depth=depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield from _entries(value, depth=depth + 1)


def _entry(node: dict[str, Any]) -> Node:
    kind = node.get("@type")
    kinds = [name for name in (kind if isinstance(kind, list) else [kind]) if isinstance(name, str)]
    words = (_text(node.get(name)) for name in ("caption", "name", "description"))
    return Node(
        content=_text(node.get("contentUrl")),
        is_image="ImageObject" in kinds or kind == "Photograph",
        is_film=any("Video" in name or "Audio" in name for name in kinds),
        words=next((word for word in words if word), ""),
        license=_text(node.get("license")),
    )


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("url") or value.get("@id") or value.get("name")
    if isinstance(value, list):
        value = next((entry for entry in value if isinstance(entry, str)), "")
    return value[: 2 * MAX_URL].strip()[:MAX_URL] if isinstance(value, str) else ""
