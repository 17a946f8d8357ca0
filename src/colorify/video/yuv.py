"""Frames as planes of Y'CbCr: what a decoder gives, upright, and what an encoder takes.

The luma of a black-and-white film is its picture; nothing here changes a code of it. Pixel formats that are
not planar Y'CbCr or grey are brought into one that is, by libswscale, which only moves the samples of those
that have Y'CbCr in another order.
"""

from dataclasses import dataclass
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]  # (h, w) uint8, or uint16 above 8 bits

# AVColorSpace, AVColorRange: ITU-T H.273, tables 4 and 2
BT709, FULL, LIMITED = 1, 2, 1
UNSPECIFIED_MATRIX: Final = 2
# luma weights of red and blue by matrix: H.273, table 4; SD_HEIGHT decides for a film that does not say
LUMA_WEIGHTS: Final = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),  # of constant luminance, whose Y' is near enough for a film that is nearly grey
}
SD_HEIGHT: Final = 576
OPAQUE: Final = 255  # alpha, of 8 bits


@dataclass(frozen=True)
class Planes:
    """One picture. Codes are those of the film: `depth` bits, full or limited range."""

    Y: Plane  # (h, w)
    Cb: Plane | None  # (ceil(h / sy), ceil(w / sx)); None: there is no colour
    Cr: Plane | None
    depth: int
    full: bool
    matrix: int = BT709

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        return self.Y.shape[1], self.Y.shape[0]


@dataclass(frozen=True)
class Layout:
    """How the samples of a planar pixel format lie."""

    depth: int
    across: int  # luma samples to a chroma sample; 0: no chroma
    down: int


def _layouts() -> dict[str, Layout]:
    chroma = {"420": (2, 2), "422": (2, 1), "444": (1, 1), "440": (1, 2), "411": (4, 1)}
    rows = {"gray": Layout(8, 0, 0)}
    for name, (across, down) in chroma.items():
        rows[f"yuv{name}p"] = rows[f"yuvj{name}p"] = Layout(8, across, down)
        for depth in (9, 10, 12, 14, 16):
            rows[f"yuv{name}p{depth}le"] = Layout(depth, across, down)
    for depth in (9, 10, 12, 14, 16):
        rows[f"gray{depth}le"] = Layout(depth, 0, 0)
    return rows


LAYOUTS: Final = _layouts()


def read_planes(frame: av.VideoFrame) -> Planes:
    """Return the planes of a decoded frame as they are stored, not yet upright."""
    name = frame.format.name
    full = is_full(frame)
    matrix = frame.colorspace
    if name not in LAYOUTS:
        target, full = _planar(frame, full)
        frame = frame.reformat(
            format=target,
            src_color_range=FULL if full else LIMITED,
            dst_color_range=FULL if full else LIMITED,
            src_colorspace=None if matrix in (0, UNSPECIFIED_MATRIX) else matrix,
            dst_colorspace=BT709 if matrix in (0, UNSPECIFIED_MATRIX) else matrix,
        )
        matrix = BT709 if matrix in (0, UNSPECIFIED_MATRIX) else matrix
        name = target
    layout = LAYOUTS[name]
    if matrix not in LUMA_WEIGHTS:
        matrix = 6 if frame.height <= SD_HEIGHT else BT709
    planes = [_plane(frame, index, layout.depth) for index in range(3 if layout.across else 1)]
    Cb, Cr = (planes[1], planes[2]) if layout.across else (None, None)
    return Planes(planes[0], Cb, Cr, layout.depth, full, matrix)


def is_full(frame: av.VideoFrame) -> bool:
    """Tell whether the range of a frame is full: as it says, else as is usual in its pixel format."""
    if frame.color_range in (FULL, LIMITED) and not frame.format.name.startswith("yuvj"):
        return frame.color_range == FULL
    return frame.format.name.startswith(("yuvj", "gray"))


def is_transparent(frame: av.VideoFrame) -> bool:
    """Tell whether any of a frame can be seen through."""
    form = frame.format
    if not form.has_palette and not any(component.is_alpha for component in form.components):
        return False
    return bool(_plane(frame.reformat(format="yuva444p"), 3, 8).min() < OPAQUE)


def turn_upright(planes: Planes, turn: tuple[int, bool]) -> Planes:
    """Turn a picture by `turn`: quarter turns counter-clockwise, then whether left and right are swapped."""
    if turn == (0, False):
        return planes
    Cb = None if planes.Cb is None else _turned(planes.Cb, turn)
    Cr = None if planes.Cr is None else _turned(planes.Cr, turn)
    return Planes(_turned(planes.Y, turn), Cb, Cr, planes.depth, planes.full, planes.matrix)


def make_frame(planes: Planes, name: str, template: av.VideoFrame | None = None) -> av.VideoFrame:
    """Return planes as a frame of the pixel format `name`, which must have their depth and subsampling.

    `template`: a frame whose interlacing is to be kept.
    """
    width, height = planes.size
    if template is not None:
        frame = template.reformat(width=width, height=height, format=name)
        frame.make_writable()
    else:
        frame = av.VideoFrame(width, height, name)
    for index, plane in enumerate((planes.Y, planes.Cb, planes.Cr)):
        if plane is not None:
            _fill(frame.planes[index], plane)
    return frame


def _planar(frame: av.VideoFrame, full: bool) -> tuple[str, bool]:
    """Choose the planar format that holds all of a frame of another kind, and whether it is full range."""
    form = frame.format
    depth = max(component.bits for component in form.components)
    depth = next((known for known in (8, 10, 12) if known >= depth), 16)  # also of 32, floating
    rgb = form.is_rgb or form.has_palette or form.name.startswith(("gbr", "mono", "pal"))
    grey = len(form.components) <= 2 and not form.has_palette
    suffix = "" if depth == 8 else f"{depth}le"
    if grey:
        return f"gray{suffix}", frame.color_range != LIMITED
    if rgb:
        return f"yuv444p{suffix}", True
    wide, high = form.chroma_width(64), form.chroma_height(64)
    sampling = {(32, 32): "420", (32, 64): "422", (64, 64): "444"}.get((wide, high), "444")
    return f"yuv{sampling}p{suffix}", full


def _plane(frame: av.VideoFrame, index: int, depth: int) -> Plane:
    plane = frame.planes[index]
    dtype = np.dtype(np.uint8 if depth == 8 else "<u2")
    buffer: Any = plane
    rows = np.frombuffer(buffer, dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
    return np.asarray(rows[:, : plane.width])


def _fill(target: Any, plane: Plane) -> None:
    dtype = plane.dtype
    rows = np.frombuffer(target, dtype).reshape(target.height, target.line_size // dtype.itemsize)
    rows[:, : target.width] = plane


def _turned(plane: Plane, turn: tuple[int, bool]) -> Plane:
    turned = np.rot90(plane, turn[0])
    return np.ascontiguousarray(turned[:, ::-1] if turn[1] else turned)
