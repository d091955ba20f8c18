"""Making one scan of many events. Knows no database, no clock of its own and no inotify."""

import threading
from dataclasses import dataclass, field

from processing.services.submit import common_part

# A burst ends when nothing more has come for so long, or when it has lasted for so long.
QUIET_SECONDS = 2.0
LONGEST_SECONDS = 30.0


@dataclass(slots=True)
class Burst:
    """Parts of one folder (stored form, "" for the whole) where something has changed. Threads may share it.

    Times are seconds on any clock that only goes forward.
    """

    _parts: set[str] = field(default_factory=set)
    _first: float = 0.0
    _last: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, part: str, now: float) -> None:
        """Something changed in this part."""
        with self._lock:
            if not self._parts:
                self._first = now
            self._last = now
            self._parts.add(part)

    def take(self, now: float) -> str | None:
        """The one part to scan once the burst is over, which holds all that changed; None while there is none."""
        with self._lock:
            if not self._parts:
                return None
            if now - self._last < QUIET_SECONDS and now - self._first < LONGEST_SECONDS:
                return None
            part = common_part(self._parts)
            self._parts.clear()
            return part
