"""The text of an answer, in the encodings that the web has."""

import codecs
from typing import Final

from scrapy.http import Response, TextResponse

# the WHATWG Encoding Standard, by Python's names. Python has others: "punycode" takes time with the square of
# the text, "zlib" and "idna" are not encodings of texts and end in an error
WEB_ENCODINGS: Final = frozenset(
    {
        *("ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u"),
        *(f"iso8859-{number}" for number in (*range(1, 12), *range(13, 17))),
        *(f"cp{number}" for number in (866, 874, 932, 949, 950, *range(1250, 1259))),
        *("mac-roman", "mac-cyrillic", "gb2312", "gbk", "gb18030", "hz", "big5", "big5hkscs"),
        *("euc_jp", "iso2022_jp", "shift_jis", "euc_kr"),
    }
)


def decode_text(response: Response) -> str:
    """Return the text of an answer, or "" where it is none. An encoding that is not the web's is UTF-8."""
    if not isinstance(response, TextResponse):
        return ""
    if codecs.lookup(response.encoding).name in WEB_ENCODINGS:
        return response.text
    return response.body.decode("utf-8", "replace")
