"""Sheets of pictures: as wide as they are high, in the order that they are given."""

import numpy as np
import pytest

from colorify.images.contact_sheet import lay_out, wrap_rows


def picture(value: int) -> np.ndarray:
    return np.full((20, 20, 3), value, np.uint8)


@pytest.mark.parametrize(
    ("count", "lines", "columns"), [(0, 0, 0), (1, 1, 3), (3, 3, 3), (12, 6, 6), (13, 7, 6), (300, 30, 30)]
)
def test_many_rows_are_wrapped(count: int, lines: int, columns: int) -> None:
    rows = [[picture(number % 256)] * 3 for number in range(count)]
    wrapped = wrap_rows(rows)
    assert (len(wrapped), max([0, *map(len, wrapped)])) == (lines, columns)
    assert [one[0, 0, 0] for line in wrapped for one in line] == [one[0, 0, 0] for row in rows for one in row]


def test_pictures_of_a_row_stay_beside_each_other() -> None:
    sheet = lay_out(wrap_rows([[picture(10), picture(20)], [picture(30), picture(40)]]))
    assert sheet.shape[:2] == (52, 52)
    assert [sheet[10, 10, 0], sheet[10, 40, 0], sheet[40, 10, 0]] == [10, 20, 30]
