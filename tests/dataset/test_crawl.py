"""The crawler against a site on loopback: what it takes, what it leaves, and how it behaves."""

import json
import re
import socket
import sqlite3
import sys
from pathlib import Path

import pytest
from data_commands import QUICK, Rows, crawl, run
from made_pictures import jpeg, photo, png
from site_on_loopback import Site, die, drip, head_without_end, lie, redirect, send

from changed_command import call_loopback_public
from colorify import cli

pytest.importorskip("scrapy")

PHOTO = jpeg(photo(1))


def test_pictures_are_found_stored_and_described(site: Site, rows: Rows, tmp_path: Path) -> None:
    linked = {"@type": "ImageObject", "contentUrl": "/ld.jpg", "license": "https://example.org/ld-license"}
    site.html(
        "/",
        "<a href=/gallery.html>in</a> <a rel=license href=https://creativecommons.org/licenses/by/4.0/>CC</a>"
        '<img src="/plain.jpg" alt="A plain one"><a href="/full.jpg">large</a>'
        '<p>Words around<img srcset="/small.jpg 400w, /large.jpg 1600w" src="/small.jpg"></p>'
        f'<script type="application/ld+json">{json.dumps(linked)}</script>',
    )
    site.html(
        "/gallery.html",
        '<meta property="og:image" content="/og.jpg">'
        '<img data-src="/lazy.jpg" src="data:image/gif;base64,R0lG">'
        '<figure><picture><source srcset="/p1.jpg 1x, /p2.jpg 2x"><img src="/p0.jpg"></picture>'
        "<figcaption>The caption</figcaption></figure>",
    )
    names = ["/plain.jpg", "/full.jpg", "/large.jpg", "/ld.jpg", "/og.jpg", "/lazy.jpg", "/p2.jpg"]
    data = {name: jpeg(photo(number)) for number, name in enumerate(names)}
    for name in names:
        site.image(name, data[name])
    crawl(site.url(), tmp_path)
    assert rows(tmp_path, "images") == dict.fromkeys(rows(tmp_path, "images"), "saved")
    assert set(rows(tmp_path, "images")) == set(names)
    images = {row["url"].removeprefix(site.url("")): row for row in read(tmp_path)}
    plain, large, linked_row = images["/plain.jpg"], images["/large.jpg"], images["/ld.jpg"]
    assert (plain["alt"], plain["license_scope"]) == ("A plain one", "page")
    assert plain["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert (linked_row["license"], linked_row["license_scope"]) == ("https://example.org/ld-license", "image")
    assert large["context"] == "Words around"
    assert images["/p2.jpg"]["context"] == "The caption"
    assert (plain["width"], plain["height"], plain["mime"]) == (400, 300, "image/jpeg")
    for name, row in images.items():
        assert (tmp_path / row["path"]).read_bytes() == data[name]
    assert site.agents == {next(iter(site.agents))}
    assert re.fullmatch(r"Colorify/[\d.]+ \(\+tests@example\.org\)", next(iter(site.agents)))


@pytest.mark.parametrize(
    "words", [["NOT-A-URL", "--contact", "a@example.org"], ["http://h/", "--contact", "x"]]
)
def test_what_makes_no_sense_leaves_no_folder(tmp_path: Path, words: list[str]) -> None:
    assert cli.run(["data", "crawl", *words, "--into", str(tmp_path / "web")]) == 2
    assert not (tmp_path / "web").exists()


def read(folder: Path) -> list[sqlite3.Row]:
    db = sqlite3.connect(folder / "catalogue.sqlite")
    db.row_factory = sqlite3.Row
    try:
        return db.execute("SELECT * FROM images ORDER BY id").fetchall()
    finally:
        db.close()


def test_what_a_site_forbids_or_reserves_is_not_taken(site: Site, rows: Rows, tmp_path: Path) -> None:
    robots = "User-agent: *\nDisallow: /closed/\nUser-agent: other\nDisallow: /\n"
    rules = [{"location": "/reserved/*.jpg", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]
    site.routes["/robots.txt"] = send(robots.encode(), "text/plain")
    site.routes["/.well-known/tdmrep.json"] = send(json.dumps(rules).encode(), "application/json")
    site.html(
        "/",
        "<a href=/closed/page>c</a><a href=/noai>n</a><a href=/tdm>t</a><a href=/header>h</a>"
        "<a href=/last>l</a><img src=/closed/a.jpg><img src=/reserved/a.jpg><img src=/said.jpg>"
        "<img src=/other.jpg><img src=/a.jpg>",
    )
    site.html("/noai", '<meta name="robots" content="noai, nofollow"><img src=/b.jpg><a href=/nowhere>x</a>')
    site.html("/tdm", '<meta name="tdm-reservation" content="1"><img src=/c.jpg>')
    site.html("/header", "<img src=/d.jpg>", headers={"X-Robots-Tag": "noimageai"})
    site.html("/last", "<img src=/b.jpg><img src=/e.jpg>")
    for name in "abcde":
        site.image(f"/{name}.jpg", PHOTO)
    site.image("/said.jpg", PHOTO, headers={"TDM-Reservation": "1"})
    site.image("/other.jpg", PHOTO, headers={"X-Robots-Tag": "googlebot: noai"})
    crawl(site.url(), tmp_path, "--concurrency", "1")  # /noai, which reserves b, is read before /last
    images = rows(tmp_path, "images")
    assert {name for name, status in images.items() if status == "saved"} == {
        "/a.jpg",
        "/other.jpg",
        "/e.jpg",
    }
    assert images["/closed/a.jpg"] == "forbidden"
    reserved = ("/reserved/a.jpg", "/said.jpg", "/b.jpg", "/c.jpg", "/d.jpg")
    assert [images[name] for name in reserved] == ["reserved"] * 5
    assert not {"/closed/page", "/closed/a.jpg", "/reserved/a.jpg", "/b.jpg", "/c.jpg", "/nowhere"} & set(
        site.hits
    )
    assert rows(tmp_path, "pages")["/closed/page"] == "forbidden"


def test_a_head_without_an_end_is_given_up(site: Site, rows: Rows, tmp_path: Path) -> None:
    sent: list[int] = []
    site.html("/", "<img src=/head.jpg><img src=/ok.jpg>")
    site.routes["/head.jpg"] = head_without_end(sent, most=200_000_000)
    site.image("/ok.jpg", PHOTO)
    crawl(site.url(), tmp_path)
    assert rows(tmp_path, "images") == {"/head.jpg": "failed", "/ok.jpg": "saved"}
    assert max(sent) < 50_000_000  # what the system's buffers take besides


@pytest.mark.slow
def test_traps_and_bad_files_do_not_hold_it_up(site: Site, rows: Rows, tmp_path: Path) -> None:
    site.html(
        "/",
        "<a href=/round1>r</a><a href=/day/1>d</a><a href=/chain/1>c</a><a href=a/b/a/b/a/b/a/b>l</a>"
        + "".join(
            f"<img src=/{name}.jpg>"
            for name in ("huge", "endless", "drip", "die", "lie", "html", "cut", "ok")
        )
        + "<a href=/film.bin>f</a><img src=/moved.jpg><a href=/404>4</a><a href='http://['>b</a>",
    )
    site.routes["/round1"], site.routes["/round2"] = redirect("/round2"), redirect("/round1")
    site.routes["/huge.jpg"] = lie(b"x" * 2_000_000, "image/jpeg", announced=2_000_000)
    site.routes["/endless.jpg"] = lie(b"x" * 2_000_000, "image/jpeg", announced=None)
    site.routes["/drip.jpg"] = drip(PHOTO, "image/jpeg", seconds=0.2)
    site.routes["/die.jpg"] = die
    site.routes["/lie.jpg"] = lie(PHOTO, "image/jpeg", announced=len(PHOTO) + 999)
    site.routes["/html.jpg"] = send(b"<html>no picture</html>", "image/jpeg")
    site.image("/cut.jpg", PHOTO[: len(PHOTO) // 2])
    site.routes["/ok.jpg"] = send(png(photo(2, height=90, width=120)), "text/html")
    site.routes["/moved.jpg"] = redirect("/target.jpg", status=301)
    site.image("/target.jpg", jpeg(photo(3)))
    site.routes["/film.bin"] = send(b"\0" * 99, "video/mp4")

    def endless(path: str) -> object:
        kind, _, number = path[1:].partition("/")
        if kind == "day":
            return send(f"<html><a href=/day/{int(number) + 1}>next</a></html>".encode())
        return redirect(f"/chain/{int(number) + 1}") if kind == "chain" else None

    site.fallback = endless  # type: ignore[assignment]
    crawl(site.url(), tmp_path, "--depth", "4", "--max-mb", "1", "--timeout", "10", "--concurrency", "8")
    images, pages = rows(tmp_path, "images"), rows(tmp_path, "pages")
    assert {
        name: images[name] for name in ("/huge.jpg", "/endless.jpg", "/html.jpg", "/cut.jpg")
    } == dict.fromkeys(("/huge.jpg", "/endless.jpg", "/html.jpg", "/cut.jpg"), "rejected")
    assert [images[name] for name in ("/drip.jpg", "/die.jpg", "/lie.jpg")] == ["failed"] * 3
    assert [images[name] for name in ("/ok.jpg", "/moved.jpg", "/target.jpg")] == [
        "saved",
        "redirected",
        "saved",
    ]
    assert [pages[name] for name in ("/round1", "/round2", "/film.bin", "/404")] == [
        "redirected", "redirected", "rejected", "failed",
    ]  # fmt: skip
    assert (
        max(int(name[5:]) for name, status in pages.items() if name[:5] == "/day/" and status == "done") == 4
    )
    assert len([name for name in site.hits if name.startswith("/chain/")]) <= 6
    assert len([name for name in pages if "/a/b" in name]) == 0
    stored = {row["mime"] for row in read(tmp_path) if row["status"] == "saved"}
    assert stored == {"image/png", "image/jpeg"}


def test_a_busy_server_gets_the_pause_it_asks_for(site: Site, rows: Rows, tmp_path: Path) -> None:
    busy = send(b"", status=429, headers={"Retry-After": "2"})
    answers = [busy]

    def route(handler):  # type: ignore[no-untyped-def]
        (answers.pop() if answers else send(PHOTO, "image/jpeg"))(handler)

    site.html("/", "<img src=/a.jpg><img src=/b.jpg>")
    site.routes["/a.jpg"] = route
    site.image("/b.jpg", PHOTO)
    crawl(site.url(), tmp_path, "--concurrency", "1")
    first, second = site.hits["/a.jpg"]
    assert second - first >= 1.9
    assert not [hit for hits in site.hits.values() for hit in hits if first + 0.2 < hit < first + 1.9]
    assert set(rows(tmp_path, "images").values()) == {"saved"}


def test_a_host_that_asks_for_a_day_is_left_for_another_crawl(site: Site, rows: Rows, tmp_path: Path) -> None:
    site.html("/", "<img src=/a.jpg><a href=/next>n</a>")
    site.html("/next", "")
    site.routes["/a.jpg"] = send(b"", status=503, headers={"Retry-After": "86400"})
    said = crawl(site.url(), tmp_path, "--concurrency", "1", code=1)
    assert "left for later, asks for a pause of 86400 s" in said
    assert "the same command goes on" in said
    assert (rows(tmp_path, "images")["/a.jpg"], rows(tmp_path, "pages")["/next"]) == ("pending", "pending")
    site.image("/a.jpg", PHOTO)
    crawl(site.url(), tmp_path)
    assert (rows(tmp_path, "images")["/a.jpg"], rows(tmp_path, "pages")["/next"]) == ("saved", "done")


def test_robots_txt_that_cannot_be_had_forbids_all_for_now(site: Site, rows: Rows, tmp_path: Path) -> None:
    site.html("/", "")
    site.routes["/robots.txt"] = send(b"broken", status=500)
    assert "robots.txt answers 500" in crawl(site.url(), tmp_path, code=1)
    assert "/" not in site.hits
    assert rows(tmp_path, "pages") == {"/": "pending"}
    site.routes["/robots.txt"] = send(b"Disallow: / <- an error page, no rules", status=404)
    crawl(site.url(), tmp_path)
    assert rows(tmp_path, "pages") == {"/": "done"}


def test_crawl_delay_is_kept(site: Site, tmp_path: Path) -> None:
    site.routes["/robots.txt"] = send(b"User-agent: colorify\nCrawl-delay: 1\n", "text/plain")
    site.html("/", "<a href=/1>1</a><a href=/2>2</a>")
    site.html("/1", "")
    site.html("/2", "")
    crawl(site.url(), tmp_path, "--concurrency", "8")
    # the first page was sent for after this, the last one two pauses after the first; when a busy machine's
    # server sees a request is another thing
    (asked,) = site.hits["/robots.txt"]
    assert max(*site.hits["/1"], *site.hits["/2"]) - asked >= 2


def test_a_crawl_delay_of_a_day_leaves_the_host_for_another_crawl(
    site: Site, rows: Rows, tmp_path: Path
) -> None:
    site.routes["/robots.txt"] = send(b"User-agent: *\nCrawl-delay: 86400\n", "text/plain")
    site.html("/", "")
    said = crawl(site.url(), tmp_path, code=1)
    assert "127.0.0.1: left for later, robots.txt asks for 86400 s between two requests" in said
    assert "/" not in site.hits
    assert rows(tmp_path, "pages") == {"/": "pending"}


def test_private_networks_are_refused_however_they_are_written(
    site: Site, rows: Rows, tmp_path: Path
) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    hosts = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::1]"]
    hosts += ["169.254.169.254", "10.255.255.1"]
    urls = [site.url("/a.jpg", host=host) for host in hosts]
    parquet.write_table(pa.table({"url": urls}), tmp_path / "urls.parquet")
    site.image("/a.jpg", PHOTO)
    words = ("import", tmp_path / "urls.parquet", "--into", tmp_path / "photos", *QUICK)
    said = run(*(word for word in words if word != "--allow-private"), code=1)
    assert "allow it with --allow-private" in said
    assert not site.hits
    assert list(rows(tmp_path / "photos", "images").values()) == ["private"] * len(urls)


def test_a_page_does_not_lead_into_a_private_network(site: Site, rows: Rows, tmp_path: Path) -> None:
    """127.0.0.1 plays the internet: it links to 127.0.0.2, redirects there, and there is its robots.txt."""
    there = site.url("", host="127.0.0.2")
    site.html("/", f"<img src={there}/a.jpg><a href=/away>t</a><img src=/b.jpg><a href={there}/page>t</a>")
    site.routes["/away"], site.routes["/b.jpg"] = redirect(f"{there}/"), redirect(f"{there}/c.jpg")
    site.routes["/robots.txt"] = redirect("/robots")
    site.routes["/robots"] = send(b"", "text/plain")
    refusing = [option for option in QUICK if option != "--allow-private"]
    words = ("crawl", site.url(), "--into", tmp_path, *refusing, "--domain", "127.0.0.2")
    said = run(*words, code=1, change=call_loopback_public)
    assert "not fetched, being on this machine or a private network" in said
    private = {f"{there}/{name}": "private" for name in ("a.jpg", "c.jpg")}
    assert rows(tmp_path, "images") == {**private, "/b.jpg": "redirected"}
    pages = {f"{there}/page": "private", f"{there}/": "private"}
    assert rows(tmp_path, "pages") == {"/": "done", "/away": "redirected", **pages}
    crawl(site.url(), tmp_path, "--domain", "127.0.0.2", code=1)
    assert "private" not in rows(tmp_path, "images").values()  # allowed, and nobody answers there


def test_a_robots_txt_in_a_private_network_allows_nothing(site: Site, rows: Rows, tmp_path: Path) -> None:
    site.html("/", "")
    site.routes["/robots.txt"] = redirect(site.url("/robots", host="127.0.0.2"))
    refusing = [option for option in QUICK if option != "--allow-private"]
    said = run("crawl", site.url(), "--into", tmp_path, *refusing, code=1, change=call_loopback_public)
    assert "robots.txt cannot be had" in said
    assert rows(tmp_path, "pages") == {"/": "pending"}


def test_hostile_pages_are_given_up_and_said(site: Site, rows: Rows, tmp_path: Path) -> None:
    names = ("nested", "many", "punycode", "zlib")
    site.html("/", "".join(f"<a href=/{name}>t</a>" for name in names))
    site.html("/nested", "<div>" * 10_000 + "<img src=/a.jpg>")
    site.html("/many", "".join(f"<a href=/{i}.zip>t</a><a href=/many?{i}>t</a>" for i in range(2010)))
    for name in names[2:]:
        page = b"<html><a href=/404>t</a>-" + b"a" * 1_000_000
        site.routes[f"/{name}"] = send(page, f"text/html; charset={name}")
    said = crawl(site.url(), tmp_path, "--depth", "1")
    assert "faults of our own" not in said
    db = sqlite3.connect(tmp_path / "catalogue.sqlite")
    reasons = dict(db.execute("SELECT url, reason FROM pages WHERE status IN ('done', 'rejected')"))
    db.close()
    assert "nested more than 2,000 deep" in reasons[site.url("/nested")]
    assert reasons[site.url("/many")] == "left out: 10 of 2,010 links"
    assert [rows(tmp_path, "pages")[f"/{name}"] for name in names] == ["rejected", "done", "done", "done"]


def test_other_hosts_are_only_visited_when_allowed(site: Site, rows: Rows, tmp_path: Path) -> None:
    other = site.url("/far.jpg", host="localhost")
    site.html("/", f"<img src={other}><a href={site.url('/far', host='localhost')}>far</a>")
    site.image("/far.jpg", PHOTO)
    said = crawl(site.url(), tmp_path)
    assert "allow them with --domain: localhost" in said
    assert rows(tmp_path, "images") == {other: "offsite"}
    assert not {"/far", "/far.jpg"} & set(site.hits)
    crawl(site.url(), tmp_path, "--domain", "localhost")
    assert rows(tmp_path, "images") == {other: "saved"}


def test_the_limits_hold_and_a_wider_crawl_goes_on(site: Site, rows: Rows, tmp_path: Path) -> None:
    site.fallback = lambda path: (
        send(f"<html><a href=/p{int(path[2:] or 0) + 1}>n</a></html>".encode()) if path[:2] == "/p" else None
    )
    assert "limit of 3 pages" in crawl(site.url("/p0"), tmp_path, "--pages", "3")
    assert list(rows(tmp_path, "pages").values()) == ["done", "done", "done", "pending"]
    crawl(site.url("/p0"), tmp_path, "--depth", "4")
    assert list(rows(tmp_path, "pages").values()) == ["done"] * 5 + ["deep"]
    crawl(site.url("/p0"), tmp_path, "--depth", "6")
    assert list(rows(tmp_path, "pages").values()) == ["done"] * 7 + ["deep"]
    assert [len(site.hits[f"/p{number}"]) for number in range(7)] == [1] * 7


def test_failures_are_tried_again_on_demand(site: Site, rows: Rows, tmp_path: Path) -> None:
    site.html("/", "<img src=/a.jpg>")
    crawl(site.url(), tmp_path)
    assert rows(tmp_path, "images") == {"/a.jpg": "failed"}
    site.image("/a.jpg", PHOTO)
    crawl(site.url(), tmp_path)
    assert rows(tmp_path, "images") == {"/a.jpg": "failed"}
    crawl(site.url(), tmp_path, "--retry-failed")
    assert rows(tmp_path, "images") == {"/a.jpg": "saved"}


def test_a_list_is_exported_and_imported(site: Site, rows: Rows, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    site.html("/", "<img src=/a.jpg alt=One><img src=/gone.jpg>")
    site.image("/a.jpg", PHOTO)
    crawl(site.url(), tmp_path / "first")
    run("export", tmp_path / "first", "-o", tmp_path / "urls.parquet")
    (row,) = parquet.read_table(tmp_path / "urls.parquet").to_pylist()
    assert (row["url"], row["caption"], row["status"]) == (site.url("/a.jpg"), "One", "success")
    assert (row["width"], row["height"], len(row["sha256"])) == (400, 300, 64)
    assert "exists already" in run("export", tmp_path / "first", "-o", tmp_path / "urls.parquet", code=2)
    said = run("import", tmp_path / "urls.parquet", "--into", tmp_path / "second", *QUICK)
    assert "stopped at" not in said
    assert rows(tmp_path / "second", "images") == {"/a.jpg": "saved"}
    assert read(tmp_path / "second")[0]["alt"] == "One"
    column = ("--url-column", "address")
    said = run("import", tmp_path / "urls.parquet", "--into", tmp_path / "second", *QUICK, *column, code=2)
    assert "no column 'address'" in said


def test_a_damaged_list_is_said(tmp_path: Path) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    from colorify.dataset.parquet_lists import read_list
    from colorify.errors import UsageError

    path = tmp_path / "urls.parquet"
    parquet.write_table(pa.table({"url": [f"http://example.org/{i}.jpg" for i in range(99)]}), path)
    data = path.read_bytes()
    path.write_bytes(data[:4] + bytes(200) + data[204:])  # its pages; the end says what should be there
    with pytest.raises(UsageError, match="expected a whole Parquet file"):
        list(read_list(path))


def test_a_full_disk_ends_the_crawl_and_blames_no_picture(site: Site, rows: Rows, tmp_path: Path) -> None:
    site.html("/", "<img src=/a.jpg>")
    site.image("/a.jpg", PHOTO)
    (tmp_path / "images").mkdir()
    for first in range(256):
        (tmp_path / "images" / f"{first:02x}").touch()  # a file where the folder should go
    assert "cannot make this folder" in crawl(site.url(), tmp_path, code=3)
    assert rows(tmp_path, "images") == {"/a.jpg": "pending"}


def test_without_scrapy_the_cure_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from colorify.dataset.crawl import CrawlLimits, CrawlPolicy, polite_settings
    from colorify.errors import SetupError

    monkeypatch.setitem(sys.modules, "scrapy", None)
    with pytest.raises(SetupError, match=r"pip install .*scrapy lxml pyarrow"):
        polite_settings(CrawlPolicy("me@example.org"), CrawlLimits(), tmp_path)


def test_without_pyarrow_the_cure_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from colorify.dataset.parquet_lists import export_list
    from colorify.errors import SetupError

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SetupError, match=r"pip install .*scrapy lxml pyarrow"):
        export_list(tmp_path, tmp_path / "a.parquet")


@pytest.mark.parametrize("content", [b"no database at all" * 99, None])
def test_a_folder_without_a_catalogue_is_said(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "catalogue.sqlite").write_bytes(content)
    expected = "expected a catalogue" if content else "colorify data crawl"
    assert expected in run("export", tmp_path, "-o", tmp_path / "a.parquet", code=2)


@pytest.mark.parametrize("contact", ["me", " ", "http://", "a b@c.d"])
def test_a_crawl_without_a_contact_does_not_start(contact: str, tmp_path: Path) -> None:
    said = run("crawl", "http://127.0.0.1:9/", "--into", tmp_path, "--contact", contact, code=2)
    assert "--contact you@example.org" in said


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    assert "expected the address of a page" in crawl("file:///etc/passwd", tmp_path, code=2)


def test_two_crawls_cannot_write_into_one_folder(site: Site, tmp_path: Path) -> None:
    from colorify.dataset.catalogue import Catalogue

    held = Catalogue(tmp_path, write=True)
    try:
        assert "another crawl or import is writing there" in crawl(site.url(), tmp_path, code=2)
    finally:
        held.close()


def test_a_dead_server_ends_the_crawl_and_loses_nothing(rows: Rows, tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # and nobody listens
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        said = crawl(url, tmp_path, code=1)
    assert "robots.txt cannot be had" in said
    assert rows(tmp_path, "pages") == {url: "pending"}
