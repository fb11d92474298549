"""The last requests that the server received, for the author of a client who looks at what was sent."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from wireproof.mock.protocol.messages import HttpRequest

MAX_JOURNAL_ENTRIES = 1000
MAX_JOURNAL_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request and how it was answered.

    Attributes:
        provider: the name of the profile that the path names; empty for none.
        endpoint: the endpoint that path and method name; empty for none.
        faults: the ids of the faults that its answer was given.
    """

    request: HttpRequest
    provider: str
    endpoint: str
    status: int
    faults: tuple[str, ...] = ()


class Journal:
    """The newest requests, bounded in number and in bytes of their bodies.

    Attributes:
        dropped: the older requests that had to go.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._entries = deque[JournalEntry]()
        self._bytes = 0
        self._lock = threading.Lock()

    def record(self, entry: JournalEntry) -> None:
        """Adds an entry, and drops the oldest ones beyond the bounds."""
        with self._lock:
            self._entries.append(entry)
            self._bytes += len(entry.request.body)
            while len(self._entries) > MAX_JOURNAL_ENTRIES or self._bytes > MAX_JOURNAL_BYTES:
                self._bytes -= len(self._entries.popleft().request.body)
                self.dropped += 1

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._bytes = self.dropped = 0

    def entries(self) -> tuple[JournalEntry, ...]:
        """The entries, the oldest first."""
        with self._lock:
            return tuple(self._entries)
