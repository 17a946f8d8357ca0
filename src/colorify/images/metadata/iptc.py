"""IPTC, as newspapers and archives write it: out of its wrapping, and into XMP where it has no place.

JPEG and TIFF hold it as it is. PNG, WebP and AVIF know XMP alone, for which the IPTC itself says what each of
its old fields is called. Sources: IPTC-NAA Information Interchange Model 4.2; IPTC Photo Metadata Standard
2025.1, section "IPTC Core: mapping to IIM"; Adobe Photoshop File Formats, "Image Resource Blocks".
"""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from colorify.images.metadata.xmp import Property, add_properties, read_properties

WRAPPING: Final = b"Photoshop 3.0\0"  # begins the block of a JPEG; in TIFF the fields stand alone
_RESOURCE: Final = b"8BIM"
_FIELDS: Final = 0x0404  # number of the resource that holds them
_LEAST: Final = 6  # bytes of a resource before the length of its name
_PREVIEWS: Final = frozenset({0x0409, 0x040C})  # small pictures of the old photo
_MARKER: Final = 0x1C  # begins each field
_LONG: Final = 0x8000  # a field's length from here on is that of its length; no text is so long
_UTF8: Final = b"\x1b%G"
_CHARSET: Final = (1, 90)
_ENVELOPE: Final = frozenset({_CHARSET, (1, 0)})  # how the rest is written
_LISTS: Final = ("Bag", "Seq")  # of XMP
_RECORD: Final = 2  # the one about the picture
_BOOKKEEPING: Final = frozenset({0})  # of that record: its version

_NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
# number of a field -> its name in XMP and how XMP holds it: plain, or in a list of one of three kinds
_NAMES: Final = {
    4: ("Iptc4xmpCore:IntellectualGenre", ""),
    5: ("dc:title", "Alt"),
    10: ("photoshop:Urgency", ""),
    12: ("Iptc4xmpCore:SubjectCode", "Bag"),
    15: ("photoshop:Category", ""),
    20: ("photoshop:SupplementalCategories", "Bag"),
    25: ("dc:subject", "Bag"),
    40: ("photoshop:Instructions", ""),
    55: ("photoshop:DateCreated", ""),
    62: ("xmp:CreateDate", ""),
    65: ("xmp:CreatorTool", ""),
    80: ("dc:creator", "Seq"),
    85: ("photoshop:AuthorsPosition", ""),
    90: ("photoshop:City", ""),
    92: ("Iptc4xmpCore:Location", ""),
    95: ("photoshop:State", ""),
    100: ("Iptc4xmpCore:CountryCode", ""),
    101: ("photoshop:Country", ""),
    103: ("photoshop:TransmissionReference", ""),
    105: ("photoshop:Headline", ""),
    110: ("photoshop:Credit", ""),
    115: ("photoshop:Source", ""),
    116: ("dc:rights", "Alt"),
    120: ("dc:description", "Alt"),
    122: ("photoshop:CaptionWriter", ""),
}
_TIME_OF: Final = {55: 60, 62: 63}  # a date -> the field that holds its time of day
_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
_TIME: Final = re.compile(r"(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?")


@dataclass(frozen=True)
class Iptc:
    """What the fields about the picture say."""

    values: dict[int, list[str]]  # number of a field -> its values, in their order
    others: tuple[str, ...] = ()  # "record:number" of what is said elsewhere

    def nameless(self) -> list[int]:
        """Return the numbers of those that XMP has no name for, or no place for all of their values."""
        times = {_TIME_OF[date] for date in _TIME_OF.keys() & self.values.keys()}
        single = {number for number, (_, array) in _NAMES.items() if array not in _LISTS}
        repeated = {number for number in single if len(set(self.values.get(number, []))) > 1}
        return sorted((self.values.keys() - _NAMES.keys() - times - _BOOKKEEPING) | repeated)

    def differing(self, present: dict[str, list[str]]) -> list[int]:
        """Return the numbers of those that XMP, which has `present`, says otherwise."""
        found = {number: _property(self, number) for number in _NAMES if number in self.values}
        names = {number: _long_name(entry) for number, entry in found.items()}
        return [
            number
            for number, entry in found.items()
            if names[number] in present and present[names[number]] != list(entry.values)
        ]


def read_fields(block: bytes) -> bytes:
    """Return the bare fields of a block, wrapped as in a JPEG or not; empty where there are none."""
    if not block.startswith(WRAPPING):
        return block
    return b"".join(data for number, _, data in _resources(block) if number == _FIELDS)


def wrap_fields(block: bytes) -> bytes:
    """Return a block as a JPEG holds it, without previews; other things of Photoshop's stay."""
    if block.startswith(WRAPPING):
        return WRAPPING + b"".join(whole for number, whole, _ in _resources(block) if number not in _PREVIEWS)
    return WRAPPING + _resource(_FIELDS, block)


def join_blocks(blocks: Iterable[bytes]) -> bytes:
    """Return the blocks of a JPEG's segments as one, as ExifTool does: what is long goes on in the next."""
    joined = bytearray()
    for block in blocks:
        rest = block.removeprefix(WRAPPING)
        if len(joined) % 2 and rest.startswith(_RESOURCE):
            joined += b"\0"  # resources are padded to an even length, but some programs forget the last
        joined += rest
    return WRAPPING + joined if joined else b""


def without_cut(block: bytes) -> tuple[bytes, bool]:
    """Return a block without what is cut short in it, and whether anything is; whole fields of IPTC stay."""
    if not block.startswith(WRAPPING):
        return block, False
    sound = WRAPPING + b"".join(whole for _, whole, _ in _resources(block))
    rest = block[len(sound) :]
    if not rest.strip(b"\0"):
        return sound, False
    number, start, _ = _place(rest, 0) if len(rest) > _LEAST else (0, 0, 0)
    fields = rest[start:] if rest.startswith(_RESOURCE) and number == _FIELDS else b""
    kept = fields[: sum(5 + len(value) for _, value in _fields(fields))]
    return sound + (_resource(_FIELDS, kept) if kept else b""), True


def other_resources(block: bytes) -> bytes:
    """Return what Photoshop says in a block beside IPTC and previews, as TIFF has it; empty if nothing."""
    if not block.startswith(WRAPPING):
        return b""
    return b"".join(whole for number, whole, _ in _resources(block) if number not in (_FIELDS, *_PREVIEWS))


def add_resources(block: bytes | None, resources: bytes) -> bytes | None:
    """Return a block as a JPEG holds it, with what else Photoshop says, without previews and other IPTC."""
    others = other_resources(WRAPPING + resources)
    return (block or WRAPPING) + others if others else block


def read_iptc(block: bytes) -> Iptc:
    """Read a block, wrapped or not; what is damaged ends it."""
    raw = list(_fields(read_fields(block)))
    by_utf8 = any(key == _CHARSET and value == _UTF8 for key, value in raw)
    values: dict[int, list[str]] = {}
    others: dict[str, None] = {}
    for (record, number), value in raw:
        if record == _RECORD:
            values.setdefault(number, []).append(_text(value, by_utf8))
        elif (record, number) not in _ENVELOPE:
            others[f"{record}:{number}"] = None
    return Iptc(values, tuple(others))


def add_iptc(packet: bytes | None, iptc: Iptc) -> bytes:
    """Return an XMP packet (None: a new one) that also says what `iptc` says; what it says itself goes first.

    Raises DamagedXmpError.
    """
    present = read_properties(packet) if packet is not None else {}
    named = [(number, _property(iptc, number)) for number in _NAMES if number in iptc.values]
    return add_properties(packet, [entry for _, entry in named if _long_name(entry) not in present])


def _resources(block: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each resource of Photoshop: its number, the whole of it, and its data; one cut short ends it."""
    at = len(WRAPPING)
    while block[at : at + 4] == _RESOURCE and at + _LEAST < len(block):
        number, start, end = _place(block, at)
        if end > len(block):
            return
        whole = block[at : end + (end - at) % 2]
        yield number, whole + bytes(len(whole) % 2), block[start:end]
        at += len(whole)


def _place(block: bytes, at: int) -> tuple[int, int, int]:
    """Return the number of a resource, and where its data begin and end."""
    name = 1 + block[at + 6]
    start = at + 6 + name + name % 2 + 4
    size = int.from_bytes(block[start - 4 : start], "big")
    return int.from_bytes(block[at + 4 : at + 6], "big"), start, start + size


def _resource(number: int, data: bytes) -> bytes:
    return _RESOURCE + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)


def _fields(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    while at + 5 <= len(data) and data[at] == _MARKER:
        record, number, size = struct.unpack_from(">BBH", data, at + 1)
        if size >= _LONG or at + 5 + size > len(data):
            return
        yield (record, number), data[at + 5 : at + 5 + size]
        at += 5 + size


def _text(value: bytes, by_utf8: bool) -> str:
    """Decode a value: where its file does not say how, most programs wrote UTF-8 or Latin-1 all the same."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("utf-8", "replace") if by_utf8 else value.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _values(iptc: Iptc, number: int) -> list[str]:
    values = iptc.values[number]
    if number not in _TIME_OF:
        return values
    times = iptc.values.get(_TIME_OF[number], [""])
    return [_moment(values[0], times[0])]


def _moment(date: str, time: str) -> str:
    """Return a date, and a time if there is one, as XMP writes them; what is none comes back as it is."""
    day, hour = _DATE.fullmatch(date), _TIME.fullmatch(time)
    if day is None:
        return date
    text = "-".join(part for part in day.groups() if part != "00")  # 00: the month or day is not known
    if hour is None or len(text) < 10:
        return text
    zone = f"{hour.group(4)}:{hour.group(5)}" if hour.group(4) else ""
    return f"{text}T{hour.group(1)}:{hour.group(2)}:{hour.group(3)}{zone}"


def _property(iptc: Iptc, number: int) -> Property:
    """Return a field as XMP holds it: of what is no list, the first value."""
    name, array = _NAMES[number]
    prefix, _, local = name.partition(":")
    values = _values(iptc, number)
    kept = values if array in _LISTS else values[:1]
    return Property(prefix, _NAMESPACES[prefix], local, tuple(kept), array)


def _long_name(entry: Property) -> str:
    return f"{{{entry.namespace}}}{entry.name}"
