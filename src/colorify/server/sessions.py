"""Photos that are kept in memory for a while; the one that was longest unused goes first."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from colorify.server.problems import NO_SESSION, RefusalError
from colorify.server.settings import Settings
from colorify.server.work import OpenPhoto


@dataclass
class StoredSession:
    """A photo that somebody works on."""

    id: str  # who knows it may use it
    name: str  # of the file, as the client calls it
    photo: OpenPhoto
    used: float  # on the clock of the store, s


class Sessions:
    """Bounded in number, in bytes and in age. Belongs to one event loop."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._sessions: OrderedDict[str, StoredSession] = OrderedDict()
        self.evicted = 0  # since the start

    def __len__(self) -> int:
        self.expire()
        return len(self._sessions)

    @property
    def bytes(self) -> int:
        """Memory of all of them."""
        return sum(session.photo.bytes for session in self._sessions.values())

    def add(self, name: str, photo: OpenPhoto) -> StoredSession:
        """Keep a photo; others may have to go."""
        self.expire()
        session = StoredSession(secrets.token_urlsafe(16), name, photo, self._clock())
        self._sessions[session.id] = session
        while len(self._sessions) > self._settings.sessions or (
            len(self._sessions) > 1 and self.bytes > self._settings.session_bytes
        ):
            self._sessions.popitem(last=False)
            self.evicted += 1
        return session

    def get(self, id: str) -> StoredSession:
        """Return a session, which counts as use. Raises RefusalError (404) if it is gone."""
        self.expire()
        if id not in self._sessions:
            minutes = f"{self._settings.session_seconds / 60:g} minutes"
            raise RefusalError(
                NO_SESSION,
                f"Not used for {minutes}, displaced by others, or never there. Upload again.",
            )
        session = self._sessions[id]
        session.used = self._clock()
        self._sessions.move_to_end(id)
        return session

    def delete(self, id: str) -> None:
        """Drop a session. Raises RefusalError (404) if it is gone."""
        self.get(id)
        del self._sessions[id]

    def expire(self) -> None:
        """Drop what has not been used for too long."""
        oldest = self._clock() - self._settings.session_seconds
        for session in list(self._sessions.values()):
            if session.used >= oldest:
                break
            del self._sessions[session.id]
            self.evicted += 1
