"""The connection of a user, from the pool of its client, kept alive between requests."""

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
    """The system's own `poll`: gevent's version switches greenlets, and a check of an idle connection must not."""
    return monkey.get_original("select", "poll")


class KeptConnection:
    """A connection that is opened when it is needed and dropped when it cannot be used again."""

    __slots__ = ("_poll", "_pool", "_socket", "read_watcher")

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._socket: Any = None
        self._poll: Any = None
        # The watcher that calls back from the event loop when there is something to read.
        self.read_watcher: Any = None

    def connected_socket(self) -> Any:
        """Returns a connected socket; replaces one that the server has closed."""
        # An idle connection has nothing to read: readable bytes are its end, or garbage.
        if self._socket is not None and self._poll.poll(0):
            self.drop()
        if self._socket is None:
            self._socket = self._pool._create_socket()
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._poll = _poll_class()()
            self._poll.register(self._socket.fileno(), select.POLLIN)
            self.read_watcher = get_hub().loop.io(self._socket.fileno(), READ_EVENT)
        return self._socket

    def drop(self) -> None:
        """Closes the connection."""
        sock, self._socket = self._socket, None
        if sock is not None:
            self.read_watcher.close()
            sock.close()
