"""Films whose true colours are known, made of photographs or real, and how steady colours are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from colorify.color import rgb_to_lab
from colorify.pixels import pixels_to_lab

FloatArray = NDArray[np.float32]

SIZE = (320, 240)  # px, width and height of the films
FRAMES = 24
MARGIN = 1.35  # a photo is so much larger than the film, for the camera to move over
GRAIN = 6 / 255  # standard deviation
CLOSE = 12  # of 255: how much a point of a real film may change its brightness from frame to frame
COLORED = 10.0  # of chroma, from where on it counts what hue a thing has
TURNED = np.radians(45)  # of hue, from where on a thing has another one
START_STEP = 6  # frames from one from which points are followed to the next
FLICKER = 0.03  # of the exposure, as of a hand-cranked camera


@dataclass(frozen=True)
class Scene:
    """A film with truth."""

    name: str
    grey: list[FloatArray]  # (h, w), what the film shows, luma 0..1
    ab: list[FloatArray]  # (h, w, 2), the colours that it had
    follow: list[
        tuple[FloatArray, NDArray[np.bool_]]
    ]  # per pair: (h, w, 2) where to in the next frame; whether seen
    rate: float = 24.0  # frames a second


def scenes(photo: FloatArray, other: FloatArray, seed: int) -> Iterator[Scene]:
    """Make one film of each kind. `photo`, `other`: (h, w, 3) float32, sRGB 0..1."""
    pan = [_camera(2.3 * t, 0.6 * t, 1.0, 0.0) for t in range(FRAMES)]
    zoom = [_camera(20, 20, 1.0 - 0.008 * t, 0.0) for t in range(FRAMES)]
    random = np.random.default_rng(seed)
    path = np.cumsum(random.normal(0, 1.2, (FRAMES, 2)), axis=0) + 25
    hand = [_camera(x, y, 1.0, 0.004 * np.sin(t)) for t, (x, y) in enumerate(path)]
    still = [_camera(30, 30, 1.0, 0.0)] * FRAMES
    yield _scene("pan", photo, pan)
    yield _scene("zoom", photo, zoom)
    yield _scene("hand-held", photo, hand)
    yield _scene("moving object", photo, [_camera(0.7 * t, 0, 1, 0) for t in range(FRAMES)], other=other)
    yield _scene("flash", photo, pan, exposure=lambda t: 1.5 if t == FRAMES // 2 else 1.0)
    yield _scene("grain, flicker", photo, still, noise=random)
    yield _scene("pan, grain, flicker", photo, pan, noise=random)


def real_scene(clip: Path, frames: int, *, start: float = 0.0, short: int | None = None) -> Scene:
    """Read `frames` frames of a film in colour, from `start` s on. Motion is sought in the film as it was.

    `short`: px to which the short side is shrunk; None: not at all. What cannot be followed there and back is
    not counted; a cut cannot.
    """
    with av.open(str(clip)) as film:
        rate = float(film.streams.video[0].guessed_rate)
        wanted = (frame for frame in film.decode(video=0) if (frame.time or 0.0) >= start)
        decoded = [_shrink(frame.to_ndarray(format="rgb24"), short) for frame in islice(wanted, frames)]
    labs = [pixels_to_lab(frame) for frame in decoded]
    create: Any = getattr(cv2, "DISOpticalFlow_create")  # noqa: B009 - OpenCV's type stubs lack it
    search = create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    codes = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in decoded]
    follow = []
    for now, later in pairwise(codes):
        there, back = search.calc(now, later, None), search.calc(later, now, None)
        y, x = np.mgrid[: now.shape[0], : now.shape[1]].astype(np.float32)
        to = np.dstack([x, y]) + there
        returned = there + cv2.remap(back, to[:, :, 0], to[:, :, 1], cv2.INTER_LINEAR)
        alike = np.abs(cv2.remap(later, to[:, :, 0], to[:, :, 1], cv2.INTER_LINEAR).astype(np.float32) - now)
        follow.append((to, (np.linalg.norm(returned, axis=2) < 1) & (alike < CLOSE)))
    grey = [_luma_of(lab[:, :, 0]) for lab in labs]
    return Scene(clip.stem, grey, [np.ascontiguousarray(lab[:, :, 1:]) for lab in labs], follow, rate)


def _shrink(picture: NDArray[np.uint8], short: int | None) -> NDArray[np.uint8]:
    scale = 1.0 if short is None else min(1.0, short / min(picture.shape[:2]))
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def warp_error(ab: Sequence[FloatArray], scene: Scene) -> float:
    """Return the mean distance of ab between a point and the same point in the next frame."""
    errors = []
    for (now, later), (to, seen) in zip(pairwise(ab), scene.follow, strict=True):
        there = cv2.remap(later, to[:, :, 0], to[:, :, 1], cv2.INTER_LINEAR)
        if seen.mean() > 0.2:  # else it is a cut
            errors.append(np.linalg.norm(there - now, axis=2)[seen].mean())
    return float(np.mean(errors))


def drift(ab: Sequence[FloatArray], scene: Scene, gap: int) -> tuple[float, float]:
    """Return how far the colour of a thing is from its own `gap` frames later, and how often its hue turns.

    The first is the mean distance of ab between a point and where the motion has brought it, the second the
    share of points whose hue is TURNED or more away. Counted are points that are seen all the way and whose
    chroma is over COLORED at either end; both are nan where none is.
    """
    distances: list[NDArray[Any]] = []
    turned: list[NDArray[Any]] = []
    for start in range(0, len(ab) - gap, START_STEP):
        place, seen = _follow(scene, start, gap)
        before, after = ab[start], _fetch(ab[start + gap], place)
        chromas = np.hypot(*np.moveaxis(before, 2, 0)), np.hypot(*np.moveaxis(after, 2, 0))
        counted = seen & (np.maximum(*chromas) > COLORED)
        distances.append(np.linalg.norm(after - before, axis=2)[counted])
        hues = [np.arctan2(one[:, :, 1], one[:, :, 0]) for one in (before, after)]
        angle = np.abs(np.angle(np.exp(1j * (hues[1] - hues[0]))))
        # where little is left of the chroma there is no hue to speak of
        turned.append(((angle > TURNED) & (np.minimum(*chromas) > COLORED / 2))[counted])
    together = np.concatenate(distances) if distances else np.array([])
    if not len(together):
        return np.nan, np.nan
    return float(together.mean()), float(np.concatenate(turned).mean())


def _follow(scene: Scene, start: int, gap: int) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return where each point of a frame is `gap` frames later, (h, w, 2); whether it is seen till then."""
    place, seen = scene.follow[start]
    for to, visible in scene.follow[start + 1 : start + gap]:
        seen = seen & (_fetch(visible.astype(np.float32), place) > 0.5)
        place = _fetch(to, place)
    return place, seen


def _fetch(plane: FloatArray, place: FloatArray) -> FloatArray:
    return np.asarray(cv2.remap(plane, place[:, :, 0], place[:, :, 1], cv2.INTER_LINEAR), np.float32)


def distance(ab: Sequence[FloatArray], truth: Sequence[FloatArray]) -> float:
    """Return the mean distance of ab from the true ab."""
    return float(np.mean([np.linalg.norm(a - b, axis=2).mean() for a, b in zip(ab, truth, strict=True)]))


def chroma(ab: Sequence[FloatArray]) -> float:
    """Return the mean chroma."""
    return float(np.mean([np.linalg.norm(a, axis=2).mean() for a in ab]))


def cdc(rgb: Sequence[NDArray[np.uint8]]) -> float:
    """Return the colour distribution consistency (Y. Liu et al., arXiv 2106.07500 (TCVC), equation 11).

    The mean Jensen-Shannon divergence of the histograms of R, G and B over 1, 2 and 4 frames; 0 is best.
    """
    histograms = [
        [np.bincount(frame[:, :, c].ravel(), minlength=256) / frame[:, :, c].size for c in range(3)]
        for frame in rgb
    ]
    means = []
    for gap in (1, 2, 4):
        pairs = zip(histograms, histograms[gap:], strict=False)
        means.append(np.mean([_divergence(a[c], b[c]) for a, b in pairs for c in range(3)]))
    return float(np.mean(means))


def _divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    middle = (p + q) / 2

    def towards(a: NDArray[np.float64]) -> float:
        held = a > 0
        return float((a[held] * np.log(a[held] / middle[held])).sum())

    return (towards(p) + towards(q)) / 2


def _camera(x: float, y: float, scale: float, turn: float) -> FloatArray:
    """Return the matrix from px of the film to px of the photo."""
    cosine, sine = np.cos(turn) * scale, np.sin(turn) * scale
    return np.array([[cosine, -sine, x], [sine, cosine, y]], np.float32)


def _scene(
    name: str,
    photo: FloatArray,
    cameras: Sequence[FloatArray],
    *,
    other: FloatArray | None = None,
    exposure: Callable[[int], float] = lambda t: 1.0,
    noise: np.random.Generator | None = None,
) -> Scene:
    width, height = SIZE
    y, x = np.mgrid[:height, :width].astype(np.float32)
    here = np.stack([x, y, np.ones_like(x)], axis=-1)
    maps = [here @ camera.T for camera in cameras]
    discs = [
        np.hypot(x - 40 - 4 * t, y - height / 2) < 45 if other is not None else None for t in range(len(maps))
    ]
    grey, ab = [], []
    for t, (place, disc) in enumerate(zip(maps, discs, strict=True)):
        rgb = cv2.remap(
            photo, place[:, :, 0], place[:, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        if disc is not None and other is not None:
            inside = cv2.remap(other, x - 4 * t + 60, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            rgb = np.where(disc[:, :, None], inside, rgb)
        lab = rgb_to_lab(np.clip(rgb, 0, 1))
        ab.append(np.ascontiguousarray(lab[:, :, 1:]))
        luma = _luma_of(lab[:, :, 0]) * exposure(t)
        if noise is not None:
            luma = luma * (1 + noise.normal(0, FLICKER)) + noise.normal(0, GRAIN, luma.shape)
        grey.append(np.clip(luma, 0, 1).astype(np.float32))
    follow = []
    for t in range(len(maps) - 1):
        inverse = cv2.invertAffineTransform(cameras[t + 1])
        to = np.concatenate([maps[t], np.ones((height, width, 1), np.float32)], axis=-1) @ inverse.T
        if other is not None:
            to = np.where(discs[t][:, :, None], np.stack([x + 4, y], axis=-1), to)
        to = to.astype(np.float32)
        seen = (
            (to[:, :, 0] >= 0) & (to[:, :, 0] <= width - 1) & (to[:, :, 1] >= 0) & (to[:, :, 1] <= height - 1)
        )
        if other is not None:
            next_disc = cv2.remap(discs[t + 1].astype(np.float32), to[:, :, 0], to[:, :, 1], cv2.INTER_LINEAR)
            seen &= np.abs(next_disc - discs[t]) < 0.01
        follow.append((to, seen))
    return Scene(name, grey, ab, follow)


def _luma_of(L: FloatArray) -> FloatArray:
    """Return the luma, 0..1, of grey of this L."""
    ramp = np.linspace(0, 1, 1024, dtype=np.float32)
    levels = rgb_to_lab(np.repeat(ramp[:, None], 3, axis=1))[:, 0]
    return np.interp(L, levels, ramp).astype(np.float32)
