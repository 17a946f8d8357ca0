"""What is read from a page, and what cannot break it."""

from collections.abc import Callable

import pytest

pytest.importorskip("scrapy")

from counted_calls import calls
from hypothesis import example, given
from hypothesis import strategies as st

from colorify.dataset.links import MAX_URL, clean_url
from colorify.dataset.page import PageTrapError
from colorify.dataset.page_facts import MAX_LINKS, read_page
from colorify.dataset.srcset import read_srcset

BASE = "http://example.org/dir/page.html"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.jpg", [(1.0, "a.jpg")]),
        ("a.jpg 1x, b.jpg 2x", [(1.0, "a.jpg"), (2.0, "b.jpg")]),
        ("a.jpg 100w,b.jpg 200w", [(100.0, "a.jpg"), (200.0, "b.jpg")]),
        ("a,b.jpg 100w, c.jpg", [(100.0, "a,b.jpg"), (1.0, "c.jpg")]),
        ("a.jpg, b.jpg 1.5x", [(1.0, "a.jpg"), (1.5, "b.jpg")]),
        (" , a.jpg 1q , ", [(1.0, "a.jpg")]),
        ("a.jpg w", [(1.0, "a.jpg")]),
        ("", []),
        (",,,,", []),
        (f"a.jpg {'9' * 5000}w", [(1.0, "a.jpg")]),
    ],
)
def test_srcset(text: str, expected: list[tuple[float, str]]) -> None:
    assert read_srcset(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.jpg", "http://example.org/dir/a.jpg"),
        ("//cdn.example.org/A?b=2&a=1#top", "http://cdn.example.org/A?a=1&b=2"),
        ("HTTP://EXAMPLE.ORG/%7ea b", "http://example.org/~a%20b"),
        ("javascript:alert(1)", None),
        ("data:image/png;base64,AAAA", None),
        ("file:///etc/passwd", None),
        ("http://user:secret@example.org/", None),
        ("http://[", None),
        ("http://example.org:99999999/", None),
        ("/a/b/a/b/a/b/a/b/", None),
        ("/" + "x" * 2000, None),
        ("/" + "x/" * 2_000_000, None),
    ],
)
def test_addresses_get_one_form_or_none(text: str, expected: str | None) -> None:
    assert clean_url(text, BASE) == expected


def test_links_that_are_not_to_be_followed_are_not() -> None:
    page = (
        '<a href="a">1</a><a href="b" rel="external nofollow">2</a><a href="c.PDF">3</a><a href="d.jpg">4</a>'
        '<meta http-equiv="Refresh" content="5; URL=\'e\'"><area href="f">'
    )
    facts = read_page(page, BASE)
    assert facts.links == [f"http://example.org/dir/{name}" for name in "afe"]
    assert [link.url for link in facts.images] == ["http://example.org/dir/d.jpg"]


def test_base_and_meta_are_read_whatever_their_case() -> None:
    page = (
        '<BASE HREF="/b/"><META NAME="Robots" CONTENT="NoAI"><meta name=TDM-Reservation content=1>'
        "<img src=i.png>"
    )
    facts = read_page(page, BASE)
    assert (facts.robots, facts.tdm_reservation) == ({"noai"}, "1")
    assert [link.url for link in facts.images] == ["http://example.org/b/i.png"]


def test_a_figures_licence_is_its_own() -> None:
    free = "https://creativecommons.org/publicdomain/zero/1.0/"
    page = (
        '<a rel="license" href="/terms">t</a>'
        f'<figure><img src=1.jpg><a href="{free}">0</a></figure><img src=2.jpg>'
    )
    first, second = read_page(page, BASE).images
    assert (first.license, first.license_scope) == (free, "image")
    assert (second.license, second.license_scope) == ("http://example.org/terms", "page")


@pytest.mark.parametrize(
    "script", ["{", "[" * 3000, '"x"', '{"contentUrl": {"a": 1}}', '{"@graph": [[[[null]]]]}']
)
def test_other_peoples_json_breaks_nothing(script: str) -> None:
    page = f'<script type="application/ld+json">{script}</script><img src=1.jpg>'
    assert [link.url for link in read_page(page, BASE).images] == ["http://example.org/dir/1.jpg"]


@example("\x1e")
@example("&#31;")
@example('"\x1f')
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    read_page(f'<base href="{text}"><img srcset="{text}"><a href="{text}">', BASE)
    read_page(text, BASE)


def test_the_text_of_one_word_is_one_word() -> None:
    """The parser brings a text in parts, one for each entity."""
    (link,) = read_page("<p>Caf&eacute; <b>noir</b><img src=1.jpg alt='&Eacute;t&eacute;'></p>", BASE).images
    assert (link.context, link.alt) == ("Café noir", "Été")


def test_a_link_to_a_photograph_has_the_alt_text_of_its_thumbnail() -> None:
    page = "<div>Around <a href=large.jpg><span><img src=small.jpg alt='A lake'></span></a></div><p>far</p>"
    small, large = read_page(page, BASE).images
    assert (small.url, small.alt, small.context) == ("http://example.org/dir/small.jpg", "A lake", "Around")
    assert (large.url, large.alt, large.context) == ("http://example.org/dir/large.jpg", "A lake", "Around")


def test_of_an_image_and_the_sources_beside_it_the_largest_counts() -> None:
    page = (
        "<picture><source srcset='1.jpg 300w'><source type=image/svg+xml srcset='2.svg 999w'>"
        "<img srcset='3.jpg 200w'><source srcset='4.jpg 400w, 5.jpg 400w'></picture>"
    )
    assert [link.url for link in read_page(page, BASE).images] == ["http://example.org/dir/4.jpg"]


# page of a given size; each took time with the square of it, in its own way
GROWING: dict[str, Callable[[int], str]] = {
    "pictures beside each other": lambda n: "<div>" + "<p>t</p><img src=1.jpg>" * n + "</div>",
    "pictures in one figure": lambda n: "<figure>" + "<a href=x>t</a><img src=1.jpg>" * n + "</figure>",
    "pictures in one <picture>": lambda n: (
        "<picture>" + "<source srcset='1.jpg 2x'><img src=1.jpg>" * n + "</picture>"
    ),
    "pictures in one link": lambda n: "<a href=a.jpg>" + "<b><img src=1.jpg alt=t></b>" * n + "</a>",
    "candidates of a srcset": lambda n: f"<img srcset='{'a.jpg 1w, ' * n}'>",
    "candidates without commas": lambda n: f"<img srcset='{'a ' * n}'>",
    "commas": lambda n: f"<img srcset='{',' * n}'>",
    "links": lambda n: "".join(f"<a href=/{i}>t</a>" for i in range(n)),
    "segments of an address": lambda n: f"<img src='{''.join(f'{i}/' for i in range(n))}'>",
    "attributes": lambda n: f"<img {' '.join(f'a{i}' for i in range(n))} src=1.jpg>",
    "licences": lambda n: "<figure>" * (n // 20) + "<a rel=license href=x>t</a>" * n,
    "captions": lambda n: "<figure><img src=1.jpg><figcaption>t</figcaption>" * (n // 20),
    "entities": lambda n: "<p>" + "&lt;" * n + "<img src=1.jpg>",
    "JSON-LD": lambda n: f'<script type="application/ld+json">[{"{},[1]," * n}1]</script>',
}


@pytest.mark.parametrize("kind", GROWING)
def test_twice_the_page_is_twice_the_work(kind: str) -> None:
    def work(count: int) -> int:
        page = GROWING[kind](count)
        return calls(lambda: read_page(page, BASE))

    assert work(600) <= 2.2 * work(300)


TRAPS: dict[str, str] = {
    "nested": "<div>" * 1_000_000,
    "nested, on a short page": "<div>" * 2100 + "</div>" * 2100,
    "nested, then closed by others": "<b>" * 1900 + "</i>" * 1_000_000,
    "many tags": "<p>" * 1_600_000,
    "many texts": "&lt;" * 1_250_000,
}


@pytest.mark.parametrize("kind", TRAPS)
def test_a_trap_is_given_up(kind: str) -> None:
    with pytest.raises(PageTrapError, match=r"a (long )?page"):
        read_page(TRAPS[kind], BASE)


# each is built where it is read: not when the file is imported, as every worker does that
HARMLESS: dict[str, Callable[[], str]] = {
    "attributes": lambda: "<a " + " ".join(f"a{i}" for i in range(600_000)) + ">",
    "a long attribute": lambda: f"<img alt='{'x ' * 2_500_000}' src='{'y' * MAX_URL * 2}'>",
    "an attribute that never ends": lambda: "<a href='" + "x" * 5_000_000,
    "a tag that never ends": lambda: "<a " * 1_600_000,
    "a comment that never ends": lambda: "<!--" + "x-" * 2_500_000,
    "a script that never ends": lambda: "<script>" * 600_000,
    "srcset candidates": lambda: f"<img srcset='{'a.jpg 1w, ' * 500_000}'>",
    "JSON": lambda: f'<script type="application/ld+json">{"[" * 4_000_000}</script>',
    "a nested @type": lambda: (
        f'<script type="application/ld+json">{{"@type": {"[" * 900}{"]" * 900}}}</script>'
    ),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_five_megabytes_of_anything_are_read(kind: str) -> None:
    read_page(HARMLESS[kind]() + "<img src=1.jpg>", BASE)


def test_what_is_left_out_of_a_long_page_is_said() -> None:
    pictures = "".join(f"<img src={i}.jpg>" for i in range(MAX_LINKS + 5))
    facts = read_page(pictures + "".join(f"<a href=/{i}>t</a>" for i in range(MAX_LINKS + 7)), BASE)
    assert len(facts.images) == len(facts.links) == MAX_LINKS
    assert facts.left_out == "left out: 5 of 2,005 pictures, 7 of 2,007 links"
    assert read_page("<img src=1.jpg>" * 3000, BASE).left_out is None  # one picture, often
    many = "".join(f"<a href=/{i}>t</a>" for i in range(30_000))
    assert "what comes after 10,000 addresses" in str(read_page(many, BASE).left_out)
