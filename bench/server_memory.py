"""What memory a server keeps: thousands of mixed requests, with ONNX Runtime's arena and without it.

    python bench/server_memory.py [--cycles 150]

Two real servers answer the same requests in turn, so that what the processor did for each is comparable:
photos of three sizes, sessions with previews, suggestions and confidence, errors of every kind, the page and
its figures; twenty requests a cycle. Resident set: after the first photo, at its peak, and when all sessions
are gone.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pyvips
from clock import print_machine

SAMPLE = Path(__file__).parent.parent / "samples" / "astronaut.jpg"
WIDTHS = (320, 800, 1600)  # px
IDLE_SECONDS = 15.0  # in which a server gives memory back
# what each server does before it is one
ARENAS = {
    "arena, given back after large photos": "",
    "no arena": (
        "import onnxruntime as o; real = o.InferenceSession.__init__\n"
        "def begin(self, data, sess_options=None, *a, **k):\n"
        "    sess_options.enable_cpu_mem_arena = False; real(self, data, sess_options, *a, **k)\n"
        "o.InferenceSession.__init__ = begin\n"
    ),
}
SERVE = "import sys; from colorify.cli import main; sys.argv = ['colorify', 'serve', '--port', '0']; main()"


@dataclass
class Server:
    """One of them."""

    client: httpx.Client
    process: int
    statuses: Counter[int] = field(default_factory=Counter)

    def send(self, method: str, path: str, **options: object) -> httpx.Response:
        answer = self.client.request(method, path, **options)  # type: ignore[arg-type]
        self.statuses[answer.status_code] += 1
        return answer

    def memory(self, name: str) -> int:
        """Return a figure of its memory, MB."""
        found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{self.process}/status").read_text(), re.M)
        assert found is not None
        return int(found[1]) // 1024

    def seconds(self) -> float:
        """Return the time of the processor that it has used."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def cycle(self, photo: bytes) -> None:
        """Ask twenty things."""
        send, image = self.send, {"image": ("a.jpg", photo)}
        send("POST", "/v1/colorize", files=image)
        session = "/v1/sessions/" + send("POST", "/v1/sessions", files=image).json()["id"]
        hint = {"x": 9, "y": 9, "color": "#c08060", "radius": 5}
        for options in ({}, {"hints": [hint]}, {"strength": 1.5}):
            send("POST", f"{session}/colorize", json=options)
        send("GET", f"{session}/original")
        send("POST", f"{session}/confidence", json={})
        send("POST", f"{session}/suggest", json={"x": 5, "y": 5, "hints": [hint]})
        send("DELETE", session)
        for path in ("/", "/page/main.js", "/healthz", "/metrics", "/v1/models", "/openapi.json"):
            send("GET", path)
        send("POST", "/v1/colorize", files={"image": ("a.jpg", photo[: len(photo) // 2])})
        send("POST", "/v1/colorize", files={"image": ("a.txt", b"no picture")})
        send("POST", f"{session}/colorize", json={"strength": 9})
        send("GET", "/v1/nothing")
        send("POST", "/v1/sessions", content=b"x" * 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cycles", type=int, default=150)
    options = parser.parse_args()
    print_machine()
    photo = pyvips.Image.new_from_file(str(SAMPLE))
    photos = [photo.resize(width / photo.width).jpegsave_buffer() for width in WIDTHS]
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serving(begin)) for name, begin in ARENAS.items()}
        first = {}
        for name, server in servers.items():
            server.send("POST", "/v1/colorize", files={"image": ("a.jpg", photos[0])})
            first[name] = (server.memory("VmRSS"), server.seconds())
        for number in range(options.cycles):
            for server in servers.values():
                server.cycle(photos[number % len(photos)])
            if number % 10 == 9:
                now = ", ".join(f"{server.memory('VmRSS')} MB" for server in servers.values())
                print(f"after {20 * (number + 1)} requests each: {now}", flush=True)
        used = {name: server.seconds() - first[name][1] for name, server in servers.items()}
        time.sleep(IDLE_SECONDS)
        for name, server in servers.items():
            figures = (
                f"{first[name][0]} MB, peak {server.memory('VmHWM')}, afterwards {server.memory('VmRSS')}"
            )
            ratio = used[name] / used[next(iter(servers))]
            count = sum(server.statuses.values())
            print(f"{name}: {figures}; {used[name]:.0f} s of the processor (x {ratio:.2f}); {count} answers")
            print(f"    {dict(sorted(server.statuses.items()))}")


@contextmanager
def serving(begin: str) -> Iterator[Server]:
    """Run a server for as long as the body lasts."""
    words = [sys.executable, "-c", begin + SERVE]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().partition("?")[0].partition("#")[0]
        try:
            with httpx.Client(base_url=url, timeout=600) as client:
                yield Server(client, process.pid)
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
