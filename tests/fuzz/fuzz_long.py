"""Fuzz for days, and go on after a stop: python tests/fuzz/fuzz_long.py --into FOLDER --inputs 1000000

`count.json` in the folder says how many inputs of each kind were tried, how many were coloured or answered
("done") and how many refused, and where to go on; what was found lies beside it, once for each way to fail.
An input is known by its number: `--show NUMBER` draws it again. Exits with 1 when something was found.
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]  # as pytest has it

from fuzz_parent import Trial  # noqa: E402

from colorify.atomic import write_whole  # noqa: E402
from tiny import write_tiny_generator  # noqa: E402

BATCH: Final = 500  # inputs between two notes of the count
EMPTY: Final[dict[str, Any]] = {"next": 0, "seconds": 0.0, "resident": 0, "tally": {}, "found": {}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument(
        "--inputs", type=int, default=1_000_000, help="in all, those of earlier calls included"
    )
    parser.add_argument("--show", type=int, metavar="NUMBER", help="write this input to stdout")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    weights = write_tiny_generator(options.into / "tiny.onnx")
    if options.show is not None:
        show(options.into, weights, options.show)
        return
    note = options.into / "count.json"
    count = json.loads(note.read_text()) if note.exists() else EMPTY
    trial = Trial(options.into, weights)
    try:
        while count["next"] < options.inputs:
            began = time.monotonic()
            size = min(BATCH, options.inputs - count["next"])
            add(count, trial.numbers(count["next"], size), size, time.monotonic() - began)
            write_whole(note, json.dumps(count, indent=1).encode(), overwrite=True)
    except KeyboardInterrupt:
        pass  # the batch that is cut short is tried again
    finally:
        trial.close()
    sys.stdout.write(f"{table(count)}\n")
    sys.exit(bool(count["found"]))


def add(count: dict[str, Any], answer: dict[str, Any], size: int, seconds: float) -> None:
    """Add what came of a batch."""
    count["next"] += size
    count["seconds"] = round(count["seconds"] + seconds, 1)
    count["resident"] = max(count["resident"], answer["resident"])
    count["tally"] = dict(sorted((Counter(count["tally"]) + Counter(answer["tally"])).items()))
    for fault in answer["found"]:
        known = count["found"].setdefault(place_of(fault["fault"]), {"numbers": [], "fault": fault["fault"]})
        known["numbers"].append(fault["number"])


def place_of(fault: str) -> str:
    """Return where it went wrong: the same place is one finding, however many inputs come there."""
    lines = [line.strip() for line in fault.splitlines() if line.strip()]
    files = [line for line in lines if line.startswith("File ")]
    return f"{files[-1] if files else ''} {lines[-1][:100]}".strip()


def table(count: dict[str, Any]) -> str:
    """Return the tally as Markdown."""
    labels = sorted({label.rpartition(": ")[0] for label in count["tally"]})
    rows = ["| input | tried | done | refused | found |", "|---|---|---|---|---|"]
    for label in labels:
        ends = [count["tally"].get(f"{label}: {end}", 0) for end in ("done", "refused", "found")]
        rows.append(f"| {label} | {' | '.join(f'{number:,}' for number in (sum(ends), *ends))} |")
    return "\n".join(
        [*rows, f"{count['next']:,} inputs in {count['seconds']:,.0f} s; {len(count['found'])} findings"]
    )


def show(folder: Path, weights: Path, number: int) -> None:
    """Write an input to stdout, and what it is to stderr."""
    from fuzz_child import Fuzzer

    _, sample = Fuzzer(folder, weights).draw(number)
    sys.stderr.write(f"{sample.label}\n")
    sys.stdout.buffer.write(sample.data)


if __name__ == "__main__":
    main()
