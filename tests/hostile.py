"""XMP that was made to stop its reader: a megabyte each, or as much as its reader takes."""

from typing import Final

from colorify.images.metadata.xmp import DEEPEST, MOST_PARTS, RDF

SIZE: Final = 10**6  # bytes
_HEAD: Final = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
    '<rdf:Description rdf:about="" xmlns:e="http://ns.adobe.com/exif/1.0/"'
)
_END: Final = "</rdf:Description></rdf:RDF></x:xmpmeta>"


def hostile_packets(size: int = SIZE) -> dict[str, bytes]:
    """Return packets of about `size` bytes, by what they do."""

    def fill(part: str) -> str:
        return part * (size // len(part))

    def within(content: str) -> str:
        return f"{_HEAD}>{content}{_END}"

    def attributes(shape: str) -> str:
        return _HEAD + " ".join([""] + [shape % number for number in range(size // 20)]) + ">" + _END

    fitting = (MOST_PARTS - 10) // 2 * min(size, SIZE) // SIZE
    entities = "".join(f'<!ENTITY c{number} "&b;&b;&b;&b;">' for number in range(size // 40))
    texts = {
        "nothing but <": fill("<"),
        "tags without an end": f"{_HEAD}>" + fill("<e:GPSLatitude "),
        "elements without an end": f"{_HEAD}>" + fill("<e:GPSLatitude>"),
        "elements within elements": within("<e:a>" * (size // 11) + "</e:a>" * (size // 11)),
        "as deep as may be": within("<e:a>" * (DEEPEST - 4) + fill(" ") + "</e:a>" * (DEEPEST - 4)),
        "many elements": within(fill("<e:a/>")),
        "as many elements as may be": within("<e:GPSLatitude/>" * fitting + fill(" ")),
        "elements with one to remove": within("<e:b><e:GPSLatitude/></e:b>" * fitting),
        "descriptions to remove": f"{_HEAD}/>"
        + f'<rdf:Description e:GPSLatitude="" xmlns:e="{"u" * (size // MOST_PARTS)}"/>' * fitting
        + "</rdf:RDF></x:xmpmeta>",
        "many attributes": attributes('e:GPS%06d="1"'),
        "many attributes, spaced": attributes("e:GPS%06d = '1'"),
        "many namespaces": attributes('xmlns:a%06d="u"'),
        "a long attribute": _HEAD + ' e:GPSLatitude="' + fill("&amp;") + '">' + _END,
        "attributes without an end": f"{_HEAD}" + fill(" e:GPSLatitude = '"),
        "packets without an end": fill("<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d' "),
        "many packets": fill("<?xpacket begin=''?>") + within(""),
        "spaces in a tag": _HEAD + fill(" ") + ">" + _END,
        "entities of entities": f'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">{entities}]>' + within("&c9;"),
        "an outer DTD": '<!DOCTYPE a SYSTEM "http://example.org/a.dtd">' + within(fill("&a;")),
        "entities that nobody declared": within(fill("&a;")),
        "escaped text": within("<e:GPSLatitude>" + fill("&lt;") + "</e:GPSLatitude>"),
        "line ends": within("<e:a>" + fill("\r\n") + "</e:a>"),
        "comments": within(fill("<!---->")),
        "CDATA": within("<e:a>" + fill("<![CDATA[]]>") + "</e:a>"),
        "instructions": within(fill("<?a?>")),
        "zeros": "\0" * size,
    }
    packets = {name: text.encode() for name, text in texts.items()}
    packets["UTF-16"] = within(fill("<e:a/>")[: size // 2]).encode("utf-16-le")
    packets["UTF-16 in half"] = b"\xff\xfe" + b"<" * (size + 1)
    return packets
