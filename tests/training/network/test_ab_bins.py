import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from colorify.errors import UsageError
from colorify.training.network.ab_bins import SPAN, Bins, SoftLabels, annealed_mean, certainty


@pytest.fixture(scope="module")
def bins() -> Bins:
    """Of photos that are mostly grey, sometimes coloured, all within 40 of grey."""
    ticks = np.arange(SPAN) - SPAN // 2
    radius = np.hypot(ticks[:, None], ticks[None, :])
    return Bins.from_histogram(np.where(radius <= 40, 1e6 * np.exp(-radius / 6), 0).astype(np.int64))


@pytest.fixture(scope="module")
def labels(bins: Bins) -> SoftLabels:
    return SoftLabels(bins)


def test_bins_cover_the_colours_that_occur_and_no_others(bins: Bins) -> None:
    radius = bins.centers.norm(dim=1)
    assert (radius == 0).sum() == 1
    assert 40 <= radius.max() <= 46  # half a grid step past the last colour, in a corner


def test_grey_photos_are_refused() -> None:
    histogram = np.zeros((SPAN, SPAN), np.int64)
    histogram[SPAN // 2, SPAN // 2] = 1000
    with pytest.raises(UsageError, match="1 colours, too few"):
        Bins.from_histogram(histogram)


def test_rare_colours_weigh_more_than_common_ones(bins: Bins) -> None:
    by_radius = bins.weights[bins.centers.norm(dim=1).argsort()]
    assert by_radius[0] < 0.5 < 1.5 < by_radius[-1]


@settings(max_examples=50, deadline=None)
@given(a=st.floats(-25, 25), b=st.floats(-25, 25))
def test_a_colour_is_recovered_from_the_labels_that_minimise_the_loss(
    bins: Bins, labels: SoftLabels, a: float, b: float
) -> None:
    truth = torch.tensor([a, b]).reshape(1, 2, 1, 1)
    row = int((round(a) + SPAN // 2) * SPAN + round(b) + SPAN // 2)
    share = labels._share[row] / labels._share[row].sum()
    best = torch.full((1, len(bins), 1, 1), -30.0).index_put(
        (torch.tensor(0), labels._index[row]), share.log()[:, None, None]
    )
    ab = annealed_mean(best, bins.centers, 1.0)
    assert (ab - truth).norm() < 4  # half a grid step, less the share of the neighbours
    for other in (best.roll(1, 1), best * 0.5, torch.zeros_like(best)):
        assert labels.loss(other, truth) > labels.loss(best, truth)


def test_a_low_temperature_is_more_vivid(bins: Bins) -> None:
    logits = -((bins.centers - torch.tensor([20.0, 20.0])).norm(dim=1) / 10)[None, :, None, None]
    chroma = [float(annealed_mean(logits, bins.centers, t).norm()) for t in (1.0, 0.6, 0.38, 0.1)]
    assert chroma == sorted(chroma)
    assert chroma[-1] == pytest.approx(20 * 2**0.5, abs=1)


def test_certainty_runs_from_0_to_1() -> None:
    even, peak = torch.zeros(1, 9, 1, 1), torch.zeros(1, 9, 1, 1)
    peak[0, 3] = 50
    assert float(certainty(even)) == pytest.approx(0, abs=1e-6)
    assert float(certainty(peak)) == pytest.approx(1, abs=1e-6)
