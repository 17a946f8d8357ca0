"""How often a chunk was begun; a photo that kills its worker each time is set apart.

A worker that is lost (killed for memory, a crash in a decoder, a machine that is gone) leaves its chunk
without a record, and the engine gives it to another. From the second attempt on each photo is written down
before it is begun; one that was begun so, and never ended, is at last given up with a reason, and the rest of
its chunk is coloured. The first attempt costs one small file a chunk.
"""

import json
from typing import Any, Final

from colorify.batch.bulk.plan import attempts_name
from colorify.batch.bulk.store import Store

TRIES: Final = 2  # of a photo whose worker is lost each time, besides the first attempt at its chunk


class Attempts:
    """The attempts at one chunk."""

    def __init__(self, dest: Store, number: int) -> None:
        """Write down that the chunk is begun once more."""
        self._dest = dest
        self._name = attempts_name(number)
        found: dict[str, Any] = {"attempts": 0, "photos": {}}
        if dest.exists(self._name):
            found = json.loads(dest.read(self._name))
        self.number: int = found["attempts"] + 1
        self._photos: dict[str, int] = found["photos"]
        self._write()

    def begin(self, key: str) -> bool:
        """Say that a photo is begun; False where it has had its tries, each of which lost a worker."""
        if self.number == 1:
            return True
        if self._photos.get(key, 0) >= TRIES:
            return False
        self._photos[key] = self._photos.get(key, 0) + 1
        self._write()
        return True

    def end(self, key: str) -> None:
        """Say that a photo has ended, well or not: its worker lives. Written when the next begins."""
        self._photos.pop(key, None)

    def close(self) -> None:
        """Forget the attempts: the chunk has its record."""
        self._dest.remove(self._name)

    def _write(self) -> None:
        row = {"attempts": self.number, "photos": self._photos}
        self._dest.write(self._name, json.dumps(row).encode())
