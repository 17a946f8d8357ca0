"""Coloured frames become a piece of film, or pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import av
from av.video.reformatter import Interpolation

from colorify.atomic import whole_file
from colorify.errors import FilmError
from colorify.video.codecs import Codec
from colorify.video.files import ffmpeg_url
from colorify.video.reader import Film, Frame
from colorify.video.yuv import BT709, FULL, LIMITED, Planes, make_frame

_INTERLACED: Final = 0x0004_0000 | 0x2000_0000  # AV_CODEC_FLAG_INTERLACED_DCT and _ME
# libswscale at its most exact: every step it would save is a step of L
_EXACT: Final = int(
    Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT | Interpolation.BICUBIC
)


class Encoder(Protocol):
    """Takes the frames of one piece."""

    def write(self, planes: Planes, frame: Frame) -> None:
        """Encode one frame; `frame`: what it is made of."""

    def close(self) -> None:
        """Finish: when this returns, the piece is on the disk."""

    def abandon(self) -> None:
        """Leave nothing behind."""


class FilmEncoder:
    """Writes a piece as a Matroska file."""

    def __init__(
        self, path: Path, film: Film, codec: Codec, first: Planes, *, crf: int | None, depth: int
    ) -> None:
        self._name = codec.formats[depth]
        self._film = film
        self._whole = whole_file(path, overwrite=True, kind=FilmError, suffix=".mkv")
        options = dict(codec.options)
        if codec.crf is not None:
            options["crf"] = str(codec.crf if crf is None else crf)
        self._container = av.open(ffmpeg_url(self._whole.__enter__()), "w", format="matroska")
        rate = film.rate.limit_denominator(100_000)
        self._stream: Any = self._container.add_stream(codec.encoder, rate=rate, options=options)
        context: Any = self._stream.codec_context
        # slices are made by as many threads as are free, and a piece made again would differ; frames are not
        context.thread_type = "FRAME"
        context.width, context.height = first.size
        context.pix_fmt = self._name
        context.time_base = film.time_base
        context.sample_aspect_ratio = film.aspect
        context.colorspace = context.color_primaries = BT709
        context.color_trc = film.transfer
        context.color_range = FULL if first.full else LIMITED
        if film.interlaced:
            context.field_order = film.field_order
            if codec.encoder != "ffv1":
                context.flags |= _INTERLACED

    def write(self, planes: Planes, frame: Frame) -> None:
        coded = make_frame(planes, self._name, frame.interlaced)
        coded.pts, coded.time_base = frame.pts, self._film.time_base
        coded.pict_type = 0  # the encoder chooses
        coded.color_range = FULL if planes.full else LIMITED
        coded.colorspace = coded.color_primaries = BT709
        coded.color_trc = self._film.transfer
        self._container.mux(self._stream.encode(coded))

    def close(self) -> None:
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
        except BaseException:
            self.abandon()
            raise
        self._whole.__exit__(None, None, None)

    def abandon(self) -> None:
        gone = RuntimeError("this piece is given up")
        self._whole.__exit__(RuntimeError, gone, None)


class PictureEncoder:
    """Writes each frame as a PNG file."""

    def __init__(self, name: Callable[[int], Path], film: Film, before: int) -> None:
        """`name`: of a frame by its number, from 1. `before`: frames that are there already."""
        self._name, self._number = name, before
        self._format = "rgb24" if film.depth == 8 else "rgb48be"
        self._rate = film.rate.limit_denominator(100_000)

    def write(self, planes: Planes, frame: Frame) -> None:
        """Write one frame, whose planes have 16 bits and no subsampling."""
        shown = make_frame(planes, "yuv444p16le").reformat(
            format=self._format,
            src_colorspace=BT709,
            src_color_range=FULL if planes.full else LIMITED,
            dst_color_range=FULL,
            interpolation=_EXACT,
        )
        self._number += 1
        with whole_file(self._name(self._number), overwrite=True, kind=FilmError) as temporary:
            temporary.write_bytes(self._png(shown))

    def close(self) -> None:
        """Do nothing: each picture is whole by itself."""

    def abandon(self) -> None:
        """Do nothing: pictures beyond the last finished piece are written anew."""

    def _png(self, frame: av.VideoFrame) -> bytes:
        encoder: Any = av.CodecContext.create("png", "w")
        encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, self._format
        encoder.time_base = 1 / self._rate
        packets = [*encoder.encode(frame), *encoder.encode(None)]
        return b"".join(bytes(packet) for packet in packets)
