"""Films made in code, and how they are compared."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from colorify.color import rgb_to_lab

RATE = 24
TICK = Fraction(1, 2400)  # s
# SWS_BICUBIC, ACCURATE_RND, FULL_CHR_H_INT, BITEXACT: what a careful player does
EXACT = 4 | 0x40000 | 0x2000 | 0x80000


@dataclass(frozen=True)
class Sort:
    """What a film is like."""

    size: tuple[int, int] = (96, 64)
    frames: int = 12
    codec: str = "libx264"
    format: str = "yuv420p"
    full: bool = False
    steps: tuple[int, ...] = (100,)  # ticks between frames, in turn
    sound: str | None = "aac"
    rotation: int | None = None
    aspect: Fraction = Fraction(1)
    cut: int | None = None  # the first frame of a second shot
    interlaced: bool = False
    gop: int = 12
    rate: int | None = None  # frames a second, in whose length the film then counts, in place of `steps`
    begin: int = 0  # ticks, or frames, at which the picture begins
    tags: tuple[tuple[str, str], ...] = ()
    timecode: str | None = None

    @property
    def tick(self) -> Fraction:
        """What the film counts in, s."""
        return TICK if self.rate is None else Fraction(1, self.rate)


def view(sort: Sort, number: int) -> NDArray[np.float64]:
    """Return what a frame shows, (h, w), 0..1: a pan over a still scene, another scene after the cut."""
    width, height = sort.size
    second = sort.cut is not None and number >= sort.cut
    y, x = np.mgrid[:height, :width].astype(np.float64)
    x = x + 2 * number
    if second:
        return np.asarray(0.55 + 0.3 * np.sin(y / 5) * np.cos(x / 11) + 0.1 * ((x // 16 + y // 16) % 2))
    return np.asarray(0.4 + 0.25 * np.sin(x / 9) * np.cos(y / 7) + 0.15 * ((x // 12 + y // 8) % 2))


def write_film(path: Path, sort: Sort) -> Path:
    """Write a film with sound, a chapter and a title."""
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream(sort.codec, rate=sort.rate or RATE, options=_options(sort))
        video.width, video.height = sort.size
        video.pix_fmt = sort.format
        context = video.codec_context
        context.time_base, context.gop_size = sort.tick, sort.gop
        context.sample_aspect_ratio = sort.aspect
        context.color_range = 2 if sort.full else 1
        if sort.interlaced:
            context.flags |= 0x00040000 | 0x20000000
        if sort.rotation is not None:
            video.set_display_rotation(sort.rotation)
        sound: Any = None
        if sort.sound is not None:
            sound = out.add_stream(sort.sound, rate=48000)
            sound.layout = "mono"
            sound.metadata["language"] = "fra"
        out.metadata.update({"title": "The Kid", **dict(sort.tags)})
        if sort.timecode is not None:
            video.metadata["timecode"] = sort.timecode
        if path.suffix in (".mp4", ".mkv", ".mov"):
            chapter = {
                "id": 1,
                "start": 0,
                "end": 300,
                "time_base": Fraction(1, 1000),
                "metadata": {"title": "One"},
            }
            out.set_chapters([chapter])
        end = _write_frames(out, video, sort)
        if sound is not None:
            _write_sound(out, sound, end * sort.tick)
    return path


def _options(sort: Sort) -> dict[str, str]:
    return {"preset": "ultrafast", "crf": "10"} if sort.codec == "libx264" else {}


def _write_frames(out: Any, video: Any, sort: Sort) -> int:
    now = sort.begin
    depth = 10 if "10" in sort.format else 8
    for number in range(sort.frames):
        top = 2**depth - 1 if sort.full else 219 * 2 ** (depth - 8)
        black = 0 if sort.full else 16 * 2 ** (depth - 8)
        codes = np.rint(view(sort, number) * top + black).astype(np.uint8 if depth == 8 else np.uint16)
        frame = av.VideoFrame(*sort.size, sort.format)
        for index, plane in enumerate(frame.planes):
            rows = np.frombuffer(plane, codes.dtype).reshape(plane.height, -1)
            rows[:, : plane.width] = codes if index == 0 else 2 ** (depth - 1)
        frame.pts, frame.time_base = now, sort.tick
        now += 1 if sort.rate else sort.steps[number % len(sort.steps)]
        out.mux(video.encode(frame))
    out.mux(video.encode(None))
    return now


def _write_sound(out: Any, sound: Any, end: Fraction) -> None:
    count = int(48000 * end)
    wave = (np.sin(np.arange(count) / 20) * 9000).astype(np.int16)
    resampler = av.AudioResampler(format=sound.format.name, layout="mono", rate=48000)
    for start in range(0, count, 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], "s16", "mono")
        frame.sample_rate, frame.pts = 48000, start
        for piece in resampler.resample(frame):
            out.mux(sound.encode(piece))
    out.mux(sound.encode(None))


def add_tracks(source: Path, target: Path) -> Path:
    """Copy a film with sound, and give it a second sound track and subtitles."""
    with av.open(str(source)) as film, av.open(str(target), "w") as out:
        sound = film.streams.audio[0]
        video: Any = out.add_stream_from_template(film.streams.video[0], opaque=True)
        first, second = (out.add_stream_from_template(sound) for _ in range(2))
        texts = out.add_mux_stream("subrip", time_base=Fraction(1, 1000))
        for stream, language in ((first, "fra"), (second, "eng"), (texts, "deu")):
            stream.metadata["language"] = language
        for start, text in ((0, b"Hello"), (700, b"Goodbye")):
            packet: Any = av.Packet(text)
            packet.pts = packet.dts = start
            packet.duration, packet.time_base, packet.stream = 500, Fraction(1, 1000), texts
            out.mux_one(packet)
        for packet in film.demux():
            if packet.size and packet.stream.type == "video":
                packet.stream = video
                out.mux_one(packet)
            elif packet.size:
                packet.stream = first
                out.mux_one(packet)
        with av.open(str(source)) as again:
            for packet in again.demux(audio=0):
                if packet.size:
                    packet.stream = second
                    out.mux_one(packet)
    return target


def times(path: Path) -> list[float]:
    """Return the time of every frame, s."""
    with av.open(str(path)) as film:
        return [float(frame.pts * frame.time_base) for frame in film.decode(video=0)]


def labs(path: Path) -> Iterator[NDArray[np.float32]]:
    """Yield every frame as a player shows it: (h, w, 3) Lab."""
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            matrix = frame.colorspace if frame.colorspace != 2 else 1
            shown = frame.reformat(
                format="rgb48le", src_colorspace=matrix, dst_color_range=2, interpolation=EXACT
            )
            yield rgb_to_lab(shown.to_ndarray().astype(np.float32) / 65535)


def packets(path: Path, kind: str) -> list[bytes]:
    """Return the content of all packets of the streams of one kind."""
    with av.open(str(path)) as film:
        streams = [stream for stream in film.streams if stream.type == kind]
        return [bytes(packet) for packet in film.demux(streams) if packet.size] if streams else []


def numbered(path: Path, number: int, size: tuple[int, int]) -> None:
    """Write a small grey PNG whose brightness says its number (through PyAV: no other package is needed)."""
    frame = av.VideoFrame(*size, "gray")
    rows = np.frombuffer(frame.planes[0], np.uint8).reshape(size[1], -1)
    rows[:] = np.linspace(40, 200, rows.shape[1], dtype=np.uint8) // 2 + 5 * number
    encoder: Any = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *size, "gray"
    encoder.time_base = Fraction(1, RATE)
    path.write_bytes(b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]))


def matrix_of(path: Path) -> tuple[int, ...] | None:
    """Return the display matrix of a film, if it has one."""
    with av.open(str(path)) as film:
        data = next(film.decode(video=0)).side_data.get("DISPLAYMATRIX")
        return None if data is None else struct.unpack_from("=9i", data)
