"""`colorify serve`: the page and the HTTP API."""

import os
import secrets
import signal
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

import click

from colorify.cli.command_options import DEVICE, WEIGHTS
from colorify.cli.help_page import VerbCommand
from colorify.cli.hub_progress import load_weights_of_hub
from colorify.cli.lines import print_line
from colorify.errors import ExitCode, UsageError, spell_count

if TYPE_CHECKING:
    from colorify.server.settings import Settings

FILE = click.Path(dir_okay=False, path_type=Path)
NEW_TOKEN = "new"  # noqa: S105 - not a secret, but the request for one
MEGA = 1_000_000
# of a server that all may reach, from here
LOCAL_NAMES: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - a name, not bound to


@click.command(cls=VerbCommand)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one."
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Photos at a time.")
@click.option("--queue", type=click.IntRange(0), default=16, show_default=True, help="Photos that may wait.")
@click.option("--token", envvar="COLORIFY_TOKEN", help="Secret that clients must send; `new` makes one.")
@click.option(
    "--allow-origin", "origins", multiple=True, metavar="URL", help="A web site that may use the API (CORS)."
)
@click.option("--max-mb", type=click.IntRange(1), default=64, show_default=True, help="Size of an upload.")
@click.option(
    "--max-megapixels", type=click.IntRange(1), default=100, show_default=True, help="Size of a photo."
)
@click.option("--no-open", is_flag=True, help="Do not open the page in the browser of this computer.")
@WEIGHTS
@DEVICE
def serve(
    host: str,
    port: int,
    workers: int,
    queue: int,
    token: str | None,
    origins: tuple[str, ...],
    max_mb: int,
    max_megapixels: int,
    no_open: bool,
    weights: Path | None,
    device: str,
) -> int:
    """Colour photos in the browser, which opens; or open the address that is printed.

    The server answers this computer alone, unless --host says otherwise; then a --token is needed.
    """
    with _quitting():
        settings = _settings(host, workers, queue, token, origins, max_mb, max_megapixels, weights, device)
        load_weights_of_hub(weights)
        return _run(settings, host, port, browse=not no_open and has_browser())


def _settings(
    host: str,
    workers: int,
    queue: int,
    token: str | None,
    origins: tuple[str, ...],
    max_mb: int,
    max_megapixels: int,
    weights: Path | None,
    device: str,
) -> "Settings":
    from colorify import __version__
    from colorify.server.settings import LOOPBACK, Settings

    local = host in LOOPBACK
    if not local and not token:
        raise UsageError(
            f"--host {host} lets other computers in, so that a token is needed. Type: --token {NEW_TOKEN}"
        )
    return Settings(
        version=__version__,
        weights=weights,
        device=device,
        workers=workers,
        waiting=queue,
        max_bytes=max_mb * 2**20,
        max_pixels=max_megapixels * MEGA,
        token=secrets.token_urlsafe(24) if token == NEW_TOKEN else token,
        hosts=LOOPBACK if local else frozenset(),
        origins=origins,
    )


def has_browser() -> bool:
    """Say whether somebody sits before this computer who would see a browser: never in a script or a test."""
    screen = sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return screen and sys.stdout.isatty() and "SSH_CONNECTION" not in os.environ


@contextmanager
def _quitting() -> Iterator[None]:
    """Have SIGTERM end with 0 before the server listens; from then on it hears the signal itself."""

    def leave(_number: int, _frame: FrameType | None) -> NoReturn:
        sys.exit(ExitCode.DONE)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(settings: "Settings", host: str, port: int, *, browse: bool) -> int:
    from colorify.server.process import serve as listen

    if not settings.hosts:
        print_line(f"warning: {host} can be reached by others, and what is sent is not encrypted.", err=True)

    def started(bound: int) -> None:
        name = f"[{host}]" if ":" in host else host
        key = f"/#token={settings.token}" if settings.token else ""
        print_line(f"http://{name}:{bound}{key}")
        print_line("Open this address in a browser. Ctrl-C ends it.", err=True)
        if browse:
            _open_browser(f"http://{LOCAL_NAMES.get(host, name)}:{bound}{key}")

    ended = listen(settings, host=host, port=port, started=started)
    code = ExitCode.INTERRUPTED if ended.signal == signal.SIGINT else ExitCode.DONE
    if ended.threads:  # the interpreter would wait for them, and a decoder may take as long as it likes
        were = "was" if ended.threads == 1 else "were"
        print_line(f"warning: {spell_count(ended.threads, 'photo')} at work {were} given up.", err=True)
        sys.stdout.flush()
        os._exit(code)
    return code


def _open_browser(address: str) -> None:
    """Show the page. On a thread: the server listens, but does not answer before `started` has returned."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
