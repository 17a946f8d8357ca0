"""How a result is called when it is downloaded, and what is said of it beside."""

import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from colorify.images.output_names import mark_name

NOTES_HEADER: Final = "Colorify-Notes"
MAX_NOTES_BYTES: Final = 4096  # many clients take no more than 8 kB of headers


def attachment(name: str, suffixes: tuple[str, ...]) -> str:
    """Return the header that names a result: NAME-color.EXT, without any folder."""
    path = PurePosixPath(name.replace("\\", "/").replace("\0", ""))
    suffix = path.suffix if path.suffix.lower() in suffixes else suffixes[0]
    whole = mark_name(path.stem[:100] or "photo", suffix)
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in whole)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(whole, safe='', errors='replace')}"


def list_notes(notes: Sequence[str]) -> str:
    """Return notes as the value of a header: a JSON list in ASCII, of as many as there is room for."""
    kept = list(notes)
    while len(text := json.dumps(kept)) > MAX_NOTES_BYTES:
        del kept[-1]
    return text
