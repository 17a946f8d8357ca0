"""A size that does not fit in memory is a wrong option of a film, too, and leaves nothing."""

from functools import partial
from pathlib import Path

import pytest

from colorify.errors import UsageError
from colorify.model.memory import Claims
from colorify.options import ColorOptions
from colorify.video.film_options import FilmOptions
from colorify.video.job import colorize_film


def test_a_size_that_does_not_fit(film: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colorify.model.generator.Claims", partial(Claims, lambda: 2_000_000))
    target = film.with_name("out.mp4")
    with pytest.raises(UsageError, match="px takes about"):
        colorize_film(film, target, weights=tiny_weights, options=FilmOptions(ColorOptions(size=256)))
    assert not target.exists()
