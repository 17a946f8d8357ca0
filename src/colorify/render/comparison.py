"""Before and after in one picture: both at once, or an animation that goes from one to the other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyvips
from numpy.typing import NDArray

from colorify.atomic import write_whole
from colorify.errors import PhotoError, UsageError, option
from colorify.images.formats import Format, find_format, format_named
from colorify.images.metadata.provenance import describe_foreign, names_colorify
from colorify.images.metadata.transfer import Mark, add_mark
from colorify.images.sizes import shrink_size
from colorify.images.vips import translate_vips_errors
from colorify.options import COMPARISON_STYLES, SaveOptions
from colorify.pixels import to_8_bits
from colorify.render.clip import CLIP_SUFFIX, encode_clip, has_clip_mark, refuse_clips

Pixels = NDArray[Any]

STILL_PX: Final = 1600  # px; the longest side of each of the two in a still picture
ANIMATION_PX: Final = 800  # px; the longest side of one that moves
STILL_FORMATS: Final = ("jpeg", "png", "webp")
ANIMATION_FORMATS: Final = ("webp",)
GAP_PX: Final = 8  # white, between the two of a still picture
LINE_PX: Final = 3  # white, on the edge that slides
HOLD_MS: Final = 900  # each of the two is shown so long
STEP_MS: Final = 50  # and each step between them
STEPS: Final = 24
SIDE, SLIDER, FADE = COMPARISON_STYLES


def find_comparison_format(target: Path, style: str) -> Format | None:
    """Return the format of a comparison by its name, None for MP4. Raises UsageError for one without it.

    Raises SetupError for MP4 without the extra `video`.
    """
    if style != SIDE and target.suffix.lower() == CLIP_SUFFIX:
        refuse_clips()
        return None
    row, allowed = find_format(target), STILL_FORMATS if style == SIDE else ANIMATION_FORMATS
    if row is None or row.name not in allowed:
        names = [format_named(name).suffixes[0] for name in allowed] + [CLIP_SUFFIX] * (style != SIDE)
        known = ", ".join(names)
        raise UsageError(f"{option('compare', str(target))}: expected a name that ends in one of: {known}.")
    return row


def save_comparison(
    before: Pixels, after: Pixels, target: Path, save: SaveOptions, mark: Mark | None
) -> None:
    """Write before and after, (h, w, 1 or 3), in one picture, in sRGB and 8 bits.

    Raises PhotoError; SetupError for MP4 without the extra `video`.
    """
    row, style = find_comparison_format(target, save.compare_style), save.compare_style
    first, last = (
        _shrink_rgb(pixels, STILL_PX if style == SIDE else ANIMATION_PX) for pixels in (before, after)
    )
    if row is None:
        comment = None if mark is None else mark.sentence
        clip = encode_clip(list(animate(first, last, style)), frame_ms=STEP_MS, comment=comment)
        write_whole(target, clip, overwrite=save.overwrite)
        return
    if style == SIDE:
        image = pyvips.Image.new_from_array(put_side_by_side(first, last))
    else:
        frames, delays = zip(*animate(first, last, style), strict=True)
        image = pyvips.Image.new_from_array(np.concatenate(frames))
        image.set_type(pyvips.GValue.gint_type, "page-height", len(first))
        image.set_type(pyvips.GValue.array_int_type, "delay", list(delays))
    image = image.copy(interpretation="srgb")
    if mark is not None:
        image.set_type(pyvips.GValue.blob_type, "xmp-data", add_mark(None, mark))
    options = {} if row.quality is None else {"Q": row.quality}
    write_whole(target, image.write_to_buffer(row.suffixes[0], **options), overwrite=save.overwrite)


def has_comparison_mark(path: Path) -> bool:
    """Whether a file is a comparison that Colorify made. Raises SetupError for MP4 without `video`."""
    if path.suffix.lower() == CLIP_SUFFIX:
        return has_clip_mark(path)
    if describe_foreign(path) is None:
        return True
    try:  # an animation, which is no photo
        data = path.read_bytes()
        with translate_vips_errors(str(path)):
            image = pyvips.Image.webpload_buffer(data)
    except (OSError, PhotoError):
        return False
    return bool(image.get_typeof("xmp-data")) and names_colorify(bytes(image.get("xmp-data")))


def _shrink_rgb(pixels: Pixels, longest: int) -> Pixels:
    """Return (h, w, 3) uint8, of which no side is longer than `longest` px."""
    rgb = np.ascontiguousarray(np.broadcast_to(to_8_bits(pixels), (*pixels.shape[:2], 3)))
    image = pyvips.Image.new_from_array(rgb)
    width, height = shrink_size((image.width, image.height), long=longest)
    return np.asarray(image.thumbnail_image(width, height=height, size="force").numpy())


def put_side_by_side(before: Pixels, after: Pixels) -> Pixels:
    """Return both, (h, w, 3) uint8, in one: a wide picture above the other, so that neither gets small."""
    axis = 0 if before.shape[1] > before.shape[0] else 1
    shape = list(before.shape)
    shape[axis] = GAP_PX
    return np.concatenate([before, np.full(shape, 255, np.uint8), after], axis=axis)


def animate(before: Pixels, after: Pixels, style: str) -> Iterator[tuple[Pixels, int]]:
    """Yield frames, (h, w, 3) uint8, each with its ms: `before`, the way to `after`, and `after`."""
    between = slide if style == SLIDER else fade
    yield before, HOLD_MS
    for step in range(1, STEPS):
        part = step / STEPS
        yield between(before, after, part * part * (3 - 2 * part)), STEP_MS  # it starts and ends gently
    yield after, 2 * HOLD_MS


def slide(before: Pixels, after: Pixels, share: float) -> Pixels:
    """Return `after` in the left `share` of the picture, `before` in the rest, and a line between them."""
    frame, edge = before.copy(), round(share * before.shape[1])
    frame[:, :edge] = after[:, :edge]
    frame[:, max(0, edge - LINE_PX // 2) : edge + LINE_PX // 2 + 1] = 255
    return frame


def fade(before: Pixels, after: Pixels, share: float) -> Pixels:
    """Return the mean of both, of which `share` is `after`."""
    mixed = before + share * (after.astype(np.float32) - before)
    return np.asarray(np.rint(mixed), dtype=np.uint8)
