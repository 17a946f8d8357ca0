"""The small parts of the road, without network and without files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_pictures import photo, resized

from colorify.color import rgb_to_lab
from colorify.dataset.near_duplicates import (
    distance,
    find_near_duplicates,
    group_near_duplicates,
    perceptual_hash,
)
from colorify.dataset.shard_plan import Packing, plan_shards
from colorify.dataset.sources import Source
from colorify.dataset.tdm_rights import TdmRule, find_opt_out, read_directives, read_origin_rules
from colorify.errors import UsageError

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=30)


def near(hashes: list[int]) -> list[int]:
    """Make some close ones of each."""
    return [value ^ flip for value in hashes for flip in (0, 1 << 63, 0b1011 << 30, 0x7F << 3)]


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


def test_robots_directives_are_read_for_us_alone() -> None:
    assert read_directives(["noai, NoFollow"]) == {"noai", "nofollow"}
    assert read_directives(["googlebot: noai"]) == frozenset()
    assert read_directives(["Colorify: noimageai", "max-snippet: 10, noindex"]) == {
        "noimageai",
        "max-snippet: 10",
        "noindex",
    }
    assert find_opt_out(frozenset({"noindex"}), "0") is None
    assert find_opt_out(frozenset({"noai"}), None) == "noai"
    assert find_opt_out(frozenset(), " 1 ") == "tdm-reservation: 1"


@pytest.mark.parametrize("text", ["", "<html>", "{}", "[1, null]", '[{"location": 5}]', "[" * 5000])
def test_what_is_no_tdm_file_reserves_nothing(text: str) -> None:
    assert not read_origin_rules(text).reserve("http://example.org/a.jpg")


def test_the_first_rule_that_matches_decides() -> None:
    rules = read_origin_rules(
        '[{"location": "/open/", "tdm-reservation": 0}, {"location": "*.jpg$", "tdm-reservation": 1}]'
    )
    assert rules.reserve("http://example.org/x/a.jpg")
    assert not rules.reserve("http://example.org/open/a.jpg")
    assert not rules.reserve("http://example.org/a.jpg?size=2")


@pytest.mark.parametrize(
    ("location", "path", "expected"),
    [
        ("/", "/a", True),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/a*c$", "/abc", True),
        ("/a*c$", "/abcd", False),
        ("*/x*/y", "/1/x/2/y/3", True),
        ("/a*a$", "/a", False),
        ("**", "/a", True),
        ("a", "/a", False),
    ],
)
def test_locations_match_as_in_robots_txt(location: str, path: str, expected: bool) -> None:
    assert TdmRule(location, True).matches(path) is expected


def make_sources(count: int) -> list[Source]:
    page = "http://www.example.org/"
    return [Source(f"a/{i:04}.jpg", None, f"{page}{i}") for i in range(count)]  # type: ignore[arg-type]


@given(st.integers(1, 60), st.integers(1, 20), st.floats(0, 0.9), st.integers(0, 5), st.randoms())
def test_a_plan_loses_no_photo_and_divides_no_family(
    count: int, per_shard: int, validation: float, seed: int, random: np.random.Generator
) -> None:
    hashes = near([random.getrandbits(64) for _ in range(count)])[:count]  # type: ignore[attr-defined]
    sources = make_sources(count)
    packing = Packing(per_shard=per_shard, validation=validation, seed=seed)
    plan = plan_shards(sources, hashes, packing)
    assert plan == plan_shards(sources, hashes, packing)
    items = [item for shard in plan.shards for item in shard.items]
    assert sorted(item.source.path for item in items) == [source.path for source in sources]
    assert len({item.key for item in items}) == count
    assert all("." not in item.key for item in items)
    split_of = {item.source.path: shard.split for shard in plan.shards for item in shard.items}
    family = group_near_duplicates(hashes, bits=7)
    for i in range(count):
        for j in range(i):
            assert family[i] != family[j] or split_of[sources[i].path] == split_of[sources[j].path]
    for split in ("train", "validation"):
        sizes = [len(shard.items) for shard in plan.shards if shard.split == split]
        assert not sizes or (max(sizes) <= per_shard and max(sizes) - min(sizes) <= 1)


@pytest.mark.parametrize(
    "packing", [Packing(format="gif"), Packing(short_side=1), Packing(validation=1.0), Packing(quality=0)]
)
def test_packings_that_make_no_sense_are_refused(packing: Packing) -> None:
    with pytest.raises(UsageError, match="expected"):
        plan_shards(make_sources(1), [0], packing)
