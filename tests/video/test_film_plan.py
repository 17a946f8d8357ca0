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


def test_a_result_is_known_by_its_name_beside_its_source_where_the_mark_was_left_out(
    films: list[Path],
) -> None:
    """As with --no-mark, or after another program has written the file anew."""
    source = films[0]
    result = write_film(source.with_name("wedding-color.mkv"), SHORT)
    lonely = write_film(source.with_name("sunset-color.mkv"), SHORT)  # that is how somebody called it
    plan = plan_films([source, result, lonely], None, FilmOptions())
    assert plan.passed_over == (
        (source, f"done before, {result} exists (-f colours it again)"),
        (result, "made by Colorify, not coloured again"),
    )
    assert [film for film, _ in plan.jobs] == [lonely]
    alone = plan_films([result], None, FilmOptions())
    assert alone.refused == ((result, f"{result} was made by Colorify; -f colours it again."),)
