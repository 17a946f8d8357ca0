"""Where a run stands in the photos that it streams, as its checkpoint says it."""

from typing import Any

from colorify.training.data.photo_source import PhotoSource
from colorify.training.data.photo_stream import Position
from colorify.training.distributed import Workers
from colorify.training.recipe import Recipe


def describe_stream(source: PhotoSource, recipe: Recipe, workers: Workers) -> dict[str, Any]:
    """All that a position in the stream depends on."""
    return {
        "shards": list(source.names),
        "processes": workers.count,
        "seed": recipe.seed,
        "buffer": recipe.buffer,
        "sets": dict(recipe.sets),
    }


def find_position(saved: dict[str, Any] | None, stream: dict[str, Any], rank: int) -> tuple[Position, bool]:
    """Return where process `rank` begins in the photos, and whether that is where it stopped.

    `saved`: of the checkpoint, None where its run did not stream; `stream`: of `describe_stream`. Where the
    two are not of the same photos, processes and sets, a new pass over the photos begins.
    """
    if saved is None:
        return Position(), False
    positions = [Position.from_numbers(numbers) for numbers in saved["positions"]]
    if saved["of"] == stream:
        return positions[rank], True
    return max(positions).next_pass(), False
