"""Fuzz one target for days, and go on after a stop: python tests/fuzz/fuzz_long.py TARGET --into FOLDER

`count.json` in the folder says how many inputs were tried and where to go on; what was found lies beside it.
Run it with the lowest priority (`nice -n 19`). It exits with 1 when it has found something.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]  # as pytest has it

from fuzz_mutations import CHANGES, Change, damaged  # noqa: E402
from fuzz_parent import CHILD, Trial  # noqa: E402
from fuzz_requests import requests, with_length  # noqa: E402
from fuzz_seeds import seeds  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from tiny import write_tiny_generator  # noqa: E402

BATCH: Final = 50  # inputs between two notes of the count
SMALL: Final = ("grey.jpg", "meta-16.png", "tags.tif", "lossy.webp", "interlaced.png", "meta.avif")
Damage = Callable[[str, list[Change], bool], bytes]


def decoders() -> tuple[Path, Mapping[str, bytes], Damage]:
    """Return what opens photos."""
    sound = seeds()
    others = list(sound.values())
    return CHILD, sound, lambda name, changes, sums: damaged(sound[name], changes, others, sums=sums)


def routes() -> tuple[Path, Mapping[str, bytes], Damage]:
    """Return what answers requests."""
    photos = seeds()
    sound = requests({name: photos[name] for name in SMALL})
    others = list(sound.values())

    def damage(name: str, changes: list[Change], sums: bool) -> bytes:
        data = damaged(sound[name], changes, others, sums=False)
        return with_length(data) if sums else data

    return ROOT / "fuzz_server_child.py", sound, damage


TARGETS: Final = {"decoders": decoders, "routes": routes}


def fuzz(
    trial: Trial, sound: Mapping[str, bytes], damage: Damage, start: int, examples: int
) -> dict[str, bytes]:
    """Try damaged inputs; return those that went wrong, by what went wrong."""
    found: dict[str, bytes] = {}

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.sampled_from(sorted(sound)),
        CHANGES,
        st.booleans(),
        st.sampled_from(("jpeg", "png", "tiff", "webp")),
    )
    def one(name: str, changes: list[Change], sums: bool, format_: str) -> None:
        data = damage(name, changes, sums)
        fault = trial(data, format_)
        if fault is not None:
            found.setdefault(f"{name}: {fault}", data)

    one()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    note = options.into / "count.json"
    count = json.loads(note.read_text()) if note.exists() else {}
    mine = count.setdefault(options.target, {"tried": 0, "next": 0, "found": 0, "seconds": 0.0})
    child, sound, damage = TARGETS[options.target]()
    weights = write_tiny_generator(options.into / "tiny.onnx")
    trial = Trial(weights, options.into, seeds()["grey.png"], child)
    end = time.monotonic() + options.seconds
    try:
        while time.monotonic() < end:
            began = time.monotonic()
            found = fuzz(trial, sound, damage, mine["next"], BATCH)
            for fault, data in found.items():
                keep(options.into, fault, data)
            mine["tried"] += BATCH
            mine["next"] += 1
            mine["found"] += len(found)
            mine["seconds"] += round(time.monotonic() - began, 1)
            write(note, count)
    except KeyboardInterrupt:
        pass  # the batch that is cut short is tried again
    finally:
        trial.close()
    sys.stdout.write(f"{options.target}: {json.dumps(mine)}\n")
    sys.exit(bool(mine["found"]))


def keep(folder: Path, fault: str, data: bytes) -> None:
    path = folder / hashlib.sha256(data).hexdigest()[:12]
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(fault)


def write(note: Path, count: object) -> None:
    whole = note.with_suffix(".part")
    whole.write_text(json.dumps(count, indent=1))
    whole.replace(note)


if __name__ == "__main__":
    main()
