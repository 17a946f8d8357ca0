"""Running many photos: what is yielded, what is given up, what is left on the disk."""

import errno
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from colorify.atomic import DiskFullError, ExistsError, claim, write_whole
from colorify.batch.coloring import BatchOptions, Coloring, PhotoOpener, TakenError, bind_coloring
from colorify.batch.plan import Job
from colorify.batch.run import JOBS_PER_WORKER, PhotoResult, RunStoppedError, run
from colorify.errors import PhotoError, WeightsError
from colorify.result import Report
from waiting import PATIENCE

if TYPE_CHECKING:
    from colorify.colorizer import Colorizer

Watch = Callable[[float], None]


def jobs(tmp_path: Path, count: int) -> list[Job]:
    return [Job(Path(f"{index}.jpg"), tmp_path / "out" / f"{index}.jpg") for index in range(count)]


def report(job: Job) -> Report:
    return Report(
        source=job.source,
        target=job.target,
        width=1,
        height=1,
        seconds=0.0,
        was_colored=False,
        data=None,
        mean_confidence=0.5,
    )


def test_results_come_in_the_order_of_the_jobs(tmp_path: Path) -> None:
    todo = jobs(tmp_path, 5)
    assert [result.job for result in run(todo, lambda job, _watch: report(job))] == todo


def test_a_slow_photo_holds_up_no_other(tmp_path: Path) -> None:
    others_out = threading.Event()

    def color(job: Job, _watch: Watch) -> Report:
        if job.source.stem == "0":
            assert others_out.wait(PATIENCE), "the others wait for this one"
        return report(job)

    todo = jobs(tmp_path, 20)
    found = []
    for result in run(todo, color, workers=2):
        found.append(result.job)
        if len(found) == 19:
            others_out.set()
    assert found == [*todo[1:], todo[0]]


def test_photos_are_given_out_as_they_are_needed_and_results_not_kept(tmp_path: Path) -> None:
    given, alive = 0, []

    def many() -> Iterator[Job]:
        nonlocal given
        for job in jobs(tmp_path, 200):
            given += 1
            yield job

    for number, result in enumerate(run(many(), lambda job, _watch: report(job), workers=2), start=1):
        assert given - number <= 2 * JOBS_PER_WORKER
        alive.append(weakref.ref(result))
    gc.collect()
    assert sum(ref() is not None for ref in alive) <= 1


def test_a_failure_is_a_result_and_the_others_go_on(tmp_path: Path) -> None:
    def color(job: Job, _watch: Watch) -> Report:
        if job.source.stem == "1":
            raise PhotoError("1.jpg: torn")
        return report(job)

    results = list(run(jobs(tmp_path, 3), color))
    assert [str(result.error) if result.error else "" for result in results] == ["", "1.jpg: torn", ""]
    assert [result.report is None for result in results] == [False, True, False]


def test_what_concerns_every_photo_ends_the_run(tmp_path: Path) -> None:
    begun = []

    def color(job: Job, _watch: Watch) -> Report:
        begun.append(job)
        raise WeightsError("damaged")

    with pytest.raises(WeightsError, match="damaged"):
        list(run(jobs(tmp_path, 50), color))
    assert 1 <= len(begun) <= JOBS_PER_WORKER


def test_as_many_photos_at_a_time_as_workers(tmp_path: Path) -> None:
    together = threading.Barrier(3, timeout=PATIENCE)  # breaks, and fails the test, unless three meet

    def color(job: Job, _watch: Watch) -> Report:
        together.wait()
        return report(job)

    assert len(list(run(jobs(tmp_path, 6), color, workers=3))) == 6


def test_the_folder_of_an_output_is_made(tmp_path: Path) -> None:
    def color(job: Job, _watch: Watch) -> Report:
        job.target.write_bytes(b"new")
        return report(job)

    target = tmp_path / "deep" / "er" / "a.jpg"
    list(run([Job(Path("a.jpg"), target)], color))
    assert target.read_bytes() == b"new"


def test_a_file_where_the_folder_must_be_is_a_reported_failure(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    results = list(run(jobs(tmp_path, 2), lambda job, _watch: report(job)))
    assert all("out: cannot make this folder" in str(result.error) for result in results)


def test_a_run_that_is_left_gives_up_photos_in_work_and_begins_no_others(tmp_path: Path) -> None:
    begun: list[Job] = []
    in_work, given_up = threading.Event(), threading.Event()

    def color(job: Job, watch: Watch) -> Report:
        begun.append(job)
        if job.source.stem == "0":
            assert in_work.wait(PATIENCE)
            return report(job)
        in_work.set()
        try:
            for _ in range(100 * round(PATIENCE)):
                time.sleep(0.01)
                watch(0.5)
        except RunStoppedError:
            given_up.set()
            raise
        return report(job)

    results = run(jobs(tmp_path, 20), color, workers=2)
    assert isinstance(next(results), PhotoResult)
    results.close()
    assert given_up.is_set(), "close() came back before the photos in work had ended"
    assert len(begun) <= 4


def test_a_request_to_stop_begins_no_others_and_yields_what_gets_done(tmp_path: Path) -> None:
    wished = threading.Event()
    finishes = threading.Barrier(2, timeout=PATIENCE)

    def color(job: Job, watch: Watch) -> Report:
        finishes.wait()
        wished.set()
        if job.source.stem == "1":
            watch(0.5)  # raises
        return report(job)

    found = [
        result.job.source.stem for result in run(jobs(tmp_path, 20), color, workers=2, stopped=wished.is_set)
    ]
    assert found == ["0"]


def test_a_full_disk_ends_the_run(tmp_path: Path) -> None:
    begun: list[Job] = []

    def color(job: Job, _watch: Watch) -> Report:
        begun.append(job)
        if job.source.stem == "3":
            raise DiskFullError("no room")
        return report(job)

    found = list(run(jobs(tmp_path, 50), color))
    assert [result.job.source.stem for result in found if result.error] == ["3"]
    assert len(found) == len(begun) == 4


def test_the_parts_of_photos_are_told(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []

    def color(job: Job, watch: Watch) -> Report:
        watch(0.5)
        return report(job)

    list(run(jobs(tmp_path, 2), color, on_progress=lambda job, part: told.append((job.source.stem, part))))
    assert told == [("0", 0.0), ("0", 0.5), ("1", 0.0), ("1", 0.5)]


def test_a_share_that_goes_away_is_a_result_and_the_others_go_on(tmp_path: Path) -> None:
    def color(job: Job, _watch: Watch) -> Report:
        if job.source.stem == "1":
            raise OSError(errno.EHOSTDOWN, "Host is down")
        return report(job)

    results = list(run(jobs(tmp_path, 3), color))
    assert ["Host is down" in str(result.error) for result in results] == [False, True, False]


class Counting:
    """In the place of what colours a photo: counts what is coloured, and writes it."""

    def __init__(self, meanwhile: Callable[[Path], None] = lambda target: None) -> None:
        self.colored: list[Path] = []
        self._meanwhile = meanwhile

    def __call__(self, opener: PhotoOpener, job: Job, _watch: Watch) -> Report:
        self.colored.append(job.source)
        self._meanwhile(job.target)
        write_whole(job.target, b"coloured", overwrite=opener.options.save.overwrite)
        return report(job)

    @property
    def bound(self) -> Coloring:
        """What `run` calls."""
        return bind_coloring(cast("Colorizer", None), BatchOptions())


@pytest.fixture
def todo(tmp_path: Path) -> list[Job]:
    return [Job(tmp_path / job.source, job.target) for job in jobs(tmp_path, 4)]


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Counting]:
    def make(*meanwhile: Callable[[Path], None]) -> Counting:
        made = Counting(*meanwhile)
        monkeypatch.setattr("colorify.batch.coloring.color_job", made)
        return made

    return make


def test_what_another_run_is_at_or_has_done_is_not_begun(
    todo: list[Job], counting: Callable[..., Counting]
) -> None:
    one, two, _, four = todo
    one.target.parent.mkdir()
    colorizer = counting()
    color = colorizer.bound
    four.target.write_bytes(b"theirs")
    with claim(two.target):
        found = [result.error for result in run(todo, color)]
    states = [error.done if isinstance(error, TakenError) else error for error in found]
    assert states == [None, False, None, True]
    assert colorizer.colored == [todo[0].source, todo[2].source]
    assert four.target.read_bytes() == b"theirs"
    assert not [path for path in one.target.parent.iterdir() if path.name.startswith(".")]


def test_without_locks_a_photo_that_another_run_finished_first_is_passed_over(
    todo: list[Job], counting: Callable[..., Counting]
) -> None:
    (result, *_) = run(todo, counting(lambda target: target.write_bytes(b"theirs")).bound)
    assert isinstance(result.error, TakenError)
    assert result.error.done
    assert todo[0].target.read_bytes() == b"theirs"


def test_of_what_exists_besides_the_target_nothing_is_concluded(
    todo: list[Job], tmp_path: Path, counting: Callable[..., Counting]
) -> None:
    def meanwhile(_target: Path) -> None:
        write_whole(tmp_path / "map.png", b"", overwrite=False)

    (tmp_path / "map.png").write_bytes(b"theirs")
    (result, *_) = run(todo, counting(meanwhile).bound)
    assert isinstance(result.error, ExistsError)
