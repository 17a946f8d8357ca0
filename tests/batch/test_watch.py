"""A watched folder: each photo is given out once, when it is whole."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from colorify.batch.plan import Plan, make_plan
from colorify.batch.watch import watch_folder


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()


def find_foreign(path: Path) -> str | None:
    return None if path.read_bytes() == b"colour" else "somebody's own"


class Looks:
    """Looks at the folder `in`, a stated number of times; before look N what is written under N happens."""

    def __init__(self, *before: object, force: bool = False) -> None:
        self.before = list(before)
        self.count = 0
        self.force = force

    def __call__(self) -> Plan:
        change = self.before[self.count]
        self.count += 1
        if callable(change):
            change()
        return make_plan(["in"], output="out", force=self.force, watching=True, describe_foreign=find_foreign)

    def stopped(self) -> bool:
        return self.count == len(self.before)


def write(name: str, content: str = "x", *, time: int = 1) -> None:
    Path("in", name).write_text(content)
    os.utime(Path("in", name), (time, time))


def given(looks: Looks, *, done: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the look, names given out); `done`: they get coloured."""
    for plan in watch_folder(looks, stopped=looks.stopped, pause=0):
        for job in plan.jobs if done else ():
            job.target.parent.mkdir(exist_ok=True)
            job.target.write_bytes(b"colour")
        yield looks.count, [job.source.name for job in plan.jobs]


def test_what_is_there_comes_first_and_what_comes_later_follows() -> None:
    write("a.jpg")
    looks = Looks(None, None, lambda: write("b.jpg"), None, None)
    assert list(given(looks)) == [(2, ["a.jpg"]), (4, ["b.jpg"])]


def test_a_photo_is_not_given_while_it_grows_or_is_written_to() -> None:
    looks = Looks(
        lambda: write("a.jpg", "x"),
        lambda: write("a.jpg", "xx"),
        lambda: write("a.jpg", "xxx"),
        lambda: write("a.jpg", "yyy", time=2),
        None,
        None,
    )
    assert list(given(looks)) == [(5, ["a.jpg"])]


def test_a_failed_photo_is_given_again_only_when_it_has_changed() -> None:
    write("a.jpg", "half")
    looks = Looks(None, None, None, None, lambda: write("a.jpg", "whole"), None, None)
    assert list(given(looks, done=False)) == [(2, ["a.jpg"]), (6, ["a.jpg"])]


def test_a_photo_that_another_run_had_is_given_again() -> None:
    write("a.jpg"), write("b.jpg")
    looks, again = Looks(None, None, None, None, None), set[Path]()
    found = []
    for plan in watch_folder(looks, stopped=looks.stopped, pause=0, again=again):
        found.append((looks.count, [job.source.name for job in plan.jobs]))
        if len(found) < 3:
            again.add(Path("in/a.jpg"))
    assert found == [(2, ["a.jpg", "b.jpg"]), (3, ["a.jpg"]), (4, ["a.jpg"])]
    assert again == set()


def test_force_does_not_colour_a_photo_for_ever() -> None:
    write("a.jpg")
    looks = Looks(None, None, None, None, force=True)
    assert list(given(looks)) == [(2, ["a.jpg"])]


def test_what_is_finished_is_told_once() -> None:
    write("a.jpg"), write("b.jpg")
    Path("out").mkdir()
    Path("out/a.jpg").write_bytes(b"colour")
    looks = Looks(None, None, None)
    plans = list(watch_folder(looks, stopped=looks.stopped, pause=0))
    assert [[job.source.name for job in plan.finished] for plan in plans] == [["a.jpg"], []]
    assert [[job.source.name for job in plan.jobs] for plan in plans] == [[], ["b.jpg"]]


def test_an_empty_folder_is_no_fault_and_one_that_goes_is_told_once() -> None:
    def go() -> None:
        Path("in").rename("away")

    def come() -> None:
        Path("away").rename("in")
        write("a.jpg")

    looks = Looks(None, None, go, None, come, None, None)
    plans = list(watch_folder(looks, stopped=looks.stopped, pause=0))
    (reason,) = (refusal.reason for plan in plans for refusal in plan.refused)
    assert reason.startswith("in: no such file or folder. ")
    assert [job.source.name for plan in plans for job in plan.jobs] == ["a.jpg"]


def test_of_two_photos_to_one_target_the_second_is_refused() -> None:
    write("a.jpg")

    def look() -> Plan:
        looks()
        return make_plan(["in"], output="out", format="webp", watching=True)

    looks = Looks(None, None, lambda: write("a.png"), None, None)
    plans = list(watch_folder(look, stopped=looks.stopped, pause=0))
    assert [job.source.name for plan in plans for job in plan.jobs] == ["a.jpg"]
    [reason] = [refusal.reason for plan in plans for refusal in plan.refused]
    assert "would both be written to" in reason


def test_a_link_that_leads_nowhere_is_given_once() -> None:
    Path("in/a.jpg").symlink_to("nowhere")
    looks = Looks(None, None, None, None)
    assert list(given(looks, done=False)) == [(2, ["a.jpg"])]


def test_a_result_without_a_mark_is_no_fault_afterwards_and_what_is_in_the_way_is_told_once() -> None:
    write("a.jpg"), write("b.jpg")
    Path("out").mkdir()
    Path("out/b.jpg").write_bytes(b"mine")
    told, given = [], []

    looks = Looks(None, None, None, None, force=True)
    for plan in watch_folder(looks, stopped=looks.stopped, pause=0):
        told += [refusal.source for refusal in plan.refused]
        given += [job.source.name for job in plan.jobs]
        for job in plan.jobs:
            job.target.write_bytes(b"unmarked")
    assert (told, given) == (["in/b.jpg"], ["a.jpg"])
