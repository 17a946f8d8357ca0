"""Curves of ICC profiles: each of the five functions that the standard has, and none that nobody defined."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.images.icc import read_grey

Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def grey_profile(curve: bytes, kind: bytes = b"GRAYXYZ ") -> bytes:
    """A profile of grey that holds a curve and nothing else."""
    header = bytes(16) + kind + bytes(12) + b"acsp" + bytes(88)
    return header + struct.pack(">I4sII", 1, b"kTRC", 144, len(curve)) + curve


def parametric(function: int, *numbers: float) -> bytes:
    values = (round(number * 65536) for number in numbers)
    return b"para" + bytes(4) + struct.pack(f">H2x{len(numbers)}i", function, *values)


# ICC.1:2022, table 68; BT.709's curve and others that rise from black to white
@pytest.mark.parametrize(
    ("curve", "light"),
    [
        (parametric(0, 1.8), lambda x: x**1.8),
        (parametric(1, 2, 1.25, -0.25), lambda x: np.where(x >= 0.2, (1.25 * x - 0.25).clip(0) ** 2, 0)),
        (parametric(2, 2, 1.25, -0.25, 0), lambda x: np.where(x >= 0.2, (1.25 * x - 0.25).clip(0) ** 2, 0)),
        (
            parametric(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081),
            lambda x: np.where(x >= 0.081, ((x + 0.099) / 1.099) ** (1 / 0.45), x / 4.5),
        ),
        (
            parametric(4, 2, 0.75, 0.25, 0.25, 0.25, 0, 0),
            lambda x: np.where(x >= 0.25, (0.75 * x + 0.25) ** 2, 0.25 * x),
        ),
    ],
    ids=["power", "power from a point", "and a floor", "BT.709", "of seven numbers"],
)
def test_every_function_of_the_standard_is_read(curve: bytes, light: Function) -> None:
    found = read_grey(grey_profile(curve))
    assert found is not None
    codes = np.linspace(0, 1, len(found))
    np.testing.assert_allclose(found, light(codes), atol=2e-4)


@pytest.mark.parametrize(
    "profile",
    [
        grey_profile(parametric(5, 1, 1, 1, 1, 1, 1, 1)),  # no such function
        grey_profile(parametric(0)),  # cut short
        grey_profile(parametric(0, -1)),  # black is the brightest
        grey_profile(parametric(2, 1, 1, 0, 0.5)),  # black is grey
        grey_profile(b"mft2" + bytes(40)),  # no curve
        grey_profile(parametric(0, 1.8), kind=b"GRAYLab "),
        grey_profile(parametric(0, 1.8))[:140],
    ],
)
def test_what_is_no_curve_of_grey_is_left_to_others(profile: bytes) -> None:
    assert read_grey(profile) is None
