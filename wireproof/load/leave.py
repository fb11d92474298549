"""Clients that leave in the middle of a stream: after so many deltas, or after so long."""

from __future__ import annotations

from dataclasses import dataclass

from gevent import Timeout

from wireproof.load.tally import StreamTally


class Left(Exception):
    """The client has left, as it meant to."""


@dataclass(frozen=True, slots=True)
class Leave:
    """When a client leaves: one of the two is set."""

    chunks: int | None = None
    ms: float | None = None

    def start(self) -> Timeout:
        """A timer that raises Left, running where the leaving is by time."""
        timer = Timeout(None if self.ms is None else self.ms / 1000, Left())
        timer.start()
        return timer


class LeavingTally(StreamTally):
    """A streamed answer that is left once it has shown so many deltas."""

    __slots__ = ("_most",)

    def __init__(self, endpoint: str, most: int, *, keeps: bool) -> None:
        super().__init__(endpoint, keeps=keeps)
        self._most = most

    def feed(self, data: bytes, at_ns: int) -> None:
        """Take in a read; raises Left where it brings the last delta that is waited for."""
        super().feed(data, at_ns)
        if len(self.stamps) >= self._most:
            raise Left


def stream_tally(endpoint: str, leave: Leave | None, *, keeps: bool, whole: bool) -> StreamTally:
    """What folds a stream that is read to its end, or left."""
    if leave is None or leave.chunks is None:
        return StreamTally(endpoint, keeps=keeps, whole=whole)
    return LeavingTally(endpoint, leave.chunks, keeps=keeps)
