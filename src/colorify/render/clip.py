"""A short silent film of pictures in memory, as MP4: what phones and messengers play."""

from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from colorify.errors import INSTALL, SetupError, option
from colorify.images.metadata.provenance import has_film_mark

Pixels = NDArray[Any]

CLIP_SUFFIX: Final = ".mp4"
BT709: Final = 1  # matrix, primaries and curve, as FFmpeg numbers them
_CRF: Final = "18"  # of H.264: what is lost is not seen


def refuse_clips() -> None:
    """Raise SetupError where the extra `video` is not installed."""
    if find_spec("av") is None:
        cure = option(INSTALL, "video")
        raise SetupError(f"MP4 needs the package av, which is not installed. Type: {cure}; or take WebP.")


def has_clip_mark(path: Path) -> bool:
    """Whether the comment of a film, if it is one, says that Colorify made it. Raises SetupError."""
    refuse_clips()
    import av

    try:
        with av.open(f"file:{path}", metadata_errors="replace") as film:
            return has_film_mark(film.metadata)
    except av.FFmpegError:
        return False


def encode_clip(pictures: Sequence[tuple[Pixels, int]], *, frame_ms: int, comment: str | None) -> bytes:
    """Return an MP4 of pictures, (h, w, 3) uint8, sRGB, each with its ms, a whole number of frames.

    An odd last row or column is left out, as two pixels share a colour. Raises SetupError.
    """
    refuse_clips()
    import av
    from av.video.reformatter import ColorRange, Colorspace

    memory = BytesIO()
    with av.open(memory, "w", format="mp4") as film:
        if comment is not None:
            film.metadata["comment"] = comment
        stream: Any = film.add_stream("libx264", rate=round(1000 / frame_ms), options={"crf": _CRF})
        height, width = (side - side % 2 for side in pictures[0][0].shape[:2])
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT709
        for picture, ms in pictures:
            shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
            coded = shown.reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            for _ in range(ms // frame_ms):
                coded.pts = None
                film.mux(stream.encode(coded))
        film.mux(stream.encode(None))
    return memory.getvalue()
