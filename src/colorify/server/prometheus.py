"""What the server has done so far, in the text format of Prometheus."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Final

BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # s
MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts requests by route, method and status, and how long they took. Belongs to one event loop."""

    def __init__(self) -> None:
        self.started = time.time()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._seconds: dict[str, list[float]] = {}  # route -> counts by bucket, then the count and the sum

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Add one answered request."""
        self._requests[route, method, status] += 1
        row = self._seconds.setdefault(route, [0.0] * (len(BUCKETS) + 2))
        for index, bound in enumerate(BUCKETS):
            row[index] += seconds <= bound
        row[-2] += 1
        row[-1] += seconds

    def text(self, gauges: Mapping[str, float], counters: Mapping[str, float]) -> str:
        """Return everything, with figures of the moment that others keep: `name` -> value."""
        lines = ["# TYPE colorify_requests_total counter"]
        for (route, method, status), count in sorted(self._requests.items()):
            labels = f'route="{route}",method="{method}",status="{status}"'
            lines.append(f"colorify_requests_total{{{labels}}} {count}")
        lines.append("# TYPE colorify_request_seconds histogram")
        for route, row in sorted(self._seconds.items()):
            name = "colorify_request_seconds"
            for bound, value in zip((*map(str, BUCKETS), "+Inf"), row, strict=False):
                lines.append(f'{name}_bucket{{route="{route}",le="{bound}"}} {value:.0f}')
            lines.append(f'{name}_sum{{route="{route}"}} {row[-1]:.6f}')
            lines.append(f'{name}_count{{route="{route}"}} {row[-2]:.0f}')
        for kind, figures in (("gauge", gauges), ("counter", counters)):
            for name, value in figures.items():
                lines += [f"# TYPE colorify_{name} {kind}", f"colorify_{name} {value:g}"]
        return "\n".join(lines) + "\n"
