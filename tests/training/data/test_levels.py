"""Training shows photos as the generator is shown them."""

import numpy as np
import pytest
import torch

from colorify.model.preprocess import normalize_luminance
from colorify.training.data.levels import normalize_luminance_batch


def print_of(kind: str, rng: np.random.Generator) -> np.ndarray:
    """One photo, (64, 96), 0..100."""
    smooth = rng.random((8, 12)).repeat(8, axis=0).repeat(8, axis=1) * 100
    noisy = smooth + rng.normal(0, 12, smooth.shape)
    blank = np.full_like(smooth, 70)
    kinds = {"fresh": smooth, "dark": smooth * 0.3, "pale": 50 + smooth / 2, "blank": blank, "grainy": noisy}
    return kinds[kind].clip(0, 100).astype(np.float32)


def test_a_batch_is_shown_photo_for_photo_as_the_generator_is() -> None:
    rng = np.random.default_rng(4)
    photos = [print_of(kind, rng) for kind in ("fresh", "dark", "pale", "blank", "grainy")]
    made = normalize_luminance_batch(torch.from_numpy(np.stack(photos))[:, None])[:, 0].numpy()
    for one, photo in zip(made, photos, strict=True):
        np.testing.assert_allclose(one, normalize_luminance(photo), atol=0.01)


@pytest.mark.parametrize("kind", ["dark", "pale", "grainy"])
def test_an_old_print_is_not_shown_as_it_is(kind: str) -> None:
    photo = torch.from_numpy(print_of(kind, np.random.default_rng(4)))[None, None]
    assert (normalize_luminance_batch(photo) - photo).abs().mean() > 1
