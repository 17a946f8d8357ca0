"""What does not fit in memory is refused beforehand, with what would fit; runs wait for each other."""

import asyncio
import threading
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import pyvips

from colorify.colorizer import Colorizer
from colorify.errors import UsageError, WeightsError
from colorify.model import memory
from colorify.model.generator import Generator, estimate_memory
from colorify.model.memory import Claims, available_memory
from colorify.model.runtime import Runtime
from colorify.server.app import create_app
from colorify.server.settings import Settings
from command_line import Colorify
from tiny import grey_scene
from waiting import wait_for

MEGA = 10**6


def machine(tmp_path: Path, available: str, groups: str, files: dict[str, str]) -> tuple[Path, Path]:
    """Write what the kernel would say."""
    proc, cgroups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text(f"MemTotal: 9999 kB\n{available}")
    (proc / "self" / "cgroup").write_text(groups)
    for name, text in files.items():
        (cgroups / name).parent.mkdir(parents=True, exist_ok=True)
        (cgroups / name).write_text(text)
    return proc, cgroups


LIMITED_2 = {
    "a/b/memory.max": "max\n",
    "a/b/memory.current": "10\n",
    "a/memory.max": "5000\n",
    "a/memory.current": "3000\n",
    "a/memory.stat": "anon 7\ninactive_file 500\nactive_file 9\n",
}
LIMITED_1 = {
    "memory/x/memory.limit_in_bytes": "9223372036854771712\n",
    "memory/x/memory.usage_in_bytes": "10\n",
    "memory/memory.limit_in_bytes": "4000\n",
    "memory/memory.usage_in_bytes": "3000\n",
    "memory/memory.stat": "cache 9\ntotal_inactive_file 100\n",
}


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="as Linux says it")
@pytest.mark.parametrize(
    ("available", "groups", "files", "expected"),
    [
        ("MemAvailable: 100 kB\n", "", {}, 102400),
        ("MemAvailable: 100 kB\n", "0::/a/b\n", LIMITED_2, 2500),
        ("MemAvailable: 1 kB\n", "0::/a/b\n", LIMITED_2, 1024),
        ("MemAvailable: 100 kB\n", "9:cpu:/\n4:memory:/x\n0::/\n", LIMITED_1, 1100),
        ("MemAvailable: 100 kB\n", "4:memory:/x\n", {"memory/memory.limit_in_bytes": "?"}, 102400),
        ("", "0::/a\n", {**LIMITED_2, "a/memory.current": "6000"}, 0),
    ],
    ids=["machine", "version 2", "less than the group", "version 1", "not readable", "over its limit"],
)
def test_what_the_kernel_says(
    tmp_path: Path, available: str, groups: str, files: dict[str, str], expected: int
) -> None:
    assert available_memory(*machine(tmp_path, available, groups, files)) == expected


def test_a_group_that_leaves_enough_is_not_asked_for_its_statistics(tmp_path: Path) -> None:
    proc, cgroups = machine(tmp_path, "MemAvailable: 1 kB\n", "0::/a/b\n", LIMITED_2)
    (cgroups / "a/memory.stat").write_text("inactive_file no number\n")  # an error, if it were read
    assert available_memory(proc, cgroups) == 1024


def test_this_machine_says_something() -> None:
    found = available_memory()
    assert found is None or found > 2**24


def limited(weights: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> Colorizer:
    """A colorizer on a machine with `size` bytes."""
    colorizer = Colorizer(weights, threads=1)
    monkeypatch.setattr(colorizer._generator, "_claims", Claims(lambda: size))
    return colorizer


@pytest.mark.parametrize("shape", [(1000, 1500), (1500, 1000), (500, 3000)])
def test_the_largest_size_that_fits_is_said_and_fits(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int]
) -> None:
    colorizer = limited(tiny_weights, 200 * MEGA, monkeypatch)
    photo = np.full(shape, 100, np.uint8)
    with pytest.raises(
        UsageError, match=r"GB of memory, found 0\.2 GB\. The largest size that fits"
    ) as caught:
        colorizer.colorize(photo, size=1000)
    largest = int(str(caught.value).rstrip(".").rpartition(" ")[2])
    assert colorizer.colorize(photo, size=largest).shape == (*shape, 3)
    with pytest.raises(UsageError, match=f"fits is {largest}"):
        colorizer.colorize(photo, size=largest + 33)


def test_a_byte_less_is_too_little(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = estimate_memory((96, 64), 32)
    assert needed == estimate_memory((95, 33), 32), "as it is padded"
    for size, fits in ((needed, True), (needed - 1, False)):
        look = limited(tiny_weights, size, monkeypatch)._generator.encode
        if fits:
            look(np.zeros((64, 96), np.float32)).predict()
        else:
            with pytest.raises(UsageError, match="To look at 96x64 px takes about"):
                look(np.zeros((64, 96), np.float32)).predict()


def test_nothing_is_read_of_what_does_not_fit(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    colorizer = limited(tiny_weights, MEGA, monkeypatch)
    monkeypatch.setattr("colorify.images.photo.Photo.shrink", None)  # what would reduce a photo to an L
    for use in (colorizer.colorize, colorizer.open, lambda photo: colorizer.match(photo, photo)):
        with pytest.raises(UsageError, match=r"Free some memory first|The largest size that fits"):
            use(grey_scene(600, 400))


def test_runs_wait_for_each_other_rather_than_fail() -> None:
    claims, order = Claims(lambda: 100), []
    inside, release = threading.Event(), threading.Event()

    def first() -> None:
        with claims.claim(60, MemoryError):
            inside.set()
            release.wait(60)
            order.append("first")

    def second() -> None:
        with claims.claim(60, MemoryError):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(60)
    threads[1].start()
    with claims.claim(40, MemoryError):  # what fits beside it need not wait
        pass
    wait_for(lambda: bool(claims._changed._waiters))
    release.set()
    for thread in threads:
        thread.join(60)
    assert order == ["first", "second"]
    with pytest.raises(MemoryError, match="100"), claims.claim(101, MemoryError):
        pass
    with pytest.raises(ValueError, match="body"), claims.claim(100, MemoryError):
        raise ValueError("body")
    claims.check(100, MemoryError)  # given back
    with pytest.raises(MemoryError):
        claims.check(101, MemoryError)


def test_where_nobody_says_nothing_is_refused() -> None:
    with Claims(lambda: None).claim(10**18, MemoryError):
        pass


def test_a_moment_ago_will_do_where_there_is_plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, now = [], [100.0]
    monkeypatch.setattr(memory.time, "monotonic", lambda: now[0])

    def available() -> int:
        asked.append(now[0])
        return 1000

    claims = Claims(available)
    claims.check(10, MemoryError)
    with claims.claim(10, MemoryError):
        claims.check(115, MemoryError)  # with what is claimed an eighth
        assert len(asked) == 1
        claims.check(116, MemoryError)
        assert len(asked) == 2
    now[0] += memory.RECHECK_S
    claims.check(10, MemoryError)
    assert len(asked) == 3


class Failing:
    """A session of ONNX Runtime that fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def run(self, *_: Any) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (MemoryError(), UsageError, r"too little memory \(MemoryError\).*smaller size"),
        (
            RuntimeError("x.cc Failed to allocate memory for requested buffer\nmore"),
            UsageError,
            "smaller size",
        ),
        (RuntimeError("std::bad_alloc"), UsageError, "smaller size"),
        (
            ValueError("Where node: shapes\nmore"),
            WeightsError,
            r"tiny\.onnx: fails when it is run \(Where node: shapes\)",
        ),
    ],
)
def test_what_the_runtime_raises_becomes_an_error_of_ours(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception], says: str
) -> None:
    generator = Generator(tiny_weights, threads=1)
    monkeypatch.setattr(generator._runtime, "_session", Failing(error))
    with pytest.raises(kind, match=says) as caught:
        generator(np.zeros((8, 8), np.float32))
    assert type(caught.value) is kind


def test_large_runs_give_their_memory_back(tiny_weights: Path) -> None:
    runtime = Runtime(tiny_weights, 1)
    key = "memory.enable_memory_arena_shrinkage"
    assert runtime._options(2**19).get_run_config_entry(key) == "cpu:0"
    assert "cpu:0" not in str(_entry(runtime._options(2**19 - 1), key))


def _entry(options: Any, key: str) -> str | None:
    try:
        return str(options.get_run_config_entry(key))
    except Exception:  # noqa: BLE001 - ONNX Runtime raises one of its own where there is no entry
        return None


@pytest.mark.posix  # `sysconf`
def test_the_machine_s_own_memory_where_nothing_else_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory.os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    assert available_memory(tmp_path, tmp_path) == 4096000


@pytest.fixture
def small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every generator is loaded on a machine with 2 MB."""
    monkeypatch.setattr("colorify.model.generator.Claims", partial(Claims, lambda: 2 * MEGA))


@pytest.mark.usefixtures("small_machine")
class TestEverywhere:
    """A size that does not fit is a wrong option, wherever it is given."""

    def test_on_the_command_line(self, colorify: Colorify, tmp_path: Path) -> None:
        source = tmp_path / "in.png"
        pyvips.Image.new_from_array(grey_scene()).write_to_file(str(source))
        ended = colorify(str(source), "--size", "256")
        assert ended.code == 2
        assert "To look at 384x256 px takes about" in ended.err
        assert [path.name for path in tmp_path.iterdir()] == ["in.png"]

    def test_by_http(self, tiny_weights: Path) -> None:
        app = create_app(Settings(weights=tiny_weights, hosts=frozenset()))
        data = bytes(pyvips.Image.new_from_array(grey_scene(600, 400)).pngsave_buffer())

        async def post(path: str) -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.post(path, files={"image": ("in.png", data, "image/png")})

        for path in ("/v1/colorize", "/v1/sessions"):
            answer = asyncio.run(post(path))
            assert answer.status_code == 422
            assert "px takes about" in answer.json()["detail"]
