"""How fast films are coloured: 480p, 720p and 1080p, beside decoding and encoding alone in the same run.

python bench/film_speed.py                     # some 5 minutes on 2 idle cores
python bench/film_speed.py --frames 48 --repeat 1   # does it run?

The film is a pan over a photo, with grain, at 25 frames a second. Of the repetitions, which take turns, the
fastest of each counts. The processor time is that of all cores, and hardly changes on a busy machine.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import av
import click
import cv2
import numpy as np
from clock import print_machine

from colorify.video import FilmOptions, colorize_film
from colorify.video.codecs import CODECS

RATE: Final = 25
GRAIN: Final = 4  # of 255, standard deviation
SIZES: Final = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
STEP: Final = 2  # px that the camera moves from frame to frame


@dataclass(frozen=True)
class Durations:
    """Seconds."""

    wall: float
    processor: float  # of all cores, in this process


@click.command()
@click.option("--frames", default=240, show_default=True)
@click.option("--repeat", default=2, show_default=True)
@click.option("--photo", type=click.Path(path_type=Path), default=Path("samples/astronaut.jpg"))
@click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")
def main(frames: int, repeat: int, photo: Path, weights: Path | None) -> None:
    """Time whole films."""
    print_machine()
    cv2.setNumThreads(1)  # as the command has it
    options = FilmOptions(overwrite=True)
    with TemporaryDirectory() as folder:
        for name, (width, height) in SIZES.items():
            source = write_film(Path(folder) / f"{name}.mp4", photo, width, height, frames)
            floor = source.with_suffix(".floor.mp4")
            spent = _in_turn(
                {
                    "floor": lambda source=source, floor=floor: recode(source, floor),
                    "ours": lambda source=source: colorize_film(source, weights=weights, options=options),
                },
                repeat,
            )
            print(f"{name:6} {width}x{height}  " + "  ".join(_said(*one, frames) for one in spent.items()))


def write_film(path: Path, photo: Path, width: int, height: int, frames: int) -> Path:
    """Write a pan over a grey photo."""
    wide = width + STEP * frames
    grey = cv2.imread(str(photo), cv2.IMREAD_GRAYSCALE)
    scene = cv2.resize(grey, (wide, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    random = np.random.default_rng(0)
    noise = random.normal(0, GRAIN, (height, 2 * width)).astype(np.float32)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "17"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(frames):
            at, shift = STEP * index, int(random.integers(width))
            view = scene[:, at : at + width] + noise[:, shift : shift + width]
            codes = np.clip(view, 0, 255).astype(np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(codes, "gray").reformat(format="yuv420p")))
        out.mux(stream.encode(None))
    return path


def recode(source: Path, target: Path) -> None:
    """Do only what cannot be left out: decode, and encode as the default codec does."""
    codec = CODECS["h264"]
    with av.open(str(source)) as film, av.open(str(target), "w") as out:
        stream = out.add_stream(codec.encoder, rate=RATE, options={**codec.options, "crf": str(codec.crf)})
        first = film.streams.video[0]
        first.thread_type = "AUTO"
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        for frame in film.decode(first):
            frame.pict_type = 0  # the encoder chooses
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _in_turn(tasks: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, Durations]:
    runs: dict[str, list[Durations]] = {}
    for _ in range(repeat):
        for name, task in tasks.items():
            wall, processor = time.perf_counter(), time.process_time()
            task()
            spent = Durations(time.perf_counter() - wall, time.process_time() - processor)
            runs.setdefault(name, []).append(spent)
    return {name: min(several, key=lambda spent: spent.wall) for name, several in runs.items()}


def _said(name: str, spent: Durations, frames: int) -> str:
    rate, each = frames / spent.wall, 1000 * spent.processor / frames
    return f"{name} {rate:6.1f} frames/s, {rate / RATE:5.2f} x real time, {each:5.1f} ms of one core a frame;"


if __name__ == "__main__":
    main()
