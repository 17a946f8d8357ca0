"""What the fuzzer tries: kinds of input, each with its share, how one is drawn, and what must hold of it.

An input is known by its number alone: a count goes on where it stopped, and a finding can be drawn again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Final, Protocol

import numpy as np
import pyvips
from fuzz_films import films
from fuzz_mutations import damaged, draw_changes
from fuzz_seeds import HOSTILE_PACKETS, exif_seeds, iptc_seeds, page_seeds, seeds, xmp_seeds

from colorify.colorizer import Colorizer
from colorify.errors import FilmError, PhotoError
from colorify.images.formats import format_named
from colorify.images.metadata.exif import (
    DamagedExifError,
    NewPicture,
    read_resolution,
    remove_position,
    revise_exif,
)
from colorify.images.metadata.iptc import (
    WRAPPING,
    add_iptc,
    add_resources,
    other_resources,
    read_fields,
    read_iptc,
    wrap_fields,
)
from colorify.images.metadata.location import remove_location
from colorify.images.metadata.provenance import is_colorify_output
from colorify.images.metadata.tiff import (
    DamagedTagsError,
    add_tags,
    is_sound_exif,
    read_exif,
    read_iptc_block,
    without_largest,
)
from colorify.images.metadata.transfer import SYSTEM_USED, Mark, add_mark
from colorify.images.metadata.xmp import DamagedXmpError, read_properties, remove_properties
from colorify.images.photo import Photo, open_photo
from colorify.images.row_source import RowStream
from colorify.images.save import Output, save_photo
from colorify.images.vips import list_fields
from colorify.video.reader import open_film

MAX_PIXELS: Final = 2**16
MAX_PIXELS_SELDOM: Final = 10**6
TARGETS: Final = ("jpeg", "png", "tiff", "webp")  # AVIF takes too long for what it shows
MARK: Final = Mark("Colorify fuzz", "1")
_XMP: Final = "xmp-data"
_GPS_FIELDS: Final = "exif-ifd3"  # how libvips calls what EXIF says of the place


def says_where(name: str) -> bool:
    """Whether a property of XMP, {namespace}name, is about a place; not by the code that is tested."""
    return name.rpartition("}")[2].lower().startswith("gps")


class RefusedError(Exception):
    """The input was refused, as it may be."""


@dataclass(frozen=True)
class Sample:
    """One input."""

    label: str  # of the tally
    data: bytes
    rng: Random  # for what else is to be chosen


class Kind(Protocol):
    """A kind of input."""

    def draw(self, rng: Random) -> Sample:
        """Draw an input."""

    def sound(self) -> Mapping[str, bytes]:
        """Return the inputs that are damaged, by name."""

    def attempt(self, sample: Sample) -> None:
        """Try an input. Raises RefusedError where it is refused, and anything else where it should not."""


@dataclass(frozen=True)
class Files:
    """Files that are damaged, and what is done with one."""

    name: str
    make: Callable[[], Mapping[str, bytes]]
    do: Callable[[Sample], None]
    weights: Mapping[str, float] = field(default_factory=dict)  # of a file, where it is not 1

    def sound(self) -> Mapping[str, bytes]:
        return _made(self.make)

    def draw(self, rng: Random) -> Sample:
        sound = self.sound()
        ending = rng.choice(sorted({_ending(name) for name in sound}))  # as many of each format
        names = sorted(name for name in sound if _ending(name) == ending)
        (name,) = rng.choices(names, [self.weights.get(name, 1.0) for name in names])
        others = list(sound.values())
        data = damaged(sound[name], draw_changes(rng), others, sums=rng.random() < 0.7)
        return Sample(f"{self.name} {_ending(name)}", data, rng)

    def attempt(self, sample: Sample) -> None:
        try:
            self.do(sample)
        except (PhotoError, FilmError) as error:
            if not str(error).isprintable():
                raise
            raise RefusedError from error


@cache
def _made(make: Callable[[], Mapping[str, bytes]]) -> Mapping[str, bytes]:
    return make()


def _ending(name: str) -> str:
    return name.rpartition(".")[2]


def limit_of(rng: Random) -> int:
    """Draw how many pixels are allowed: few, or what is made of one header takes all the time."""
    return MAX_PIXELS_SELDOM if rng.random() < 0.02 else MAX_PIXELS


def decode(sample: Sample, folder: Path) -> None:
    """Read all that colouring reads of a photo, from a file as the command does, or from memory."""
    source: bytes | Path = sample.data
    if sample.rng.random() < 0.5:
        source = folder / "photo"
        source.write_bytes(sample.data)
    limit = limit_of(sample.rng)
    if sample.rng.random() < 0.6:  # its pixels alone, as they lie in the file: for half of the time
        open_photo(source, max_pixels=limit, cache_decoded=True)
        return
    photo = open_photo(source, max_pixels=limit, cache_decoded=sample.rng.random() < 0.5)
    _, height = photo.size
    if sample.rng.random() < 0.3:
        photo.shrink(8, 8)
    photo.light_rows()(0, height)


def write(sample: Sample) -> None:
    """Write a damaged photo's metadata into a new file: marked, and without the place, as the server does."""
    photo = open_photo(sample.data, max_pixels=limit_of(sample.rng))
    quiet = sample.rng.random() < 0.5
    photo = remove_location(photo) if quiet else photo
    choices = [name for name in TARGETS if name != "jpeg" or not photo.has_alpha]
    output = Output(format_named(sample.rng.choice(choices)), 8, None, MARK)
    width, height = photo.size
    pixels = np.full((height, width, 3 + photo.has_alpha), 90, np.uint8)
    stream = RowStream(iter([pixels]), shape=pixels.shape, depth=8, strip_rows=height)
    output.notes(photo)
    data = save_photo(stream, photo, None, output)
    assert data is not None
    check_written(data, photo, quiet=quiet)


def check_written(data: bytes, photo: Photo, *, quiet: bool) -> None:
    """Raise where a result cannot be read, has another size, no mark, or (`quiet`) says a place."""
    image = pyvips.Image.new_from_buffer(data, "", fail_on="error")  # odd metadata stay odd
    image.avg()
    assert (image.width, image.height) == photo.size, "the result has another size"
    packet = bytes(image.get(_XMP))
    assert read_properties(packet).get(SYSTEM_USED) == [MARK.generator], "the mark is missing"
    if quiet:
        assert remove_properties(packet, says_where, deep=True) == packet, "XMP says where"
        assert not any(name.startswith(_GPS_FIELDS) for name in list_fields(image)), "EXIF says where"


def edit_xmp(sample: Sample) -> None:
    """Do all that is done to a packet."""
    try:
        read_properties(sample.data)
        quiet = remove_properties(sample.data, says_where, deep=True)
    except DamagedXmpError as error:
        assert read_properties(add_mark(sample.data, MARK))[SYSTEM_USED] == [MARK.generator]
        raise RefusedError from error
    assert remove_properties(quiet, says_where, deep=True) == quiet
    for packet in (sample.data, quiet):
        assert read_properties(add_mark(packet, MARK))[SYSTEM_USED] == [MARK.generator]


def edit_exif(sample: Sample) -> None:
    """Do all that is done to a block."""
    block, rng = sample.data, sample.rng
    read_resolution(block)
    is_sound_exif(block)
    without_largest(block.removeprefix(b"Exif\0\0"), rng.choice((0, 100, 500)))
    per_mm = rng.choice((None, (11.8, 11.8), (1e-9, 1e9)))
    now = NewPicture(rng.choice((1, 16, 70000)), 16, rng.random() < 0.5, rng.random() < 0.5, per_mm)
    try:
        revise_exif(remove_position(block), now)
        made = revise_exif(block, now)
    except DamagedExifError as error:
        raise RefusedError from error
    assert made is not None
    assert len(made) < 2 * len(block) + 200, "it grows"


def edit_iptc(sample: Sample) -> None:
    """Do all that is done to a block."""
    block = sample.data
    iptc = read_iptc(block)
    iptc.nameless()
    packet = add_iptc(None, iptc)
    if all(text.isprintable() for texts in iptc.values.values() for text in texts):  # XML has no others
        assert iptc.differing(read_properties(packet)) == []
    add_resources(wrap_fields(read_fields(block)), other_resources(block))
    add_resources(None, block.removeprefix(WRAPPING))


def edit_tags(sample: Sample) -> None:
    """Read a damaged TIFF's tags, write them into a sound one and a sound one's into the damaged."""
    sound = _made(seeds)["grey.tif"]
    try:
        exif, _ = read_exif(BytesIO(sample.data))
        iptc = read_iptc_block(BytesIO(sample.data))
        made = BytesIO(sound)
        add_tags(made, exif=exif, iptc=iptc)
        assert pyvips.Image.new_from_buffer(made.getvalue(), "").width > 0
        add_tags(
            BytesIO(sample.data), exif=_made(exif_seeds)["place.exif"], iptc=_made(iptc_seeds)["plain.iptc"]
        )
    except DamagedTagsError as error:
        raise RefusedError from error


def read_film(sample: Sample, folder: Path) -> None:
    """Read a film's frames, as colouring does."""
    path = folder / f"film.{sample.label.rpartition(' ')[2].rpartition('.')[2]}"  # a help to FFmpeg
    path.write_bytes(sample.data)
    film = open_film(path)
    for number, _ in enumerate(film.frames()):
        if number == 20:  # of three; a time stamp can hold a film up for ever, but not its reader
            break


def color(sample: Sample, folder: Path, colorizer: Colorizer) -> None:
    """Colour a file as a run does."""
    path, limit = folder / "whole", limit_of(sample.rng)
    path.write_bytes(sample.data)
    is_colorify_output(path, max_pixels=limit)
    target = sample.rng.choice(TARGETS)
    report = colorizer.colorize_file(path, None, format=target, max_pixels=limit)
    assert report.data is not None
    made = pyvips.Image.new_from_buffer(report.data, "", fail_on="error")
    made.avg()
    assert (made.width, made.height) == (report.width, report.height), "the result has another size"


def color_pages(sample: Sample, folder: Path, colorizer: Colorizer) -> None:
    """Colour a TIFF of several pages, from a file or from memory, into one of as many."""
    source: bytes | Path = sample.data
    if sample.rng.random() < 0.5:
        source = folder / "pages"
        source.write_bytes(sample.data)
    report = colorizer.colorize_file(source, None, format="tiff", max_pixels=limit_of(sample.rng))
    assert report.data is not None
    first = pyvips.Image.tiffload_buffer(report.data, fail_on="error")
    assert (first.width, first.height) == (report.width, report.height), "the result has another size"
    count = first.get("n-pages")
    assert count == 1 or f"{count} pages" in report.notes, "the result has another number of pages"
    for page in range(count):
        pyvips.Image.tiffload_buffer(report.data, fail_on="error", page=page).avg()


def _tiffs() -> Mapping[str, bytes]:
    return {name: data for name, data in _made(seeds).items() if name.endswith(".tif")}


# what takes long for what it shows is tried less: the profile of CMYK is half a megabyte of tables
_PROFILED: Final = dict.fromkeys(("meta.jpg", "lossy.webp", "meta.avif", "big.tif"), 0.3)
_HOSTILE: Final = {f"xmp-{number}.png": 0.1 for number in range(HOSTILE_PACKETS)}
RARE_FILES: Final = {"cmyk.jpg": 0.02, "cmyk.tif": 0.02} | _PROFILED | _HOSTILE
RARE_PACKETS: Final = {f"hostile-{number}.xmp": 0.05 for number in range(HOSTILE_PACKETS)}


def kinds(folder: Path, weights: Path) -> list[tuple[float, Kind]]:
    """Return the kinds that need no server, each with its share. `folder`: for files."""

    @cache
    def colorizer() -> Colorizer:
        return Colorizer(weights, threads=1)

    return [
        (0.41, Files("decode", seeds, lambda sample: decode(sample, folder), RARE_FILES)),
        (0.05, Files("write metadata of", seeds, write, RARE_FILES)),
        (0.14, Files("edit", xmp_seeds, edit_xmp, RARE_PACKETS)),
        (0.12, Files("edit", exif_seeds, edit_exif)),
        (0.08, Files("edit", iptc_seeds, edit_iptc)),
        (0.04, Files("edit tags of", _tiffs, edit_tags)),
        (0.015, Files("film", films, lambda sample: read_film(sample, folder))),
        (0.005, Files("colour", seeds, lambda sample: color(sample, folder, colorizer()), RARE_FILES)),
        (0.01, Files("colour pages of", page_seeds, lambda one: color_pages(one, folder, colorizer()))),
    ]
