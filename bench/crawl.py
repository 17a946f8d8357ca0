"""A crawl of 2,000 pages and 5,000 images of a site on loopback: pages and images a second, memory over time.

The crawler runs in a process of its own, without delay, which is no way to treat a site that is not yours.
Its resident set is read as it runs (Linux): it must not grow with what was crawled.
"""

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import numpy as np
import pyvips
from clock import print_machine

from colorify.dataset.catalogue import Catalogue

RUN = """
import sys
from pathlib import Path
from colorify.dataset.crawl import CrawlLimits, CrawlPolicy, crawl
url, folder, pages = sys.argv[1:]
policy = CrawlPolicy("bench@example.org", delay=0.0, concurrency=8, allow_private=True)
print(crawl([url], Path(folder), policy, limits=CrawlLimits(depth=99, pages=int(pages))).images)
"""
FAN_OUT = 8  # links a page
SIZE_PX = (320, 240)  # px


def page_html(number: int, pages: int, images: int) -> str:
    """A page of a tree that reaches all pages; the images are dealt out to them in turn."""
    children = range(FAN_OUT * number + 1, FAN_OUT * number + FAN_OUT + 1)
    links = "".join(f"<a href=/p{child}>{child}</a>" for child in children if child < pages)
    shown = "".join(f'<img src="/i{image}.jpg" alt="{image}">' for image in range(number, images, pages))
    return f"<html><title>{number}</title><a href=/p0>home</a>{links}{shown}<p>{'words ' * 300}</html>"


@functools.lru_cache(maxsize=256)
def image_jpeg(number: int) -> bytes:
    rng = np.random.default_rng(number)
    small = pyvips.Image.new_from_array(rng.integers(0, 256, (6, 8, 3)).astype(np.uint8))
    large = small.resize(SIZE_PX[0] / 8, kernel="cubic")
    grain = pyvips.Image.gaussnoise(large.width, large.height, sigma=6, seed=number)
    return bytes((large + grain).cast("uchar").copy(interpretation="srgb").jpegsave_buffer(Q=85))


def serve(pages: int, images: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, number = self.path[1:2], self.path[2:].removesuffix(".jpg")
            if number.isdecimal() and kind == "p" and int(number) < pages:
                self.answer(page_html(int(number), pages, images).encode(), "text/html")
            elif number.isdecimal() and kind == "i":
                self.answer(image_jpeg(int(number)), "image/jpeg")
            else:
                self.answer(b"", "text/plain", status=404)

        def answer(self, body: bytes, mime: str, *, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", mime)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def resident_mb(pid: int) -> float:
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@click.command()
@click.option("--pages", default=2000, show_default=True)
@click.option("--images", default=5000, show_default=True)
def main(pages: int, images: int) -> None:
    """Crawl the site, and print how it went."""
    print_machine()
    folder = Path(tempfile.mkdtemp())
    server = serve(pages, images)
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/p0"
        bench(url, folder, pages)
    finally:
        server.shutdown()
        shutil.rmtree(folder)


def bench(url: str, folder: Path, pages: int) -> None:
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", RUN, url, str(folder), str(pages)])
    memory: list[tuple[float, float]] = []
    while process.poll() is None:
        try:
            memory.append((time.monotonic() - start, resident_mb(process.pid)))
        except (OSError, IndexError):
            break  # it has just ended
        time.sleep(0.5)
    code = process.wait()
    seconds = time.monotonic() - start
    if code:
        raise SystemExit(f"the crawl ended with exit code {code}")
    catalogue = Catalogue(folder)
    read, saved = catalogue.counts("pages"), catalogue.counts("images")
    files = list((folder / "images").rglob("*.jpg"))
    broken = [path for path in files if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem]
    catalogue.close()
    total = sum(read.values()) + sum(saved.values())
    print(f"pages {read}, images {saved}, files {len(files)}, of them not as named {len(broken)}")
    print(f"{seconds:.0f} s, {total / seconds:.0f} requests/s")
    for share in (0.1, 0.25, 0.5, 0.75, 1.0):
        moment, size = memory[min(len(memory) - 1, int(share * len(memory)))]
        print(f"after {moment:5.0f} s  {size:6.0f} MB")
    print(f"peak          {max(size for _, size in memory):6.0f} MB")


if __name__ == "__main__":
    main()
