"""Photos decoded beside the training, in processes; or here, where there are none."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Final

from colorify.dataset.process_pool import ProcessPool
from colorify.dataset.shard_reader import Sample, decode_photos
from colorify.training.data.photo_source import Photo

PHOTOS_PER_TASK: Final = 8  # that a process decodes at a time
CURE: Final = "Give fewer --decoders, or the recipe a smaller `buffer`."


def decode(photos: Iterator[Photo], processes: int, opened: ExitStack) -> Iterator[Sample]:
    """Decode `photos` in their order, as they are asked for.

    `processes`: 0 for this one; they live until `opened` is closed. What is decoded already stays as it is.
    Raises PhotoError for a damaged photo, SetupError where the system has killed a process.
    """
    if not processes:
        return (_decode_here(photo) for photo in photos)
    pool = opened.enter_context(ProcessPool(decode_photos, processes, cure=CURE))
    return itertools.chain.from_iterable(pool.map(_make_tasks(photos)))


def _make_tasks(photos: Iterator[Photo]) -> Iterator[Sequence[tuple[str, bytes]]]:
    while task := list(itertools.islice(photos, PHOTOS_PER_TASK)):
        yield [(key, data) for key, data in task if isinstance(data, bytes)]


def _decode_here(photo: Photo) -> Sample:
    key, data = photo
    return decode_photos([(key, data)])[0] if isinstance(data, bytes) else Sample(key, data)
