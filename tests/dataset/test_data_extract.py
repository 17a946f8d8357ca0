"""What is read from a page, and what cannot break it."""

import pytest

pytest.importorskip("scrapy")

from hypothesis import example, given
from hypothesis import strategies as st

from colorify.dataset.extract import read_page
from colorify.dataset.links import clean_url
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
