"""Requests and answers between the fronts and the application, and wire operations with their deadlines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One whole request.

    Attributes:
        headers: names in lower case, and values.
        at: the Unix time of its arrival, in seconds.
        previous_status: the status of the answer before it on the same connection; 0 for the first request.
        concurrent_answers: the number of running answers to the same account.
        account_status: the status of the previous answer to the same account; 0 for its first request.

    """

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    at: float
    previous_status: int = 0
    concurrent_answers: int = 0
    account_status: int = 0

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        for key, value in self.headers:
            if key == wanted:
                return value
        return None


@dataclass(frozen=True, slots=True)
class WireOp:
    """One operation of a front on a connection.

    Attributes:
        kind: head, body, chunk, last, raw, close, reset or hang.
        due_s: the deadline, in seconds after the start of the answer.

    """

    kind: str
    data: bytes = b""
    due_s: float = 0.0


Ops = tuple[WireOp, ...]
OpsRewrite = Callable[[Ops], Ops]


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer in one piece.

    Attributes:
        rewrite_ops: the change that a fault makes to the operations of the front; None for no change.
        after_s: the seconds after the request at which the answer begins.

    """

    status: int
    headers: Headers
    body: bytes
    rewrite_ops: OpsRewrite | None = None
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StreamStep:
    """A piece of a stream, and its deadline in seconds after the start of the stream."""

    due_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class HttpStream:
    """An answer sent piece by piece, each at its deadline.

    Attributes:
        rewrite_ops: the change that a fault makes to the operations of the front; None for no change.
        after_s: the seconds after the request at which the answer begins.

    """

    status: int
    headers: Headers
    steps: tuple[StreamStep, ...]
    rewrite_ops: OpsRewrite | None = None
    after_s: float = 0.0


Outgoing = HttpResponse | HttpStream
