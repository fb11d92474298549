"""Orders to commit faults, and the requests that each account has counted for them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from wireproof.mock.accounts.slots import AccountKey, account_key
from wireproof.mock.protocol.messages import HttpRequest


@dataclass(frozen=True, slots=True)
class FaultOrder:
    """The order to commit one fault.

    Attributes:
        times: the requests of an account that show the fault; None for all.
        after: the requests of an account that pass before it.
    """

    fault: str
    times: int | None = None
    after: int = 0

    @property
    def is_counted(self) -> bool:
        return self.times is not None or self.after > 0

    def covers(self, ordinal: int) -> bool:
        """True for the request of an account with this number, counted from 0."""
        return ordinal >= self.after and (self.times is None or ordinal < self.after + self.times)

    def __str__(self) -> str:
        """The order as the header of a request has it."""
        parts = (("times", self.times), ("after", self.after or None))
        return "; ".join([self.fault, *(f"{name}={value}" for name, value in parts if value is not None)])


class FaultCounts:
    """The number of requests of each account that a counted fault concerned."""

    def __init__(self) -> None:
        self._counts: dict[tuple[AccountKey, FaultOrder], int] = {}
        self._running: dict[tuple[int, FaultOrder], int] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()
            self._running.clear()

    def count(self, request: HttpRequest, order: FaultOrder) -> int:
        """Counts a request, and returns its number in its account, from 0."""
        key = account_key(request), order
        with self._lock:
            number = self._counts.get(key, 0)
            self._counts[key] = number + 1
            self._running[id(request), order] = number
        return number

    def number(self, request: HttpRequest, order: FaultOrder) -> int:
        """The number of a request that was counted and is being answered; otherwise the number of the next one."""
        with self._lock:
            found = self._running.get((id(request), order))
            return self._counts.get((account_key(request), order), 0) if found is None else found

    def forget(self, request: HttpRequest) -> None:
        """Forgets a request whose answer has ended; it remains counted."""
        with self._lock:
            for key in [key for key in self._running if key[0] == id(request)]:
                del self._running[key]
