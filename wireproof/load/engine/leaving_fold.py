"""A streamed answer whose client hangs up early: the timer and the fold that end its reading."""

from __future__ import annotations

from gevent import Timeout

from wireproof.load.engine.response_fold import StreamFold
from wireproof.load.scenario.early_disconnect import EarlyDisconnect


class ClientLeft(Exception):
    """The client has left, as it meant to."""


class LeavingFold(StreamFold):
    """A streamed answer that is left once it has shown so many deltas."""

    __slots__ = ("_most",)

    def __init__(self, endpoint: str, most: int, *, keeps: bool) -> None:
        super().__init__(endpoint, keeps=keeps)
        self._most = most

    def feed(self, data: bytes, at_ns: int) -> None:
        """Take in a read; raises Left where it brings the last delta that is waited for."""
        super().feed(data, at_ns)
        if len(self.stamps) >= self._most:
            raise ClientLeft


def start_disconnect_timer(leave: EarlyDisconnect) -> Timeout:
    """A timer that raises Left; it fires only where the client leaves by time."""
    timer = Timeout(None if leave.ms is None else leave.ms / 1000, ClientLeft())
    timer.start()
    return timer


def make_stream_fold(endpoint: str, leave: EarlyDisconnect | None, *, keeps: bool, whole: bool) -> StreamFold:
    """The fold of a stream that is read to its end, or left."""
    if leave is None or leave.chunks is None:
        return StreamFold(endpoint, keeps=keeps, whole=whole)
    return LeavingFold(endpoint, leave.chunks, keeps=keeps)
