"""Save picture files: depth, profile, resolution and metadata of the photo that they come from."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

import pyvips
from pyvips.enums import ForeignKeep

from colorify.atomic import whole_file
from colorify.errors import PhotoError, UsageError, option
from colorify.images.formats import Format
from colorify.images.metadata.embedding import Embedder
from colorify.images.metadata.exif import NewPicture
from colorify.images.metadata.tiff import RESOLUTION, Directory, add_tags
from colorify.images.metadata.transfer import Mark, MetadataPlan, copy_metadata, plan_metadata
from colorify.images.photo import IPTC, Photo
from colorify.images.rgb_space import RgbSpace, srgb
from colorify.images.row_source import CancelledError, RowStream
from colorify.images.tiff_strips import write_strips
from colorify.images.vips import VIPS_ERRORS, first_error_line, spoil

_KEEP: Final = int(ForeignKeep.XMP | ForeignKeep.IPTC | ForeignKeep.ICC | ForeignKeep.OTHER)
_KEEP_EXIF: Final = int(ForeignKeep.EXIF)
_PROGRESS_INTERVAL_S: Final = 0.1  # s between two reports of progress


@dataclass(frozen=True)
class Output:
    """How a photo is to be written."""

    format: Format
    depth: int  # bits a sample, 8 or 16
    quality: int | None = None  # 1..100; None: the format's own
    mark: Mark | None = None  # says in the metadata who made the colours
    strip: bool = False  # leave the metadata out
    overwrite: bool = False
    space: RgbSpace = field(default_factory=srgb)  # of the pixels to come
    compression: str | None = None  # of TIFF, as libvips calls it; None: the format's own
    big_tiff: bool = False  # the form of TIFF that may pass 4 GB, whatever its size

    def notes(self, photo: Photo) -> list[str]:
        """Say what of `photo` such a file cannot take."""
        return list(self.plan(photo).notes)

    def plan(self, photo: Photo) -> MetadataPlan:
        """Say what of the metadata of `photo` goes into such a file."""
        key = self.format.name, self.space.is_srgb, self.mark, self.strip
        if key not in photo.plans:  # asked for twice: for the notes, and to write the file
            image, (width, height) = photo.color, photo.size
            now = NewPicture(
                width=width,
                height=height,
                turned=photo.turned,
                is_srgb=self.space.is_srgb,
                per_mm=(image.xres, image.yres) if photo.has_resolution else None,
            )
            plan = plan_metadata(image, photo.beside, now, self.format, self.mark, strip=self.strip)
            photo.plans[key] = plan
        return photo.plans[key]


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
    job = _prepare(stream, photo, output, progress, str(target or photo.origin.name))
    save = _save_tiff if output.format.name == "tiff" else _save_through
    if target is None:
        return save(job, None)
    with whole_file(target, overwrite=output.overwrite) as temporary:
        save(job, temporary)
    return None


def save_photo_into(
    stream: RowStream,
    photo: Photo,
    file: IO[bytes],
    output: Output,
    *,
    name: str,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write the same into an open file, from front to back; not a TIFF. `name`: for messages."""
    _save_to(file, _prepare(stream, photo, output, progress, name))


def _prepare(
    stream: RowStream,
    photo: Photo,
    output: Output,
    progress: Callable[[float], None] | None,
    name: str,
) -> "_Job":
    _check_output(stream, output, name)
    row = output.format
    quality = output.quality if output.quality is not None else row.quality or 0
    settings = row.settings(quality, output.depth)
    if row.name == "tiff":
        # the classic form ends at 4 GB; deflate may fail to shrink noise
        settings["bigtiff"] = output.big_tiff or stream.decoded_bytes > 2**31
        if output.compression is not None:
            settings["compression"] = output.compression
    plan = output.plan(photo)
    by_strips = stream.is_divided and settings.get("compression") == "deflate"
    pixels = stream.pixel if by_strips else stream.image
    image = copy_metadata(photo.color, pixels, plan, output.space.profile)
    return _Job(image, by_strips, row, settings, plan, stream, progress, name)


@dataclass(frozen=True)
class _Job:
    """What is to be written, and how."""

    image: pyvips.Image  # with all that it says beside its pixels
    by_strips: bool  # a TIFF whose strips are compressed here: `image` is one pixel in their place
    format: Format
    settings: dict[str, Any]
    plan: MetadataPlan
    stream: RowStream
    progress: Callable[[float], None] | None
    name: str  # for messages


def _save_tiff(job: _Job, target: Path | None) -> bytes | None:
    """Write a TIFF, and its tags then, as libtiff goes back and forth in the file."""
    settings = {**job.settings, "keep": _KEEP}
    job.image.remove(IPTC)  # libvips 8.18 writes a quarter of it
    if target is not None and not job.by_strips:
        _run_saver(lambda: job.image.tiffsave(os.fsencode(target), **settings), job)
        with target.open("r+b") as file:
            _finish_tiff(file, job.plan)
        return None

    def save(file: BinaryIO) -> None:
        file.write(job.image.tiffsave_buffer(**settings))
        strips = write_strips(file, job.stream, big_tiff=settings["bigtiff"]) if job.by_strips else {}
        _finish_tiff(file, job.plan, strips)
        file.flush()  # here, where a full disk becomes a line

    if target is not None:
        with target.open("w+b") as file:
            _run_saver(partial(save, file), job)
        return None
    memory = BytesIO()
    _run_saver(partial(save, memory), job)
    return memory.getvalue()


def _finish_tiff(file: BinaryIO, plan: MetadataPlan, strips: Directory | None = None) -> None:
    """Add what libvips did not write. `strips`: the tags of those that it did not."""
    extras = plan.extras
    without: frozenset[int] = frozenset() if extras.per_mm is not None else RESOLUTION
    if extras.exif or plan.iptc or without or strips:
        aspect = None if extras.per_mm is not None else extras.aspect
        add_tags(file, exif=extras.exif, iptc=plan.iptc, without=without, aspect=aspect, instead=strips)


def _save_through(job: _Job, target: Path | None) -> bytes | None:
    """Write any other format, into memory or a file."""
    if target is None:
        memory = BytesIO()
        _save_to(memory, job)
        return memory.getvalue()
    with target.open("wb") as file:
        _save_to(file, job)
    return None


def _save_to(file: IO[bytes], job: _Job) -> None:
    """Write any format but TIFF through an Embedder."""
    extras = job.plan.extras
    # an AVIF has to have an item for EXIF, which then becomes ours
    keep = _KEEP | _KEEP_EXIF if job.format.name == "avif" and extras.exif else _KEEP

    def save() -> None:
        embedder = Embedder(file, job.format.name, extras)
        try:
            getattr(job.image, f"{job.format.saver}_target")(embedder.target, **job.settings, keep=keep)
        finally:
            if embedder.error is not None:
                raise embedder.error
        embedder.finish()

    _run_saver(save, job)


def _check_output(stream: RowStream, output: Output, name: str) -> None:
    row, (height, width, bands) = output.format, stream.shape
    if output.depth not in (8, 16) or (output.depth == 16 and row.max_depth == 8):
        raise UsageError(f"depth {output.depth}: {row} expects {'8' if row.max_depth == 8 else '8 or 16'}.")
    if bands in (2, 4) and not row.has_alpha:
        cure = f"Choose {option('format', 'png')}."
        raise PhotoError(f"{name}: {row} has no transparency and the photo has. {cure}")
    check_sides((width, height), row, name, f"Choose {option('format', 'tiff')}.")


def check_sides(size: tuple[int, int], row: Format, name: str, cure: str) -> None:
    """Raise PhotoError for a picture of more px a side, width or height, than a format holds."""
    if max(size) > row.max_side:
        width, height = size
        raise PhotoError(
            f"{name}: {row} holds at most {row.max_side} px a side, found {width}x{height}. {cure}"
        )


def _run_saver(save: Callable[[], Any], job: _Job) -> Any:
    """Run a saver on a thread of its own, so that Ctrl-C reaches ours, where `progress` is called."""
    with ThreadPoolExecutor(1, thread_name_prefix="colorify-save") as pool:
        future = pool.submit(save)
        try:
            while not wait([future], timeout=_PROGRESS_INTERVAL_S).done:
                if job.progress is not None:
                    job.progress(job.stream.fraction)
        except BaseException:
            job.stream.cancel()
            raise
    failure = future.exception()
    error = job.stream.error
    if error is not None and not isinstance(error, CancelledError):
        raise error
    if isinstance(failure, VIPS_ERRORS):
        spoil()
        raise PhotoError(f"{job.name}: cannot be written ({first_error_line(failure)}).") from failure
    if isinstance(failure, OSError):
        spoil()
        raise PhotoError(f"{job.name}: cannot be written ({failure.strerror or failure}).") from failure
    if failure is not None:
        raise failure
    if job.progress is not None:
        job.progress(1.0)
    return future.result()
