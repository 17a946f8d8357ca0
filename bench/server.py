"""The server under load: concurrent clients against the colorizer alone, memory, and a bounded line.

First the same photo is coloured in this process, one after the other on all cores: what no server can beat by
much. Then clients ask a real `colorify serve` for it, 1, 2, 4, 8 and 32 at a time, more than its line holds.

    python bench/server.py [-m WEIGHTS] [--seconds 10]
"""

import argparse
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from clock import print_machine

from colorify import Colorizer

SAMPLE = Path(__file__).parent.parent / "samples" / "astronaut.jpg"
CLIENTS = (1, 2, 4, 8, 32)
IDLE_SECONDS = 15.0  # in which the server gives memory back


@dataclass
class Load:
    """What some clients got in some time."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)  # of each answer that was a picture

    def at(self, part: float) -> float:
        """Return the time within which `part` of the pictures came, ms."""
        return 1000 * sorted(self.seconds)[min(len(self.seconds) - 1, int(part * len(self.seconds)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-m", "--weights", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each number of clients")
    options = parser.parse_args()
    print_machine()
    data = SAMPLE.read_bytes()
    print(f"{SAMPLE.name}, 512x512, JPEG to JPEG")
    print(f"in this process   {alone(data, options.weights, options.seconds):6.1f} photos/s")
    with serving(options.weights) as (url, process):
        send(url, data, Load())  # the first one warms it up
        for clients in CLIENTS:
            load = press(url, data, clients, options.seconds)
            rate = load.statuses[200] / options.seconds
            times = f"median {load.at(0.5):5.0f} ms, 95 % {load.at(0.95):5.0f} ms"
            refused = f"{load.statuses[503]} refused with 503"
            row = f"{clients:2} clients        {rate:6.1f} photos/s, {times}, {refused}"
            print(f"{row}, {memory(process):.0f} MB")
            assert set(load.statuses) <= {200, 503}, load.statuses
        at_once = memory(process, "VmRSS")
        time.sleep(IDLE_SECONDS)
        print(f"at rest: {at_once:.0f} MB, {IDLE_SECONDS:g} s later {memory(process, 'VmRSS'):.0f} MB")


def alone(data: bytes, weights: Path | None, seconds: float) -> float:
    """Return how many photos a second the colorizer does by itself."""
    colorizer = Colorizer(weights)
    colorizer.colorize(data)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        colorizer.colorize(data)
        count += 1
    return count / (time.perf_counter() - start)


class serving:  # noqa: N801 - used like a function
    """A server on a free port, for as long as the body lasts."""

    def __init__(self, weights: Path | None) -> None:
        own = ["-m", str(weights)] if weights else []
        command = [sys.executable, "-m", "colorify", "serve", "--port", "0", *own]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> tuple[str, subprocess.Popen[str]]:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip(), self._process

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=90)


def press(url: str, data: bytes, clients: int, seconds: float) -> Load:
    """Let `clients` ask again and again."""
    load, end = Load(), time.monotonic() + seconds
    lock = threading.Lock()

    def ask() -> None:
        mine = Load()
        while time.monotonic() < end:
            send(url, data, mine)
        with lock:
            load.statuses.update(mine.statuses)
            load.seconds.extend(mine.seconds)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def send(url: str, data: bytes, load: Load) -> None:
    start = time.perf_counter()
    answer = httpx.post(f"{url}/v1/colorize", files={"image": ("a.jpg", data)}, timeout=120, trust_env=False)
    load.statuses[answer.status_code] += 1
    if answer.status_code == 200:
        load.seconds.append(time.perf_counter() - start)
    else:
        time.sleep(0.1)  # a polite client would wait for as long as Retry-After says


def memory(process: subprocess.Popen[str], kind: str = "VmHWM") -> float:
    """Return the largest resident set of the server so far, or that of now (VmRSS), MB (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition(f"{kind}:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
