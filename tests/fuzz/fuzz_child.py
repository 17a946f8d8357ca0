"""The process that tries inputs which may kill it: `fuzz_child.py FOLDER WEIGHTS [DEED]`, for `fuzz_parent`.

It reads lines of JSON, and answers each with one: `{"first": N, "count": N, "skip": [...]}` tries inputs by
their numbers, `{"sound": true}` all that are sound, `{"file": PATH}` one file in all ways. The file `at` says
which number is tried now, for those who find the process dead.

Memory is bound, so that an input that asks for too much fails here and not on the whole machine. An input
that takes too much time *of the processor* ends the process by SIGPROF, whatever code it is in: seconds of
the clock say nothing on a busy machine.
"""

import faulthandler
import json
import os
import re
import resource
import signal
import struct
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate, count
from pathlib import Path
from random import Random
from typing import Any, Final

ROOT: Final = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]  # as pytest has it

from fuzz_kinds import Kind, RefusedError, Sample, color, decode, kinds, write  # noqa: E402

from colorify.images.vips import redirect_glib_log  # noqa: E402

SPARE: Final = 2**30  # bytes of address space beyond those of an idle process
MOST_MEMORY: Final = 400 * 2**20  # bytes of the resident set, likewise
MOST_SECONDS: Final = 10.0  # of the processor
NUMBER: Final = struct.Struct("<Q")
REQUEST_SHARE, SOCKET_SHARE = 0.125, 0.005


class Fuzzer:
    """All kinds of input, and how it went."""

    def __init__(self, folder: Path, weights: Path, deed: str = "") -> None:
        self._folder, self._weights = folder, weights
        self._seconds = MOST_SECONDS / 10 if deed else MOST_SECONDS
        self._kinds: list[tuple[float, Kind]] = [(1.0, Deed(deed))] if deed else every_kind(folder, weights)
        self._shares = list(accumulate(share for share, _ in self._kinds))
        self._at = os.open(folder / "at", os.O_RDWR | os.O_CREAT)
        self._most = sys.maxsize
        self._said = os.fstat(sys.stderr.fileno()).st_size  # a file

    def bind_memory(self) -> None:
        """Allow so much more than is used now."""
        limit = status("VmSize") + SPARE
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        self._most = peak() + MOST_MEMORY

    def draw(self, number: int) -> tuple[Kind, Sample]:
        """Draw the input of a number."""
        rng = Random(number)
        (kind,) = rng.choices([kind for _, kind in self._kinds], cum_weights=self._shares)
        return kind, kind.draw(rng)

    def try_numbers(self, numbers: Iterable[int]) -> dict[str, Any]:
        """Try inputs; return how many of each kind there were, and what was found."""
        tally: Counter[str] = Counter()
        found = []
        for number in numbers:
            os.pwrite(self._at, NUMBER.pack(number), 0)
            kind, sample = self.draw(number)
            outcome = self.attempt(kind, sample)
            tally[f"{sample.label}: {outcome if outcome in ('done', 'refused') else 'found'}"] += 1
            if outcome not in ("done", "refused"):
                found.append({"number": number, "label": sample.label, "fault": outcome})
        return {"tally": tally, "found": found, "resident": status("VmRSS")}

    def try_sound(self) -> dict[str, Any]:
        """Try what is sound: nothing of it is refused, but for what was made to be."""
        tally: Counter[str] = Counter()
        found = []
        for _, kind in self._kinds:
            for name, data in kind.sound().items():
                outcome = self.attempt(kind, Sample(name, data, Random(name)))
                tally[name] += 1
                if outcome != "done" and not name.startswith("hostile"):
                    found.append({"number": name, "label": type(kind).__name__, "fault": outcome})
        return {"tally": tally, "found": found}

    def try_file(self, path: Path) -> dict[str, Any]:
        """Try a photo in all ways that there are for photos."""
        from colorify.colorizer import Colorizer

        colorizer = Colorizer(self._weights, threads=1)
        data, found = path.read_bytes(), []
        ways = (lambda one: decode(one, self._folder), write, lambda one: color(one, self._folder, colorizer))
        for way in ways:
            for number in range(8):
                outcome = attempt(way, Sample(path.name, data, Random(number)))
                if outcome not in ("done", "refused"):
                    found.append({"number": number, "label": path.name, "fault": outcome})
        return {"tally": {path.name: 24}, "found": found}

    def attempt(self, kind: Kind, sample: Sample) -> str:
        """Try one input: "done", "refused", or what should not have happened."""
        signal.setitimer(signal.ITIMER_PROF, self._seconds)
        outcome = attempt(kind.attempt, sample)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if (said := os.fstat(sys.stderr.fileno()).st_size) != self._said:
            outcome = f"writes to stderr: {written(said - self._said)}"
            self._said = said
        if peak() > self._most:
            self._most = sys.maxsize if outcome == "done" else self._most
            outcome = f"takes {(peak() - self._most + MOST_MEMORY) >> 20} MB"
            self._most = peak() + MOST_MEMORY  # a peak is told once
        return outcome


def every_kind(folder: Path, weights: Path) -> list[tuple[float, Kind]]:
    """Return all kinds, each with its share."""
    from fuzz_routes import Connecting, Requests

    of_server = [(REQUEST_SHARE, Requests(weights)), (SOCKET_SHARE, Connecting(weights))]
    return [*kinds(folder, weights), *of_server]


class Deed:
    """What must not happen, done on purpose by one input of many, to see that it is seen."""

    DEEDS: Final[dict[str, Callable[[], object]]] = {
        "crash": os.abort,
        "hang": lambda: all(True for _ in count()),
        "print": lambda: os.write(2, b"a word"),
        "eat": lambda: b"x" * (MOST_MEMORY + 2**26),
        "raise": lambda: [][1],  # noqa: PLE0643 - it is to raise
    }
    NUMBER = 3  # the input that does it

    def __init__(self, name: str) -> None:
        self._do = self.DEEDS[name]

    def sound(self) -> Mapping[str, bytes]:
        return {}

    def draw(self, rng: Random) -> Sample:
        return Sample("deed", b"", rng)

    def attempt(self, sample: Sample) -> None:
        known = Random(self.NUMBER)
        known.random()  # by which the kind was drawn
        if sample.rng.getstate() == known.getstate():
            self._do()


def attempt(do: Any, sample: Sample) -> str:
    from colorify.errors import PhotoError

    try:
        do(sample)
    except (RefusedError, PhotoError):
        return "refused"
    except BaseException:  # noqa: BLE001 - whatever it is, it is a finding, and this process goes on
        return traceback.format_exc()
    return "done"


def written(size: int) -> str:
    """Return the last bytes of stderr, which is a file."""
    with Path("/proc/self/fd/2").open("rb") as log:
        log.seek(-size, os.SEEK_END)
        return log.read(2000).decode(errors="replace")


def peak() -> int:
    """Return the largest resident set so far, bytes; `ru_maxrss` would count that of the parent, too."""
    return status("VmHWM")


def status(name: str) -> int:
    """Return a figure of this process, in bytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def main() -> None:
    redirect_glib_log()  # as the command and the server have it
    faulthandler.enable()
    fuzzer = Fuzzer(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
    warm = fuzzer.try_sound()  # whatever loads late is loaded now
    fuzzer.bind_memory()
    for line in sys.stdin:
        order = json.loads(line)
        if "sound" in order:
            answer = warm
        elif "file" in order:
            answer = fuzzer.try_file(Path(order["file"]))
        else:
            numbers = range(order["first"], order["first"] + order["count"])
            answer = fuzzer.try_numbers(number for number in numbers if number not in order["skip"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
