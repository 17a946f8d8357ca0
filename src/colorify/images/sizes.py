"""Sizes of pictures in whole px: multiplied, or shrunk to a side, the aspect kept."""


def scale_size(size: tuple[float, float], factor: float) -> tuple[int, int]:
    """Return a width and a height `factor` times as large, in whole px, one at least."""
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def shrink_size(
    size: tuple[int, int], *, short: int | None = None, long: int | None = None
) -> tuple[int, int]:
    """Return a width and a height whose short or long side has so many px at most, the aspect kept."""
    by_short = 1.0 if short is None else short / min(size)
    by_long = 1.0 if long is None else long / max(size)
    return scale_size(size, min(1.0, by_short, by_long))
