from pathlib import Path

import pytest
import torch
from randomness import generator

from colorify.training.data import augment

RESEARCH = Path(__file__).parents[3] / "research"
EVERY = [damage for damage, _ in augment.DAMAGE]


@pytest.fixture
def L() -> torch.Tensor:
    """A ramp with fine stripes."""
    ramp = torch.linspace(5, 85, 64) + 10 * (torch.arange(64) % 3 == 0)
    return (ramp[None, :] * 0.5 + ramp[:, None] * 0.5).repeat(6, 1, 1, 1)


@pytest.mark.parametrize("damage", EVERY, ids=lambda damage: damage.__name__)
def test_each_damage_shows_and_differs_between_photos(damage, L: torch.Tensor) -> None:
    aged = damage(L, generator())
    assert aged.shape == L.shape
    assert torch.isfinite(aged).all()
    change = (aged - L).abs().mean((1, 2, 3))
    assert change.max() > 0.2
    if damage is not augment.blur:  # one size for the whole batch
        assert change.max() > 1.2 * change.min()


def test_orthochromatic_film_darkens_red_and_leaves_grey_alone() -> None:
    L = torch.full((400, 1, 4, 4), 50.0)
    red, grey = torch.zeros(400, 2, 4, 4), torch.zeros(400, 2, 4, 4)
    red[:, 0] = 60
    assert augment.emulsion(L, red, generator()).mean() < 45
    assert torch.equal(augment.emulsion(L, grey, generator()), L)


def test_a_hard_print_loses_detail_at_both_ends_and_keeps_the_order_of_greys() -> None:
    ramp = torch.linspace(0, 100, 101).repeat(300, 1, 8, 1)
    hard = augment.contrast(ramp, generator())
    assert (hard.diff(dim=-1) >= -1e-4).all()
    flat = ((hard <= 0) | (hard >= 100)).float().mean((1, 2, 3))  # share of the greys that became one
    assert 0.1 < flat.median() < 0.5
    assert (hard.std((1, 2, 3)) > ramp.std((1, 2, 3))).float().mean() > 0.9


def test_stains_are_wide_and_soft_and_differ_from_place_to_place() -> None:
    L = torch.full((200, 1, 128, 128), 50.0)
    stained = augment.stains(L, generator()) - L
    spread = stained.std((1, 2, 3))
    assert 1 < spread.median() < 10  # a person would see them, and still see the photo
    fine = stained - torch.nn.functional.avg_pool2d(stained, 5, 1, 2, count_include_pad=False)
    assert fine.std((1, 2, 3)).median() < 0.15 * spread.median()


def test_age_spares_the_others_and_stays_in_range(L: torch.Tensor) -> None:
    photos = L.repeat(50, 1, 1, 1)
    ab = torch.zeros(len(photos), 2, 64, 64)
    aged = augment.degrade(photos, ab, 0.4, generator())
    changed = (aged != photos).flatten(1).any(1).float().mean()
    assert 0.25 < changed <= 0.45  # of the chosen 40 % a few draw no damage at all
    assert aged.min() >= 0
    assert aged.max() <= 100


def test_shares_choose_what_happens(L: torch.Tensor) -> None:
    ab = torch.full((6, 2, 64, 64), 30.0)
    none = dict.fromkeys(augment.SHARES, 0.0)
    assert torch.equal(augment.degrade(L, ab, 1.0, generator(), shares=none), L)
    scratched = augment.degrade(L, ab, 1.0, generator(), shares=none | {"scratches": 1.0})
    changed = (scratched != L).float().mean()
    assert 0 < changed < 0.1  # some columns and some dust, no more


def test_age_repeats_with_its_seed(L: torch.Tensor) -> None:
    ab = torch.zeros(6, 2, 64, 64)
    assert torch.equal(augment.degrade(L, ab, 1.0, generator(7)), augment.degrade(L, ab, 1.0, generator(7)))
    assert not torch.equal(
        augment.degrade(L, ab, 1.0, generator(7)), augment.degrade(L, ab, 1.0, generator(8))
    )


@pytest.mark.parametrize("name", augment.SHARES)
def test_each_damage_is_shown_in_a_picture(name: str) -> None:
    """If not, run `python bench/augmentation.py`."""
    page = (RESEARCH / "augmentation.md").read_text(encoding="utf-8")
    assert f"\n## {name.capitalize()}\n\n{augment.SHARES[name]:.0%} of the aged photos." in page
    assert (RESEARCH / "images" / f"augment-{name}.jpg").is_file()
