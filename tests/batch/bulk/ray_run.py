"""Runs chunks on a Ray cluster of two workers: in a process of its own, as Ray keeps threads and handlers.

python ray_run.py RUN.pickle     # (worker, numbers); prints the records or the error as JSON
"""

import json
import pickle
import sys
from dataclasses import asdict
from pathlib import Path

import ray

from colorify.batch.bulk.engines import run_on_ray
from colorify.errors import ColorifyError


def main() -> None:
    worker, numbers = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301  # the test wrote it
    ray.init(num_cpus=2, include_dashboard=False, configure_logging=False, log_to_driver=False)
    said: dict[str, object]
    try:
        records = [asdict(record) for record in run_on_ray(worker, numbers, 2)]
    except ColorifyError as error:
        said = {"error": str(error), "kind": type(error).__name__}
    else:
        said = {"records": records}
    finally:
        ray.shutdown()
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
