"""What nobody knows is painted softly; all else keeps its colour, and every colour its hue."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from colorify.caution import KNOWN, LEFT, UNKNOWN, faded
from colorify.nearby import Nearby

FloatArray = NDArray[np.float32]


def plane(value: float, shape: tuple[int, int] = (28, 28)) -> FloatArray:
    return np.full(shape, value, np.float32)


def test_what_is_known_stays() -> None:
    ab = np.random.default_rng(0).uniform(-90, 90, (28, 28, 2)).astype(np.float32)
    np.testing.assert_allclose(faded(ab, plane(KNOWN + 0.01), Nearby(plane(50))), ab, rtol=1e-6)


def test_what_is_unknown_is_nearly_grey() -> None:
    ab = np.full((28, 28, 2), 40, np.float32)
    made = faded(ab, plane(UNKNOWN - 0.01), Nearby(plane(50)))
    np.testing.assert_allclose(made, 40 * LEFT, rtol=1e-5)


def test_a_thing_that_is_known_in_places_fades_evenly() -> None:
    spotted = np.where(np.arange(28) % 4 < 2, 0.4, 0.05) * np.ones((28, 1))
    made = faded(np.full((28, 28, 2), 40, np.float32), spotted.astype(np.float32), Nearby(plane(50)))
    inner = made[6:-6, 6:-6, 0]
    assert np.ptp(inner) < 4
    assert inner.min() > 36  # the surer cells convince


def test_a_backdrop_fades_beside_a_person_who_does_not() -> None:
    person = np.arange(28) < 14
    L = np.where(person, 70, 30) * np.ones((28, 1))
    confidence = np.where(person, 0.5, 0.08) * np.ones((28, 1))
    made = faded(
        np.full((28, 28, 2), 40, np.float32), confidence.astype(np.float32), Nearby(L.astype(np.float32))
    )
    np.testing.assert_allclose(made[:, person], 40, rtol=1e-5)
    np.testing.assert_allclose(made[:, ~person], 40 * LEFT, rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 200)])
def test_any_shape(shape: tuple[int, int]) -> None:
    made = faded(np.ones((*shape, 2), np.float32), plane(0, shape), Nearby(plane(100, shape)))
    np.testing.assert_allclose(made, LEFT, rtol=1e-5)


@given(st.integers(0, 2**32 - 1))
def test_the_hue_stays_and_chroma_never_grows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    confidence, L = rng.uniform(0, 1, (9, 14)), rng.uniform(0, 100, (9, 14))
    ab = np.tile(np.array([24, -32], np.float32), (9, 14, 1))
    made = faded(ab, confidence.astype(np.float32), Nearby(L.astype(np.float32)))
    chroma = np.hypot(made[:, :, 0], made[:, :, 1])
    assert 40 * LEFT * 0.999 <= chroma.min() <= chroma.max() <= 40.001
    np.testing.assert_allclose(made / chroma[:, :, None], ab / 40, atol=1e-5)
