"""Weights of the Hub are loaded before all else, with a bar on a terminal, as that may take a while."""

from pathlib import Path

from colorify.cli.progress import count_bar


def load_weights_of_hub(weights: Path | None, *, quiet: bool = False) -> None:
    """Load what `weights` names into the cache, if it is of the Hub and not there yet.

    Raises WeightsError, and SetupError where the extra `hub` is missing.
    """
    from colorify.model.hub import find_weights, is_hub_address

    if weights is None or not is_hub_address(weights):
        return
    with count_bar(hidden=quiet) as draw:

        def show(done: int, total: int | None) -> None:
            if draw is not None:
                whole = "" if total is None else f" of {total / 1e6:.1f}"
                draw(done, total, f"{done / 1e6:.1f}{whole} MB of {weights}")

        find_weights(weights, progress=show)
