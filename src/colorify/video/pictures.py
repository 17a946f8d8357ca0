"""Coloured frames as numbered pictures in a folder."""

import shutil
from pathlib import Path
from typing import Any, Final

import av
from av.video.reformatter import Interpolation

from colorify.video.film import Film
from colorify.video.planes import BT709, FULL, LIMITED, Planes, picture

NAME: Final = "%06d.png"
# libswscale at its most exact: every step it would save is a step of L
_EXACT: Final = int(
    Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT | Interpolation.BICUBIC
)


class PictureWriter:
    """Writes frames into a folder that gets its name when all are there."""

    def __init__(self, folder: Path, film: Film) -> None:
        self._folder = folder
        self._temporary = folder.with_name(f".{folder.name}.writing")
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        self._format = "rgb24" if film.depth == 8 else "rgb48be"
        self._rate = film.rate.limit_denominator(100_000)
        self._out: Any = None
        self._stream: Any = None
        self._count = 0

    def write(self, planes: Planes) -> None:
        """Write one frame, whose planes have 16 bits and no subsampling."""
        if self._out is None:
            self._out = av.open(str(self._temporary / NAME), "w", format="image2")
            self._stream = self._out.add_stream("png", rate=self._rate)
            self._stream.codec_context.width, self._stream.codec_context.height = planes.size
            self._stream.codec_context.pix_fmt = self._format
        frame = picture(planes, "yuv444p16le").reformat(
            format=self._format,
            src_colorspace=BT709,
            src_color_range=FULL if planes.full else LIMITED,
            dst_color_range=FULL,
            interpolation=_EXACT,
        )
        frame.pts = self._count
        self._count += 1
        self._out.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Give the folder its name."""
        if self._out is not None:
            self._out.mux(self._stream.encode(None))
            self._out.close()
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._temporary.rename(self._folder)
