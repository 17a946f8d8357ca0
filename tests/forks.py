"""Commands in processes forked from one that has loaded what they need: quick to start, and real to kill.

A crawl needs a process of its own, as a Twisted reactor cannot be started twice, and loading Scrapy takes
longer than most crawls of the tests. Where there is no fork, each is started from nothing.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Change = Callable[[], None]  # a function of a module, which changes Colorify in the process that is begun

# What a crawl loads; what is missing here is loaded by each. None may start a thread or choose a reactor.
LOADED = (
    "aiohttp.web",
    "numpy.ma",
    "platformdirs.unix",
    "colorify.cli.command",
    "colorify.cli.data",
    "colorify.dataset.contact_sheets",
    "colorify.dataset.crawl",
    "colorify.dataset.middlewares",
    "colorify.dataset.parquet_lists",
    "colorify.dataset.screen",
    "colorify.dataset.shard_writer",
    "colorify.dataset.spider",
    "colorify.dataset.stats",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.core.scheduler",
    "scrapy.crawler",
    "scrapy.logformatter",
    "scrapy.statscollectors",
    "scrapy.downloadermiddlewares.cookies",
    "scrapy.downloadermiddlewares.defaultheaders",
    "scrapy.downloadermiddlewares.downloadtimeout",
    "scrapy.downloadermiddlewares.httpauth",
    "scrapy.downloadermiddlewares.httpcache",
    "scrapy.downloadermiddlewares.httpproxy",
    "scrapy.downloadermiddlewares.offsite",
    "scrapy.downloadermiddlewares.redirect",
    "scrapy.downloadermiddlewares.retry",
    "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.downloadermiddlewares.stats",
    "scrapy.downloadermiddlewares.useragent",
    "scrapy.extensions.closespider",
    "scrapy.extensions.corestats",
    "scrapy.extensions.feedexport",
    "scrapy.extensions.logcount",
    "scrapy.extensions.logstats",
    "scrapy.extensions.memdebug",
    "scrapy.extensions.memusage",
    "scrapy.extensions.remote_control",
    "scrapy.extensions.spiderstate",
    "scrapy.extensions.telnet",
    "scrapy.extensions.throttle",
    "scrapy.spidermiddlewares.depth",
    "scrapy.spidermiddlewares.httperror",
    "scrapy.spidermiddlewares.metacopy",
    "scrapy.spidermiddlewares.referer",
    "scrapy.spidermiddlewares.start",
    "scrapy.spidermiddlewares.urllength",
    "twisted.internet.asyncioreactor",
    "yarl",
)
_CONTEXT: Any = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")


class Command:
    """`colorify WORDS` in a process of its own, with as much of `subprocess.Popen` as the tests use."""

    def __init__(
        self, words: list[str], environment: Mapping[str, str], change: Change | None = None
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="colorify-command-")
        self._outputs = [Path(self._folder.name, name) for name in ("out", "err")]
        for path in self._outputs:
            path.touch()
        if sys.platform != "win32":
            _CONTEXT.set_forkserver_preload(list(LOADED))  # heeded by the first fork of this process
        self._process = _CONTEXT.Process(
            target=_run, args=(words, dict(environment), str(Path.cwd()), *map(str, self._outputs), change)
        )
        self._process.start()

    @property
    def returncode(self) -> int | None:
        """The exit code, or a signal as a negative number; None while it runs."""
        code: int | None = self._process.exitcode
        return code

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for the end; return what it wrote to stdout and stderr."""
        self._process.join(timeout)
        if self.returncode is None:
            self._process.kill()
            self._process.join()
            raise subprocess.TimeoutExpired("colorify", timeout)
        out, err = (path.read_text(encoding="utf-8") for path in self._outputs)
        self._folder.cleanup()
        return out, err

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self._process.pid, number)


def _run(
    words: list[str], environment: dict[str, str], folder: str, out: str, err: str, change: Change | None
) -> None:
    """What happens in the process."""
    for path, descriptor in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, descriptor)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv[:] = ["colorify", *words]
    if change is not None:
        change()
    from colorify.cli import main

    main()
