"""What a site says of mining its texts and data: its directives, and its file of rules."""

import pytest

from colorify.dataset.tdm_rights import TdmRule, find_opt_out, read_directives, read_origin_rules


def test_robots_directives_are_read_for_us_alone() -> None:
    assert read_directives(["noai, NoFollow"]) == {"noai", "nofollow"}
    assert read_directives(["googlebot: noai"]) == frozenset()
    assert read_directives(["Colorify: noimageai", "max-snippet: 10, noindex"]) == {
        "noimageai",
        "max-snippet: 10",
        "noindex",
    }
    assert find_opt_out(frozenset({"noindex"}), "0") is None
    assert find_opt_out(frozenset({"noai"}), None) == "noai"
    assert find_opt_out(frozenset(), " 1 ") == "tdm-reservation: 1"


@pytest.mark.parametrize("text", ["", "<html>", "{}", "[1, null]", '[{"location": 5}]', "[" * 5000])
def test_what_is_no_tdm_file_reserves_nothing(text: str) -> None:
    assert not read_origin_rules(text).reserve("http://example.org/a.jpg")


def test_the_first_rule_that_matches_decides() -> None:
    rules = read_origin_rules(
        '[{"location": "/open/", "tdm-reservation": 0}, {"location": "*.jpg$", "tdm-reservation": 1}]'
    )
    assert rules.reserve("http://example.org/x/a.jpg")
    assert not rules.reserve("http://example.org/open/a.jpg")
    assert not rules.reserve("http://example.org/a.jpg?size=2")


@pytest.mark.parametrize(
    ("location", "path", "expected"),
    [
        ("/", "/a", True),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/a*c$", "/abc", True),
        ("/a*c$", "/abcd", False),
        ("*/x*/y", "/1/x/2/y/3", True),
        ("/a*a$", "/a", False),
        ("**", "/a", True),
        ("a", "/a", False),
    ],
)
def test_locations_match_as_in_robots_txt(location: str, path: str, expected: bool) -> None:
    assert TdmRule(location, True).matches(path) is expected
