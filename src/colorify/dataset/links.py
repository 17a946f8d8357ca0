"""The addresses that a page writes: in one form, or none of ours."""

from typing import Final
from urllib.parse import urljoin, urlsplit

from w3lib.url import canonicalize_url, safe_url_string

MAX_URL: Final = 1000  # characters; longer ones are traps more often than pictures
MAX_REPEATS: Final = 3  # of one path segment: /a/b/a/b/a/b is a loop of relative links
PICTURE_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff")
OTHER_SUFFIXES: Final = (
    ".svg",
    ".gif",
    ".ico",
    ".pdf",
    ".zip",
    ".mp4",
    ".mp3",
    ".css",
    ".js",
    ".json",
    ".xml",
)


def clean_url(text: str, base: str) -> str | None:
    """Return what a page writes as an absolute address in one form; None where it is none for us."""
    text = text.strip()
    if len(text) > MAX_URL:  # before any work: the work grows with the length
        return None
    try:
        url = canonicalize_url(safe_url_string(urljoin(base, text)))
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            return None
        _ = parts.port  # raises ValueError where it is no number
    except ValueError:
        return None
    segments = [segment for segment in parts.path.split("/") if segment]
    repeats = max((segments.count(segment) for segment in set(segments)), default=0)
    return None if len(url) > MAX_URL or repeats > MAX_REPEATS else url


def join(base: str, href: str) -> str:
    """Return the address of `href` on a page at `base`; "" where there is none, or none of a sane length."""
    href = href.strip()
    if len(href) > MAX_URL:
        return ""
    try:
        return urljoin(base, href)
    except ValueError:  # "http://[": there is no such address, so it leads nowhere
        return ""


def suffix(href: str) -> str:
    """Return the ending of the file that `href` names, with its dot and in lower case, or ""."""
    name = href.partition("?")[0].partition("#")[0].lower().rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ""


class Addresses:
    """The addresses of one page, each worked out once, and no more than `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[tuple[str, str], str | None] = {}
        self.exhausted = False  # there were more

    def clean(self, text: str, base: str) -> str | None:
        """Return what `clean_url` does; None for all that come after `most` different ones."""
        key = (text, base)
        if key in self._known:
            return self._known[key]
        if len(text) > 2 * MAX_URL:  # not worth its place in memory
            return None
        if len(self._known) >= self._most:
            self.exhausted = True
            return None
        self._known[key] = url = clean_url(text, base)
        return url
