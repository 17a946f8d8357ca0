"""Every threshold between L and ab at its edge: just below it, at it, just above it.

The numbers are written out here a second time, on purpose. Each was chosen by a measurement, and a test that
asks the code for its own number would agree with any other.
"""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from colorify.model.alternatives import _choose_seeds, alternative_colors
from colorify.model.bilateral_grid import BilateralGrid
from colorify.model.exemplar import Reference, _matches, find_reference_hints
from colorify.model.generator import Distribution, Generator
from colorify.model.geodesic import geodesic_distances
from colorify.model.hint_propagation import correlate, propagate_hints
from colorify.model.hint_regions import place_hints
from colorify.model.likeness import Likeness
from colorify.model.non_local_means import _iterate_weights, choose_sources, find_agreed_shift, move_unsure
from colorify.model.postprocess import (
    calm_loud_colors,
    fade_uncertain,
    increase_chroma_contrast,
    smooth_uncertain,
)
from colorify.model.preprocess import is_colored, reduce_grain, reduced_size, stretch_levels
from colorify.model.suggestions import find_modes, suggest_colors
from colorify.pixels import to_8_bits
from colorify.render.compose import linear_luminance
from colorify.render.upsample import A_A, HIGH, LOW, fit_chroma

FloatArray = NDArray[np.float32]
Color = tuple[float, float]


def plane(value: float, shape: tuple[int, int] = (28, 28)) -> FloatArray:
    return np.full(shape, value, np.float32)


def colors(*color: float, shape: tuple[int, int] = (28, 28)) -> FloatArray:
    return np.tile(np.array(color, np.float32), (*shape, 1))


class AsAlike(Likeness):
    """Cells in a row, each as alike as is said."""

    def __init__(self, alike: float, cells: int) -> None:
        super().__init__((1, cells), [])
        self.alike = alike

    def iterate_between(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Iterator[FloatArray]:
        yield np.full((*self.shape, len(rows) * len(columns)), self.alike, np.float32)


class TestAgreement:
    @pytest.mark.parametrize(("confidence", "moved"), [(0.2, 1), (0.4, 0.5), (0.59, 0.025), (0.6, 0)])
    def test_how_unsure(self, confidence: float, moved: float) -> None:
        made = move_unsure(colors(10, 0), plane(confidence), colors(4, -8))
        np.testing.assert_allclose(made - colors(10, 0), moved * colors(4, -8), atol=1e-5)

    @pytest.mark.parametrize(("alike", "weight"), [(3, 0.5), (3.5, 0.7311), (1, 0.018), (6.7, 0.9994)])
    def test_how_alike(self, alike: float, weight: float) -> None:
        (weights,) = _iterate_weights(AsAlike(alike, 1), np.array([0]), np.array([0]))
        assert weights[0, 0] == pytest.approx(weight, rel=1e-2)

    @pytest.mark.parametrize(("apart", "weight"), [(0, 1), (1, 0.0439), (2, 0)])
    def test_how_near(self, apart: int, weight: float) -> None:
        (weights,) = _iterate_weights(AsAlike(100, 3), np.array([0]), np.array([0]))
        assert weights[apart, 0] == pytest.approx(weight, abs=1e-4)

    def test_how_much_the_surer_count(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two blocks of 2 x 2 cells, one thing; (0.1 + 0.02)^2 twice, and 0.0439 (0.9 + 0.02)^2."""
        monkeypatch.setattr("colorify.model.non_local_means.compare_vectors", lambda *_: AsAlike(100, 2))
        logits, sure = np.zeros((2, 4, 2), np.float32), plane(0.1, (2, 4))
        logits[:, 2:, 1], sure[:, 2:] = -4, 0.9
        shift = find_agreed_shift(
            logits, sure, {}, colors(5, 0, shape=(2, 4)), np.array([[0, 0], [10, 0]], np.float32),
            temperature=1, stride=4,
        )  # fmt: skip
        assert shift is not None
        agreed = -4 * 0.0439 * 0.92**2 / (0.0439 * 0.92**2 + 2 * 0.12**2)
        assert shift[0, 0, 0] == pytest.approx(10 / (1 + np.exp(-agreed)) - 5, abs=0.02)

    @pytest.mark.parametrize(("shape", "each"), [((16, 20), 1), ((16, 21), 4), ((40, 54), 9)])
    def test_how_many_are_asked(self, shape: tuple[int, int], each: int) -> None:
        assert choose_sources(shape)[2] == each


class TestSeen:
    @pytest.mark.parametrize(("chroma", "colored"), [(2.2, False), (2.4, True)])
    def test_colour_all_over(self, chroma: float, colored: bool) -> None:
        assert is_colored(colors(50, chroma, 0, shape=(20, 20))) is colored

    @pytest.mark.parametrize(
        ("pixels", "chroma", "colored"),
        [(200, 11.5, False), (200, 12.5, True), (90, 100, False), (110, 20, True)],
    )
    def test_a_few_vivid_pixels(self, pixels: int, chroma: float, colored: bool) -> None:
        lab = np.zeros((10_000, 3), np.float32)
        lab[:pixels, 2] = chroma
        assert is_colored(lab.reshape(100, 100, 3)) is colored

    def test_how_long_and_how_large(self) -> None:
        assert reduced_size((1000, 4000), 100) == (100, 400)
        assert reduced_size((1000, 5000), 100) == (80, 400)
        assert reduced_size((25, 25), 100) == (100, 100)
        assert reduced_size((20, 20), 100) == (80, 80)


class TestShown:
    @pytest.mark.parametrize(
        ("black", "white", "stays"), [(11.5, 80.5, True), (12.5, 90, False), (5, 79.5, False)]
    )
    def test_blacks_and_whites(self, black: float, white: float, stays: bool) -> None:
        L = self.measured(black, white)
        assert (stretch_levels(L) is L) is stays

    @staticmethod
    def measured(black: float, white: float) -> FloatArray:
        """A picture whose first and last percentile are `black` and `white`."""
        values = np.full(10_000, (black + white) / 2, np.float32)
        values[:200], values[-200:] = black, white
        return np.random.default_rng(0).permutation(values).reshape(100, 100)

    def test_what_they_become(self) -> None:
        L = self.measured(30, 60)
        made = stretch_levels(L)
        assert made[L == 30] == pytest.approx(12, abs=0.1)
        assert made[L == 60] == pytest.approx(80, abs=0.1)

    def test_how_few_pixels_are_specks(self) -> None:
        L = plane(50, (100, 100))  # of which every other row and column of the middle is measured: 40 x 40
        measured = L[10:-10, 10:-10][::2, ::2]
        measured[::8, ::16], measured[4::8, ::16] = 0, 100  # 0.94 % each
        assert stretch_levels(L) is not L, "specks are no blacks and no whites"
        measured[::8, 8::16], measured[4::8, 8::16] = 0, 100  # 1.6 %
        assert stretch_levels(L) is L

    def test_greys_are_spread_four_times_at_most(self) -> None:
        L = self.measured(45, 55)
        made = stretch_levels(L)
        assert (made[L == 55].mean() - made[L == 45].mean()) / 10 == pytest.approx(4, abs=1e-3)

    def test_a_tenth_of_each_side_is_not_measured(self) -> None:
        L = plane(50, (100, 100))
        L[:9], L[-9:], L[:, :9], L[:, -9:] = 0, 100, 0, 100  # all over the frame
        assert stretch_levels(L) is not L
        L = plane(50, (100, 100))
        L[11:13], L[-13:-11] = 0, 100  # and just within it
        assert stretch_levels(L) is L

    @pytest.mark.parametrize(("detail", "left"), [(3.9, 3.9), (4.1, 4.0), (12, 4.0)])
    def test_the_finest_detail(self, detail: float, left: float) -> None:
        board = np.where(np.indices((40, 40)).sum(0) % 2, detail, -detail).astype(np.float32)
        made = reduce_grain(50 + board)
        inner = np.abs(made - 50)[4:-4, 4:-4]
        assert inner == pytest.approx(left, abs=0.05)


class TestContrast:
    @pytest.mark.parametrize(("chroma", "moved"), [(5, 0.5), (15, 0.75), (45, 0.9)])
    def test_what_is_nearly_grey_moves_less(self, chroma: float, moved: float) -> None:
        ab = np.array([[[chroma, 0], [-chroma, 0]]], np.float32)
        made = increase_chroma_contrast(ab, 1.0)
        assert made[0, 0, 0] == pytest.approx(chroma * (1 + moved))


class TestCalm:
    @pytest.mark.parametrize(("chroma", "left"), [(40, 0.6), (120, 0.4), (10, 0.84)])
    def test_the_loudest_lose_the_most(self, chroma: float, left: float) -> None:
        made = calm_loud_colors(colors(0, chroma), 1.0)
        assert made[0, 0].tolist() == pytest.approx([0, left * chroma])


class TestCaution:
    @pytest.mark.parametrize(
        ("confidence", "L", "hue", "left"),
        [
            (0.12, 50, 235, 0.1),
            (0.195, 50, 235, 0.55),
            (0.27, 50, 235, 1.0),
            (0.27, 60, 235, 0.55),  # half of white, and cold
            (0.27, 70, 235, 0.1),
            (0.42, 100, 235, 1.0),
            (0.345, 100, 235, 0.55),
            (0.27, 100, 55, 1.0),  # warm
            (0.27, 100, 55 + 60, 0.55),
            (0.27, 100, 55 - 60, 0.55),
            (0.27, 100, 55 + 90, 0.1),
        ],
    )
    def test_how_much_is_left(self, confidence: float, L: float, hue: float, left: float) -> None:
        ab = colors(*(40 * np.array([np.cos(np.radians(hue)), np.sin(np.radians(hue))])))
        made = fade_uncertain(ab, plane(confidence), plane(L), BilateralGrid(plane(L)))
        np.testing.assert_allclose(np.hypot(*made[14, 14]), 40 * left, rtol=0.01)

    def test_the_surer_cells_count_more(self) -> None:
        confidence = np.where(np.arange(28) % 2, 0.3, 0.0) * np.ones((28, 1))
        made = fade_uncertain(
            colors(40, 0), confidence.astype(np.float32), plane(50), BilateralGrid(plane(50))
        )
        mean = (0.32 * 0.3) / (0.32 + 0.02)
        expected = 0.1 + 0.9 * min((mean - 0.12) / 0.15, 1)
        assert made[14, 14, 0] / 40 == pytest.approx(expected, abs=0.02)


class TestCoherence:
    @staticmethod
    def board(one: Color, other: Color) -> FloatArray:
        return np.where(np.indices((28, 28)).sum(0)[:, :, None] % 2 == 0, one, other).astype(np.float32)

    @pytest.mark.parametrize(
        ("confidence", "kept"), [(0.25, 1), (0.24, 14 / 15), (0.175, 0.5), (0.1, 0), (0, 0)]
    )
    def test_how_unsure(self, confidence: float, kept: float) -> None:
        made = smooth_uncertain(self.board((30, 0), (-30, 0)), plane(confidence), BilateralGrid(plane(50)))
        assert made[14, 14, 0] == pytest.approx(30 * kept, abs=0.2)

    @pytest.mark.parametrize(("cancelled", "kept"), [(0.0375, 0.75), (0.075, 0.5), (0.15, 0), (0.3, 0)])
    def test_how_much_they_contradict_each_other(self, cancelled: float, kept: float) -> None:
        b = 40 * np.tan(np.arccos(1 - cancelled))
        made = smooth_uncertain(self.board((40, b), (40, -b)), plane(0.05), BilateralGrid(plane(50)))
        assert made[14, 14] == pytest.approx([40, b * kept], abs=0.4)

    def test_how_much_the_surer_count(self) -> None:
        confidence = np.where(np.indices((28, 28)).sum(0) % 2 == 0, 0.1, 0).astype(np.float32)
        made = smooth_uncertain(self.board((30, 0), (-30, 0)), confidence, BilateralGrid(plane(50)))
        one, other = 0.12**2, 0.02**2
        assert made[14, 14, 0] == pytest.approx(30 * (one - other) / (one + other), abs=0.3)


class TestNearby:
    def test_a_seventh_of_the_short_side(self) -> None:
        spot = plane(0, (70, 90))
        spot[30, 30] = 1
        (found,) = BilateralGrid(plane(48, (70, 90))).blur(spot[None])
        for apart, share in ((0, 1), (5, 0.75), (10, 0.5), (15, 0.25), (20, 0)):
            assert found[30, 30 + apart] / found[30, 30] == pytest.approx(share, abs=1e-5)
            assert found[30 + apart, 30] / found[30, 30] == pytest.approx(share, abs=1e-5)

    @pytest.mark.parametrize(("apart", "share"), [(0, 1), (6, 0.75), (12, 0.5), (24, 0)])
    def test_twelve_of_L(self, apart: float, share: float) -> None:
        L, spot = plane(24), plane(0)
        L[14, 15:] += apart
        spot[14, 14] = 1
        (found,) = BilateralGrid(L).blur(spot[None])
        (even,) = BilateralGrid(plane(24)).blur(spot[None])
        assert found[14, 15] / even[14, 15] == pytest.approx(share, abs=1e-5)


class TestSuggest:
    @pytest.mark.parametrize(("apart", "count"), [(20.0, 1), (20.2, 2)])
    def test_when_two_colours_are_two(self, apart: float, count: int) -> None:
        found = find_modes(np.array([0.6, 0.4], np.float32), np.array([[0, 0], [apart, 0]], np.float32))
        assert len(set(found)) == count

    @pytest.mark.parametrize(("apart", "first"), [(14.9, 1), (15.1, 0)])
    def test_what_lies_around_a_colour(self, apart: float, first: int) -> None:
        """A colour alone, and one that is less likely but has neighbours."""
        places = np.array([[0, 0], [60, 0], [60 + apart, 0], [60, apart]], np.float32)
        found = find_modes(np.array([0.4, 0.25, 0.2, 0.15], np.float32), places)
        assert found[0] == first

    @pytest.mark.parametrize(("mass", "count"), [(0.0009, 1), (0.0011, 2)])
    def test_what_is_worth_a_name(self, mass: float, count: int) -> None:
        centers = np.array([[0, 0], [30, 20]], np.float32)
        assert len(suggest_colors(np.array([1 - mass, mass], np.float32), centers, 50, count=5)) == count


class TestSpread:
    CELLS = 32

    def one(self, L: FloatArray, roots: FloatArray | None = None) -> FloatArray:
        """What a hint of a = 1 in the middle of the left side makes of a picture without colour."""
        seeds = np.zeros((1, self.CELLS, self.CELLS), bool)
        seeds[0, 16, 0] = True
        ab = np.zeros((self.CELLS, self.CELLS, 2), np.float32)
        wanted = np.array([[1, 0]], np.float32)
        made, _ = propagate_hints(ab, seeds, wanted, correlate(seeds, geodesic_distances(seeds, L), roots))
        return place_hints(made, wanted, seeds)[16, :, 0]

    def test_how_far_it_goes(self) -> None:
        made = self.one(plane(50, (self.CELLS, self.CELLS)))
        np.testing.assert_allclose(made, (1 - np.arange(self.CELLS) / (4 * self.CELLS)) ** 2, atol=1e-5)

    @pytest.mark.parametrize("change", [5.0, 12.5, 24.0, 25.0])
    def test_how_steep_an_edge_ends_it(self, change: float) -> None:
        L = plane(40, (self.CELLS, self.CELLS))
        L[:, 1:] += change
        length = min((change / 25) ** 2 + 1 / 128, 1)
        assert self.one(L)[1] == pytest.approx((1 - length) ** 2, abs=1e-5)

    @pytest.mark.parametrize("overlap", [1.0, 0.9, 0.7])
    def test_how_alike(self, overlap: float) -> None:
        roots = np.zeros((self.CELLS, self.CELLS, 2), np.float32)
        roots[:, :, 0] = 1
        roots[:, 8:] = overlap, np.sqrt(1 - overlap**2)
        made = self.one(plane(50, (self.CELLS, self.CELLS)), roots)
        assert made[8] == pytest.approx(overlap**8 * (1 - 8 / 128) ** 2, abs=1e-4)

    def test_two_that_contradict_each_other(self) -> None:
        seeds = np.zeros((2, self.CELLS, self.CELLS), bool)
        seeds[0, 16, 4] = seeds[1, 16, 12] = True
        wanted = np.array([[1, 0], [-1, 0]], np.float32)
        ab = np.zeros((self.CELLS, self.CELLS, 2), np.float32)
        distance = geodesic_distances(seeds, plane(50, (self.CELLS, self.CELLS)))
        spread, _ = propagate_hints(ab, seeds, wanted, correlate(seeds, distance, None))
        made = place_hints(spread, wanted, seeds)[16, :, 0]
        x = np.arange(self.CELLS)
        alike = np.stack([(1 - np.abs(x - at) / 128) ** 2 for at in (4, 12)])
        between = np.array([[1, alike[0, 12]], [alike[0, 12], 1]])
        weights = 1.2 * np.linalg.inv(between + 0.2 * np.eye(2)) @ alike
        weights /= np.maximum(weights.sum(0), 1)
        first = wanted[:, 0] @ weights
        left = np.array([1 - first[4], -1 - first[12]])
        expected = first + (left @ alike**4) / np.maximum((alike**4).sum(0), 1)
        expected[[4, 12]] = 1, -1
        np.testing.assert_allclose(made, np.clip(expected, -1, 1), atol=1e-4)


class TestReference:
    @staticmethod
    def features(h: int, w: int, seed: int = 0, channels: int = 1000) -> FloatArray:
        return np.random.default_rng(seed).normal(size=(h, w, channels)).astype(np.float32)

    @pytest.mark.parametrize(("shape", "counts"), [((2, 2), True), ((1, 9), False)])
    def test_three_neighbours_agree(self, shape: tuple[int, int], counts: bool) -> None:
        """In a square of four each has three, and in a row each has two."""
        ours = self.features(*shape)
        assert _matches(ours, ours)[2].all() == counts
        assert _matches(ours, ours)[2].any() == counts

    @pytest.mark.parametrize(("apart", "counts"), [(1, True), (2, False)])
    def test_how_near_their_matches_are(self, apart: int, counts: bool) -> None:
        ours = self.features(6, 6)
        theirs = self.features(6 * apart, 6 * apart, seed=1)
        theirs[::apart, ::apart] = ours
        assert _matches(ours, theirs)[2].any() == counts

    @pytest.mark.parametrize(("cosine", "counts"), [(0.4, False), (0.6, True)])
    def test_how_alike(self, cosine: float, counts: bool) -> None:
        ours, other = self.features(6, 6, channels=4000), self.features(6, 6, seed=1, channels=4000)
        theirs = np.float32(cosine) * ours + np.float32(np.sqrt(1 - cosine**2)) * other
        assert _matches(ours, theirs)[2].mean() == (1 if counts else 0)

    @pytest.mark.parametrize(("columns", "count"), [(2, 0), (4, 8)])
    def test_how_many_are_enough(self, columns: int, count: int) -> None:
        """Of a hundred cells, 2 x 2 or 2 x 4 are the same."""
        ours, theirs = self.features(10, 10), self.features(10, 10, seed=1)
        theirs[:2, :columns] = ours[:2, :columns]

        class Looked:
            L = np.zeros((160, 160), np.float32)

            def features(self, stride: int) -> FloatArray:
                assert stride == 16
                return ours

        reference = Reference(theirs, np.zeros((10, 10, 3), np.float32))
        hints = find_reference_hints(Looked(), reference, photo=(160, 160))  # type: ignore[arg-type]
        assert len(hints) == count
        if hints:
            assert (hints[0].x, hints[0].y) == (8, 8)


class TestAlternatives:
    """The generator thinks of two colours, 60 apart; the ordinary ab is where a test puts it."""

    CENTERS = np.array([[-30, 0], [30, 0]], np.float32)

    def count(
        self, ab: FloatArray, likely: float, *, p: FloatArray | None = None, L: FloatArray | None = None
    ) -> int:
        shape = ab.shape[:2]
        if p is None:
            p = np.tile(np.array([1 - likely, likely], np.float32), (*shape, 1))
        L = plane(60, shape) if L is None else L
        made = alternative_colors(ab, Distribution(self.CENTERS, p), L, temperature=0.3)
        return len(list(islice(made, 9)))

    @pytest.mark.parametrize(("apart", "count"), [(13, 1), (14.5, 1), (15.5, 2)])
    def test_how_different(self, apart: float, count: int) -> None:
        assert self.count(colors(30 - apart, 0, shape=(20, 20)), 0.99) == count

    @pytest.mark.parametrize(("cells", "count"), [(70, 1), (90, 2)])  # of 400, by 60
    def test_how_much_a_region_changes(self, cells: int, count: int) -> None:
        ab = colors(30, 0, shape=(20, 20))
        ab.reshape(-1, 2)[:cells] = -30, 0
        assert self.count(ab, 0.99) == count

    @pytest.mark.parametrize(("likely", "count"), [(0.07, 1), (0.09, 2)])
    def test_how_plausible(self, likely: float, count: int) -> None:
        assert self.count(colors(-30, 0, shape=(20, 20)), likely) == count

    @pytest.mark.parametrize(("rows", "count"), [(3, 1), (5, 2)])  # of 40
    def test_how_much_of_the_photo(self, rows: int, count: int) -> None:
        """A thing that may be red, on what can only be green."""
        thing = np.zeros((40, 40), bool)
        thing[:rows] = True
        p = np.where(thing[:, :, None], [0.55, 0.45], [1, 0]).astype(np.float32)
        L = np.where(thing, 70, 30).astype(np.float32)
        assert self.count(colors(-30, 0, shape=(40, 40)), 0, p=p, L=L) == count

    def test_the_likelier_comes_first(self) -> None:
        centers = np.array([[-40, 0], [40, 0], [0, 60]], np.float32)
        p = np.tile(np.array([0.5, 0.2, 0.3], np.float32), (20, 20, 1))
        ab, L = colors(-40, 0, shape=(20, 20)), plane(60, (20, 20))
        made = list(alternative_colors(ab, Distribution(centers, p), L, temperature=0.3))
        assert [int(each[0, 0, 1]) > 30 for each in made] == [False, True, False]

    def test_each_differs_from_all_before_and_not_from_the_first_alone(self) -> None:
        """A large thing may be red, and a small one, too: to change that as well is no third colouring."""
        large, small = np.zeros((2, 40, 40), bool)
        large[:20], small[38:] = True, True
        p = np.where((large | small)[:, :, None], [0.55, 0.45], [1, 0]).astype(np.float32)
        L = np.where(large, 20, np.where(small, 80, 50)).astype(np.float32)
        assert self.count(colors(-30, 0, shape=(40, 40)), 0, p=p, L=L) == 2

    @pytest.mark.parametrize(("apart", "count"), [(0.14, 1), (0.16, 2), (9.0, 8)])
    def test_how_many_regions(self, apart: float, count: int) -> None:
        """`apart`: squared distance of points; of 20 far from each other eight are taken."""
        points = np.eye(20, 20, dtype=np.float32) * 3 if apart == 9 else np.zeros((2, 20), np.float32)
        points[-1, -1] = np.sqrt(apart)
        assert len(_choose_seeds(points)) == count

    def test_a_cell_that_does_not_know_the_colour_of_its_region(self) -> None:
        """What its region thinks counts three tenths beside what it thinks itself."""
        centers = np.array([[-40, 0], [40, 0], [40, 10]], np.float32)
        p = np.tile(np.array([0.5, 0.3, 0.2], np.float32), (20, 20, 1))
        p[10, 10] = 1, 0, 0
        p[5, 5] = 0.85, 0, 0.15
        likely = Distribution(centers, p)
        made = list(
            alternative_colors(colors(-40, 0, shape=(20, 20)), likely, plane(60, (20, 20)), temperature=1)
        )
        assert len(made) == 2
        shared = p.reshape(-1, 3).mean(axis=0)
        for row, column in ((10, 10), (5, 5), (0, 0)):
            mixed = (p[row, column] + 0.3 * shared)[1:]
            assert made[1][row, column] == pytest.approx(mixed @ centers[1:] / mixed.sum(), abs=0.05)

    def test_three_things_may_change_at_once_and_not_four(self) -> None:
        """Four things in a row, red or green each: none, one, two or three of them at a time."""
        p, L = np.zeros((20, 80, 2), np.float32), np.zeros((20, 80), np.float32)
        p[...] = 0.5 + 1e-4, 0.5 - 1e-4
        for number in range(4):
            L[:, 20 * number : 20 * number + 20] = 8 + 28 * number
        ab, likely = colors(-12, 0, shape=(20, 80)), Distribution(self.CENTERS * np.float32(0.4), p)
        made = list(alternative_colors(ab, likely, L, temperature=0.3))
        changed = {int((np.abs(each[10, 10::20, 0] + 12) > 5).sum()) for each in made}
        assert changed == {0, 1, 2, 3}


class TestChroma:
    def test_the_slope_of_a_ramp(self) -> None:
        """Over three cells a ramp of 5 has a variance of 50 / 3, to which 25 is added."""
        L = np.repeat(5 * np.arange(16, dtype=np.float32), 4)[None].repeat(32, axis=0)
        a = 5 * np.arange(16, dtype=np.float32)[None].repeat(8, axis=0)
        planes = fit_chroma(L, np.stack([a, 0 * a], axis=-1), stride=4).planes
        assert planes[A_A, 4, 4:-4] == pytest.approx(50 / 3 / (50 / 3 + 25), abs=1e-4)

    def test_slopes_are_averaged_over_three_cells(self) -> None:
        """Up to the middle a rises with L, and falls beyond: slopes of 0.4, 0.4 and 0.2 beside each other."""
        L = np.repeat(5 * np.arange(16, dtype=np.float32), 4)[None].repeat(32, axis=0)
        a = 5 * np.minimum(np.arange(16), np.arange(16)[::-1]).astype(np.float32)[None].repeat(8, axis=0)
        planes = fit_chroma(L, np.stack([a, 0 * a], axis=-1), stride=4).planes
        assert planes[A_A, 4, 6] == pytest.approx(1 / 3, abs=1e-4)

    def test_detail_within_a_cell_is_a_reason_for_doubt(self) -> None:
        L = np.repeat(5 * np.arange(16, dtype=np.float32), 4)[None].repeat(32, axis=0)
        L += np.where(np.indices(L.shape).sum(0) % 2, 10, -10)  # a variance of 100 in each cell
        a = 5 * np.arange(16, dtype=np.float32)[None].repeat(8, axis=0)
        chroma = fit_chroma(L, np.stack([a, 0 * a], axis=-1), stride=4)
        assert chroma.planes[A_A, 4, 4:-4] == pytest.approx(50 / 3 / (50 / 3 + 100 + 25), abs=1e-4)
        assert chroma.planes[LOW, 4, 5] == 15
        assert chroma.planes[HIGH, 4, 5] == 35


def test_a_unit_of_vividness(generator: Generator) -> None:
    """A bin of a chroma of 40 gets e to the power of 0.8 likelier beside grey."""
    glance = generator.encode(plane(50, (32, 32)))
    once, twice = (glance.distribution(vividness=vividness).probabilities[0, 0] for vividness in (1, 2))
    ratio = (twice[1] / twice[0]) / (once[1] / once[0])
    assert np.log(ratio) == pytest.approx(0.8, abs=1e-3)


def test_alpha_of_fewer_bits_is_rounded() -> None:
    alpha = np.array([[0, 128, 129, 257 * 200 + 128, 257 * 200 + 129, 65535]], np.uint16)
    assert to_8_bits(alpha).tolist() == [[0, 0, 1, 200, 201, 255]]


def test_light_of_primaries_that_nobody_can_see_stays_within_black_and_white() -> None:
    class Wide:
        is_srgb = False

        def luminance_tables(self, depth: int) -> tuple[FloatArray, FloatArray, FloatArray]:
            codes = np.linspace(0, 1, 2**depth, dtype=np.float32)
            return -codes / 10, codes * np.float32(1.2), -codes / 10

    pixels = np.array([[[255, 0, 0], [0, 255, 0], [255, 255, 255]]], np.uint8)
    Y = linear_luminance(pixels, Wide())  # type: ignore[arg-type]
    assert Y[0] == pytest.approx([0, 1, 1], abs=1e-6)
