"""Gives files to a process of its own, one after the other, and says how it went; a dead one is replaced."""

import json
import os
import selectors
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from waiting import PATIENCE

# memory is bound by addresses, of which each thread takes many: as many threads whatever the machine
ENVIRONMENT: Final = {
    "VIPS_WARNING": "0",
    "G_MESSAGES_DEBUG": "",
    "VIPS_CONCURRENCY": "2",
    "MALLOC_ARENA_MAX": "4",
}
MOST_SECONDS: Final = 10.0  # of the processor
MOST_MEMORY: Final = 400  # MB, for the largest picture that is allowed, a megapixel
CHILD: Final = Path(__file__).with_name("fuzz_child.py")


@dataclass
class Trial:
    """A process that tries files."""

    weights: Path
    folder: Path  # of its own
    sound: bytes  # a file that is sound
    child: Path = CHILD  # what it runs
    process: subprocess.Popen[str] | None = None

    def __call__(self, data: bytes, format_: str) -> str | None:
        """Try one file: None if that went as it should, else what did not."""
        path = self.folder / "damaged"
        path.write_bytes(data)
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{path} {format_}\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            answered = bool(selector.select(PATIENCE))
        line = process.stdout.readline() if answered else ""
        if not line:
            self.close()
            log = (self.folder / "log").read_text(errors="replace")[-3000:]
            return f"killed the process ({process.returncode}): {log}" if answered else "hangs"
        return _judged(json.loads(line))

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _running(self) -> subprocess.Popen[str]:
        if self.process is None:
            sound = self.folder / "sound.png"
            sound.write_bytes(self.sound)
            with (self.folder / "log").open("w") as log:
                self.process = subprocess.Popen(
                    [sys.executable, str(self.child), str(self.weights), str(sound)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    env={**os.environ, **ENVIRONMENT},
                )
        return self.process


def _judged(answer: dict[str, object]) -> str | None:
    if answer["outcome"] not in ("done", "refused"):
        return str(answer["outcome"])
    if float(str(answer["memory"])) > MOST_MEMORY:
        return f"takes {answer['memory']} MB"
    if float(str(answer["seconds"])) > MOST_SECONDS:
        return f"takes {answer['seconds']} s"
    return None
