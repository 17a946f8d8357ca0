"""Colours photos on a Ray cluster of two workers, which die of some of them: in a process of its own, as Ray
keeps threads and handlers.

python ray_run.py SOURCE DEST WEIGHTS MARKER DEVICE ...    # prints a report or an error a device, as JSON
"""

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

import ray

from bulk_helpers import DeadlyWorker
from colorify.batch.bulk import bulk_run
from colorify.errors import ColorifyError


def main() -> None:
    source, dest, weights, marker, *devices = sys.argv[1:]
    bulk_run.ChunkWorker = partial(DeadlyWorker, marker=Path(marker))  # type: ignore[misc,assignment]
    ray.init(num_cpus=2, num_gpus=0, include_dashboard=False, configure_logging=False, log_to_driver=False)
    said: list[dict[str, object]] = []
    for device in devices:
        try:
            report = bulk_run.color_bulk(
                source, dest, engine="ray", workers=2, chunk_photos=4, weights=Path(weights), device=device
            )
        except ColorifyError as error:
            said.append({"error": str(error), "kind": type(error).__name__})
        else:
            said.append(asdict(report))
    ray.shutdown()
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
