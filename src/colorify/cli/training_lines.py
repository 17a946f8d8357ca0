"""What `colorify train` says: how far it is, how long the rest takes, and what it was worth."""

import math
from typing import TYPE_CHECKING

from colorify.cli.lines import print_line

if TYPE_CHECKING:
    from colorify.training.trainer import TrainingProgress
    from colorify.training.validation import Validation


class TrainingLines:
    """The lines of one run; silent in all processes but the first."""

    def __init__(self, *, speaks: bool) -> None:
        self._speaks = speaks
        self._before: Validation | None = None
        self._after: Validation | None = None

    def say(self, text: str) -> None:
        """Print a line."""
        if self._speaks:
            print_line(text, err=True)

    def begin(self, seen: "Validation | None") -> None:
        """Take note of the generator as it was before it learnt anything."""
        self._before = seen
        if seen is not None:
            self.say(f"before: {_describe(seen)}")

    def report(self, now: "TrainingProgress", seconds: float) -> None:
        """Say how a run stands that has taken so many `seconds`."""
        left = f"{_duration(seconds * (1 - now.share) / now.share)} left" if 0 < now.share < 1 else ""
        words = [
            f"{now.share:6.1%}",
            left,
            f"step {now.step}",
            f"{now.photos} photos, {now.photos_per_second:.1f} a second",
            "no loss yet" if math.isnan(now.loss) else f"loss {now.loss:.4f}",
        ]
        if now.accuracy is not None:
            words.append(f"discriminator right {now.accuracy:.0%}")
        if now.validation is not None:
            self._after = now.validation
            words.append(_describe(now.validation))
        self.say("  ".join(filter(None, words)))

    def end(self, held_out: int) -> None:
        """Say what the run was worth, where it is known how the generator was before."""
        if self._before is not None and self._after is not None:
            before, after = self._before.ab_error, self._after.ab_error
            better = "nearer to" if after < before else "no nearer to"
            photos = f"{held_out} photo{'s' * (held_out > 1)} held out"
            self.say(
                f"on {photos}: ab error {before:.3f} before, {after:.3f} after: {better} the true colours"
            )


def _describe(seen: "Validation") -> str:
    words = [
        f"ab error {seen.ab_error:.3f}",
        f"colourfulness {seen.colorfulness:.1f}, of the true photos {seen.true_colorfulness:.1f}",
    ]
    words += [] if seen.mmd_alexnet is None else [f"mmd_alexnet {seen.mmd_alexnet:.1f}"]
    return "  ".join(words)


def _duration(seconds: float) -> str:
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    if hours >= 48:
        return f"{round(hours / 24)} days"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
