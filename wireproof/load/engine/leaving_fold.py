"""Streams that the client leaves early: the fold and the timer that stop reading."""

from __future__ import annotations

from gevent import Timeout

from wireproof.load.engine.response_fold import StreamFold
from wireproof.load.scenario.early_disconnect import EarlyDisconnect


class ClientLeft(Exception):
    """Raised when the client leaves a stream early, as its scenario asks."""


class LeavingFold(StreamFold):
    """The fold of a stream that the client leaves after a number of deltas."""

    __slots__ = ("_max_deltas",)

    def __init__(self, endpoint: str, max_deltas: int, *, keep_body: bool) -> None:
        super().__init__(endpoint, keep_body=keep_body)
        self._max_deltas = max_deltas

    def feed(self, data: bytes, at_ns: int) -> None:
        """Adds the bytes of one read; raises ClientLeft once the stream has shown all deltas that the client wants."""
        super().feed(data, at_ns)
        if len(self.stamps) >= self._max_deltas:
            raise ClientLeft


def start_disconnect_timer(leave: EarlyDisconnect) -> Timeout:
    """Starts a timer that raises ClientLeft; it fires only if the client leaves after a time."""
    timer = Timeout(None if leave.ms is None else leave.ms / 1000, ClientLeft())
    timer.start()
    return timer


def make_stream_fold(endpoint: str, leave: EarlyDisconnect | None, *, keep_body: bool, decode_all: bool) -> StreamFold:
    """Returns the fold of a stream that is read to its end, or of one that the client leaves after some deltas."""
    if leave is None or leave.chunks is None:
        return StreamFold(endpoint, keep_body=keep_body, decode_all=decode_all)
    return LeavingFold(endpoint, leave.chunks, keep_body=keep_body)
