"""robots.txt that is meant to do harm."""

import gzip

import pytest

pytest.importorskip("scrapy")

from counted_calls import calls
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Request, Response
from scrapy.utils.test import get_crawler

from colorify.dataset.robots import Decompression, OwnRules


def rules(text: str) -> OwnRules:
    return OwnRules(text.encode(), None)


def test_rules_for_us_for_all_and_for_others_are_told_apart() -> None:
    ours = "User-agent: other\nUSER AGENT Colorify\nDisallow: /ours\nCrawl-delay: 3\n"
    found = rules(f"{ours}\nUser-agent: *\nDisallow: /\n")
    assert (found.allowed("http://a/ours", "colorify"), found.allowed("http://a/b", "colorify")) == (
        False,
        True,
    )
    assert found.crawl_delay("colorify") == 3
    assert not rules("User-agent: *\nDisallow: /\n").allowed("http://a/b", "colorify")
    assert rules("User-agent: colorifyer\nDisallow: /\n").allowed("http://a/b", "colorify")


def test_the_work_of_a_robots_txt_grows_with_its_length_alone() -> None:
    def of(number: int) -> int:
        agents = "".join(f"User-agent: a{i}{'*' * (i % 9)}\n" for i in range(number))
        return calls(lambda: rules(agents + "".join(f"Disallow: /{i}\n" for i in range(number))))

    assert of(400) < 2.5 * of(200)


@pytest.fixture
def decompression() -> Decompression:
    return Decompression.from_crawler(get_crawler(settings_dict={"DOWNLOAD_WARNSIZE": 0}))


def packed(body: bytes, url: str, **meta: object) -> tuple[Request, Response]:
    request = Request(url, meta={"download_maxsize": 1000, **meta})
    return request, Response(url, headers={"Content-Encoding": "gzip"}, body=body)


@pytest.mark.parametrize("body", [gzip.compress(bytes(100_000)), b"no gzip at all"])
def test_a_robots_txt_that_cannot_be_unpacked_is_not_taken_for_none(
    body: bytes, decompression: Decompression
) -> None:
    answer = decompression.process_response(*packed(body, "http://a/robots.txt"))
    assert isinstance(answer, Response)
    assert answer.status == 503  # which forbids everything until the next crawl


def test_a_page_that_is_a_bomb_is_too_large_not_forbidden(decompression: Decompression) -> None:
    with pytest.raises(DownloadCancelledError):
        decompression.process_response(*packed(gzip.compress(bytes(100_000)), "http://a/", row="a row"))
