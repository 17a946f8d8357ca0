"""What came of a run, counted: the report that ends it."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from colorify.cli.wording import describe_error

if TYPE_CHECKING:
    from colorify.batch.plan import Plan
    from colorify.batch.run import PhotoResult


@dataclass
class RunSummary:
    """Counts of photos, and why some failed."""

    done: int = 0
    before: int = 0  # skipped: an earlier run coloured them
    own: int = 0  # skipped: outputs of Colorify
    unmarked: int = 0  # skipped: called as outputs are, where these get no mark
    taken: int = 0  # skipped: another run is colouring them
    left_out: int = 0  # of folders: films, pictures of kinds that are not read; links to folders
    left: int = 0  # not begun, or given up: the run was stopped
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)  # input -> its alternative, and why
    stopped: str = ""  # why there is something left
    _started: float = field(default_factory=time.monotonic)

    @property
    def failed(self) -> int:
        """Count the photos, and inputs, of which nothing came."""
        return len(self.failures)

    @property
    def skipped(self) -> int:
        """Count the photos passed over."""
        return self.before + self.own + self.unmarked + self.taken

    @property
    def seconds(self) -> float:
        """Return how long the run has taken."""
        return time.monotonic() - self._started

    def plan(self, plan: "Plan") -> None:
        """Count what a plan holds."""
        self.before += len(plan.finished)
        self.own += len(plan.own)
        self.unmarked += len(plan.unmarked)
        self.left_out += sum(item.files for item in plan.left_out)
        self.left += len(plan.jobs)
        self.failures.update((refusal.source, (1, refusal.reason)) for refusal in plan.refused)

    def passed_over(self, plan: "Plan") -> None:
        """Count the photos of an earlier plan that turned out to be passed over, as `plan` says."""
        self.left -= len(plan.own) + len(plan.finished) + len(plan.taken)
        self.own += len(plan.own)
        self.before += len(plan.finished)
        self.taken += len(plan.taken)

    def put_off(self) -> None:
        """Count a photo of a plan no longer: it is for a later one."""
        self.left -= 1

    def result(self, result: "PhotoResult") -> None:
        """Count what came of a photo of a plan."""
        self.left -= 1
        source, alternative = str(result.job.source), result.job.alternative
        if result.error is not None:
            self.failures[source] = alternative, describe_error(result.error)
            return
        self.done += 1
        if source in self.failures and self.failures[source][0] == alternative:
            del self.failures[source]  # it was not whole yet when it came
