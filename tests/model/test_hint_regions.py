"""One hint colours the thing that it lies on, evenly and up to its edge, and nothing else."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.model.geodesic import geodesic_distances
from colorify.model.hint_regions import connect, estimate_skin, fill_regions, find_regions, spare_skin
from colorify.model.likeness import measure_likeness

CELLS = 32  # cells
HINT_AB = ((40.0, -20.0), (-30.0, 30.0))
FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]


def things(labels: NDArray[np.intp], noise: float = 0.0) -> FloatArray:
    """Return logits of 8 colours, of which each thing has its own."""
    rng = np.random.default_rng(2)
    return (4 * np.eye(8)[labels] + noise * rng.normal(size=(*labels.shape, 8))).astype(np.float32)


def fill(
    labels: NDArray[np.intp],
    *places: tuple[int, int],
    L: FloatArray | None = None,
    skin: FloatArray | None = None,
    colors: Sequence[tuple[float, float]] = HINT_AB,
) -> FloatArray:
    """Give hints of one cell each to a picture of things without colour."""
    masks = np.zeros((len(places), *labels.shape), bool)
    for mask, place in zip(masks, places, strict=True):
        mask[place] = True
    L = np.full(labels.shape, 50, np.float32) if L is None else L
    skin = np.zeros(labels.shape, np.float32) if skin is None else skin
    likeness = measure_likeness(things(labels, 0.02), {}, 4)
    distance = geodesic_distances(masks, L, likeness.unlike_neighbors)
    regions = find_regions(masks, distance, likeness, skin)
    colors = np.array(colors[: len(places)], np.float32)
    return fill_regions(np.zeros((*labels.shape, 2), np.float32), colors, regions, distance)


def halves() -> NDArray[np.intp]:
    """Return a picture of two things, left and right."""
    return np.repeat(np.arange(CELLS)[None] >= CELLS // 2, CELLS, axis=0).astype(np.intp)


def test_a_thing_is_filled_evenly_and_what_is_beside_it_stays() -> None:
    made = fill(halves(), (16, 3))
    assert np.abs(made[:, : CELLS // 2] - HINT_AB[0]).max() < 1e-4
    assert not made[:, CELLS // 2 :].any()


def test_folds_and_shadows_of_a_thing_belong_to_it() -> None:
    L = np.full((CELLS, CELLS), 55, np.float32) + (8 * np.sin(np.arange(CELLS) / 2)).astype(np.float32)
    L[20:] -= np.minimum(np.arange(12), 5)[:, None] * 5.0  # a shadow that begins softly
    made = fill(halves(), (4, 3), L=L)
    assert np.abs(made[:, : CELLS // 2] - HINT_AB[0]).max() < 1e-3
    assert not made[:, CELLS // 2 :].any()


def test_dots_on_the_cloth_belong_to_it() -> None:
    labels = halves()
    labels[4:28:6, 4:12:4] = 1  # cells that the generator takes for what is on the right
    made = fill(labels, (16, 3))
    assert np.abs(made[2:30, 2:14] - HINT_AB[0]).max() < 1e-3
    assert not made[:, CELLS // 2 :].any()


def test_a_way_is_longer_where_the_generator_sees_another_thing() -> None:
    masks = np.zeros((1, CELLS, CELLS), bool)
    masks[0, 16, 3] = True
    L = np.full((CELLS, CELLS), 50, np.float32)
    likeness = measure_likeness(things(halves(), 0.02), {}, 4)
    plain, told = geodesic_distances(masks, L), geodesic_distances(masks, L, likeness.unlike_neighbors)
    within, beyond = np.s_[0, :, : CELLS // 2 - 1], np.s_[0, :, CELLS // 2 + 1 :]
    assert np.abs(told[within] - plain[within]).max() < 0.1
    assert (told[beyond] - plain[beyond]).min() > 0.15


def test_a_strong_edge_of_L_is_not_crossed_whatever_the_generator_thinks() -> None:
    L = np.full((CELLS, CELLS), 40, np.float32)
    L[:, 20:] += 30
    made = fill(np.zeros((CELLS, CELLS), np.intp), (16, 3), L=L)
    assert np.abs(made[:, :20] - HINT_AB[0]).max() < 1e-3
    assert not made[:, 20:].any()


def test_another_piece_of_the_same_thing_is_filled_only_where_it_hangs_together() -> None:
    labels = halves()
    labels[:, 24:] = 0  # as the left, beyond another thing
    assert not fill(labels, (16, 3))[:, CELLS // 2 :].any()
    labels[4:8] = 0  # a bridge
    assert fill(labels, (16, 3))[20, 28].any()


def dress_with_belt(beyond: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Return things, 1 around 0, which a dark belt of two cells crosses, and its L; below it is `beyond`."""
    labels = np.ones((CELLS, CELLS), np.intp)
    labels[:14, 8:24], labels[14:16, 8:24], labels[16:, 8:24] = 0, 2, beyond
    L = np.full((CELLS, CELLS), 60, np.float32)
    L[14:16] = 20
    return labels, L


def test_a_thing_goes_on_beyond_a_belt_that_no_way_crosses() -> None:
    labels, L = dress_with_belt(0)
    made = fill(labels, (4, 15), L=L)
    assert np.abs(made[18:-1, 10:22] - HINT_AB[0]).max() < 1e-3
    assert not made[:, :6].any()


def test_another_thing_beyond_a_belt_stays() -> None:
    labels, L = dress_with_belt(3)
    assert not fill(labels, (4, 15), L=L)[18:].any()


def test_a_part_that_is_painted_like_skin_belongs_to_the_dress_if_it_is_unlike_the_face() -> None:
    labels = halves()
    labels[:4, CELLS // 2 :] = 2  # a face
    skin = np.zeros((CELLS, CELLS), np.float32)
    skin[20:, 8:16] = skin[:4, CELLS // 2 :] = 1
    made = fill(labels, (16, 3), skin=skin)
    assert np.abs(made[22:-1, 1:14] - HINT_AB[0]).max() < 1e-3
    assert not made[:, CELLS // 2 :].any()
    skin[:4] = 0  # where no face says what skin is, what is painted so stays
    assert not fill(labels, (16, 3), skin=skin)[22:-1, 9:14].any()


def test_beyond_its_thing_a_hint_goes_onto_skin_only_from_skin() -> None:
    masks = np.zeros((2, 1, 4), bool)
    masks[0, 0, 0] = masks[1, 0, 3] = True
    spared = spare_skin(masks, np.array([[0.0, 0.6, 0.75, 1.0]], np.float32))
    np.testing.assert_allclose(spared[:, 0], [[1, 1, 0.5, 0], [1, 1, 1, 1]], atol=1e-6)


def test_skin_stays_although_the_generator_takes_it_for_the_dress() -> None:
    skin = np.zeros((CELLS, CELLS), np.float32)
    skin[10:20, 20:] = 1
    everything = np.zeros((CELLS, CELLS), np.intp)
    labels = everything.copy()
    labels[:6] = 1  # something else
    made = fill(labels, (16, 3), skin=skin)
    dress = fill(labels, (16, 3))
    assert dress[15, 25].any(), "without knowing of skin it is filled"
    assert not made[10:20, 20:].any()
    assert made[25, 25].any()
    assert fill(labels, (15, 25), skin=skin)[12, 22].any(), "a hint that lies on skin is meant for it"


def test_a_neutral_hint_protects_what_it_lies_on() -> None:
    labels = np.zeros((CELLS, CELLS), np.intp)
    alone = fill(labels, (16, 3))
    assert alone[16, 28].any()
    kept = fill(labels, (16, 3), (16, 28), colors=(HINT_AB[0], (0.0, 0.0)))
    assert np.abs(kept[10:22, 24:]).max() < 1
    assert np.abs(kept[:, 24:]).max() < 0.25 * np.hypot(*HINT_AB[0])
    np.testing.assert_allclose(kept[16, 4], HINT_AB[0], atol=1)


def test_two_hints_on_two_things_keep_to_their_own() -> None:
    made = fill(halves(), (16, 3), (16, 28))
    np.testing.assert_allclose(made[5, 12], HINT_AB[0], atol=1e-3)
    np.testing.assert_allclose(made[5, 20], HINT_AB[1], atol=1e-3)


def test_where_nothing_is_known_a_hint_fills_up_to_the_edges_of_L() -> None:
    L = np.full((CELLS, CELLS), 40, np.float32)
    L[:, 20:] += 30
    masks = np.zeros((1, CELLS, CELLS), bool)
    masks[0, 16, 3] = True
    nothing = measure_likeness(np.zeros((CELLS, CELLS, 0), np.float32), {}, 4)
    regions = find_regions(masks, geodesic_distances(masks, L), nothing, np.zeros((CELLS, CELLS), np.float32))
    assert np.isfinite(regions[0]).tolist() == (L < 50).tolist()


def test_the_reach_of_a_hint_says_how_much_has_to_speak_for_a_cell() -> None:
    """From the left to the right, one thing slowly becomes another."""
    angle = np.linspace(0, np.pi, CELLS, dtype=np.float32)
    shades = np.stack([np.cos(angle), np.sin(angle), np.cos(2 * angle)], axis=1)
    logits = np.repeat(shades[None], CELLS, axis=0)
    masks = np.zeros((1, CELLS, CELLS), bool)
    masks[0, 16, 1] = True
    likeness = measure_likeness(logits, {}, 4)
    distance = geodesic_distances(masks, np.full((CELLS, CELLS), 50, np.float32))
    skin = np.zeros((CELLS, CELLS), np.float32)
    least, usual, most = (
        np.isfinite(find_regions(masks, distance, likeness, skin, np.array([reach], np.float32))[0])
        for reach in (-1, 0, 1)
    )
    assert least.sum() < 0.9 * usual.sum()
    assert usual.sum() < 0.9 * most.sum()
    assert (least <= usual).all()
    assert (usual <= most).all()
    np.testing.assert_array_equal(np.isfinite(find_regions(masks, distance, likeness, skin)[0]), usual)


@pytest.mark.parametrize(
    ("ab", "confidence", "low", "high"),
    [((14, 17), 0.5, 0.9, 1), ((14, 17), 0.1, 0, 0.3), ((3, 3), 0.5, 0, 0.4), ((-10, 20), 0.5, 0, 0.01)],
)
def test_skin_is_told_by_its_colour(ab: tuple[int, int], confidence: float, low: float, high: float) -> None:
    found = estimate_skin(np.array([[ab]], np.float32), np.array([[confidence]], np.float32))
    assert low <= found[0, 0] <= high


def test_what_hangs_together() -> None:
    rows = ["#.###", "#.#.#", "###.#", "....#", "##..#"]
    inside = np.array([[cell == "#" for cell in row] for row in rows])
    seeds = np.zeros((3, 5, 5), bool)
    seeds[0, 0, 0] = seeds[1, 4, 0] = seeds[2, 3, 2] = True  # the last lies outside, between
    found = connect(np.broadcast_to(inside, seeds.shape), seeds)
    assert found.sum(axis=(1, 2)).tolist() == [13, 2, 14]
