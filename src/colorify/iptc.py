"""IPTC, as newspapers and archives write it: out of its wrapping, and into XMP where it has no place.

JPEG and TIFF hold it as it is. PNG, WebP and AVIF know XMP alone, for which the IPTC itself says what each of
its old fields is called. Sources: IPTC-NAA Information Interchange Model 4.2; IPTC Photo Metadata Standard
2025.1, section "IPTC Core: mapping to IIM"; Adobe Photoshop File Formats, "Image Resource Blocks".
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final
from xml.etree import ElementTree

WRAPPING: Final = b"Photoshop 3.0\0"  # begins the block of a JPEG; in TIFF the fields stand alone
_RESOURCE: Final = b"8BIM"
_FIELDS: Final = 0x0404  # number of the resource that holds them
_PREVIEWS: Final = frozenset({0x0409, 0x040C})  # small pictures of the old photo
_MARKER: Final = 0x1C  # begins each field
_LONG: Final = 0x8000  # a field's length from here on is that of its length; no text is so long
_UTF8: Final = b"\x1b%G"
_CHARSET: Final = (1, 90)
_RECORD: Final = 2  # the one about the picture
_BOOKKEEPING: Final = frozenset({0})  # of that record: its version

_NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
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
_RDF_END: Final = re.compile(r"</([\w.-]+):RDF\s*>")


@dataclass(frozen=True)
class Iptc:
    """What the fields about the picture say."""

    values: dict[int, list[str]]  # number of a field -> its values, in their order

    def nameless(self) -> list[int]:
        """Return the numbers of those that XMP has no name for."""
        times = {_TIME_OF[date] for date in _TIME_OF.keys() & self.values.keys()}
        return sorted(self.values.keys() - _NAMES.keys() - times - _BOOKKEEPING)


def fields_of(block: bytes) -> bytes:
    """Return the bare fields of a block, wrapped as in a JPEG or not; empty where there are none."""
    if not block.startswith(WRAPPING):
        return block
    return b"".join(data for number, _, data in _resources(block) if number == _FIELDS)


def wrapped(block: bytes) -> bytes:
    """Return a block as a JPEG holds it, without previews; other things of Photoshop's stay."""
    if block.startswith(WRAPPING):
        return WRAPPING + b"".join(whole for number, whole, _ in _resources(block) if number not in _PREVIEWS)
    head = WRAPPING + _RESOURCE + struct.pack(">HHI", _FIELDS, 0, len(block))
    return head + block + bytes(len(block) % 2)


def read_iptc(block: bytes) -> Iptc:
    """Read a block, wrapped or not; what is damaged ends it."""
    raw = list(_fields(fields_of(block)))
    by_utf8 = any(key == _CHARSET and value == _UTF8 for key, value in raw)
    values: dict[int, list[str]] = {}
    for (record, number), value in raw:
        if record == _RECORD:
            values.setdefault(number, []).append(_text(value, by_utf8))
    return Iptc(values)


def with_iptc(packet: str, iptc: Iptc) -> str:
    """Return an XMP packet, well-formed, that also says what `iptc` says; what it says itself goes first."""
    present = _names_in(packet)
    found = [
        (name, kind, _values(iptc, number))
        for number, (name, kind) in _NAMES.items()
        if number in iptc.values and _long_name(name) not in present
    ]
    end = _RDF_END.search(packet)
    if not found or end is None:
        return packet
    rdf = end.group(1)
    used = {name.partition(":")[0] for name, _, _ in found}
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items() if prefix in used)
    elements = "".join(_element(rdf, *entry) for entry in found)
    added = f'<{rdf}:Description {rdf}:about=""{spaces}>{elements}</{rdf}:Description>'
    return packet[: end.start()] + added + packet[end.start() :]


def _resources(block: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each of Photoshop's resources: its number, the whole of it, and its data."""
    at = len(WRAPPING)
    while block[at : at + 4] == _RESOURCE and at + 7 <= len(block):
        number = int.from_bytes(block[at + 4 : at + 6], "big")
        name = 1 + block[at + 6]
        start = at + 6 + name + name % 2 + 4
        size = int.from_bytes(block[start - 4 : start], "big")
        end = start + size + size % 2
        yield number, block[at:end], block[start : start + size]
        at = end


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
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")


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


def _names_in(packet: str) -> set[str]:
    root = ElementTree.fromstring(packet.lstrip("\ufeff \r\n\t"))
    names: set[str] = set()
    for description in root.iter(f"{{{_RDF}}}Description"):
        names.update(description.attrib)
        names.update(child.tag for child in description)
    return names


def _long_name(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def _element(rdf: str, name: str, kind: str, values: list[str]) -> str:
    if not kind:
        return f"<{name}>{escape(values[0], quote=False)}</{name}>"
    language = ' xml:lang="x-default"' if kind == "Alt" else ""
    kept = values[:1] if kind == "Alt" else values
    items = "".join(f"<{rdf}:li{language}>{escape(value, quote=False)}</{rdf}:li>" for value in kept)
    return f"<{name}><{rdf}:{kind}>{items}</{rdf}:{kind}></{name}>"
