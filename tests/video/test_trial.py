"""Before the work it is known whether a kind of file can hold the film: at any rate, and for any part."""

from pathlib import Path

import pytest
from made_films import Sort, times, write_film

from colorify.errors import FilmError
from colorify.video import FilmOptions, colorize_film, trial


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize("start", [0.0, 0.5])
@pytest.mark.parametrize("rate", [19, 21, 22, 40, 240])
def test_films_of_every_speed_keep_their_times(
    tmp_path: Path, tiny_weights: Path, rate: int, start: float, suffix: str
) -> None:
    """Matroska counts in thousandths of a second, in which no frame of these is a whole number."""
    before = round(rate * start)
    source = write_film(tmp_path / "a.mp4", Sort(size=(64, 48), frames=before + 4, rate=rate, sound=None))
    options = FilmOptions(start=before / rate)
    colorize_film(source, tmp_path / f"b{suffix}", weights=tiny_weights, options=options)
    assert times(tmp_path / f"b{suffix}") == pytest.approx([n / rate for n in range(4)], abs=0.0011)


def test_a_silent_film_is_not_told_to_convert_its_sound(
    tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_film(tmp_path / "a.mp4", Sort(frames=2, sound=None))
    monkeypatch.setattr("colorify.video.job.why_unfit", lambda *_: "it is too blue")
    with pytest.raises(FilmError, match=r"b\.mkv: .*too blue\)\. Try -o .*b\.mov\.$"):
        colorize_film(source, tmp_path / "b.mkv", weights=tiny_weights)


def test_times_that_get_lost_are_not_blamed_on_the_sound(
    film: Path, tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "_keeps_gaps", lambda *_: False)
    with pytest.raises(FilmError, match=r"the times of the frames get lost\)\. Try -o .*b\.mov\.$"):
        colorize_film(film, tmp_path / "b.mkv", weights=tiny_weights)
