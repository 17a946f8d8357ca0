"""Kill runs of every kind at random moments; look for what is lost, doubled or left behind.

python bench/kills.py --counts kills.json                # 1,000 kills of all kinds; stopped, it goes on there
python bench/kills.py --counts kills.json --share film=40 --share train=10   # so many of these

A run is started, killed by SIGKILL, SIGTERM and SIGHUP by turns within the time of an undisturbed one,
started again and killed again, three times, and then left to its end. What it read must be as it was, what it
wrote equal to what the undisturbed run wrote, and nothing else may lie about, nor in the folder for temporary
files.

The runs are as small as they can be, and forked from a process that has imported all (the fork server of
multiprocessing), so that a kill falls into the work and not into the start of Python. `tests/tiny.py` makes
the generator; a training has its usual network, three steps, and a stand-in for its weights file.
"""

import hashlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import av
import click
import numpy as np
from PIL import Image

from colorify.atomic import write_whole

TESTS: Final = Path(__file__).parent.parent / "tests"
SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
ROUNDS: Final = 3  # kills before a run is left to its end
PATIENCE: Final = 1800  # s for a run, on a machine however busy
SHARES: Final = {"folder": 280, "film": 280, "shard": 240, "crawl": 140, "train": 60}
OURS: Final = (
    ".colorify-",
    ".part",
    ".parts",
    ".partial.",
    ".writing",
    ".trial",
    ".new",
)  # not whole
RECIPE: Final = """
steps = 3
seed = 1
rate = 3.0e-3
backbone_rate = 3.0e-4
backbone = "scratch"
warmup = 0.1
average = 0.8
frozen_stages = 5
hinted = 0.2
mounted = 0.1
aged = 0.2
temperature = 0.38
validate_every = 1
phases = [{ until = 1.00, size = 32, batch = 2 }]
"""
# what a kind of run imports, so that the fork server has it
MODULES: Final = {
    "folder": ("colorify.cli.run_photos", "colorify.batch", "colorify.colorizer", "onnxruntime"),
    "film": ("colorify.cli.video", "colorify.video", "onnxruntime"),
    "shard": ("colorify.cli.data", "colorify.dataset.shard_writer", "colorify.dataset.shard_plan"),
    "crawl": ("colorify.cli.data", "colorify.dataset.crawl", "colorify.dataset.spider", "scrapy.crawler"),
    "train": ("colorify.cli.train", "colorify.training.trainer", "colorify.training.export.weights_file"),
}
Digests = dict[str, str]  # what a run wrote, as far as two runs must agree: name -> digest or another word


@dataclass(frozen=True)
class Kind:
    """A kind of run. `prepare` fills the folder `in`; the command reads from there and writes into `out`."""

    prepare: Callable[[Path], None]
    words: Callable[[Path], list[str]]
    digests: Callable[[Path], Digests]
    result: str | None = None  # in `out`; where it exists nothing is left to do, and a run says so


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


def photos(folder: Path, count: int, size: tuple[int, int], mode: str) -> None:
    """Write smooth pictures, each another."""
    folder.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[: size[1], : size[0]] / size[1]
    for number in range(count):
        rng = np.random.default_rng(number)
        waves = [np.sin(rng.uniform(4, 30) * x + rng.uniform(4, 30) * y) for _ in range(3)]
        pixels = np.stack(waves, -1) * 90 + 128 + rng.normal(0, 6, (*x.shape, 1))
        picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).convert(mode)
        picture.save(folder / f"{number:03}.jpg")


def pages(folder: Path) -> None:
    """Write a site: a page with links to pages, each with a picture."""
    photos(folder, 10, (40, 32), "RGB")
    names = [path.stem for path in sorted(folder.glob("*.jpg"))]
    for name in names:
        (folder / f"{name}.html").write_text(f'<img src="{name}.jpg" alt="{name}">')
    (folder / "index.html").write_text("".join(f'<a href="{name}.html">{name}</a>' for name in names))


def film(folder: Path) -> None:
    """Write a short grey film."""
    folder.mkdir(parents=True)
    with av.open(str(folder / "film.mp4"), "w") as out:
        stream: Any = out.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        y, x = np.mgrid[:48, :64]
        for number in range(10):
            gray = (120 + 60 * np.sin((x + 2 * number) / 9) * np.cos(y / 7)).astype(np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.repeat(gray[..., None], 3, 2), "rgb24")))
        out.mux(stream.encode(None))


def screened(folder: Path) -> None:
    """Write photos and screen them."""
    photos(folder, 24, (40, 32), "RGB")
    words = ["data", "screen", str(folder), "--max-vivid", "1", "--max-flat", "1", "--min-entropy", "0"]
    run_to_end([*words, "--min-side", "32"])


def trained(folder: Path) -> None:
    """Write photos to train on, and a recipe beside them."""
    photos(folder, 24, (64, 48), "RGB")
    folder.with_name("recipe.toml").write_text(RECIPE)


def bytes_of(folder: Path, *, below: str = "*") -> Digests:
    files = (path for path in folder.rglob(below) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def training_of(folder: Path) -> Digests:
    """Return how far a training came, and what of it must be equal; its clock is in its files, too."""
    from colorify.training.checkpoint import CHECKPOINT, load_checkpoint

    last = load_checkpoint(folder / CHECKPOINT)
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    size = sum(float(value.double().abs().sum()) for value in last.network.values())
    return {"step": str(last.step), "photos": str(last.photos), "files": str(names), "weights": f"{size:.1f}"}


def model(folder: Path) -> list[str]:
    return ["-m", str(folder / "tiny.onnx")]


def crawl_words(folder: Path) -> list[str]:
    port = int((folder / "port").read_text())
    quick = ["--contact", "bench@example.org", "--delay", "0.01", "--concurrency", "4", "--allow-private"]
    return ["data", "crawl", f"http://127.0.0.1:{port}/", "--into", str(folder / "out"), *quick]


def train_words(folder: Path) -> list[str]:
    recipe = ["--recipe", str(folder / "recipe.toml")]
    return ["train", "--photos", str(folder / "in"), *recipe, "--into", str(folder / "out")]


KINDS: Final = {
    "folder": Kind(
        lambda into: photos(into, 6, (32, 24), "L"),
        lambda folder: [str(folder / "in"), "-o", str(folder / "out"), *model(folder)],
        bytes_of,
    ),
    "film": Kind(
        film,
        lambda folder: [
            "video", str(folder / "in/film.mp4"), "-o", str(folder / "out/film.mp4"), *model(folder)
        ],
        bytes_of,
        "film.mp4",
    ),
    "crawl": Kind(pages, crawl_words, lambda out: bytes_of(out / "images")),
    "shard": Kind(
        screened,
        lambda folder: ["data", "shard", str(folder / "in"), "-o", str(folder / "out"), "--per-shard", "4"],
        bytes_of,
    ),
    "train": Kind(trained, train_words, training_of),
}  # fmt: skip


def command(words: list[str], folder: str | None) -> None:
    """Be the command `colorify` with these words, in a process that is forked for it."""
    log = os.open(
        Path(folder or os.devnull) / "log" if folder else os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    )
    os.dup2(log, 1)
    os.dup2(log, 2)
    if folder:
        os.environ["TMPDIR"] = tempfile.tempdir = str(Path(folder) / "tmp")
    if words[0] == "video":
        from colorify.video import segments

        segments.MIN_SEGMENT_S = 0.1  # type: ignore[misc]  # four pieces, of a film of less than half a second
    if words[0] == "train":
        from colorify.training.export import weights_file

        weights_file.export_checkpoint = stand_in  # type: ignore[assignment]
    sys.argv = ["colorify", *words]
    from colorify.cli import main

    main()


def stand_in(_checkpoint: object, path: Path, *, overwrite: bool, **_: object) -> None:
    """Write what is no generator, but as whole as one: an export takes far longer than the training."""
    write_whole(path, b"weights", overwrite=overwrite)


def begin(words: list[str], folder: Path | None = None) -> "multiprocessing.context.ForkServerProcess":
    """Start a run."""
    context = multiprocessing.get_context("forkserver")
    run = context.Process(target=command, args=(words, str(folder) if folder else None))
    run.start()
    return run


def run_to_end(words: list[str], folder: Path | None = None) -> float:
    """Run without being disturbed; return the seconds. Raises RuntimeError where it fails."""
    began = time.monotonic()
    run = begin(words, folder)
    run.join(PATIENCE)
    if run.exitcode:
        said = (folder / "log").read_text(errors="replace")[-2000:] if folder else ""
        raise RuntimeError(f"exit code {run.exitcode}: {said}")
    if run.exitcode is None:
        run.kill()
        raise RuntimeError(f"does not end within {PATIENCE} s")
    return time.monotonic() - began


@dataclass
class Runs:
    """The runs of one kind, in a folder of its own."""

    kind: Kind
    folder: Path
    rng: random.Random
    before: Digests = field(default_factory=dict)
    expected: Digests = field(default_factory=dict)
    lengths: deque[float] = field(default_factory=lambda: deque(maxlen=5))  # s; the machine is busy by turns
    killed: int = 0
    foreign: frozenset[str] = (
        frozenset()
    )  # what others leave in the folder for temporary files: PyTorch's cache

    def prepare(self, port: int) -> None:
        """Make what is read, and run once without being disturbed."""
        from tiny import write_tiny_generator

        write_tiny_generator(self.folder / "tiny.onnx")
        (self.folder / "port").write_text(str(port))
        self.kind.prepare(self.folder / "in")
        self.before = bytes_of(self.folder / "in")
        for _ in range(2):  # the first also warms what is shared
            self.clear()
            self.lengths.append(run_to_end(self.kind.words(self.folder), self.folder))
        self.expected = self.kind.digests(self.folder / "out")
        self.foreign = frozenset(path.name for path in (self.folder / "tmp").glob("torchinductor_*"))
        if not self.expected:
            raise RuntimeError("the undisturbed run wrote nothing")

    def clear(self) -> None:
        for name in ("out", "tmp"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / "tmp").mkdir()

    def disturb(self) -> tuple[int, list[str]]:
        """Start, kill, start again, and let it end; return how many were killed, and what is wrong then."""
        self.clear()
        words, killed = self.kind.words(self.folder), 0
        for _ in range(ROUNDS):
            run = begin(words, self.folder)
            run.join(self.rng.uniform(0, statistics.median(self.lengths)))
            if run.is_alive() and run.pid is not None:
                os.kill(run.pid, SIGNALS[self.killed % len(SIGNALS)])
                killed, self.killed = killed + 1, self.killed + 1
            run.join(PATIENCE)
            if run.exitcode is None:
                run.kill()
                return killed, [f"does not end within {PATIENCE} s of a signal"]
        if self.kind.result is not None and (self.folder / "out" / self.kind.result).exists():
            return killed, self.faults()
        try:
            seconds = run_to_end(words, self.folder)
        except RuntimeError as error:
            return killed, [str(error)]
        if not killed:
            self.lengths.append(seconds)
        return killed, self.faults()

    def faults(self) -> list[str]:
        """Say what is not as it must be."""
        faults = []
        if bytes_of(self.folder / "in") != self.before:
            faults.append("what was read has changed")
        found, expected = self.kind.digests(self.folder / "out"), self.expected
        faults += [
            f"{name}: missing or not as undisturbed" for name in expected if found.get(name) != expected[name]
        ]
        faults += [f"{name}: one too many" for name in found.keys() - expected.keys()]
        left = [path for path in self.folder.rglob("*") if any(mark in path.name for mark in OURS)]
        left += [path for path in (self.folder / "tmp").iterdir() if path.name not in self.foreign]
        return [*faults, *(f"{path.relative_to(self.folder)}: left behind" for path in left)]


def read_shares(words: tuple[str, ...]) -> dict[str, int]:
    """Read NAME=COUNT."""
    return {name: int(count) for name, _, count in (word.partition("=") for word in words)}


@click.command()
@click.option("--share", "shares", multiple=True, help="NAME=KILLS, of one kind.  [default: 1,000 of all]")
@click.option("--counts", type=click.Path(path_type=Path), help="JSON file of the counts of all calls.")
@click.option("--seed", type=int, help="[default: another one each time]")
def main(shares: tuple[str, ...], counts: Path | None, seed: int | None) -> None:
    """Kill, look, count."""
    seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
    wanted = read_shares(shares) or SHARES
    totals: dict[str, dict[str, int]] = {}
    if counts is not None and counts.exists():
        totals = json.loads(counts.read_text(encoding="utf-8"))
    for name in wanted:
        totals.setdefault(name, {"kills": 0, "ends": 0, "faults": 0})
    modules = [module for name in wanted for module in MODULES[name]]
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(dict.fromkeys(modules)))
    with tempfile.TemporaryDirectory() as made, ExitStack() as sites:
        kinds: dict[str, Runs] = {}
        while open_ := [name for name in wanted if totals[name]["kills"] < wanted[name]]:
            # the kind that is furthest behind, so that all are counted whenever it is stopped
            name = min(open_, key=lambda each: totals[each]["kills"] / wanted[each])
            if name not in kinds:
                folder = Path(made) / name
                folder.mkdir()
                port = sites.enter_context(site(folder / "in")) if name == "crawl" else 0
                kinds[name] = Runs(KINDS[name], folder, random.Random(f"{seed} {name}"))
                kinds[name].prepare(port)
            killed, faults = kinds[name].disturb()
            totals[name]["kills"] += killed
            totals[name]["ends"] += 1
            totals[name]["faults"] += len(faults)
            for fault in faults:
                print(f"{name}, seed {seed}: {fault}")
            print(f"{name}: {totals[name]}, {statistics.median(kinds[name].lengths):.2f} s a run", flush=True)
            if counts is not None:
                write_whole(counts, json.dumps(totals, indent=1).encode(), overwrite=True)
    sys.exit(any(total["faults"] for total in totals.values()))


for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # a process that is to be forked has no threads
    os.environ.setdefault(_name, "1")
sys.path.append(str(TESTS))
if __name__ == "__main__":
    main()
