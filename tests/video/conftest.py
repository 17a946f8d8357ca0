"""What the tests of films share."""

from pathlib import Path

import pytest
from made_films import Sort, write_film


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Write a short film with sound."""
    return write_film(tmp_path / "film.mp4", Sort())
