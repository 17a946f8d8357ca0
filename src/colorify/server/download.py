"""How a result is called when it is downloaded."""

from pathlib import PurePosixPath
from urllib.parse import quote

from colorify.images.output_names import mark_name


def attachment(name: str, suffixes: tuple[str, ...]) -> str:
    """Return the header that names a result: NAME-color.EXT, without any folder."""
    path = PurePosixPath(name.replace("\\", "/").replace("\0", ""))
    suffix = path.suffix if path.suffix.lower() in suffixes else suffixes[0]
    whole = mark_name(path.stem[:100] or "photo", suffix)
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in whole)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(whole, safe='', errors='replace')}"
