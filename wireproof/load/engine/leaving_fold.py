"""A streamed answer whose client hangs up early: the timer and the fold that end its reading."""

from __future__ import annotations

from gevent import Timeout

from wireproof.load.engine.response_fold import StreamTally
from wireproof.load.scenario.early_disconnect import EarlyDisconnect


class Left(Exception):
    """The client has left, as it meant to."""


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


def start_leaving_timer(leave: EarlyDisconnect) -> Timeout:
    """A timer that raises Left; it fires only where the client leaves by time."""
    timer = Timeout(None if leave.ms is None else leave.ms / 1000, Left())
    timer.start()
    return timer


def stream_tally(endpoint: str, leave: EarlyDisconnect | None, *, keeps: bool, whole: bool) -> StreamTally:
    """The fold of a stream that is read to its end, or left."""
    if leave is None or leave.chunks is None:
        return StreamTally(endpoint, keeps=keeps, whole=whole)
    return LeavingTally(endpoint, leave.chunks, keeps=keeps)
