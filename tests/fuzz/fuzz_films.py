"""Small sound films in several containers and codecs: what the fuzzer of the film reader damages."""

from io import BytesIO
from typing import Any, Final

import av
import numpy as np

from tiny import grey_scene

SIZE: Final = (32, 32)  # px
FRAMES: Final = 3
MANY_FRAMES: Final = 30  # FFmpeg looks at several packets before it believes in a transport stream
# name -> container, codec, pixels, options
KINDS: Final[dict[str, tuple[str, str, str, dict[str, str]]]] = {
    "film.mp4": ("mp4", "libx264", "yuv420p", {"preset": "ultrafast", "threads": "1"}),
    "fragments.mp4": ("mp4", "mpeg4", "yuv420p", {}),
    "film.mkv": ("matroska", "ffv1", "yuv422p10le", {}),
    "film.avi": ("avi", "mjpeg", "yuvj420p", {}),
    "film.mov": ("mov", "prores_ks", "yuv422p10le", {}),
    "film.ts": ("mpegts", "mpeg2video", "yuv420p", {}),
    "film.webm": ("webm", "libvpx-vp9", "yuv420p", {"cpu-used": "8", "threads": "1"}),
}
_MUXED: Final = {"fragments.mp4": {"movflags": "frag_keyframe+empty_moov"}}


def films() -> dict[str, bytes]:
    """Make them all: name -> content of the file."""
    return {name: _film(name) for name in KINDS}


def _film(name: str) -> bytes:
    container, codec, pixels, options = KINDS[name]
    file = BytesIO()
    with av.open(file, "w", format=container, options=_MUXED.get(name, {})) as out:
        stream: Any = out.add_stream(codec, rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, pixels
        for number in range(MANY_FRAMES if container == "mpegts" else FRAMES):
            grey = np.roll(grey_scene(*SIZE), number, axis=1)
            frame = av.VideoFrame.from_ndarray(np.repeat(grey[..., None], 3, 2), "rgb24")
            out.mux(stream.encode(frame.reformat(format=pixels)))
        out.mux(stream.encode(None))
    return file.getvalue()
