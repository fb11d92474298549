"""The one connection of a user, from the pool of its client, kept alive between requests."""

from __future__ import annotations

import select
import socket
from functools import cache
from typing import Any

from gevent import get_hub, monkey
from geventhttpclient.connectionpool import ConnectionPool

READ_EVENT = 1


@cache
def _poll_class() -> Any:
    """The system's own: gevent's lets others run first, and a look at an idle connection is no reason to wait."""
    return monkey.get_original("select", "poll")


class KeptConnection:
    """A connection that is opened when it is needed and dropped when it is of no more use."""

    __slots__ = ("_plug", "_poll", "_pool", "readable")

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._plug: Any = None
        self._poll: Any = None
        # What calls back, from the loop itself, when there is something to read.
        self.readable: Any = None

    def connected_socket(self) -> Any:
        """A connected socket; one that the server has closed meanwhile is replaced."""
        # An idle connection has nothing to read: what is there is the end of it, or rubbish.
        if self._plug is not None and self._poll.poll(0):
            self.drop()
        if self._plug is None:
            self._plug = self._pool._create_socket()
            self._plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._poll = _poll_class()()
            self._poll.register(self._plug.fileno(), select.POLLIN)
            self.readable = get_hub().loop.io(self._plug.fileno(), READ_EVENT)
        return self._plug

    def drop(self) -> None:
        """Close the connection."""
        plug, self._plug = self._plug, None
        if plug is not None:
            self.readable.close()
            plug.close()
