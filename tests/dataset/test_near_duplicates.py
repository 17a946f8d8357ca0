"""Photos that look alike: found as comparing all with all would, and their families."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_pictures import near, photo, resized

from colorify.color import rgb_to_lab
from colorify.dataset.near_duplicates import (
    distance,
    find_near_duplicates,
    group_near_duplicates,
    perceptual_hash,
)
from colorify.errors import UsageError

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=30)


@given(HASHES, st.integers(0, 7))
def test_twins_are_what_comparing_all_with_all_finds(hashes: list[int], bits: int) -> None:
    values = near(hashes)
    kept: list[int] = []
    expected: list[bool] = []
    for value in values:
        is_twin = any(bin(value ^ other).count("1") <= bits for other in kept)
        expected.append(is_twin)
        if not is_twin:
            kept.append(value)
    found = find_near_duplicates(values, range(len(values)), bits=bits)
    assert [other is not None for other in found] == expected
    for i, other in enumerate(found):
        assert other is None or bin(values[i] ^ values[other]).count("1") <= bits


@given(HASHES)
def test_families_are_closed(hashes: list[int]) -> None:
    values = near(hashes)
    family = group_near_duplicates(values, bits=5)
    for i, a in enumerate(values):
        for j, b in enumerate(values):
            assert bin(a ^ b).count("1") > 5 or family[i] == family[j]


def test_distance_counts_bits() -> None:
    a, b = np.array([0, 5], np.uint64), np.array([2**64 - 1, 4], np.uint64)
    assert distance(a, b).tolist() == [64, 1]


def test_more_bits_than_can_be_found_are_refused() -> None:
    with pytest.raises(UsageError, match="expected 0 to 7"):
        group_near_duplicates([1, 2], bits=8)


def hash_of(pixels: np.ndarray) -> int:
    small = resized(pixels, 32 / pixels.shape[0])[:32, :32]
    return perceptual_hash(rgb_to_lab(small.astype(np.float32) / 255)[..., 0])


def test_the_hash_knows_a_photo_again_and_tells_others_apart() -> None:
    photos = [photo(seed, height=256, width=256) for seed in range(12)]
    hashes = [hash_of(pixels) for pixels in photos]
    dimmed = [hash_of((pixels * 0.8).astype(np.uint8)) for pixels in photos]
    assert max(bin(a ^ b).count("1") for a, b in zip(hashes, dimmed, strict=True)) <= 6
    others = [bin(a ^ b).count("1") for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(others) > 12
