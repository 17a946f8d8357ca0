"""`colorify data ...` in a process of its own: a reactor runs once a process, and some tests kill it."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from forks import Change, Command

Rows = Callable[[Path, str], dict[str, str]]  # folder, "pages" or "images" -> path of the URL -> status

# without the last, the site on loopback is refused
QUICK = ("--contact", "tests@example.org", "--delay", "0", "--timeout", "60", "--allow-private")


def start(*arguments: str | Path, change: Change | None = None) -> Command:
    # no proxy of this machine knows the site on loopback
    environment = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    return Command(["data", *map(str, arguments)], environment, change)


def run(*arguments: str | Path, code: int = 0, change: Change | None = None) -> str:
    """Run a verb, expect its exit code, return stdout and stderr together."""
    process = start(*arguments, change=change)
    out, err = process.communicate(timeout=500)
    assert process.returncode == code, f"exit code {process.returncode}\n{out}{err}"
    return out + err


def crawl(url: str, into: Path, *options: str, code: int = 0) -> str:
    return run("crawl", url, "--into", into, *QUICK, *options, code=code)


def statuses(folder: Path, kind: str, root: str) -> dict[str, str]:
    """Read the catalogue in a folder; what is on the site at `root` is named by its path."""
    db = sqlite3.connect(folder / "catalogue.sqlite")
    try:
        found = db.execute(f"SELECT url, status FROM {kind} ORDER BY id").fetchall()
    finally:
        db.close()
    return {url.removeprefix(root): status for url, status in found}
