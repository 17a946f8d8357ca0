"""Left grey and uneven, at their edges: one Lab unit on either side of each limit."""

import numpy as np
import pytest

from colorify.color import lab_to_rgb
from colorify.evaluation import coverage
from colorify.evaluation.coverage import Coverage, add_coverage, average_cells, find_regions, measure_coverage

SIDE_PX = 64  # px: 16 x 16 cells


def paint(*ab: float) -> np.ndarray:
    """A picture of one colour at L 60."""
    lab = np.full((SIDE_PX, SIDE_PX, 3), (60, *ab), np.float32)
    return np.rint(lab_to_rgb(lab) * 255).astype(np.uint8)


def halves(left: tuple[float, float], right: tuple[float, float]) -> np.ndarray:
    picture = paint(*left)
    picture[:, SIDE_PX // 2 :] = paint(*right)[:, SIDE_PX // 2 :]
    return picture


def test_a_perfect_result_leaves_nothing_grey_and_is_even() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE_PX, SIDE_PX, 3)).astype(np.uint8)
    for picture in (noise, halves((30, 20), (-20, 30))):
        measured = measure_coverage(picture, picture)
        assert measured.grey == measured.excess == 0


@pytest.mark.parametrize(("chroma", "left_grey"), [(4.0, 1.0), (6.0, 0.0)])
def test_a_thing_is_left_grey_under_a_chroma_of_5(chroma: float, left_grey: float) -> None:
    assert measure_coverage(paint(40, 0), paint(chroma, 0)).left_grey == left_grey


@pytest.mark.parametrize(("chroma", "colored"), [(14.0, 0), (16.0, 256)])
def test_only_a_true_chroma_over_15_can_be_left_grey(chroma: float, colored: int) -> None:
    measured = measure_coverage(paint(0, chroma), paint(0, 0))
    assert (measured.colored, measured.grey) == (colored, colored)
    assert measured.left_grey == (1.0 if colored else None)


def test_half_of_a_coat_left_grey_is_a_half_left_grey_and_uneven_by_half_its_chroma() -> None:
    measured = measure_coverage(paint(40, 0), halves((40, 0), (0, 0)))
    assert measured.left_grey == 0.5
    assert measured.uneven == pytest.approx(20, abs=0.5)


def test_two_true_colors_may_be_painted_two_colors() -> None:
    truth = halves((40, 0), (-30, 30))
    assert measure_coverage(truth, halves((10, 40), (0, -40))).uneven == 0


def test_grey_is_even_and_does_not_make_up_for_blotches() -> None:
    textured = paint(30, 0)
    textured[::8] = paint(24, 0)[::8]  # half of the rows of cells: a spread of its own
    textured[1::8], textured[2::8], textured[3::8] = textured[::8], textured[::8], textured[::8]
    even, blotched = (
        measure_coverage(textured, paint(0, 0)),
        measure_coverage(paint(40, 0), halves((40, 0), (0, 0))),
    )
    assert even.region == 256
    assert even.uneven == 0
    assert add_coverage([even, blotched]).uneven == pytest.approx(10, abs=0.3)


def test_a_slow_change_is_several_regions() -> None:
    ramp = np.zeros((16, 16, 2))
    ramp[..., 0] = np.arange(16) * 4.0  # steps within ALIKE_AB
    assert len(find_regions(ramp)) > 4
    assert len(find_regions(np.zeros((16, 16, 2)))) == 1


@pytest.mark.parametrize(("distance", "count"), [(5.9, 1), (6.1, 2)])
def test_regions_are_one_within_6_lab_units(distance: float, count: int) -> None:
    ab = np.zeros((4, 4, 2))
    ab[:, 2:, 1] = distance
    regions = find_regions(ab)
    assert len(regions) == count
    assert sorted(np.concatenate(regions).tolist()) == list(range(16))


def test_alike_cells_that_do_not_touch_are_two_regions() -> None:
    ab = np.zeros((4, 5, 2))
    ab[:, 2] = 50
    assert sorted(len(cells) for cells in find_regions(ab)) == [4, 8, 8]


def test_small_regions_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = paint(40, 0)
    assert measure_coverage(picture, picture).region == 256
    monkeypatch.setattr(coverage, "MIN_REGION_CELLS", 257)
    assert measure_coverage(picture, picture).uneven is None


def test_pictures_count_by_their_cells() -> None:
    many, few = (
        Coverage(colored=90, grey=0, region=90, excess=0),
        Coverage(colored=10, grey=10, region=10, excess=50),
    )
    both = add_coverage([many, few])
    assert both.left_grey == 0.1
    assert both.uneven == 0.5
    assert add_coverage([]).left_grey is None


def test_cells_are_whole_ones() -> None:
    assert average_cells(np.zeros((11, 9, 3), np.uint8)).shape == (2, 2, 2)
