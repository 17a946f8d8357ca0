"""What a page says: its links, its pictures with the words around them, its licence, and what it reserves.

Only what stands in the HTML: pages that need JavaScript to show their pictures are out of scope.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Final

from colorify.dataset.catalogue import Link
from colorify.dataset.json_ld import Node, read_json_ld
from colorify.dataset.links import OTHER_SUFFIXES, PICTURE_SUFFIXES, Addresses, suffix
from colorify.dataset.page import MAX_FOUND, MAX_WORDS, FoundPicture, Page, parse_page
from colorify.dataset.tdm_rights import read_directives

MAX_LINKS: Final = 2000  # of each kind a page, pictures and links; a page with more is a trap
MAX_ADDRESSES: Final = 10_000  # different ones a page that are worked out


@dataclass
class PageFacts:
    """What one page says."""

    links: list[str] = field(default_factory=list)  # to other pages
    images: list[Link] = field(default_factory=list)
    robots: frozenset[str] = frozenset()  # of its meta elements
    tdm_reservation: str | None = None
    left_out: str | None = None  # what there was too much of


def read_page(body: str, url: str) -> PageFacts:
    """Read the HTML of the page at `url`. Raises PageTrapError for a page that takes too much work."""
    page = parse_page(body, url)
    addresses = Addresses(MAX_ADDRESSES)
    entries = list(islice(chain.from_iterable(map(read_json_ld, page.scripts)), MAX_FOUND))
    license_ = _page_license(page, entries)
    # the same picture in <img> and in og:image is one picture, and the first knows its alt text
    images: dict[str, Link] = {}
    for link in _pictures(page, entries, addresses):
        images.setdefault(link.url, _licensed(link, license_))
    links = _links(page, addresses)
    return PageFacts(
        links=links[:MAX_LINKS],
        images=list(islice(images.values(), MAX_LINKS)),
        robots=read_directives(page.metas.get("robots", []) + page.metas.get("colorify", [])),
        tdm_reservation=next(iter(page.metas.get("tdm-reservation", [])), None),
        left_out=_left_out(len(images), len(links), cut=page.cut or addresses.exhausted),
    )


def _left_out(images: int, links: int, *, cut: bool) -> str | None:
    counts = (("pictures", images, MAX_LINKS), ("links", links, MAX_LINKS))
    said = [f"{count - most:,} of {count:,} {kind}" for kind, count, most in counts if count > most]
    if cut:
        said.append(f"what comes after {MAX_ADDRESSES:,} addresses")
    return f"left out: {', '.join(said)}" if said else None


def _pictures(page: Page, entries: list[Node], addresses: Addresses) -> Iterator[Link]:
    for entry in entries:
        url = None if entry.is_film or not entry.content else addresses.clean(entry.content, page.base)
        if url is not None:
            words = " ".join(entry.words.split())[:MAX_WORDS]
            yield Link(url, words, page.title, "", entry.license, "image" if entry.license else "")
    for found in page.images:
        yield from _picture(found, found.best, page, addresses)
    for name in ("og:image", "og:image:url", "og:image:secure_url"):
        for text in page.properties.get(name, []):
            url = addresses.clean(text, page.base)
            if url is not None:
                yield Link(url, title=page.title)
    # a thumbnail often links to its photograph
    for found, rel in page.anchors:
        if found.element.tag == "a" and "nofollow" not in rel.split() and _is_picture(found):
            yield from _picture(found, found.href, page, addresses)


def _picture(found: FoundPicture, href: str, page: Page, addresses: Addresses) -> Iterator[Link]:
    url = addresses.clean(href, found.base)
    if url is not None:
        element = found.element
        around = element.around.scope
        license_ = around.license if around is not None else ""
        scope = "image" if license_ else ""
        yield Link(url, element.alt, page.title, element.words_around(), license_, scope)


def _is_picture(found: FoundPicture) -> bool:
    return suffix(found.href) in PICTURE_SUFFIXES


def _links(page: Page, addresses: Addresses) -> list[str]:
    anchors = (
        (found.href, found.base)
        for found, rel in page.anchors
        if "nofollow" not in rel.split() and suffix(found.href) not in (*PICTURE_SUFFIXES, *OTHER_SUFFIXES)
    )
    cleaned = (addresses.clean(href, base) for href, base in chain(anchors, _refreshes(page)))
    return list(dict.fromkeys(url for url in cleaned if url is not None))


def _refreshes(page: Page) -> Iterable[tuple[str, str]]:
    for content in page.refreshes:
        target = content.partition("=")[2].strip(" '\"")
        if target:
            yield target, page.base


def _licensed(link: Link, page_license: str) -> Link:
    if link.license or not page_license:
        return link
    return replace(link, license=page_license, license_scope="page")


def _page_license(page: Page, entries: list[Node]) -> str:
    if page.license:
        return page.license
    for name in ("dcterms.license", "dc.rights", "dcterms.rights"):
        if found := page.metas.get(name):
            return found[0][:MAX_WORDS]
    return next((entry.license for entry in entries if entry.license and not entry.is_image), "")
