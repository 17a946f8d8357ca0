"""What libvips does not carry in TIFF files: EXIF, and IPTC (libvips 8.18 writes a quarter of it).

An EXIF block is a small TIFF itself, so that one reader and one writer of directories serve both ways: from
the tags of a TIFF to the block that libvips writes into the other formats, and from that block into a TIFF.
Sources: TIFF 6.0 section 2, BigTIFF, EXIF 2.32 section 4.6.
"""

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

EXIF_MAGIC: Final = b"Exif\0\0"
IPTC_TAG: Final = 33723
# who made the picture, when, with what, and whose it is; what describes the pixels belongs to the new file
CARRIED_TAGS: Final = frozenset(
    {269, 270, 271, 272, 285, 305, 306, 315, 316, 33432, 34665, 34853, 40091, 40092, 40093, 40094, 40095}
)
# how pixels are stored and what their codes mean, of the old file; and what libvips carries itself
_STORAGE: Final = frozenset(
    {
        *range(254, 260), *range(262, 267), 273, 274, *range(277, 285), *range(288, 294), 296, 301,
        *range(317, 337), *range(338, 348), 351, *range(512, 522), *range(529, 533), 559, 700, 33723, 34377,
        34675, 50706,
    }
)  # fmt: skip
RESOLUTION: Final = frozenset({282, 283, 296})
DIRECTORY_POINTERS: Final = frozenset({34665, 34853, 40965})  # to the directories Exif, GPS, Interoperability

_TYPE_BYTES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 1, 7: 1, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4, 16: 8}
_RATIONAL_TYPES: Final = frozenset({5, 10})  # types of two numbers each: rationals
VALUE_BYTES: Final = {kind: size * (1 + (kind in _RATIONAL_TYPES)) for kind, size in _TYPE_BYTES.items()}
_SHORT, _LONG, _RATIONAL, _UNDEFINED = 3, 4, 5, 7
_NO_UNIT: Final = 1  # ResolutionUnit
_IPTC_MARKER: Final = b"\x1c"  # begins each field
_MAX_ENTRIES: Final = 512  # a directory with more is damaged
_MAX_VALUE_BYTES: Final = 2**20  # of one value; likewise
_MAX_TOTAL_BYTES: Final = (
    2**22
)  # bytes of a directory's values, which may claim the same megabyte over and over
_MAX_OFFSET: Final = 2**40  # byte of a file: beyond it systems refuse to look
MOST_PAGES: Final = 1000  # directories one after the other
_MAX_DEPTH: Final = 3  # directories within directories


class DamagedTagsError(Exception):
    """The directories make no sense; the pixels may be sound."""


@dataclass(frozen=True)
class TiffTag:
    """One tag: a TIFF type and its values, little-endian; or a directory of its own."""

    kind: int
    data: bytes
    directory: "Directory | None" = None

    @property
    def numbers(self) -> list[int]:
        """Its values, where they are whole numbers."""
        width = _TYPE_BYTES[self.kind]
        return [
            int.from_bytes(self.data[at : at + width], "little") for at in range(0, len(self.data), width)
        ]


Directory = dict[int, TiffTag]


@dataclass(frozen=True)
class ByteLayout:
    """How one TIFF writes its numbers."""

    order: str  # of bytes, as struct has it: "<" or ">"
    count: str  # struct code of the number of entries
    offset: str  # struct code of offsets and numbers of values; values as short as one are kept in its place

    @property
    def inline(self) -> int:
        return struct.calcsize(self.offset)

    @property
    def entry(self) -> int:
        return 4 + 2 * self.inline


_LAYOUTS: Final = {
    b"II*\0": ByteLayout("<", "H", "I"),
    b"MM\0*": ByteLayout(">", "H", "I"),
    b"II+\0": ByteLayout("<", "Q", "Q"),
    b"MM\0+": ByteLayout(">", "Q", "Q"),
}


def read_exif(file: BinaryIO, page: int = 0) -> tuple[bytes | None, list[int]]:
    """Return the EXIF block that a page of a TIFF amounts to, None if there is none, and tags not in it.

    These are none that programs count on, and damaged or too large. Raises DamagedTagsError.
    """
    skipped: list[int] = []
    directory = _read_carried(file, skipped, page)
    if not directory:
        return None, skipped
    packed = _pack(directory, {}, 8, _LAYOUTS[b"II*\0"])
    return EXIF_MAGIC + b"II*\0" + struct.pack("<I", 8) + packed, skipped


def read_iptc_block(file: BinaryIO, page: int = 0) -> bytes | None:
    """Return the IPTC block of a page of a TIFF, None if it has none. Raises DamagedTagsError."""
    entry = _read_first(file, frozenset({IPTC_TAG}), page).get(IPTC_TAG)
    if entry is None:
        return None
    if entry.kind == _LONG and not entry.data.startswith(_IPTC_MARKER):
        # bytes declared as numbers, which some programs put in the order of the file and some do not
        return _ordered(entry.data, 4, _LAYOUTS[b"MM\0*"])
    return entry.data


def read_chain(file: BinaryIO, wanted: frozenset[int]) -> list[Directory]:
    """Return the `wanted` tags of each directory of a TIFF, in their order. Raises DamagedTagsError."""
    layout, position = read_layout(file)
    chain: list[Directory] = []
    seen: set[int] = set()
    while position and position not in seen and len(chain) < MOST_PAGES:
        seen.add(position)
        rows = raw_entries(file, layout, position)
        (following,) = take(file, layout, layout.offset)
        chain.append(_read_rows(file, layout, rows, wanted, depth=1))
        position = following
    return chain


def read_at(file: BinaryIO, position: int, wanted: frozenset[int]) -> Directory:
    """Return the `wanted` tags of the directory at `position` of a TIFF. Raises DamagedTagsError."""
    layout, _ = read_layout(file)
    return _read(file, layout, position, wanted, depth=1)


def is_sound_exif(exif: bytes) -> bool:
    """Whether `add_tags` can make sense of an EXIF block."""
    try:
        _read_carried(BytesIO(exif.removeprefix(EXIF_MAGIC)), [])
    except DamagedTagsError:
        return False
    return True


def without_largest(exif: bytes, most: int) -> tuple[bytes | None, list[int]]:
    """Return a block of `most` bytes at most, without magic and its largest values, and the tags of these.

    None in place of the block where nothing is left of it, or it makes no sense.
    """
    try:
        directory = _read_first(BytesIO(exif), None)
    except DamagedTagsError:
        return None, []
    dropped: list[int] = []
    while directory:
        packed = b"II*\0" + struct.pack("<I", 8) + _pack(directory, {}, 8, _LAYOUTS[b"II*\0"])
        if len(packed) <= most:
            return packed, dropped
        holders = [
            directory,
            *(entry.directory for entry in directory.values() if entry.directory is not None),
        ]
        _, tag, holder = max(
            ((len(entry.data), tag, holder) for holder in holders for tag, entry in holder.items()),
            key=lambda found: found[0],
        )
        del holder[tag]
        dropped.append(tag)
    return None, dropped


def add_tags(
    file: BinaryIO,
    *,
    exif: bytes | None,
    iptc: bytes | None,
    without: frozenset[int] = frozenset(),
    aspect: tuple[int, int] | None = None,
    instead: Directory | None = None,
) -> None:
    """Add EXIF and IPTC blocks to a TIFF file that is open for reading and writing; tags that it has stay.

    `without`: tags that are to go. `aspect`: pixels across and down in the same, unknown, length. `instead`:
    tags that take the place of those that it has. The first directory is written anew, at the end of the
    file. Raises DamagedTagsError.
    """
    instead = instead or {}
    added = _read_carried(BytesIO(exif.removeprefix(EXIF_MAGIC)), []) if exif is not None else {}
    if iptc is not None:
        added[IPTC_TAG] = TiffTag(_UNDEFINED, iptc)
    if aspect is not None:
        x, y, unit = sorted(RESOLUTION)
        added |= {x: TiffTag(_RATIONAL, struct.pack("<II", aspect[0], 1))}
        added |= {y: TiffTag(_RATIONAL, struct.pack("<II", aspect[1], 1))}
        added |= {unit: TiffTag(_SHORT, struct.pack("<H", _NO_UNIT))}
    layout, position = read_layout(file)
    gone = without | instead.keys()
    present = {tag: row for tag, row in raw_entries(file, layout, position).items() if tag not in gone}
    (following,) = take(file, layout, layout.offset)
    end = file.seek(0, 2)
    start = end + end % 2
    new = {tag: entry for tag, entry in added.items() if tag not in present} | instead
    packed = _pack(new, present, start, layout, following)
    file.seek(start)
    file.write(packed)
    file.seek(layout.inline)  # 4, or 8 in BigTIFF
    file.write(struct.pack(layout.order + layout.offset, start))


def _read_carried(file: BinaryIO, skipped: list[int], page: int = 0) -> Directory:
    """Read what is carried over; `skipped` gets the tags that are not, although they say something."""
    layout, position = _read_header(file, page)
    found: Directory = {}
    for tag, raw in raw_entries(file, layout, position).items():
        if tag in _STORAGE:
            continue
        try:
            found |= _read_rows(file, layout, {tag: raw}, None, depth=1)
            if sum(len(entry.data) for entry in found.values()) > _MAX_TOTAL_BYTES:
                raise DamagedTagsError(f"values of more than {_MAX_TOTAL_BYTES} bytes")
        except DamagedTagsError:
            if tag in CARRIED_TAGS:
                raise
            found.pop(tag, None)
            skipped.append(tag)
    return found


def _read_first(file: BinaryIO, wanted: frozenset[int] | None, page: int = 0) -> Directory:
    layout, position = _read_header(file, page)
    return _read(file, layout, position, wanted, depth=1)


def _read_header(file: BinaryIO, page: int) -> tuple[ByteLayout, int]:
    """Return the layout of a TIFF and where the directory of a page is, counted from 0."""
    layout, position = read_layout(file)
    for _ in range(page):
        raw_entries(file, layout, position)
        (position,) = take(file, layout, layout.offset)
    return layout, position


def read_layout(file: BinaryIO) -> tuple[ByteLayout, int]:
    """Return the layout of a TIFF and where its first directory is. Raises DamagedTagsError."""
    file.seek(0)
    layout = _LAYOUTS.get(file.read(4))
    if layout is None:
        raise DamagedTagsError("no TIFF header")
    file.seek(layout.inline)  # 4, or 8 in BigTIFF
    return layout, int(take(file, layout, layout.offset)[0])


def _read(
    file: BinaryIO, layout: ByteLayout, position: int, wanted: frozenset[int] | None, depth: int
) -> Directory:
    """Read the `wanted` tags (None: all) of a directory, and the directories that they point to."""
    return _read_rows(file, layout, raw_entries(file, layout, position), wanted, depth)


def _read_rows(
    file: BinaryIO, layout: ByteLayout, rows: dict[int, bytes], wanted: frozenset[int] | None, depth: int
) -> Directory:
    directory: Directory = {}
    total = 0
    for tag, raw in rows.items():
        if wanted is not None and tag not in wanted:
            continue
        kind, data = _values(file, layout, raw)
        total += len(data)
        if total > _MAX_TOTAL_BYTES:
            raise DamagedTagsError(f"values of more than {_MAX_TOTAL_BYTES} bytes")
        if tag not in DIRECTORY_POINTERS:
            directory[tag] = TiffTag(kind, data)
        elif depth < _MAX_DEPTH:
            below = int.from_bytes(data, "little")
            directory[tag] = TiffTag(_LONG, b"", _read(file, layout, below, None, depth + 1))
    return directory


def raw_entries(file: BinaryIO, layout: ByteLayout, position: int) -> dict[int, bytes]:
    """Return the entries of a directory as they stand; the file is left at the offset of the next one."""
    _seek(file, position)
    (count,) = take(file, layout, layout.count)
    if count > _MAX_ENTRIES:
        raise DamagedTagsError(f"a directory of {count} entries")
    table = file.read(count * layout.entry)
    if len(table) < count * layout.entry:
        raise DamagedTagsError("a directory beyond the end")
    rows = [table[start : start + layout.entry] for start in range(0, len(table), layout.entry)]
    return {struct.unpack_from(f"{layout.order}H", row)[0]: row for row in rows}


def _values(file: BinaryIO, layout: ByteLayout, raw: bytes) -> tuple[int, bytes]:
    """Return the type and the values, little-endian, of an entry."""
    _, kind, count = struct.unpack_from(f"{layout.order}HH{layout.offset}", raw)
    width = _TYPE_BYTES.get(kind, 0)
    size = count * VALUE_BYTES.get(kind, 0)
    if width == 0 or size > _MAX_VALUE_BYTES:
        raise DamagedTagsError(f"a value of type {kind} and {size} bytes")
    data = raw[4 + layout.inline :][:size]
    if size > layout.inline:
        _seek(file, struct.unpack_from(layout.order + layout.offset, raw, 4 + layout.inline)[0])
        data = file.read(size)
    if len(data) < size:
        raise DamagedTagsError("a value beyond the end")
    return kind, _ordered(data, width, layout)


def _pack(
    directory: Directory, present: dict[int, bytes], start: int, layout: ByteLayout, following: int = 0
) -> bytes:
    """Write a directory that begins at `start`: new entries, and `present` ones as they stand.

    What does not fit into an entry comes after the directory.
    """
    tags = sorted(directory.keys() | present.keys())
    beyond = start + struct.calcsize(layout.order + layout.count) + len(tags) * layout.entry + layout.inline
    table, rest = struct.pack(layout.order + layout.count, len(tags)), b""
    for tag in tags:
        if tag in present:
            table += present[tag]
            continue
        entry = directory[tag]
        kind, width = entry.kind, _TYPE_BYTES[entry.kind]
        count = len(entry.data) // VALUE_BYTES[kind]
        value = _ordered(entry.data, width, layout)
        if entry.directory is not None:
            below = _pack(entry.directory, {}, beyond + len(rest), layout)
            count, value = 1, struct.pack(f"{layout.order}I", beyond + len(rest))
            rest += below
        elif len(value) > layout.inline:
            where = struct.pack(layout.order + layout.offset, beyond + len(rest))
            rest += value + bytes(len(value) % 2)
            value = where
        table += struct.pack(f"{layout.order}HH{layout.offset}", tag, kind, count)
        table += value.ljust(layout.inline, b"\0")
    return table + struct.pack(layout.order + layout.offset, following) + rest


def _ordered(data: bytes, width: int, layout: ByteLayout) -> bytes:
    """Turn numbers of `width` bytes from the byte order of a file into little-endian, or back."""
    if layout.order == "<" or width == 1:
        return data
    return b"".join(data[at : at + width][::-1] for at in range(0, len(data), width))


def _seek(file: BinaryIO, position: int) -> None:
    if position > _MAX_OFFSET:
        raise DamagedTagsError("a value beyond the end")
    file.seek(position)


def take(file: BinaryIO, layout: ByteLayout, code: str) -> tuple[int, ...]:
    """Read numbers, by their struct code. Raises DamagedTagsError."""
    data = file.read(struct.calcsize(layout.order + code))
    try:
        return struct.unpack(layout.order + code, data)
    except struct.error as error:
        raise DamagedTagsError("the file ends early") from error
