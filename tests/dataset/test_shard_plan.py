"""A plan of shards loses no photo, and divides no family between training and validation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_pictures import near

from colorify.dataset.near_duplicates import group_near_duplicates
from colorify.dataset.shard_plan import Packing, plan_shards
from colorify.dataset.sources import Source
from colorify.errors import UsageError


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
