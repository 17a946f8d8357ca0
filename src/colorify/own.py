"""Whether Colorify made a picture: its outputs say so in their metadata, wherever they are moved."""

import re
from pathlib import Path
from typing import Final

from colorify.photo import MAX_PIXELS, open_photo

MAKER: Final = re.compile(
    rb"""AISystemUsed\s*=\s*["']Colorify """
)  # as `metadata.marked` writes it into the XMP


def is_own(path: Path, *, max_pixels: int = MAX_PIXELS) -> bool:
    """Read the mark of a picture file, from its header alone. Raises PhotoError as `open_photo` does."""
    image = open_photo(path, max_pixels=max_pixels).image
    return bool(image.get_typeof("xmp-data")) and MAKER.search(image.get("xmp-data")) is not None
