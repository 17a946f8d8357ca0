"""Which film is written where: nothing is coloured twice, and no film is written onto another."""

from pathlib import Path

import pytest
from made_films import Sort, write_film

from colorify.errors import UsageError
from colorify.video import FilmOptions
from colorify.video.film_plan import plan_films

SHORT = Sort(frames=2, sound=None)


@pytest.fixture
def films(tmp_path: Path) -> list[Path]:
    """Two films of one name in two folders."""
    for folder in ("new", "old"):
        (tmp_path / folder).mkdir()
    return [write_film(tmp_path / folder / "wedding.mkv", SHORT) for folder in ("new", "old")]


def test_a_film_is_not_written_onto_another_that_was_named(films: list[Path]) -> None:
    output = films[1].parent
    with pytest.raises(UsageError, match=r"wedding\.mkv would be written onto .*, which is an input too"):
        plan_films(films, output, FilmOptions(overwrite=True))


def test_two_films_are_not_written_to_one_name(films: list[Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match=r"wedding\.mkv and .*wedding\.mkv would both be written to"):
        plan_films(films, tmp_path / "out", FilmOptions())


def test_a_film_called_like_a_result_is_a_film_and_is_never_replaced(films: list[Path]) -> None:
    source = films[0]
    other = write_film(source.with_name("wedding-color.mkv"), SHORT)  # that is how somebody called it
    for overwrite in (False, True):
        plan = plan_films([source, other], None, FilmOptions(overwrite=overwrite))
        assert [film for film, _ in plan.jobs] == [other]
        ((film, why),) = plan.refused
        assert film == source
        assert f"{other} is there, without Colorify's mark, and is never replaced" in why
        alone = plan_films([source], None, FilmOptions(overwrite=overwrite))
        assert f"only by its name is it replaced: -o {other} -f" in alone.refused[0][1]
    assert plan_films([source], other, FilmOptions(overwrite=True)).jobs == ((source, other),)
    folder = other.parent / "out"
    folder.mkdir()
    mine = write_film(folder / "wedding.mkv", SHORT)
    into = plan_films([source], folder, FilmOptions(overwrite=True))
    assert (into.jobs, f"{mine} is there" in into.refused[0][1]) == ((), True)


def test_results_are_known_by_their_names_where_they_get_no_mark(films: list[Path]) -> None:
    source = films[0]
    result = write_film(source.with_name("wedding-color.mkv"), SHORT)
    lonely = write_film(source.with_name("sunset-color.mkv"), SHORT)  # that is how somebody called it
    plan = plan_films([source, result, lonely], None, FilmOptions(mark=False))
    assert plan.passed_over == (
        (source, f"done before, {result} exists (-f colours it again)"),
        (result, "called NAME-color beside NAME, as results without a mark are"),
    )
    assert [film for film, _ in plan.jobs] == [lonely]
    assert [film for film, _ in plan_films([result], None, FilmOptions()).jobs] == [result]
