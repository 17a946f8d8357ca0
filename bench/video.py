"""Films: how steady the colours are, frame by frame against carried along the motion.

python bench/video.py steady PHOTO...       # films made of photographs in colour, so that truth is known
python bench/video.py real --into FOLDER    # real clips in colour, which pip fetches into FOLDER
python bench/video.py drift CLIP...         # whether a thing keeps its colour in a shot; clips in colour
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import click
import cv2
import numpy as np
from clips import fetch_clips
from clock import print_machine
from motion import FRAMES, MARGIN, SIZE, Scene, cdc, chroma, distance, drift, real_scene, scenes, warp_error
from numpy.typing import NDArray

from colorify.color import rgb_to_lab
from colorify.model.generator import Generator, Prediction
from colorify.video.chroma import color_frame
from colorify.video.cuts import is_cut
from colorify.video.frame_input import (
    FrameInput,
    generator_input,
    make_predictor,
    prepare_frame,
    resize_to_cells,
)
from colorify.video.luma import chroma_offsets, normalize_luma
from colorify.video.motion_path import MotionPath
from colorify.video.optical_flow import FlowFinder
from colorify.video.reader import Frame
from colorify.video.temporal import TemporalSmoother
from colorify.video.weighted_colors import WeightedColors
from colorify.video.yuv import BT709, Planes

FloatArray = NDArray[np.float32]
DRIFT_GAPS_S = (1, 2, 4)  # s
DRIFT_SHORT_PX = 240  # to which clips are shrunk for it
HINT_GAP = 4  # px of ab, between colours that are told as hints
# the last two: what was said of a few frames, carried along the motion; the third is what Colorify does
WAYS = ("alone", "last colours as hints", "carried", "hints, carried")
MEASURES = ("warp error", "distance to truth", "chroma", "CDC x 1000")
WEIGHTS = click.option("-m", "--weights", type=click.Path(path_type=Path), help="Default: the embedded ones.")


@click.group()
def main() -> None:
    """Measure films."""
    print_machine()
    cv2.setNumThreads(1)


@main.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@WEIGHTS
@click.option("--strip", type=click.Path(path_type=Path), help="Also write a picture of one film.")
def steady(photos: Sequence[Path], weights: Path | None, strip: Path | None) -> None:
    """Compare the colours of each frame alone with those carried along the motion."""
    generator = Generator(weights, threads=1)
    print(f"{generator.spec.name} {generator.spec.version}, {len(photos)} photos, {FRAMES} frames of {SIZE}")
    rows: dict[str, list[FloatArray]] = {}
    pictures = [_load(path) for path in photos]
    for number, photo in enumerate(pictures):
        for scene in scenes(photo, pictures[number - 1], seed=number):
            shown = _ways(scene, generator)
            rows.setdefault(scene.name, []).append(_measured(shown, scene))
            if strip is not None and number == 0 and scene.name == "pan, grain, flicker":
                _write_strip(strip, scene, shown["alone"], shown["carried"])
    _print_table(rows)


@main.command()
@click.option(
    "--into", type=click.Path(path_type=Path), required=True, help="Where the clips are, or are to be."
)
@click.option("--frames", default=250, show_default=True, help="Of each clip, at most.")
@WEIGHTS
def real(into: Path, frames: int, weights: Path | None) -> None:
    """Do the same with real clips."""
    generator = Generator(weights, threads=1)
    print(f"{generator.spec.name} {generator.spec.version}")
    rows: dict[str, list[FloatArray]] = {}
    for clip in fetch_clips(into):
        scene = real_scene(clip, frames)
        rows[scene.name] = [_measured(_ways(scene, generator), scene)]
    _print_table(rows)


@main.command("drift")
@click.argument("clips", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--start", default=0.0, show_default=True, help="s, in each clip.")
@click.option("--seconds", default=4.2, show_default=True, help="Of each clip, at most.")
@WEIGHTS
def measure_drift(clips: Sequence[Path], start: float, seconds: float, weights: Path | None) -> None:
    """Measure whether a thing keeps its colour: along the motion, 1, 2 and 4 s later, within a shot.

    `src` of another tree in PYTHONPATH says the same of that.
    """
    generator = Generator(weights, threads=1)
    print(f"{generator.spec.name} {generator.spec.version}, colours as Colorify carries them")
    names = [f"{what} {gap} s" for gap in DRIFT_GAPS_S for what in ("drift", "turned %")]
    print(f"{'clip':22}" + "".join(f"{name:>13}" for name in (*names, "warp error", "truth", "chroma")))
    rows = []
    for clip in clips:
        with av.open(str(clip)) as film:
            rate = float(film.streams.video[0].guessed_rate)
        scene = real_scene(clip, round(seconds * rate), start=start, short=DRIFT_SHORT_PX)
        rows.append(_drift_row(scene, generator))
        print(f"{clip.stem[:21]:22}" + "".join(f"{value:13.2f}" for value in rows[-1]), flush=True)
    print(f"{'all':22}" + "".join(f"{value:13.2f}" for value in np.nanmean(rows, axis=0)))


def _drift_row(scene: Scene, generator: Generator) -> list[float]:
    seen = [_seen(grey, index, generator) for index, grey in enumerate(scene.grey)]
    steadier = TemporalSmoother(make_predictor(generator, vividness=1.0))
    shown = [rgb_to_lab(_shown(one.seen, one.ab))[:, :, 1:] for one in steadier(iter(seen))]
    ab = [np.ascontiguousarray(one) for one in shown]
    drifts = [drift(ab, scene, round(gap * scene.rate)) for gap in DRIFT_GAPS_S]
    figures = [figure for far, turned in drifts for figure in (far, 100 * turned)]
    return [*figures, warp_error(ab, scene), distance(ab, scene.ab), chroma(ab)]


def _ways(scene: Scene, generator: Generator) -> dict[str, list[FloatArray]]:
    """Colour a film in each of the ways that are compared: what a viewer sees, (h, w, 3) sRGB, 0..1."""
    seen = [_seen(grey, index, generator) for index, grey in enumerate(scene.grey)]
    alone, hinted = _alone(seen, generator), _as_hints(seen, generator)
    ways = (alone, hinted, _carried(seen, alone), _carried(seen, hinted))
    return {
        name: [_shown(one, colors.ab) for one, colors in zip(seen, way, strict=True)]
        for name, way in zip(WAYS, ways, strict=True)
    }


def _print_table(rows: dict[str, list[FloatArray]]) -> None:
    print("each: " + " | ".join(WAYS) + "; alone / carried")
    print(f"{'film':22}" + "".join(f"{name:>34}" for name in MEASURES))
    everything = [row for several in rows.values() for row in several]
    for name, several in [*rows.items(), ("all", everything)]:
        mean = np.mean(several, axis=0)
        cells = "".join("  " + "".join(f"{value:8.3f}" for value in column) for column in mean.T)
        print(f"{name:22}{cells}   {mean[0, 0] / mean[2, 0]:6.2f}")


def _load(path: Path) -> FloatArray:
    width, height = (round(side * MARGIN) for side in SIZE)
    picture = cv2.imread(str(path))
    scale = max(width / picture.shape[1], height / picture.shape[0])
    size = max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale))
    shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return (shrunk[:height, :width, ::-1] / 255).astype(np.float32)


def _seen(grey: FloatArray, index: int, generator: Generator) -> FrameInput:
    codes = np.rint(grey * 255).astype(np.uint8)
    frame = Frame(Planes(codes, None, None, 8, full=True), index, 1, index / 24)
    spec = generator.spec
    return prepare_frame(frame, aspect=Fraction(1), short=spec.size)


def _alone(seen: Sequence[FrameInput], generator: Generator) -> list[Prediction]:
    look = make_predictor(generator, vividness=1.0)
    return [look(one, ()) for one in seen]


def _as_hints(seen: Sequence[FrameInput], generator: Generator) -> list[Prediction]:
    """Carry colours another way: what can be believed of the last frame is told to the generator as hints."""
    finder, stride = FlowFinder(), generator.spec.stride
    made: list[Prediction] = []
    for index, one in enumerate(seen):
        hints, L = None, generator_input(one)
        motion = finder.between(seen[index - 1].luma_small, one.luma_small) if made else None
        if motion is not None and not is_cut(seen[index - 1].luma_small, one.luma_small, motion):
            height, width = (-(-side // stride) for side in L.shape)
            way = MotionPath.begin(one.luma_small.shape[::-1]).extend(motion.backward, motion.seen_before)
            carried = way.carry(WeightedColors(made[-1].ab, np.ones_like(made[-1].confidence)))
            ab, sure = (
                cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
                for part in (carried.ab, motion.seen_before)
            )
            told = (sure > 0.5) & (np.indices((height, width)) % HINT_GAP == 0).all(axis=0)
            hints = np.dstack([ab, np.ones((height, width), np.float32)]) * told[:, :, None]
        made.append(resize_to_cells(generator(L, hints=hints), L, one, stride))
    return made


def _carried(seen: Sequence[FrameInput], said: Sequence[Prediction]) -> list[Prediction]:
    """Do what Colorify does, with what the generator said of each frame, of which few are looked at."""
    steadier = TemporalSmoother(lambda one, _: said[one.frame.pts])
    return [Prediction(one.ab, said[one.seen.frame.pts].confidence) for one in steadier(iter(seen))]


def _shown(seen: FrameInput, ab: FloatArray) -> FloatArray:
    """Return what a viewer sees of a frame: (h, w, 3) sRGB, 0..1."""
    planes = color_frame(seen.frame.planes, np.ascontiguousarray(ab), sampling=(1, 1), blur=0)
    assert planes.Cb is not None
    assert planes.Cr is not None
    Y = normalize_luma(planes.Y, 8, full=True)
    Cb, Cr = ((plane.astype(np.float32) - 128) / 255 for plane in (planes.Cb, planes.Cr))
    return np.clip(np.stack([Y + offset for offset in chroma_offsets(Cb, Cr, BT709)], axis=-1), 0, 1)


def _measured(ways: dict[str, list[FloatArray]], scene: Scene) -> FloatArray:
    """Return the measures, (ways, measures)."""
    rows = []
    for shown in ways.values():
        ab = [np.ascontiguousarray(rgb_to_lab(frame)[:, :, 1:]) for frame in shown]
        bytes_ = [np.rint(frame * 255).astype(np.uint8) for frame in shown]
        rows.append([warp_error(ab, scene), distance(ab, scene.ab), chroma(ab), 1000 * cdc(bytes_)])
    return np.array(rows, np.float32)


def _write_strip(path: Path, scene: Scene, alone: Sequence[FloatArray], ours: Sequence[FloatArray]) -> None:
    chosen = range(8, 14)
    rows = [[np.repeat(scene.grey[t][:, :, None], 3, axis=2) for t in chosen]]
    rows += [[frames[t] for t in chosen] for frames in (alone, ours)]
    picture = np.vstack([np.hstack(row) for row in rows])
    picture = cv2.resize(picture, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA)
    cv2.imwrite(
        str(path), np.rint(picture[:, :, ::-1] * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85]
    )


if __name__ == "__main__":
    main()
