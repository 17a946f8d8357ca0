import math

import pytest

pytest.importorskip("torch")

from colorify.cli.training_lines import TrainingLines
from colorify.training.trainer import TrainingProgress


@pytest.mark.parametrize(
    ("share", "seconds", "left"),
    [(0.5, 45, "1 min left"), (0.25, 1800, "1 h 30 min left"), (1e-4, 3600, "417 days left")],
)
def test_the_time_that_is_left_is_told_in_words_that_a_person_grasps(
    share: float, seconds: float, left: str, capsys: pytest.CaptureFixture[str]
) -> None:
    now = TrainingProgress(share, step=20, photos=480, loss=math.nan, photos_per_second=8.0)
    TrainingLines(speaks=True).report(now, seconds)
    assert left in capsys.readouterr().err
