"""Photos that cannot be read from the top down, laid out once in tiles, in a file that has no name.

A photo that EXIF turns is needed by its columns; a progressive JPEG, an interlaced PNG, a WebP and an AVIF
are whole in memory before their first row is there. From tiles any row comes back without the rest. The file
is in the temporary folder (TMPDIR), as large as the decoded photo, and gone when the process ends, however it
ends.
"""

from typing import Final

import pyvips

from colorify.errors import PhotoError
from colorify.images.vips import list_fields

TILE_PX: Final = 256  # px of a tile
_SAMPLE_BYTES: Final = {"uchar": 1, "char": 1, "ushort": 2, "short": 2}  # bytes of a sample, by libvips' name
_MAX_SAMPLE_BYTES: Final = 8
_CACHED_TILE_ROWS: Final = 2  # of tiles, or columns: strips go on where the last one ended


def cache_tiles(image: pyvips.Image, name: str) -> pyvips.Image:
    """Copy a picture into tiles and return it, with its metadata, to be read in any order, in little memory.

    Raises PhotoError, naming the photo `name`, where the disk has no room; pyvips.Error where it is damaged.
    """
    import tempfile  # here, as few photos come this way, and it brings all kinds of compression

    _check_free_space(image, name)
    with tempfile.TemporaryFile(prefix="colorify-") as file:
        # as what it is not, so that no colour is converted
        image.copy(interpretation="multiband").tiffsave_target(
            pyvips.Target.new_to_descriptor(file.fileno()),
            tile=True,
            tile_width=TILE_PX,
            tile_height=TILE_PX,
            bigtiff=True,
            keep="none",
        )
        source = pyvips.Source.new_from_descriptor(file.fileno())  # it keeps the file
        tiles = pyvips.Image.tiffload_source(source, access="random")
    most = _CACHED_TILE_ROWS * max(-(-image.width // TILE_PX), -(-image.height // TILE_PX))
    cached = tiles.tilecache(tile_width=TILE_PX, tile_height=TILE_PX, max_tiles=most, threaded=True)
    return _copy_fields(cached, image)


def _check_free_space(image: pyvips.Image, name: str) -> None:
    import shutil
    import tempfile

    place = tempfile.gettempdir()
    needed, free = decoded_bytes(image), shutil.disk_usage(place).free
    if needed > free:
        raise PhotoError(
            f"{name}: needs {needed / 1e9:.1f} GB in {place}, which has {free / 1e9:.1f} GB. "
            "Set TMPDIR to a folder that has more."
        )


def decoded_bytes(image: pyvips.Image) -> int:
    """Return the bytes that a picture takes, decoded."""
    return int(image.width * image.height * image.bands * _SAMPLE_BYTES.get(image.format, _MAX_SAMPLE_BYTES))


def _copy_fields(image: pyvips.Image, source: pyvips.Image) -> pyvips.Image:
    result = image.copy(interpretation=source.interpretation, xres=source.xres, yres=source.yres)
    there = set(list_fields(image))
    for name in list_fields(source):
        if name not in there and source.get_typeof(name):  # 0 where the name is not UTF-8
            result.set_type(source.get_typeof(name), name, source.get(name))
    return result
