"""Samples between 8 and 16 bits, and bytes of Lab: one rule each, whoever computes it."""

import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from colorify import pixels
from colorify.dataset.shard_reader import read_shards
from colorify.training.data.batches import as_batch

DEEP = hnp.arrays(np.uint16, (5, 3), elements=st.integers(0, 65_535))
SHALLOW = hnp.arrays(np.uint8, (5, 3), elements=st.integers(0, 255))


def test_all_16_bit_codes_are_rounded_to_the_nearest_of_8() -> None:
    codes = np.arange(65_536, dtype=np.uint16)
    np.testing.assert_array_equal(pixels.to_8_bits(codes), np.rint(codes / 257))


@given(DEEP)
def test_rounding_is_off_by_half_a_step_at_most(deep: NDArray[np.uint16]) -> None:
    error = pixels.to_8_bits(deep) * 257.0 - deep
    assert np.abs(error).max() <= 128


@given(SHALLOW)
def test_8_bits_come_back_from_16(codes: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(pixels.to_8_bits(pixels.to_16_bits(codes)), codes)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_rgb_of_8_bits(dtype: type, bands: int) -> None:
    most = np.iinfo(dtype).max
    given = np.full((2, 3, bands), most, dtype)
    given[:, :, bands - 1 if bands in (2, 4) else bands :] = 7  # alpha
    assert (pixels.to_rgb8(given) == np.full((2, 3, 3), 255, np.uint8)).all()


def test_lab_of_both_depths_and_of_grey() -> None:
    grey = np.array([[[7], [130]]], np.uint8)
    lab = pixels.pixels_to_lab(grey)
    np.testing.assert_allclose(pixels.pixels_to_lab(pixels.to_16_bits(grey)), lab, atol=1e-4)
    np.testing.assert_array_equal(pixels.pixels_to_lab(np.repeat(grey, 3, axis=2)), lab)


@given(SHALLOW)
def test_bytes_of_lab_come_back(codes: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(pixels.encode_lab(pixels.decode_lab(codes)), codes)


def test_torch_reads_bytes_of_lab_as_numpy_does() -> None:
    torch = pytest.importorskip("torch")
    codes = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    batch = as_batch(torch.from_numpy(codes).permute(2, 0, 1)[None].float())
    L, a, b = np.moveaxis(pixels.decode_lab(codes), -1, 0)
    np.testing.assert_allclose(batch.L[0, 0].numpy(), L, atol=1e-5)
    np.testing.assert_array_equal(batch.ab_at_L[0].numpy(), np.stack([a, b]))


def test_libvips_makes_the_bytes_of_lab_that_numpy_makes(tmp_path) -> None:
    from tarfile import open as open_tar

    rgb = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    picture, shard = tmp_path / "a-0.png", tmp_path / "a.tar"
    pyvips.Image.new_from_array(rgb, interpretation="srgb").pngsave(str(picture))
    with open_tar(shard, "w") as tar:
        tar.add(picture, picture.name)
    (sample,) = read_shards([str(shard)])
    ours = pixels.encode_lab(pixels.pixels_to_lab(rgb))
    apart = np.abs(sample.lab.astype(int) - ours)
    assert apart.max() <= 1, "libvips has L and ab from tables: a step where they round in other ways"
    assert (apart > 0).mean() < 0.05


def test_hex() -> None:
    assert pixels.to_hex(np.array([1, 0.5, 0], np.float32)) == "#ff8000"


def test_neutral_is_what_has_one_number_in_all_bands() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (5, 4, 1)).astype(np.uint8)
    photo = np.repeat(grey, 3, axis=2)
    assert pixels.are_neutral(photo)
    for place in np.ndindex(photo.shape):
        tinted = photo.copy()
        tinted[place] += 1
        assert not pixels.are_neutral(tinted)
