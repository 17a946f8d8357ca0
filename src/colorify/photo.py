"""Open and save picture files: depth, profile, orientation, alpha and metadata. Nothing else touches them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyvips
from numpy.typing import NDArray
from pyvips.enums import ForeignKeep

from colorify.atomic import whole_file
from colorify.beside import Beside
from colorify.channels import channels_left_out, split_channels
from colorify.embed import Embedder
from colorify.errors import PhotoError, UsageError
from colorify.exif import Now
from colorify.formats import Format
from colorify.libvips import reason, reported, spoil
from colorify.metadata import Mark, Plan, carry, plan_metadata
from colorify.origin import Origin, Source, begin, content, decode, explain, orientation, origin_of, upright
from colorify.profile import lit, rgb_profile, to_srgb
from colorify.space import Space, srgb
from colorify.stream import CancelledError, RowStream
from colorify.tiff_tags import RESOLUTION, DamagedTagsError, add_tags, exif_of, iptc_of
from colorify.tiles import size_of

Pixels = NDArray[Any]  # (h, w, bands), uint8 or uint16

MAX_PIXELS: Final = 1_500_000_000  # a larger photo is refused before it is decoded
_EXIF, _IPTC, _XMP = "exif-data", "iptc-data", "xmp-data"  # libvips' names
_KEPT: Final = int(ForeignKeep.XMP | ForeignKeep.IPTC | ForeignKeep.ICC | ForeignKeep.OTHER)
_KEPT_EXIF: Final = int(ForeignKeep.EXIF)
_TICK: Final = 0.1  # s between two reports of progress


@dataclass(frozen=True)
class Photo:
    """A photo, not decoded yet: upright, with all that is to be carried over.

    Both pictures have 1 or 3 bands of 8 or 16 bits, and alpha if `has_alpha`.
    """

    origin: Origin
    image: pyvips.Image  # sRGB, for those who look at the colours; carries the file's metadata
    light: pyvips.Image  # for those who measure light: codes of `space`, from which nothing is cut off
    space: Space
    has_alpha: bool
    depth: int  # bits a sample in the file, 8 or 16; the pictures may have more
    notes: tuple[str, ...]  # what the person should know
    profile: bytes | None  # ICC, of RGB, that the file came with
    kept: pyvips.Image | None  # as it was decoded and not upright, if that can be read more than once
    beside: Beside = field(default_factory=Beside)  # what libvips does not carry over; upright
    has_resolution: bool = False  # whether anybody knows the resolution of `image`
    turned: bool = False  # its rows were columns in the file

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright photo, px."""
        return self.image.width, self.image.height

    def rows(self) -> Callable[[int, int], Pixels]:
        """Return a function (top, rows) -> (rows, width, bands) of `image`; to be called top down."""
        return _rows(self.image, self.origin)

    def light_rows(self) -> Callable[[int, int], Pixels]:
        """Return the same of `light`. A photo is read once: by this or by `rows`."""
        return _rows(self.light, self.origin)

    def shrunk(self, width: int, height: int) -> Pixels:
        """Return the photo's colours, without alpha, resampled to (height, width, 1 or 3)."""
        step = _first_step(self.size, (width, height))
        with reported(self.origin.name, partial(explain, self.origin)):
            image = self.kept or decode(self.origin, access="sequential", shrink=step)
            if orientation(image) >= 5:
                width, height = height, width
            image = _resampled(image, width, height)
            color, _ = split_channels(_integer(image.autorot(), self.origin), self.origin)
            return np.asarray(to_srgb(color, []).numpy()).reshape(color.height, color.width, -1)


@dataclass(frozen=True)
class Output:
    """How a photo is to be written."""

    format: Format
    depth: int  # bits a sample, 8 or 16
    quality: int | None = None  # 1..100; None: the format's own
    mark: Mark | None = None  # says in the metadata who made the colours
    strip: bool = False  # leave the metadata out
    overwrite: bool = False
    space: Space = field(default_factory=srgb)  # of the pixels to come

    def notes(self, photo: Photo) -> list[str]:
        """Say what of `photo` such a file cannot take."""
        return list(self.plan(photo).notes)

    def plan(self, photo: Photo) -> Plan:
        """Say what of the metadata of `photo` goes into such a file."""
        image = photo.image
        now = Now(
            width=image.width,
            height=image.height,
            turned=photo.turned,
            is_srgb=self.space.is_srgb,
            per_mm=(image.xres, image.yres) if photo.has_resolution else None,
        )
        return plan_metadata(image, photo.beside, now, self.format, self.mark, strip=self.strip)


def open_photo(source: Source, *, max_pixels: int = MAX_PIXELS, keep: bool = False) -> Photo:
    """Open a file, the content of one, or pixels: (H, W), (H, W, 1..4) uint8 or uint16, sRGB.

    Files are told by their content, never by their suffix. Only the header is read here, unless the photo is
    small and you will `keep` it in memory, since you will look at it twice: `shrunk`, and then its rows.
    Raises PhotoError where it cannot be read, is animated, or has more than `max_pixels` pixels.
    """
    origin = origin_of(source, max_pixels)
    with reported(origin.name, partial(explain, origin)):
        decoded, again = begin(origin, max_pixels, keep=keep)
        turned, has_resolution = upright(decoded, origin)
        color, alpha = split_channels(_integer(turned, origin), origin)
        if color.bands not in (1, 3) and color.interpretation != "cmyk":
            raise PhotoError(f"{origin.name}: expected grey, RGB or CMYK, found {decoded.bands} channels.")
        lies, notes = orientation(decoded), [*origin.notes, *channels_left_out(origin)]
        seen, (light, space) = to_srgb(color, notes), lit(color)
        if origin.format is not None and origin.format.name == "tiff":
            seen = _with_tags(seen, origin, notes)
        if origin.format is not None and origin.format.name == "jpeg" and isinstance(origin.data, bytes):
            seen = _with_packet(seen, origin.beside.xmp)
        return Photo(
            origin=origin,
            image=_joined(seen, alpha),
            light=_joined(light, alpha),
            space=space,
            has_alpha=alpha is not None,
            depth=16 if color.format == "ushort" else 8,
            notes=tuple(notes),
            profile=rgb_profile(color),
            kept=decoded if again else None,
            beside=origin.beside.turned(sideways=lies >= 5) if lies > 1 else origin.beside,
            has_resolution=has_resolution,
            turned=lies >= 5,
        )


def save_photo(
    stream: RowStream,
    photo: Photo,
    target: Path | None,
    output: Output,
    *,
    progress: Callable[[float], None] | None = None,
) -> bytes | None:
    """Write the pixels of `stream` with the metadata of `photo`; return the bytes if `target` is None.

    The file appears under its name only when it is whole. Raises PhotoError where it exists (unless
    `output.overwrite`), cannot be written, or the photo turns out to be damaged.
    """
    _check_output(stream.image, output, str(target or photo.origin.name))
    row = output.format
    quality = output.quality if output.quality is not None else row.quality or 0
    settings = row.settings(quality, output.depth)
    if row.name == "tiff":
        # the classic form ends at 4 GB; deflate may fail to shrink noise
        settings["bigtiff"] = size_of(stream.image) > 2**31
    plan = output.plan(photo)
    image = carry(photo.image, stream.image, plan, output.space.profile)
    save = _save_tiff if row.name == "tiff" else _save_through
    job = _Job(image, row, settings, plan, stream, progress, str(target or photo.origin.name))
    if target is None:
        return save(job, None)
    with whole_file(target, overwrite=output.overwrite) as temporary:
        save(job, temporary)
    return None


@dataclass(frozen=True)
class _Job:
    """What is to be written, and how."""

    image: pyvips.Image
    format: Format
    settings: dict[str, Any]
    plan: Plan
    stream: RowStream
    progress: Callable[[float], None] | None
    name: str  # for messages


def _save_tiff(job: _Job, target: Path | None) -> bytes | None:
    """Write a TIFF, and its tags then, as libtiff goes back and forth in the file."""
    plan, settings = job.plan, {**job.settings, "keep": _KEPT}
    without: frozenset[int] = frozenset() if plan.extras.per_mm is not None else RESOLUTION
    job.image.remove(_IPTC)  # libvips 8.18 writes a quarter of it

    def finish(file: BinaryIO) -> None:
        if plan.extras.exif or plan.iptc or without:
            aspect = None if plan.extras.per_mm is not None else plan.extras.aspect
            add_tags(file, exif=plan.extras.exif, iptc=plan.iptc, without=without, aspect=aspect)

    if target is None:
        file = BytesIO(_run(lambda: job.image.tiffsave_buffer(**settings), job))
        finish(file)
        return file.getvalue()
    _run(lambda: job.image.tiffsave(os.fsencode(target), **settings), job)
    with target.open("r+b") as opened:
        finish(opened)
    return None


def _save_through(job: _Job, target: Path | None) -> bytes | None:
    """Write any other format through an Embedder."""
    extras = job.plan.extras
    # an AVIF has to have an item for EXIF, which then becomes ours
    keep = _KEPT | _KEPT_EXIF if job.format.name == "avif" and extras.exif else _KEPT

    def save(file: BinaryIO) -> None:
        embedder = Embedder(file, job.format.name, extras)
        try:
            getattr(job.image, f"{job.format.saver}_target")(embedder.target, **job.settings, keep=keep)
        finally:
            if embedder.error is not None:
                raise embedder.error
        embedder.finish()

    if target is None:
        memory = BytesIO()
        _run(lambda: save(memory), job)
        return memory.getvalue()
    with target.open("wb") as file:
        _run(lambda: save(file), job)
    return None


def _rows(image: pyvips.Image, origin: Origin) -> Callable[[int, int], Pixels]:
    region = pyvips.Region.new(image)
    dtype = np.uint16 if image.format == "ushort" else np.uint8

    def fetch(top: int, rows: int) -> Pixels:
        with reported(origin.name, partial(explain, origin)):
            data = region.fetch(0, top, image.width, rows)
        return np.frombuffer(data, dtype).reshape(rows, image.width, image.bands)

    return fetch


def _joined(color: pyvips.Image, alpha: pyvips.Image | None) -> pyvips.Image:
    if alpha is None:
        return color
    deeper = color.format == "ushort" and alpha.format == "uchar"
    return color.bandjoin((alpha * 257).cast("ushort") if deeper else alpha)


def _with_tags(image: pyvips.Image, origin: Origin, notes: list[str]) -> pyvips.Image:
    """Add what libvips leaves behind in a TIFF file."""
    result = image.copy()
    try:
        with content(origin) as file:
            exif, skipped = exif_of(file)
            if skipped:
                notes.append(
                    f"its tags {', '.join(map(str, skipped))} left out, as they are damaged or too large"
                )
            for name, block in ((_EXIF, exif), (_IPTC, iptc_of(file))):
                if block:  # pyvips dies of reading back an empty one
                    result.set_type(pyvips.GValue.blob_type, name, block)
    except DamagedTagsError as error:
        notes.append(f"its EXIF or IPTC was left out, as it is damaged ({error})")
    return result


def _with_packet(image: pyvips.Image, packet: bytes | None) -> pyvips.Image:
    """Set the XMP of a JPEG, for which libvips takes any segment of its kind."""
    result = image.copy()
    if packet:
        result.set_type(pyvips.GValue.blob_type, _XMP, packet)
    else:
        result.remove(_XMP)
    return result


def _first_step(size: tuple[int, int], wanted: tuple[int, int]) -> int:
    """Return how much of shrinking a photo to the `wanted` size may be left to the decoder: 1, 2, 4 or 8.

    Half of it at most, so that the rest is done by a better filter; and only where no pixel is cut in two,
    since the decoder would round the size up and so move the picture.
    """
    most = min(size[0] / wanted[0], size[1] / wanted[1]) / 2
    return max(
        step for step in (1, 2, 4, 8) if step <= max(1, most) and not (size[0] % step or size[1] % step)
    )


def _resampled(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """Return a picture in another size. What libvips' `resize` enlarges moves by half a pixel (its #4841)."""
    x, y = width / image.width, height / image.height
    if max(x, y) <= 1:
        return image.resize(x, vscale=y, gap=2.0)
    return image.affine(
        [x, 0, 0, y],
        interpolate=pyvips.Interpolate.new("bicubic"),
        odx=(x - 1) / 2,
        ody=(y - 1) / 2,
        oarea=[0, 0, width, height],
        extend="copy",
    )


def _integer(image: pyvips.Image, origin: Origin) -> pyvips.Image:
    """Return 8- or 16-bit samples."""
    if image.interpretation in ("lab", "labs", "xyz", "scrgb"):
        return image.colourspace("rgb16")
    if image.format not in ("uchar", "ushort"):
        words = explain(origin) or f"cannot be read: expected 8 or 16 bits a sample, found {image.format}."
        raise PhotoError(f"{origin.name}: {words}")
    return image


def _check_output(image: pyvips.Image, output: Output, name: str) -> None:
    row = output.format
    if output.quality is not None and not 1 <= output.quality <= 100:
        raise UsageError(f"quality {output.quality}: expected 1 to 100.")
    if output.depth not in (8, 16) or (output.depth == 16 and row.max_depth == 8):
        raise UsageError(f"depth {output.depth}: {row} expects {'8' if row.max_depth == 8 else '8 or 16'}.")
    if image.hasalpha() and not row.has_alpha:
        raise PhotoError(f"{name}: {row} has no transparency and the photo has. Choose --format png.")
    if max(image.width, image.height) > row.max_side:
        raise PhotoError(
            f"{name}: {row} holds at most {row.max_side} px a side, found {image.width}x{image.height}. "
            "Choose --format tiff."
        )


def _run(save: Callable[[], Any], job: _Job) -> Any:
    """Run a saver on a thread of its own, so that Ctrl-C reaches ours, where `progress` is called."""
    with ThreadPoolExecutor(1, thread_name_prefix="colorify-save") as pool:
        future = pool.submit(save)
        try:
            while not wait([future], timeout=_TICK).done:
                if job.progress is not None:
                    job.progress(job.stream.fraction)
        except BaseException:
            job.stream.cancel()
            raise
    failure = future.exception()
    error = job.stream.error
    if error is not None and not isinstance(error, CancelledError):
        raise error
    if isinstance(failure, pyvips.Error):
        spoil()
        raise PhotoError(f"{job.name}: cannot be written ({reason(failure)}).") from failure
    if isinstance(failure, OSError):
        spoil()
        raise PhotoError(f"{job.name}: cannot be written ({failure.strerror or failure}).") from failure
    if failure is not None:
        raise failure
    if job.progress is not None:
        job.progress(1.0)
    return future.result()
