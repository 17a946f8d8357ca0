"""XMP packets: their properties read, added and removed; what is not understood stays, byte for byte.

Expat says where each part of a packet lies, and the packet is cut and joined there: prefixes, comments, the
wrapper and white space stay as they are. Packets are written by strangers: they have no DTD and so no
entities, and the size, depth and number of parts are bound, which bounds the time that they take.
Sources: XMP specification, part 1 (ISO 16684-1:2019), section 7; RDF 1.1 XML Syntax.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape  # that of xml.sax would load the whole of urllib and its network
from typing import Final
from xml.parsers import expat

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
MOST_BYTES: Final = 2**22  # of a packet; those of Photoshop with a long history have a few hundred kB
MOST_PARTS: Final = 10_000  # elements, attributes, namespaces: what takes time; a megabyte takes below 0.1 s
DEEPEST: Final = 64  # elements within elements

_ROOT, _DESCRIPTION, _ITEM = f"{{{RDF}}}RDF", f"{{{RDF}}}Description", f"{{{RDF}}}li"
_ABOUT, _RESOURCE = f"{{{RDF}}}about", f"{{{RDF}}}resource"
_EMPTY_PACKET: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{RDF}"></rdf:RDF>'
    '</x:xmpmeta><?xpacket end="w"?>'
).encode()
# Of a start tag that expat has found well-formed, so that each matches where the last one ended. Possessive:
# never a second try.
_TAG_NAME: Final = re.compile(rb"<[^\s/>]++")
_ATTRIBUTE: Final = re.compile(rb"\s++([^\s=/>]++)\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')")
_TAG_END: Final = re.compile(rb"\s*+/?>")
# XML 1.0, 2.2, turned round: "none of those that are legal" takes 10 ms of each start to compile
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# marks of the byte order, and "<" where there is none
_ENCODINGS: Final = (
    (b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"),
    (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"),
)  # fmt: skip


class DamagedXmpError(Exception):
    """A packet makes no sense, or is of a kind or a size that is refused; the picture may be sound."""


@dataclass(frozen=True)
class Property:
    """One property, to be added."""

    prefix: str
    namespace: str  # a URI
    name: str
    values: tuple[str, ...]
    array: str = ""  # "Alt", "Bag" or "Seq"; "": a single value


@dataclass(slots=True)
class _Element:
    """One element, where it lies in the packet."""

    name: str  # {namespace}local
    start: int  # byte
    attributes: list[str]  # name, value, name, value ...; without declarations of namespaces
    end: int = 0  # byte where its end tag begins; where it has none, just after it
    children: list["_Element"] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield its attributes, name and value."""
        return zip(self.attributes[::2], self.attributes[1::2], strict=True)


@dataclass(frozen=True)
class _Packet:
    """A packet that was read."""

    data: bytes  # UTF-8
    root: _Element  # rdf:RDF

    @property
    def descriptions(self) -> list[_Element]:
        return [element for element in self.root.children if element.name == _DESCRIPTION]


def check_xmp(packet: bytes) -> None:
    """Raise DamagedXmpError where a packet cannot be read."""
    _read(packet)


def read_properties(packet: bytes) -> dict[str, list[str]]:
    """Return the properties of a packet, {namespace}name -> its values; of structures the name alone.

    Raises DamagedXmpError.
    """
    found: dict[str, list[str]] = {}
    for description in _read(packet).descriptions:
        for name, value in description.named():
            found.setdefault(name, []).append(value)
        for child in description.children:
            found.setdefault(child.name, []).extend(_values(child))
    found.pop(_ABOUT, None)
    return found


def add_properties(packet: bytes | None, properties: Sequence[Property]) -> bytes:
    """Return a packet (None: a new one) with `properties` at its end; it is not asked whether it has them.

    Raises DamagedXmpError.
    """
    read = _read(packet or _EMPTY_PACKET)
    if not properties:
        return read.data
    tag, added = _raw_name(read.data, read.root), _description(read, properties).encode()
    opened = _tag_end(read.data, read.root)
    if read.data[opened - 2 : opened] == b"/>":
        return read.data[: opened - 2] + b">" + added + b"</" + tag + b">" + read.data[opened:]
    return read.data[: read.root.end] + added + read.data[read.root.end :]


def remove_properties(packet: bytes, unwanted: Callable[[str], bool], *, deep: bool = False) -> bytes:
    """Return a packet without its properties whose {namespace}name is `unwanted`.

    `deep`: nor those within structures. A description that is empty then goes, too. Raises DamagedXmpError.
    """
    read = _read(packet)
    cuts: list[tuple[int, int]] = []
    for description in read.descriptions:
        if _holds_nothing_else(description, unwanted):
            cuts.append((description.start, _element_end(read.data, description)))
        else:
            cuts += _unwanted_parts(read.data, description, unwanted, deep=deep)
    result, at = [], 0
    for start, end in cuts:
        result.append(read.data[at:start])
        at = end
    return b"".join([*result, read.data[at:]])


def _read(packet: bytes) -> _Packet:
    if len(packet) > MOST_BYTES:
        raise DamagedXmpError(f"it has {len(packet):,} bytes, expected at most {MOST_BYTES:,}")
    data = _as_utf8(packet)
    if max(data.count(b'"') // 4, data.count(b"'") // 4, data.count(b"xmlns")) > MOST_PARTS:
        # for all that expat collects before it calls us: it holds a start tag whole
        raise DamagedXmpError(f"it has more than {MOST_PARTS:,} attributes and namespaces")
    reader = _Reader()
    try:
        reader.parse(data)
    except expat.ExpatError as error:
        raise DamagedXmpError(f"it is no XML: {error}") from error
    if reader.root is None:
        raise DamagedXmpError("it has no rdf:RDF")
    return _Packet(data, reader.root)


def _as_utf8(packet: bytes) -> bytes:
    """Return a packet in UTF-8, without the zeros that some programs end it with."""
    encoding = next((name for mark, name in _ENCODINGS if packet.startswith(mark)), "utf-8")
    try:
        text = packet.decode(encoding)
    except UnicodeDecodeError as error:
        raise DamagedXmpError(f"it is not {encoding.upper()}") from error
    return text.lstrip("\ufeff \r\n\t").rstrip("\0").encode()


class _Reader:
    """Collects the elements of a packet while expat reads it."""

    def __init__(self) -> None:
        self.root: _Element | None = None  # the first rdf:RDF
        self._open: list[_Element] = []
        self._parts = 0
        self._parser = expat.ParserCreate("utf-8", "}")
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._add_text
        self._parser.StartDoctypeDeclHandler = self._refuse

    def parse(self, data: bytes) -> None:
        self._parser.Parse(data, True)

    def _start(self, name: str, attributes: list[str]) -> None:
        self._parts += 1 + len(attributes) // 2
        if self._parts > MOST_PARTS:
            raise DamagedXmpError(f"it has more than {MOST_PARTS:,} elements and attributes")
        if len(self._open) >= DEEPEST:
            raise DamagedXmpError(f"it has more than {DEEPEST} elements within elements")
        if attributes:
            attributes[::2] = map(_clark_name, attributes[::2])
        element = _Element(_clark_name(name), self._parser.CurrentByteIndex, attributes)
        if self._open:
            self._open[-1].children.append(element)
        if self.root is None and element.name == _ROOT:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop().end = self._parser.CurrentByteIndex

    def _add_text(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)

    def _refuse(self, *_declaration: object) -> None:
        raise DamagedXmpError("it has a DTD, which XMP does not")


def _clark_name(name: str) -> str:
    """Return {namespace}local of expat's namespace}local."""
    return "{" + name if "}" in name else name


def _values(element: _Element) -> list[str]:
    """Return the values of a property that is an element: of its list, its reference, or its text."""
    items = [item for array in element.children for item in array.children if item.name == _ITEM]
    if items:
        return ["".join(item.text) for item in items]
    references = [value for name, value in element.named() if name == _RESOURCE]
    return references or ([] if element.children else ["".join(element.text)])


def _unwanted_parts(
    data: bytes, element: _Element, unwanted: Callable[[str], bool], *, deep: bool
) -> Iterator[tuple[int, int]]:
    """Yield from where to where an element's unwanted attributes and children lie, in their order."""
    if any(unwanted(name) for name, _ in element.named()):
        spans = _attribute_spans(data, element)
        yield from (span for name, span in zip(element.attributes[::2], spans, strict=True) if unwanted(name))
    for child in element.children:
        if unwanted(child.name):
            yield child.start, _element_end(data, child)
        elif deep:
            yield from _unwanted_parts(data, child, unwanted, deep=True)


def _holds_nothing_else(description: _Element, unwanted: Callable[[str], bool]) -> bool:
    """Whether what is unwanted is all that a description holds; one that is empty holds nothing at all."""
    names = [name for name in description.attributes[::2] if name != _ABOUT]
    names += [child.name for child in description.children]
    return bool(names) and all(map(unwanted, names)) and not "".join(description.text).strip()


def _attributes_end(data: bytes, element: _Element) -> tuple[list[tuple[int, int]], int]:
    """Return where the attributes of an element lie, without declarations, and where the last of all ends."""
    spans = []
    at = _matched(_TAG_NAME, data, element.start).end()
    while (found := _ATTRIBUTE.match(data, at)) is not None:
        if found[1] != b"xmlns" and not found[1].startswith(b"xmlns:"):
            spans.append(found.span())
        at = found.end()
    return spans, at


def _attribute_spans(data: bytes, element: _Element) -> list[tuple[int, int]]:
    return _attributes_end(data, element)[0]


def _tag_end(data: bytes, element: _Element) -> int:
    """Return where the start tag of an element ends."""
    return _matched(_TAG_END, data, _attributes_end(data, element)[1]).end()


def _element_end(data: bytes, element: _Element) -> int:
    opened = _tag_end(data, element)
    return opened if data[opened - 2 : opened] == b"/>" else data.index(b">", element.end) + 1


def _raw_name(data: bytes, element: _Element) -> bytes:
    return _matched(_TAG_NAME, data, element.start)[0][1:]


def _matched(pattern: re.Pattern[bytes], data: bytes, at: int) -> re.Match[bytes]:
    found = pattern.match(data, at)
    if found is None:
        raise DamagedXmpError("a tag is not where it was read")
    return found


def _description(read: _Packet, properties: Sequence[Property]) -> str:
    """Return an rdf:Description of the same thing as the others, with properties."""
    prefix, colon, _ = _raw_name(read.data, read.root).decode().partition(":")
    rdf = prefix if colon else "rdf"
    named = [
        value for description in read.descriptions for name, value in description.named() if name == _ABOUT
    ]
    spaces = {} if colon else {rdf: RDF}
    spaces |= {entry.prefix: entry.namespace for entry in properties}
    head = f'<{rdf}:Description {rdf}:about="{escape(named[0] if named else "")}"'
    head += "".join(f' xmlns:{name}="{escape(uri)}"' for name, uri in spaces.items())
    plain = [entry for entry in properties if not entry.array]
    head += "".join(f' {entry.prefix}:{entry.name}="{_quoted(entry.values[0])}"' for entry in plain)
    arrays = "".join(_array(rdf, entry) for entry in properties if entry.array)
    return f"{head}>{arrays}</{rdf}:Description>" if arrays else f"{head}/>"


def _quoted(text: str) -> str:
    """Return a text as XML, without what XML has no way to say; white space that it would change stays."""
    legal = _ILLEGAL.sub("", text)
    return escape(legal).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def _array(rdf: str, entry: Property) -> str:
    language = ' xml:lang="x-default"' if entry.array == "Alt" else ""
    items = "".join(f"<{rdf}:li{language}>{_quoted(value)}</{rdf}:li>" for value in entry.values)
    name = f"{entry.prefix}:{entry.name}"
    return f"<{name}><{rdf}:{entry.array}>{items}</{rdf}:{entry.array}></{name}>"
