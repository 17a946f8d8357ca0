"""A photo and its chroma become the coloured photo, strip by strip, from the top down, on all cores."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import UsageError
from colorify.images.photo import Photo
from colorify.images.rgb_space import RgbSpace
from colorify.images.row_source import RowStream
from colorify.images.save import Output, save_photo
from colorify.pixels import to_8_bits, to_16_bits
from colorify.render.compose import compose_rgb, linear_luminance, luminance_of
from colorify.render.layer import compose_layer
from colorify.render.subsampling import BLOCK_PX, compose_subsampled, subsample
from colorify.render.upsample import LinearChromaModel, interpolation_taps, upsample_rows
from colorify.threads import map_in_order

FloatArray = NDArray[np.float32]
Pixels = NDArray[Any]

# Computed at a time. The threads need the GIL between any two steps of numpy, and lose 10 to 30 us whenever
# they wait for it: with half as many pixels a photo takes 7 % longer, and as much with twice as many, which
# malloc gives back to the system at once (10 to 20 times the page faults).
STRIP_PIXELS: Final = 2**18
COARSE_CELL_PX: Final = 16.0  # px of a cell of the generator, from which on four pixels share a colour


def strip_rows(width: int) -> int:
    """Return how many rows of a photo make a strip."""
    return BLOCK_PX * max(1, STRIP_PIXELS // width // BLOCK_PX)


def compose_strips(
    photo: Photo, chroma: LinearChromaModel, *, depth: int, threads: int, space: RgbSpace | None = None
) -> Generator[Pixels, None, None]:
    """Yield strips of the coloured photo, (rows, width, 3, or 4 with alpha), of `depth` 8 or 16 bits.

    `space`: the RGB of the result (None: sRGB).

    Decoding is done by whoever asks, a few strips ahead of the `threads` that compute.
    """
    width, height = photo.size
    step = BLOCK_PX if chroma.cell(width, height) >= COARSE_CELL_PX else 1
    enlarged, fetch = chroma.upsample(width, height, step=step), photo.light_rows()
    bands, to_depth = 3 + photo.has_alpha, to_8_bits if depth == 8 else to_16_bits

    def colored(pixels: Pixels, top: int) -> Pixels:
        out = np.empty((*pixels.shape[:2], bands), np.uint8 if depth == 8 else np.uint16)
        grey, painted = pixels[:, :, : pixels.shape[2] - photo.has_alpha], out[:, :, :3]
        if step == 1:
            light = luminance_of(grey, photo.space)
            compose_rgb(light, enlarged.ab(light.L, top), painted, space)
        else:
            Y = linear_luminance(grey, photo.space)
            blocks = subsample(Y)
            compose_subsampled(blocks, enlarged.ab(blocks.mean.L, top // step), painted, space)
        if photo.has_alpha:
            out[:, :, 3] = to_depth(pixels[:, :, -1])
        return out

    rows = strip_rows(width)
    if height <= rows:  # threads would have nothing to share
        yield colored(fetch(0, height), 0)
        return

    def jobs() -> Iterator[Callable[[], Pixels]]:
        for top in range(0, height, rows):
            yield partial(colored, fetch(top, min(rows, height - top)), top)

    work = map_in_order(jobs(), lambda job: job(), threads=threads, ahead=2 * threads, name="colorify-rows")
    with closing(work) as strips:
        yield from strips


def save_colored_photo(
    photo: Photo,
    chroma: LinearChromaModel,
    target: Path | None,
    output: Output,
    *,
    threads: int,
    progress: Callable[[float], None] | None = None,
    layer: bool = False,
) -> bytes | None:
    """Write the coloured photo, with all that `photo` has beside its pixels; see `save_photo`.

    `layer`: its colour alone, transparent, to be laid over the photo. Raises UsageError where `output` is not
    of sRGB, and of a format with alpha.
    """
    if layer and not (output.format.has_alpha and output.space.is_srgb):
        raise UsageError(
            f"a layer is transparent, and in sRGB: {output.format} expected to be PNG, TIFF or WebP."
        )
    width, height = photo.size
    painted = compose_strips(photo, chroma, depth=output.depth, threads=threads, space=output.space)
    with closing(painted) as colored:
        strips = map(compose_layer, colored) if layer else colored
        shape = (height, width, 4 if layer else 3 + photo.has_alpha)
        stream = RowStream(
            strips, shape=shape, depth=output.depth, strip_rows=strip_rows(width), threads=threads
        )
        return save_photo(stream, photo, target, output, progress=progress)


def enlarge_plane(
    plane: FloatArray, width: int, height: int, *, cells: tuple[float, float]
) -> Iterator[Pixels]:
    """Yield strips, (rows, width, 1) uint8, of a small picture of 0..1 enlarged to `width` x `height`.

    `cells`: how many pixels of `plane`, across and down, cover the picture; the last may reach beyond it.
    """
    across = interpolation_taps(width, plane.shape[1], cells[0] / width)
    down = interpolation_taps(height, plane.shape[0], cells[1] / height)
    for top in range(0, height, strip_rows(width)):
        rows = upsample_rows(plane[:, None, :], down, across, top, min(top + strip_rows(width), height))
        yield np.rint(rows.transpose(1, 2, 0) * 255).astype(np.uint8)
