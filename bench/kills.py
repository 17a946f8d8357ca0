"""Kill runs of every kind at random moments; look for what is lost, doubled or left behind.

python bench/kills.py --kills 20                    # a few of each kind
python bench/kills.py --kills 200 --kind folder     # of one kind
python bench/kills.py --counts kills.json           # where the counts are kept: goes on over days

A run is started, killed by SIGKILL, SIGTERM and SIGINT by turns within the time of an undisturbed one,
started again and killed again, three times, and then left to its end. What it read must be as it was, what it
wrote equal to what the undisturbed run wrote, and nothing else may lie about. The moments are drawn anew in
every call; a fault is printed with its seed, and `--seed` draws the same again.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import av
import click
import numpy as np
import pyvips

from colorify.atomic import write_whole

SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
ROUNDS: Final = 3  # kills before a run is left to its end
PATIENCE: Final = 600  # s for a run
RECIPE: Final = Path(__file__).parent.parent / "recipes" / "smoke.toml"
OURS: Final = (".colorify-", ".part", ".parts", ".partial.", ".writing", ".trial")  # of what is not whole

Kept = dict[str, str]  # what a run wrote, as far as two runs must agree: name -> digest or another word


@dataclass(frozen=True)
class Kind:
    """A kind of run. `prepare` fills the folder `in`; the command reads from there and writes into `out`."""

    prepare: Callable[[Path], None]
    words: Callable[[Path], list[str]]
    kept: Callable[[Path], Kept]


@contextmanager
def site(folder: Path) -> Iterator[int]:
    """Serve a folder on loopback; yield the port."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, directory=str(folder), **options)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def photos(folder: Path, count: int, *, gray: bool, side: int = 320) -> None:
    """Write smooth pictures, each another."""
    folder.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[:side, : side * 4 // 3] / side
    for number in range(count):
        rng = np.random.default_rng(number)
        waves = [np.sin(rng.uniform(4, 30) * x + rng.uniform(4, 30) * y) for _ in range(3)]
        pixels = np.stack(waves[:1] * 3 if gray else waves, -1) * 90 + 128 + rng.normal(0, 6, (*x.shape, 1))
        picture = pyvips.Image.new_from_array(np.clip(pixels, 0, 255).astype(np.uint8), interpretation="srgb")
        picture.jpegsave(str(folder / f"{number:03}.jpg"))


def pages(folder: Path) -> None:
    """Write a site: a page with links to pages, each with a picture."""
    photos(folder, 12, gray=False)
    names = [path.stem for path in sorted(folder.glob("*.jpg"))]
    for name in names:
        (folder / f"{name}.html").write_text(f'<img src="{name}.jpg" alt="{name}">')
    (folder / "index.html").write_text("".join(f'<a href="{name}.html">{name}</a>' for name in names))


def film(folder: Path) -> None:
    """Write a short grey film."""
    folder.mkdir(parents=True)
    with av.open(str(folder / "film.mp4"), "w") as out:
        stream: Any = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        y, x = np.mgrid[:120, :160]
        for number in range(24 * 20):
            gray = (120 + 60 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)).astype(np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.repeat(gray[..., None], 3, 2), "rgb24")))
        out.mux(stream.encode(None))


def screened(folder: Path) -> None:
    """Write photos and screen them."""
    photos(folder, 60, gray=False)
    subprocess.run([*command("data", "screen", str(folder), "--max-vivid", "1", "--max-flat", "1",
                             "--min-entropy", "0")], check=True, capture_output=True)  # fmt: skip


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "colorify", *words]


def bytes_of(folder: Path, *, below: str = "*") -> Kept:
    files = (path for path in folder.rglob(below) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def frames_of(folder: Path) -> Kept:
    """Return the time stamps of each film: how frames are encoded may differ where a piece begins anew."""
    found = {}
    for path in folder.iterdir():
        with av.open(str(path)) as opened:
            found[path.name] = str([frame.pts for frame in opened.decode(video=0)])
    return found


def training_of(folder: Path) -> Kept:
    """Return how far a training came, and that its result is whole; its clock is in its files."""
    from colorify.model.generator import Generator
    from colorify.training.checkpoint import CHECKPOINT, load_checkpoint

    step = load_checkpoint(folder / CHECKPOINT).step
    sheets = sorted(path.name for path in (folder / "sheets").iterdir())
    return {"step": str(step), "sheets": str(sheets), "name": Generator(folder / "generator.onnx").spec.name}


def crawl_words(folder: Path) -> list[str]:
    port = int((folder / "port").read_text())
    quick = ["--contact", "bench@example.org", "--delay", "0.05", "--concurrency", "2"]
    return command("data", "crawl", f"http://127.0.0.1:{port}/", "--into", str(folder / "out"), *quick)


KINDS: Final = {
    "folder": Kind(
        lambda into: photos(into, 20, gray=True),
        lambda folder: command(str(folder / "in"), "-o", str(folder / "out")),
        bytes_of,
    ),
    "film": Kind(
        film,
        lambda folder: command("video", str(folder / "in/film.mp4"), "-o", str(folder / "out/film.mp4")),
        frames_of,
    ),
    "crawl": Kind(pages, crawl_words, lambda out: bytes_of(out / "images")),
    "shard": Kind(
        screened,
        lambda folder: command(
            "data", "shard", str(folder / "in"), "-o", str(folder / "out"), "--per-shard", "8"
        ),
        bytes_of,
    ),
    "train": Kind(
        lambda into: photos(into, 24, gray=False, side=96),
        lambda folder: command(
            "train", "--photos", str(folder / "in"), "--recipe", str(RECIPE), "--into", str(folder / "out")
        ),
        training_of,
    ),
}


def run_to_end(kind: Kind, folder: Path) -> float:
    """Run without being disturbed; return the seconds. Raises RuntimeError where it fails."""
    began = time.monotonic()
    done = subprocess.run(kind.words(folder), capture_output=True, text=True, check=False, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr[-2000:]}")
    return time.monotonic() - began


def kill_and_go_on(kind: Kind, folder: Path, seconds: float, rng: random.Random, first: int) -> int:
    """Start, kill, start again, and let it end; return how many were killed before their end."""
    killed = 0
    for number in range(first, first + ROUNDS):
        process = subprocess.Popen(kind.words(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(rng.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            process.send_signal(SIGNALS[number % len(SIGNALS)])
            killed += 1
            process.wait(PATIENCE)
    run_to_end(kind, folder)
    return killed


def faults_of(kind: Kind, folder: Path, before: Kept, expected: Kept) -> list[str]:
    """Say what is not as it must be."""
    faults = []
    if bytes_of(folder / "in") != before:
        faults.append("what was read has changed")
    found = kind.kept(folder / "out")
    faults += [
        f"{name}: missing or not as undisturbed" for name in expected if found.get(name) != expected[name]
    ]
    faults += [f"{name}: one too many" for name in found.keys() - expected.keys()]
    left = [path for path in folder.rglob("*") if any(mark in path.name for mark in OURS)]
    return [*faults, *(f"{path.relative_to(folder)}: left behind" for path in left)]


def disturb(name: str, kills: int, rng: random.Random, count: Callable[[int, list[str]], None]) -> None:
    """Kill runs of a kind until there are as many as asked for."""
    kind = KINDS[name]
    with tempfile.TemporaryDirectory() as made, site(Path(made) / "in") as port:
        folder = Path(made)
        (folder / "port").write_text(str(port))
        kind.prepare(folder / "in")
        before = bytes_of(folder / "in")
        seconds = run_to_end(kind, folder)
        expected = kind.kept(folder / "out")
        done = 0
        while done < kills:
            shutil.rmtree(folder / "out", ignore_errors=True)
            killed, faults = 0, []
            try:
                killed = kill_and_go_on(kind, folder, seconds, rng, done)
                faults = faults_of(kind, folder, before, expected)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                faults = [str(error)]
            done += max(1, killed)
            count(killed, faults)


@click.command()
@click.option("--kills", default=20, show_default=True, help="Of each kind, in this call.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="[default: all]")
@click.option("--counts", type=click.Path(path_type=Path), help="JSON file of the counts of all calls.")
@click.option("--seed", type=int, help="[default: another one each time]")
def main(kills: int, kinds: tuple[str, ...], counts: Path | None, seed: int | None) -> None:
    """Kill, look, count."""
    seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
    totals: dict[str, dict[str, int]] = {}
    if counts is not None and counts.exists():
        totals = json.loads(counts.read_text(encoding="utf-8"))
    for name in kinds or tuple(KINDS):

        def count(killed: int, faults: list[str], name: str = name) -> None:
            total = totals.setdefault(name, {"kills": 0, "faults": 0})
            total["kills"] += killed
            total["faults"] += len(faults)
            for fault in faults:
                print(f"{name}, seed {seed}: {fault}")
            print(f"{name}: {total['kills']} kills, {total['faults']} faults", flush=True)
            if counts is not None:
                write_whole(counts, json.dumps(totals, indent=1).encode(), overwrite=True)

        disturb(name, kills, random.Random(f"{seed} {name}"), count)
    sys.exit(any(total["faults"] for total in totals.values()))


if __name__ == "__main__":
    main()
