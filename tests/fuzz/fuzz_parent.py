"""Gives inputs to a process of its own and says how it went; a dead one is replaced."""

import json
import os
import selectors
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# memory is bound by addresses, of which each thread takes many: as many threads whatever the machine
ENVIRONMENT: Final = {
    "VIPS_WARNING": "0",
    "G_MESSAGES_DEBUG": "",
    "VIPS_CONCURRENCY": "1",
    "MALLOC_ARENA_MAX": "4",
    "OMP_NUM_THREADS": "1",
}
PATIENCE: Final = 900.0  # s of the clock without an answer, after which the process is asked what it does
IDLE: Final = 1.0  # s of the processor within PATIENCE; with less it waits for something that never comes
CHILD: Final = Path(__file__).with_name("fuzz_child.py")


@dataclass
class Trial:
    """A process that tries inputs."""

    folder: Path  # of its own
    weights: Path
    deed: str = ""  # see `fuzz_child.Deed`
    renew: int = 20_000  # inputs after which there is a new process
    _process: subprocess.Popen[str] | None = None
    _tried: int = 0

    def numbers(self, first: int, count: int) -> dict[str, Any]:
        """Try inputs by their numbers, whatever they do to the process."""
        skip: list[dict[str, Any]] = []
        while True:
            numbers = [each["number"] for each in skip]
            answer = self.ask({"first": first, "count": count, "skip": numbers})
            if "killed" not in answer:
                answer["found"] += skip
                answer["tally"].update({f"{each['label']}: found": 1 for each in skip})
                self._tried += count
                if self._tried >= self.renew:
                    self.close()
                return answer
            skip.append({"number": self._last(), "label": "process", "fault": answer["killed"]})

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to an order, or {"killed": how it ended}."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        waits = self._wait(process)
        line = "" if waits else process.stdout.readline()
        if line:
            return dict(json.loads(line))
        self.close()
        log = (self.folder / "log").read_text(errors="replace")[-3000:]
        if waits:
            return {"killed": f"waits for ever: {log}"}
        if process.returncode == -signal.SIGPROF:
            return {"killed": f"takes too many seconds of the processor: {log}"}
        return {"killed": f"killed the process ({process.returncode}): {log}"}

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.communicate()
            self._process, self._tried = None, 0

    def _wait(self, process: subprocess.Popen[str]) -> bool:
        """Wait for an answer or the end; True where neither comes, and the process does nothing."""
        used = seconds_of(process.pid)
        with selectors.DefaultSelector() as selector:
            assert process.stdout is not None
            selector.register(process.stdout, selectors.EVENT_READ)
            while not selector.select(PATIENCE):
                before, used = used, seconds_of(process.pid)
                if used - before < IDLE:
                    return True
        if process.stdout.readable() and process.poll() is None:
            return False
        process.wait()
        return False

    def _last(self) -> int:
        """Return the number that was tried last."""
        return int.from_bytes((self.folder / "at").read_bytes(), "little")

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            with (self.folder / "log").open("w") as log:
                self._process = subprocess.Popen(
                    [sys.executable, str(CHILD), str(self.folder), str(self.weights), self.deed],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    env={**os.environ, **ENVIRONMENT},
                )
        return self._process


def seconds_of(process: int) -> float:
    """Return the time of the processor that a process has used so far, s."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
