"""Each verb is really killed, and goes on without loss and without doing things twice."""

import asyncio
import math
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from data_commands import QUICK, Rows, crawl, run, start
from made_pictures import jpeg, photo
from site_on_loopback import Site

from colorify.dataset import screen, shard_writer
from colorify.dataset.screening_rules import Thresholds
from forks import Change, Command
from stuck import start_and_stick
from waiting import finish, wait_for

PAGES, PER_PAGE = 12, 5
QUICK_SHARDS = ("--short-side", "48", "--per-shard", "10", "--validation", "0.2", "-j", "1")


def stop(process: "Command | subprocess.Popen[str]", with_signal: signal.Signals = signal.SIGKILL) -> int:
    process.send_signal(with_signal)
    finish(process)
    assert process.returncode is not None
    return process.returncode


@pytest.fixture
def gallery(site: Site) -> Site:
    """Pages in a chain with pictures on each."""
    for page in range(PAGES):
        images = "".join(f"<img src=/{page}-{i}.jpg alt='{page} {i}'>" for i in range(PER_PAGE))
        site.html(f"/{page}", f"{images}<a href=/{page + 1}>next</a>")
        for i in range(PER_PAGE):
            site.image(f"/{page}-{i}.jpg", jpeg(photo(page * PER_PAGE + i, height=48, width=64)))
    site.html(f"/{PAGES}", "the end")
    return site


def assert_whole(site: Site, folder: Path, rows: Rows) -> None:
    assert rows(folder, "pages") == {f"/{page}": "done" for page in range(PAGES + 1)}
    names = {f"/{page}-{i}.jpg" for page in range(PAGES) for i in range(PER_PAGE)}
    assert rows(folder, "images") == dict.fromkeys(rows(folder, "images"), "saved")
    assert set(rows(folder, "images")) == names
    db = sqlite3.connect(folder / "catalogue.sqlite")
    paths = [path for (path,) in db.execute("SELECT path FROM images")]
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    files = {path.relative_to(folder).as_posix() for path in (folder / "images").rglob("*.jpg")}
    assert files == set(paths)
    assert len(paths) == len(set(paths)) == PAGES * PER_PAGE


@pytest.mark.parametrize("moments", [(25,), pytest.param((9, 25, 45), marks=pytest.mark.slow)], ids=len)
def test_a_crawl_survives_kill_9(moments: tuple[int, ...], gallery: Site, rows: Rows, tmp_path: Path) -> None:
    """`moments`: numbers of requests after which it is killed."""
    pytest.importorskip("scrapy")
    under_way: set[str] = set()
    for moment in moments:
        gallery.held_from = moment
        process = start("crawl", gallery.url("/0"), "--into", tmp_path, *QUICK, "--depth", "99")
        wait_for(lambda moment=moment: gallery.asked >= moment)
        wait_for(lambda: "saved" in rows(tmp_path, "images").values())
        assert stop(process) == -signal.SIGKILL
        under_way |= {path for path, status in rows(tmp_path, "images").items() if status == "taken"}
    let_go(gallery)
    crawl(gallery.url("/0"), tmp_path, "--depth", "99")
    assert_whole(gallery, tmp_path, rows)
    assert again(gallery) <= under_way


def let_go(site: Site) -> None:
    site.held_from = math.inf
    site.go_on.set()


def again(site: Site) -> set[str]:
    """Name the pictures that were asked for more than once."""
    return {path for path, hits in site.hits.items() if path.endswith(".jpg") and len(hits) > 1}


@pytest.mark.slow
def test_a_crawl_stops_on_ctrl_c_and_goes_on(gallery: Site, rows: Rows, tmp_path: Path) -> None:
    pytest.importorskip("scrapy")
    gallery.held_from = 15
    process = start("crawl", gallery.url("/0"), "--into", tmp_path, *QUICK, "--depth", "99")
    wait_for(lambda: gallery.asked >= 15)
    process.send_signal(signal.SIGINT)
    let_go(gallery)
    finish(process)
    assert process.returncode == 130
    assert "taken" not in rows(tmp_path, "images").values()
    crawl(gallery.url("/0"), tmp_path, "--depth", "99")
    assert_whole(gallery, tmp_path, rows)
    assert again(gallery) == set()


def interrupt_the_start() -> None:
    """Have a signal come while the reactor starts, before Scrapy listens but after its first thread."""
    from scrapy.crawler import AsyncCrawlerProcess

    start_reactor = AsyncCrawlerProcess.start

    def start_and_interrupt(process: AsyncCrawlerProcess, **options: bool) -> None:
        from twisted.internet import reactor

        def begin() -> None:
            reactor.callInThread(bool)
            asyncio.get_event_loop().call_soon(signal.default_int_handler, signal.SIGINT, None)

        reactor.callWhenRunning(begin)
        start_reactor(process, **options)

    AsyncCrawlerProcess.start = start_and_interrupt


def signal_the_start() -> None:
    """Have a signal come as soon as the reactor runs."""
    from scrapy.crawler import AsyncCrawlerProcess

    start_reactor = AsyncCrawlerProcess.start

    def start_with_signal(process: AsyncCrawlerProcess, **options: bool) -> None:
        from twisted.internet import reactor

        reactor.callWhenRunning(os.kill, os.getpid(), signal.SIGINT)
        start_reactor(process, **options)

    AsyncCrawlerProcess.start = start_with_signal


@pytest.mark.parametrize("change", [interrupt_the_start, signal_the_start])
def test_a_signal_while_the_reactor_starts_ends_the_crawl(change: Change, site: Site, tmp_path: Path) -> None:
    pytest.importorskip("scrapy")
    site.html("/", "<a href=/2>two</a>")
    slow = ("--delay", "1")  # s, so that it has not ended before it is stopped
    said = run("crawl", site.url(), "--into", tmp_path, *QUICK, *slow, code=130, change=change)
    assert "error" not in said.lower()


@pytest.mark.slow
def test_an_import_survives_kill_9(gallery: Site, rows: Rows, tmp_path: Path) -> None:
    pytest.importorskip("scrapy")
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    paths = [f"/{page}-{i}.jpg" for page in range(PAGES) for i in range(PER_PAGE)]
    table = arrow.table({"url": [gallery.url(path) for path in paths], "caption": paths})
    parquet.write_table(table, tmp_path / "urls.parquet")
    command = ("import", tmp_path / "urls.parquet", "--into", tmp_path / "photos", *QUICK)
    gallery.held_from = 20
    process = start(*command)
    wait_for(lambda: gallery.asked >= 20)
    wait_for(lambda: "saved" in rows(tmp_path / "photos", "images").values())
    assert stop(process) == -signal.SIGKILL
    found = rows(tmp_path / "photos", "images")
    under_way = {path for path, status in found.items() if status == "taken"}
    let_go(gallery)
    run(*command)
    assert rows(tmp_path / "photos", "images") == dict.fromkeys(paths, "saved")
    assert len(list((tmp_path / "photos" / "images").rglob("*.jpg"))) == len(paths)
    assert again(gallery) <= under_way


@pytest.fixture(scope="module")
def files() -> list[bytes]:
    """160 small photos, of which every tenth is grey."""
    return [jpeg(photo(seed, height=64, width=80, color=14.0 * (seed % 10 > 0))) for seed in range(160)]


@pytest.fixture
def photos(files: list[bytes], tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, data in enumerate(files):
        (folder / f"{number:03}.jpg").write_bytes(data)
    return folder


def test_a_screening_survives_kill_9(photos: Path) -> None:
    options = ("--min-side", "32", "-j", "1", "--move-rejected")
    notes = photos / "screen" / "measures.jsonl"
    words = ("data", "screen", photos, *options)
    process = start_and_stick(screen._measure_one, 100, *words)
    assert stop(process) == -signal.SIGKILL
    assert not (photos / "screen" / "report.jsonl").exists()
    before = len(notes.read_text().splitlines())
    assert 0 < before < 100
    run("screen", photos, *options)
    assert len(notes.read_text().splitlines()) in (160, 161)  # nothing that was noted is measured again
    report = (photos / "screen" / "report.jsonl").read_text()
    assert report.count('"kept": true') == 144
    assert len(list((photos / "rejected" / "grey").iterdir())) == 16
    assert len(list(photos.glob("*.jpg"))) == 144
    run("screen", photos, *options)
    assert (photos / "screen" / "report.jsonl").read_text() == report


@pytest.mark.parametrize("moments", [(3,), pytest.param((1, 6), marks=pytest.mark.slow)], ids=len)
def test_sharding_survives_kill_9(moments: tuple[int, ...], photos: Path, tmp_path: Path) -> None:
    """`moments`: numbers of shards, of 9 or 10 photos, after which it is killed in the middle of one."""
    screen.screen(photos, Thresholds(min_side=32))
    run("shard", photos, "-o", tmp_path / "unbroken", *QUICK_SHARDS)
    broken = tmp_path / "broken"
    for count in moments:
        before = len(list(broken.glob("*.tar")))
        words = ("data", "shard", photos, "-o", broken, *QUICK_SHARDS)
        process = start_and_stick(shard_writer._add, 10 * (count - before) + 4, *words)
        assert stop(process) == -signal.SIGKILL
        assert len(list(broken.glob("*.tar"))) == count
    assert not (broken / "manifest.json").exists()
    assert "written before" in run("shard", photos, "-o", broken, *QUICK_SHARDS)
    names = {path.name for path in (tmp_path / "unbroken").iterdir()}
    assert {path.name for path in broken.iterdir()} == names
    for path in (tmp_path / "unbroken").iterdir():
        if path.is_file():
            assert (broken / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.slow
def test_stats_survive_kill_9(photos: Path, tmp_path: Path) -> None:
    screen.screen(photos, Thresholds(min_side=32))
    run("shard", photos, "-o", tmp_path / "shards", *QUICK_SHARDS)
    process = start("stats", tmp_path / "shards")
    time.sleep(0.6)
    stop(process)
    said = run("stats", tmp_path / "shards")
    assert "144 in 15 shards" in said
    assert said == run("stats", tmp_path / "shards")
