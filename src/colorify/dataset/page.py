"""A page read once, from its first tag to its last: what `extract` needs of it, and no more.

The parser calls us for every tag and text, so there is no tree that anybody could search again and again:
what an element holds (its first words, the licence it links to) is handed up to its parent when it ends. So
the work grows as the page does, and it is counted: a page that is a trap is given up, not waited for.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

from lxml import etree

from colorify.dataset.links import MAX_URL, join
from colorify.dataset.srcset import Candidate, choose_largest, read_srcset
from colorify.errors import PhotoError

MAX_WORDS: Final = 300  # characters kept of the text around a picture
MAX_FOUND: Final = 20_000  # of each kind a page: pictures, links, metas
MAX_STEPS: Final = 300_000  # tags and texts a page
MAX_DEPTH: Final = 2000  # of elements in elements; the parser reads nothing beyond 2,048
MAX_WORK: Final = 500_000_000  # bytes times how deep they are nested: a tag may have to be looked up so deep
CHUNK: Final = 16_384  # bytes between two looks at the work
# what XML, hence lxml, has no place for: it may stand in names of attributes too
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LICENSE_HOST: Final = re.compile(r"(?i)^https?://(www\.)?creativecommons\.org/(licenses|publicdomain)/")
LAZY_ATTRIBUTES: Final = (
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-lazy",
    "data-full",
    "data-image",
)
SRCSET_ATTRIBUTES: Final = ("srcset", "data-srcset", "data-lazy-srcset")
UNREAD_ELEMENTS: Final = ("script", "style")  # elements whose text nobody reads

Attributes = Mapping[str, str]
T = TypeVar("T")


class PageTrapError(PhotoError):
    """A page takes more work than any page of photos does."""


class Element:
    """An element that is open, or that a picture stands in."""

    __slots__ = ("alt", "around", "caption", "has_scope", "largest", "license", "parent", "tag", "text")

    def __init__(self, tag: str, parent: "Element | None", *, has_scope: bool = False) -> None:
        self.tag, self.parent, self.has_scope = tag, parent, has_scope
        self.text = self.alt = self.caption = self.license = ""  # of all that is inside
        self.largest: Candidate | None = None  # of the sources of a <picture>
        self.around = _Around.of(parent)

    def hand_up(self) -> None:
        """Give the parent what it holds through this element."""
        parent = self.parent
        if parent is None:
            return
        if self.text:
            parent.text = add_words(parent.text, self.text)
        if self.alt:
            parent.alt = add_words(parent.alt, self.alt)
        caption = self.text if self.tag == "figcaption" else self.caption
        if caption:
            parent.caption = add_words(parent.caption, caption)
        parent.license = parent.license or self.license

    def words_around(self) -> str:
        """Return the caption of a picture, or the text of the smallest of three elements around it."""
        if self.around.figure is not None and self.around.figure.caption:
            return self.around.figure.caption
        outer = self.parent
        for _ in range(3):
            if outer is None:
                break
            if outer.text and outer.tag not in ("body", "html"):
                return outer.text
            outer = outer.parent
        return ""


class _Around(NamedTuple):
    """The nearest elements around another one, of three kinds."""

    figure: Element | None = None
    picture: Element | None = None
    scope: Element | None = None  # that one licence is said of: a figure, or an item

    @staticmethod
    def of(parent: Element | None) -> "_Around":
        """Return what is around a child of `parent`; the same for all children where nothing is new."""
        if parent is None:
            return _Around()
        is_figure, is_picture = parent.tag == "figure", parent.tag == "picture"
        if not (is_figure or is_picture or parent.has_scope):
            return parent.around
        figure, picture, scope = parent.around
        return _Around(
            parent if is_figure else figure,
            parent if is_picture else picture,
            parent if is_figure or parent.has_scope else scope,
        )


@dataclass(frozen=True)
class FoundPicture:
    """A picture that is shown, or a link to a picture's file."""

    element: Element
    href: str
    base: str
    sources: Candidate | None = None  # of its own srcset

    @property
    def best(self) -> str:
        """The address of the largest version that the element and its <picture> offer."""
        picture = self.element.around.picture
        offered = [one for one in (self.sources, picture.largest if picture else None) if one is not None]
        best = choose_largest(offered)
        return self.href if best is None else best[1]


@dataclass
class Page:
    """What one page says, addresses as it writes them."""

    title: str = ""
    images: list[FoundPicture] = field(default_factory=list)
    anchors: list[tuple[FoundPicture, str]] = field(default_factory=list)  # with what `rel` says
    metas: dict[str, list[str]] = field(default_factory=dict)  # by their name, in lower case
    properties: dict[str, list[str]] = field(default_factory=dict)  # by their property, or name
    refreshes: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)  # of JSON-LD
    license: str = ""  # that a link outside of all figures names
    base: str = ""
    cut: bool = False  # there was more of a kind than we keep
    steps: int = 0  # tags and texts


def add_words(text: str, more: str) -> str:
    """Return `text` and `more` with a space between, no longer than the words that are kept."""
    if len(text) >= MAX_WORDS:
        return text
    return f"{text} {more}"[:MAX_WORDS] if text else more[:MAX_WORDS]


def parse_page(body: str, url: str) -> Page:
    """Read HTML. Raises PageTrapError for a page that takes too much work."""
    target = _Target(url)
    # huge_tree: it goes on to 2,048 levels, not 256; old pages that never close a <font> need them
    parser = etree.HTMLParser(target=target, encoding="utf8", huge_tree=True)
    data = CONTROL.sub(" ", body).encode("utf8", "replace")
    work = 0
    for start in range(0, len(data), CHUNK):
        parser.feed(data[start : start + CHUNK])
        work += CHUNK * target.depth
        _check(target, work)
    with suppress(etree.XMLSyntaxError):  # of an empty page; all others are read as far as they go
        parser.close()
    return target.page


def _check(target: "_Target", work: int) -> None:
    if target.page.steps > MAX_STEPS:
        raise PageTrapError(f"a page of more than {MAX_STEPS:,} tags and texts")
    if target.deepest > MAX_DEPTH:
        raise PageTrapError(f"a page nested more than {MAX_DEPTH:,} deep")
    if work > MAX_WORK:
        raise PageTrapError(f"a long page, nested {target.depth:,} deep")


class _Target:
    """What the parser calls."""

    def __init__(self, url: str) -> None:
        self.page = Page(base=url)
        self.depth = self.deepest = 0
        self._open: Element | None = None
        self._pieces: list[str] = []  # of one text; the parser brings it in parts
        self._titles = 0  # open ones
        self._is_json = False
        self._has_base = False
        self._readers = {
            "a": self._read_anchor,
            "area": self._read_anchor,
            "base": self._read_base,
            "img": self._read_image,
            "link": self._read_link,
            "meta": self._read_meta,
            "script": self._read_script,
            "source": self._read_source,
        }

    def start(self, tag: str, attributes: Attributes) -> None:
        self._end_text()
        self.page.steps += 1
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        self._open = Element(tag, self._open, has_scope="itemscope" in attributes)
        self._titles += tag == "title"
        reader = self._readers.get(tag)
        if reader is not None:
            reader(self._open, attributes)

    def end(self, tag: str) -> None:
        self._end_text()
        element = self._open
        if element is None:
            return
        self.depth -= 1
        self._titles -= tag == "title"
        self._is_json = self._is_json and tag != "script"
        element.hand_up()
        self._open = element.parent

    def data(self, text: str) -> None:
        self.page.steps += 1
        self._pieces.append(text)

    def close(self) -> None:
        self._end_text()

    def _end_text(self) -> None:
        if not self._pieces:
            return
        text, self._pieces = "".join(self._pieces), []
        element = self._open
        if self._is_json:
            self.page.scripts.append(text)
        if element is None or element.tag in UNREAD_ELEMENTS:
            return
        words = " ".join(text.split())
        if words:
            element.text = add_words(element.text, words)
            if self._titles:
                self.page.title = add_words(self.page.title, words)

    # ---- the elements that say something

    def _read_base(self, element: Element, attributes: Attributes) -> None:
        if not self._has_base and "href" in attributes:
            self._has_base = True
            self.page.base = join(self.page.base, attributes["href"]) or self.page.base

    def _read_image(self, element: Element, attributes: Attributes) -> None:
        element.alt = " ".join(attributes.get("alt", "").split())[:MAX_WORDS]
        names = (*LAZY_ATTRIBUTES, "src")  # a lazy page has a placeholder in src
        href = next((attributes[name] for name in names if attributes.get(name, "").strip()), "data:")
        sources = _sources(attributes)
        self._keep(self.page.images, FoundPicture(element, href[: 2 * MAX_URL], self.page.base, sources))

    def _read_source(self, element: Element, attributes: Attributes) -> None:
        picture = element.around.picture  # the parser nests sources, as if they could hold something
        if picture is None or "svg" in attributes.get("type", ""):
            return
        offered = [one for one in (picture.largest, _sources(attributes)) if one is not None]
        picture.largest = choose_largest(offered)

    def _read_anchor(self, element: Element, attributes: Attributes) -> None:
        if "href" not in attributes:
            return
        rel = attributes.get("rel", "").lower()
        found = FoundPicture(element, attributes["href"][: 2 * MAX_URL], self.page.base)
        self._keep(self.page.anchors, (found, rel))
        if element.tag == "a":
            self._read_license(element, attributes, is_page=element.around.figure is None)

    def _read_link(self, element: Element, attributes: Attributes) -> None:
        if "href" in attributes:
            self._read_license(element, attributes, is_page=True)

    def _read_license(self, element: Element, attributes: Attributes, *, is_page: bool) -> None:
        is_said = "license" in attributes.get("rel", "").lower().split()
        is_property = attributes.get("itemprop") == "license"
        if not (is_said or is_property or "creativecommons.org" in attributes["href"].lower()):
            return
        href = join(self.page.base, attributes["href"])
        is_said = is_said or bool(LICENSE_HOST.match(href))
        if is_said or is_property:
            element.license = href
        if is_said and is_page:
            self.page.license = self.page.license or href

    def _read_meta(self, element: Element, attributes: Attributes) -> None:
        content = attributes.get("content")
        if content is None:
            return
        name, property_ = attributes.get("name", ""), attributes.get("property", "")
        self._keep(self.page.metas.setdefault(name.lower(), []), content)
        for key in {name, property_} - {""}:
            self._keep(self.page.properties.setdefault(key, []), content)
        if attributes.get("http-equiv", "").lower() == "refresh":
            self._keep(self.page.refreshes, content)

    def _read_script(self, element: Element, attributes: Attributes) -> None:
        self._is_json = attributes.get("type") == "application/ld+json"

    def _keep(self, kept: list[T], new: T) -> None:
        if len(kept) < MAX_FOUND:
            kept.append(new)
        else:
            self.page.cut = True


def _sources(attributes: Attributes) -> Candidate | None:
    return choose_largest(
        [one for name in SRCSET_ATTRIBUTES if name in attributes for one in read_srcset(attributes[name])]
    )
