"""How often a chunk was begun; a photo that kills its worker each time is set apart.

A worker that is lost (killed for memory, a crash in a decoder, a machine that is gone) leaves its chunk
without a record, and the engine gives it to another. From the second attempt on each photo is written down
before it is begun. One that was begun so, and never ended, TRIES times is suspected, and no more: it may have
been another photo that took all the memory, or the machine may be gone. Its chunk is postponed to the end of
the run, where one worker does it alone; a photo that loses it TRIES times there, too, is given up with a
reason, and the rest of its chunk is coloured. The first attempt costs one small file a chunk.
"""

import json
from typing import Any, Final

from colorify.batch.bulk.chunk_plan import attempts_name
from colorify.batch.bulk.store import Store
from colorify.errors import SetupError

TRIES: Final = 2  # of a photo among others, besides the first attempt at its chunk; and as many alone
LOST_AT_START: Final = 12  # workers, each before its first photo: then it is the machine, not a photo


class Attempts:
    """The attempts at one chunk, among others or alone."""

    def __init__(self, dest: Store, number: int, *, alone: bool) -> None:
        """Write down that the chunk is begun once more.

        Raises SetupError where its workers were lost each time before they came to a photo.
        """
        self._dest = dest
        self._name = attempts_name(number)
        found: dict[str, Any] = {"attempts": 0, "photos": {}, "alone": {}}
        if dest.exists(self._name):
            found = json.loads(dest.read(self._name))
        self.number: int = found["attempts"] + 1
        self._tries: dict[str, dict[str, int]] = {name: found[name] for name in ("photos", "alone")}
        if self.number > LOST_AT_START and not any(self._tries.values()):
            self.close()  # the next run is to begin anew
            raise SetupError(
                f"chunk {number}: {LOST_AT_START} workers were lost before their first photo, "
                "perhaps for want of memory. Take fewer workers on a machine: -j."
            )
        self._mine = "alone" if alone else "photos"
        self._write()

    @property
    def postponed(self) -> bool:
        """Whether the chunk has a photo that has had its tries among others, and others are at work."""
        return self._mine == "photos" and max(self._tries["photos"].values(), default=0) >= TRIES

    def is_spent(self, key: str) -> bool:
        """Whether a photo has had its tries alone, each of which lost a worker."""
        return self._tries["alone"].get(key, 0) >= TRIES

    def begin(self, key: str) -> None:
        """Write down that a photo is begun."""
        if self.number == 1:
            return
        mine = self._tries[self._mine]
        mine[key] = mine.get(key, 0) + 1
        self._write()

    def end(self, key: str) -> None:
        """Say that a photo has ended, well or not: its worker lives. Written when the next begins."""
        self._tries[self._mine].pop(key, None)

    def close(self) -> None:
        """Forget the attempts: the chunk has its record."""
        self._dest.remove(self._name)

    def _write(self) -> None:
        row = {"attempts": self.number, **self._tries}
        self._dest.write(self._name, json.dumps(row).encode())
