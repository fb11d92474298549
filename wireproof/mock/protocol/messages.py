"""What passes between the fronts and the core: requests as bytes, answers as bytes with due times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One whole request; header names are lower-case, `at` is the Unix time of its arrival.

    Attributes:
        previous_status: the status of the answer before it on the same connection; 0 where it is the first.
        concurrent_answers: how many answers to the same account are under way.
        account_status: the status that the same account was answered with before; 0 where this is its first request.
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
    """One thing a front does to a connection: head, body, chunk, last, raw, close, reset or hang."""

    kind: str
    data: bytes = b""
    due_s: float = 0.0


Ops = tuple[WireOp, ...]
OpsRewrite = Callable[[Ops], Ops]


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole answer, begun `after_s`; `frame` rewrites the front's operations where a fault says so."""

    status: int
    headers: Headers
    body: bytes
    rewrite_ops: OpsRewrite | None = None
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StreamStep:
    """Bytes of a stream and the seconds after its start when they are due."""

    due_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class HttpStream:
    """An answer sent piece by piece, by deadlines."""

    status: int
    headers: Headers
    steps: tuple[StreamStep, ...]
    rewrite_ops: OpsRewrite | None = None
    after_s: float = 0.0


Outgoing = HttpResponse | HttpStream
