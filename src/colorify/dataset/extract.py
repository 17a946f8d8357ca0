"""What a page says: its links, its pictures with the words around them, its licence, and what it reserves.

Only what stands in the HTML: pages that need JavaScript to show their pictures are out of scope.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from parsel import Selector, SelectorList
from w3lib.url import canonicalize_url, safe_url_string

from colorify.dataset.catalogue import Link
from colorify.dataset.reservation import directives

MAX_URL: Final = 1000  # characters; longer ones are traps more often than pictures
MAX_REPEATS: Final = 3  # of one path segment: /a/b/a/b/a/b is a loop of relative links
MAX_WORDS: Final = 300  # characters kept of the text around a picture
MAX_LINKS: Final = 2000  # of each kind a page; a page with more is a trap
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
LAZY: Final = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-full", "data-image")
LAZY_SETS: Final = ("data-srcset", "data-lazy-srcset")
MAX_SRCSET: Final = 20_000  # characters; reading it takes time with their square
SPACE_OR_COMMA: Final = " \t\r\n\f,"
# what XML, hence lxml, has no place for: it may stand in names of attributes too
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LICENSE_HOST: Final = re.compile(r"(?i)^https?://(www\.)?creativecommons\.org/(licenses|publicdomain)/")


@dataclass
class PageFacts:
    """What one page says."""

    links: list[str] = field(default_factory=list)  # to other pages
    images: list[Link] = field(default_factory=list)
    robots: frozenset[str] = frozenset()  # of its meta elements
    tdm_reservation: str | None = None


def read_page(body: str, url: str) -> PageFacts:
    """Read the HTML of the page at `url`."""
    page = Selector(text=CONTROL.sub(" ", body), type="html")
    base = _join(url, page.xpath("//base/@href").get("")) or url
    entries = list(_json_ld(page))
    license_ = _page_license(page, entries, base)
    # the same picture in <img> and in og:image is one picture, and the first knows its alt text
    images: dict[str, Link] = {}
    for link in _pictures(page, entries, base):
        if len(images) < MAX_LINKS:
            images.setdefault(link.url, _licensed(link, license_))
    return PageFacts(
        links=_page_links(page, base),
        images=list(images.values()),
        robots=directives(_metas(page, "robots") + _metas(page, "colorify")),
        tdm_reservation=next(iter(_metas(page, "tdm-reservation")), None),
    )


def clean_url(text: str, base: str) -> str | None:
    """Return what a page writes as an absolute address in one form; None where it is none for us."""
    try:
        url = canonicalize_url(safe_url_string(urljoin(base, text.strip())))
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            return None
        _ = parts.port  # raises ValueError where it is no number
    except ValueError:
        return None
    segments = [segment for segment in parts.path.split("/") if segment]
    repeats = max((segments.count(segment) for segment in set(segments)), default=0)
    return None if len(url) > MAX_URL or repeats > MAX_REPEATS else url


def _join(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:  # "http://[": there is no such address, so it leads nowhere
        return ""


def _pictures(page: Selector, entries: list[dict[str, Any]], base: str) -> Iterator[Link]:
    title = _words(page.xpath("//title//text()").getall())
    for entry in entries:
        yield from _from_json_ld(entry, title, base)
    for img in page.xpath("//img"):
        url = clean_url(_largest(img), base)
        if url is not None:
            yield Link(
                url, _words([img.attrib.get("alt", "")]), title, _around(img), *_own_license(img, base)
            )
    for name in ("og:image", "og:image:url", "og:image:secure_url"):
        yield from _bare(
            page.xpath(f"//meta[@property='{name}' or @name='{name}']/@content").getall(), title, base
        )
    # a thumbnail often links to its photograph
    targets = page.xpath("//a[not(contains(concat(' ', @rel, ' '), ' nofollow '))]")
    for a in targets:
        if _suffix(a.attrib.get("href", "")) in PICTURE_SUFFIXES:
            url = clean_url(a.attrib["href"], base)
            if url is not None:
                alt = _words(a.xpath(".//img/@alt").getall())
                yield Link(url, alt, title, _around(a), *_own_license(a, base))


def _bare(texts: Iterable[str], title: str, base: str) -> Iterator[Link]:
    for text in texts:
        url = clean_url(text, base)
        if url is not None:
            yield Link(url, title=title)


def _largest(img: Selector) -> str:
    """Return the address of the largest version of a picture that its element and its <picture> offer."""
    sources = img.xpath("ancestor::picture[1]/source[not(@type) or not(contains(@type, 'svg'))]")
    candidates: list[tuple[float, str]] = []
    for element in (img, *sources):
        for name in ("srcset", *LAZY_SETS):
            candidates += read_srcset(element.attrib.get(name, ""))
    if candidates:
        return max(candidates, key=lambda candidate: candidate[0])[1]
    names = (*LAZY, "src")  # a lazy page has a placeholder in src
    return next((img.attrib[name] for name in names if img.attrib.get(name, "").strip()), "data:")


def read_srcset(text: str) -> list[tuple[float, str]]:
    """Read a srcset: (width in px, or pixel density, and address). HTML standard, section 4.8.4.2.1."""
    found = []
    rest = text[:MAX_SRCSET].lstrip(SPACE_OR_COMMA)
    while parts := rest.split(maxsplit=1):
        url, rest = parts[0], "".join(parts[1:])
        size = 1.0
        if not url.endswith(","):
            descriptor, _, rest = rest.partition(",")
            size = _size(descriptor.strip())
        found.append((size, url.rstrip(",")))
        rest = rest.lstrip(SPACE_OR_COMMA)
    return found


def _size(descriptor: str) -> float:
    number = descriptor[:-1]
    return float(number) if descriptor[-1:] in ("w", "x") and number.replace(".", "", 1).isdecimal() else 1.0


def _page_links(page: Selector, base: str) -> list[str]:
    found: dict[str, None] = {}
    for a in page.xpath("//a[@href] | //area[@href]"):
        rel = a.attrib.get("rel", "").lower().split()
        if "nofollow" in rel or _suffix(a.attrib["href"]) in (*PICTURE_SUFFIXES, *OTHER_SUFFIXES):
            continue
        url = clean_url(a.attrib["href"], base)
        if url is not None and len(found) < MAX_LINKS:
            found[url] = None
    for content in page.xpath("//meta[translate(@http-equiv, 'REFSH', 'refsh')='refresh']/@content").getall():
        _, _, target = content.partition("=")
        url = clean_url(target.strip(" '\""), base) if target else None
        if url is not None:
            found[url] = None
    return list(found)


def _suffix(href: str) -> str:
    path = href.partition("?")[0].partition("#")[0].lower()
    return path[path.rfind(".") :] if "." in path.rpartition("/")[2] else ""


def _metas(page: Selector, name: str) -> list[str]:
    lower = "translate(@name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
    return [str(text) for text in page.xpath(f"//meta[{lower}='{name}']/@content").getall()]


def _words(texts: Iterable[str]) -> str:
    return " ".join(" ".join(texts).split())[:MAX_WORDS]


def _around(element: Selector) -> str:
    """Return the caption of a picture, or the text of the smallest element around it that has some."""
    caption = _words(element.xpath("ancestor::figure[1]//figcaption//text()").getall())
    if caption:
        return caption
    for parent in reversed(element.xpath("ancestor::*[position() <= 3][not(self::body or self::html)]")):
        text = _words(parent.xpath(".//text()[not(parent::script or parent::style)]").getall())
        if text:
            return text
    return ""


# ---- licences


def _licensed(link: Link, page_license: str) -> Link:
    if link.license or not page_license:
        return link
    return replace(link, license=page_license, license_scope="page")


def _own_license(element: Selector, base: str) -> tuple[str, str]:
    """Return the licence said within the <figure> or the item of this picture, and its scope."""
    scope = element.xpath("ancestor::*[self::figure or @itemscope][1]")
    found = _license_links(scope, base)
    return (found, "image") if found else ("", "")


def _license_links(scope: "Selector | SelectorList[Selector]", base: str) -> str:
    for element in scope.xpath(".//a[@href] | .//link[@href]"):
        href = _join(base, element.attrib["href"])
        rel = element.attrib.get("rel", "").lower().split()
        if "license" in rel or element.attrib.get("itemprop") == "license" or LICENSE_HOST.match(href):
            return href
    return ""


def _page_license(page: Selector, entries: list[dict[str, Any]], base: str) -> str:
    # a figure's licence is not its page's
    links = page.xpath("//a[@href][not(ancestor::figure)] | //link[@href]")
    for element in links:
        rel = element.attrib.get("rel", "").lower().split()
        href = _join(base, element.attrib["href"])
        if "license" in rel or LICENSE_HOST.match(href):
            return href
    for name in ("dcterms.license", "dc.rights", "dcterms.rights"):
        if found := _metas(page, name):
            return found[0][:MAX_WORDS]
    for entry in entries:
        if not _is_image(entry) and (license_ := _text(entry.get("license"))):
            return license_
    return ""


# ---- JSON-LD (schema.org)


def _json_ld(page: Selector) -> Iterator[dict[str, Any]]:
    for text in page.xpath("//script[@type='application/ld+json']/text()").getall():
        try:
            yield from _entries(json.loads(text), depth=0)
        except (ValueError, RecursionError):
            continue  # other people's JSON: what cannot be read says nothing


def _entries(node: Any, *, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 8:
        return
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _entries(value, depth=depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield from _entries(value, depth=depth + 1)


def _is_image(entry: dict[str, Any]) -> bool:
    kind = entry.get("@type")
    return "ImageObject" in kind if isinstance(kind, list) else kind in ("ImageObject", "Photograph")


def _from_json_ld(entry: dict[str, Any], title: str, base: str) -> Iterator[Link]:
    content = _text(entry.get("contentUrl"))
    kind = str(entry.get("@type", ""))
    if not content or "Video" in kind or "Audio" in kind:
        return
    url = clean_url(content, base)
    if url is not None:
        license_ = _text(entry.get("license"))
        words = _text(entry.get("caption")) or _text(entry.get("name")) or _text(entry.get("description"))
        yield Link(url, _words([words]), title, "", license_, "image" if license_ else "")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("url") or value.get("@id") or value.get("name")
    if isinstance(value, list):
        value = next((entry for entry in value if isinstance(entry, str)), "")
    return value.strip()[:MAX_URL] if isinstance(value, str) else ""
