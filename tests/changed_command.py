"""`colorify` in a process of its own that is changed before it begins: the one way for tests to reach inside.

A change is a function of this file, so that names in it are real names: whoever renames what it changes
finds them, and the linters read them. They import what they need, as the process begins with nothing loaded.

    changed_command(stall_at_sixth_photo, "album", "-o", "out")    # the words to start it with
    call_in_process(hold_claim, "a.png")                           # any other function of this file
"""

import atexit
import itertools
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

Change = Callable[..., None]


def changed_command(change: Change, *words: str, given: tuple[Any, ...] = ()) -> list[str]:
    """Return the words of a command: call `change(*given)`, then run `colorify WORDS`."""
    return [sys.executable, __file__, change.__name__, json.dumps(given), "colorify", *words]


def call_in_process(function: Change, *given: str) -> list[str]:
    """Return the words of a command that calls a function of this file and does nothing else."""
    return [sys.executable, __file__, function.__name__, json.dumps(given)]


def leave_unchanged() -> None:
    pass


def tell(word: str) -> None:
    """Tell the test, which reads stdout, that something has happened."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


# photos


def stall_at_sixth_photo() -> None:
    """From the sixth on each takes for ever, and says so as long as anybody listens."""
    from colorify.batch import coloring

    color, count = coloring.color_job, itertools.count()

    def color_endlessly(opener: Any, job: Any, watch: Callable[[float], None]) -> Any:
        number = next(count)
        if number == 5:
            tell("endless")
        while number >= 5:
            watch(0.5)
            time.sleep(0.01)
        return color(opener, job, watch)

    coloring.color_job = color_endlessly


def begin_with_another_run() -> None:
    """It waits with its first photo for another run to have one, and notes what it colours."""
    from colorify.batch import coloring

    color, log = coloring.color_job, Path(f"{os.getpid()}.log")

    def color_together(opener: Any, job: Any, watch: Callable[[float], None]) -> Any:
        with log.open("a") as file:
            file.write(f"{job.source}\n")
        while len(list(Path().glob("*.log"))) < 2:
            time.sleep(0.02)
        return color(opener, job, watch)

    coloring.color_job = color_together


def draw_bar_at_once() -> None:
    from colorify.cli import progress

    progress.FIRST_DRAW_S = 0


# the machine


def limit_file_size(most: int) -> None:
    """A write that goes beyond `most` bytes is cut, as on a full disk."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def limit_descriptors(most: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def take_descriptors(most: int, flag: str) -> None:
    """Of `most` descriptors, take all that are left for as long as the file `flag` exists."""
    limit_descriptors(most)

    def take() -> None:
        while not Path(flag).exists():
            time.sleep(0.02)
        taken = []
        while Path(flag).exists():
            try:
                taken.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                time.sleep(0.02)
        for number in taken:
            os.close(number)

    threading.Thread(target=take, daemon=True).start()


def hide_package(name: str) -> None:
    """As if it were not installed."""
    sys.modules[name] = None  # type: ignore[assignment]


def print_variable(name: str) -> None:
    """When it ends, print a variable of its environment."""
    atexit.register(lambda: tell(os.environ[name]))


# signals


def signal_at_import(number: str, moment: str) -> None:
    """Send a signal while the module `moment` is about to be imported, or the n-th of all; "never": count."""

    class Moment:
        count = 0

        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            Moment.count += 1
            if moment in (name, str(Moment.count)):
                os.kill(os.getpid(), getattr(signal, number))

    if moment == "never":
        atexit.register(lambda: tell(str(Moment.count)))
    import colorify.cli  # noqa: F401 - what comes before `main` is not counted

    sys.meta_path.insert(0, Moment())  # type: ignore[arg-type]


def tell_when_signals_are_heard() -> None:
    from colorify.cli.interruption import Interruption

    begin = Interruption.begin

    def begin_and_tell(interruption: Interruption) -> None:
        begin(interruption)
        tell("begun")

    Interruption.begin = begin_and_tell  # type: ignore[method-assign]


def import_at_work() -> None:
    """`evaluate`: its work imports a module `interrupted`, and says when it is cleared away."""
    from colorify.evaluation import scoring

    sys.path.insert(0, "")  # the module is in the working folder

    def find_photos(folder: object) -> None:
        try:
            import interrupted  # type: ignore[import-not-found]  # noqa: F401

            time.sleep(600)
        finally:
            tell("cleared away")

    scoring.find_photos = find_photos  # type: ignore[assignment]


def signal_at_end() -> None:
    """Signals come once the work is over: while our handler is there, and after it has gone."""
    from colorify.cli.interruption import Interruption

    atexit.register(
        lambda: os.kill(os.getpid(), signal.SIGTERM)
    )  # the first: called after the handler has gone
    end = Interruption.end

    def end_and_register(interruption: Interruption, code: int) -> None:
        end(interruption, code)
        atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))

    Interruption.end = end_and_register  # type: ignore[method-assign]


def ignore_and_send_sigterm() -> None:
    from colorify import cli

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    run = cli.run

    def signal_and_run(words: list[str]) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return run(words)

    cli.run = signal_and_run


# the server


def answer_with_error() -> None:
    """Every upload is a fault of ours."""
    from colorify.server import work

    def open_upload(data: bytes, *_: object) -> None:
        raise RuntimeError(f"\x1b[2J\n2026 ERROR forged {len(data)}")

    work.open_upload = open_upload  # type: ignore[assignment]


def work_endlessly() -> None:
    """No photo is ever done: work ends when nobody wants it any more."""
    from colorify.server.job_queue import Task

    check = Task.check

    def check_endlessly(task: Task, part: float = 0.0) -> None:
        while part:
            check(task)
            time.sleep(0.01)
        check(task)

    Task.check = check_endlessly  # type: ignore[method-assign]


def hold_work(flag: str) -> None:
    """No photo is done before the file `flag` exists."""
    from colorify.server.job_queue import Task

    check = Task.check

    def check_and_wait(task: Task, part: float = 0.0) -> None:
        while part and not Path(flag).exists():
            check(task)
            time.sleep(0.01)
        check(task, part)

    Task.check = check_and_wait  # type: ignore[method-assign]


def shorten_patience() -> None:
    """The server waits half a second for what clients do; the constants are read when they are needed."""
    from colorify.server import connections, process  # noqa: F401 - whose keep-alive stays as it is

    connections.IDLE_SECONDS = connections.HEAD_SECONDS = connections.READ_SECONDS = 0.5
    connections.TICK_SECONDS = 0.1
    _change_settings(upload_seconds=0.5)


def limit_connections(most: int) -> None:
    from colorify.server import process

    process.room = lambda _wanted: most


def shorten_leaving() -> None:
    from colorify.server import connections

    connections.LEAVING_SECONDS = 0.5


def work_deafly() -> None:
    """Work hears nothing, as if it were inside one call of a decoder."""
    from colorify.server import process
    from colorify.server.job_queue import Task

    _change_settings(grace_seconds=0.5)
    process.LEAVING_SECONDS = 0.5
    Task.step = lambda task, name: time.sleep(600)  # type: ignore[method-assign]


def stop_before_listening() -> None:
    """SIGTERM comes while the application is made."""
    from colorify.server import process

    process.create_app = lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM)  # type: ignore[assignment]


def _change_settings(**changes: float) -> None:
    import dataclasses

    from colorify.server import process

    create = process.create_app
    process.create_app = lambda settings, **rest: create(dataclasses.replace(settings, **changes), **rest)


# the crawler


def call_loopback_public() -> None:
    """127.0.0.1 plays the internet; all other addresses of loopback stay private."""
    from colorify.dataset import network

    known = network.is_public
    network.is_public = lambda host: host == "127.0.0.1" or known(host)


# sticking, to be killed


def stick(module: str, place: str, sound: int) -> None:
    """Each call of a function, after `sound` of them, sticks for good. `place`: FUNCTION, or CLASS.METHOD."""
    from functools import reduce
    from importlib import import_module

    *path, name = place.split(".")
    home = reduce(getattr, path, import_module(module))
    whole, calls = getattr(home, name), itertools.count()

    def sticking(*given: Any, **options: Any) -> Any:
        if next(calls) < sound:
            return whole(*given, **options)
        tell("stuck")
        while True:
            time.sleep(1)

    setattr(home, name, sticking)


# what is no command


def hold_half_file(target: str) -> None:
    """Write half a file, and hold it until stdin ends."""
    from colorify.atomic import whole_file

    with whole_file(Path(target), overwrite=False) as temporary:
        temporary.write_bytes(b"half")
        tell("half")
        sys.stdin.read()


def hold_claim(target: str) -> None:
    from colorify.atomic import claim

    with claim(Path(target)) as ours:
        tell(str(ours))
        time.sleep(3600)


def call_blocked_loaders(path: str) -> None:
    """The command blocks the loaders that nobody has fuzzed."""
    from colorify import cli

    cli._run_whole(["--version"])
    import pyvips

    for load, sizes in (("svgload", ()), ("rawload", (1, 1, 1))):
        try:
            pyvips.Operation.call(load, path, *sizes)
        except pyvips.Error as error:
            if "blocked" not in str(error) and "not found" not in str(error):
                raise
        else:
            raise SystemExit(f"{load} ran")


def cut_while_reading(*names: str) -> None:
    """Cut each photo short while it is read, and name those that were got through."""
    from colorify.errors import PhotoError
    from colorify.images.photo import open_photo

    for name in names:
        photo = open_photo(Path(name))
        fetch = photo.rows()
        fetch(0, 16)
        os.truncate(name, 5000)
        with suppress(PhotoError):
            photo.shrink(80, 60)
            for top in range(16, 240, 16):
                fetch(top, 16)
        tell(Path(name).name)


def color_film_and_wait(source: str, target: str, weights: str, frame: str, ears: str) -> None:
    """A film in short segments waits at a frame until a signal comes; `ears` that are "deaf": for ever."""
    from colorify.cli.signals import stop_on_signals
    from colorify.video import colorize_film, segments

    segments.MIN_SEGMENT_S = 1.0

    def wait(now: Any) -> None:
        if now.frames != int(frame):
            return
        tell("there")
        while not stopped():
            time.sleep(0.1)  # short ones: a signal that comes just before a sleep is only seen after it
        if ears == "deaf":
            tell("heard")
            while True:
                time.sleep(0.1)

    with stop_on_signals() as stopped:
        paths = (Path(source), Path(target))
        report = colorize_film(*paths, weights=Path(weights), progress=wait, stopped=stopped)
    tell("interrupted" if report.interrupted else "done")


def _main(name: str, given: str, *words: str) -> None:
    globals()[name](*json.loads(given))
    if words:
        sys.argv[:] = list(words)
        from colorify.cli import main

        main()


if __name__ == "__main__":
    _main(*sys.argv[1:])
