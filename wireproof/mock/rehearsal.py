"""What the server would do to a connection, without one; each time as if for the first time, at one moment."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from wireproof.mock.control import FAULT
from wireproof.mock.core import Core
from wireproof.mock.head import ops_of
from wireproof.mock.message import Ops, Received

# Any moment will do, if it is always the same.
NOW = 1_800_000_000.0
DATED = b"Date: " + formatdate(NOW, usegmt=True).rpartition(" ")[0].encode() + b" "


class Rehearsal:
    """A core of its own that answers the same requests again and again."""

    def __init__(self, providers: Mapping[str, Mapping[str, Any]], *, gap_s: float = 0.0) -> None:
        self._core = Core(providers, controlled=True)
        self._core.state.gap_s = gap_s

    def begin(self) -> None:
        """Forget whoever asked before."""
        self._core.state.accounts.clear()
        self._core.ordinals = itertools.count()

    def ops(self, request: Received) -> Ops:
        """What is done to the connection of one request."""
        made = ops_of(self._core.handle(request), method=request.method, chunked=True, keep=True)
        return tuple(replace(op, data=_dated(op.data)) if b"Date: " in op.data else op for op in made)

    def deeds(self, requests: Iterable[Received], fault: str | None = None) -> tuple[Ops, ...]:
        """What is done for each request, in order, with the fault or without."""
        self.begin()
        return tuple(self.ops(_with(request, fault)) for request in requests)

    def touches(self, fault: str, requests: Sequence[Received], faultless: tuple[Ops, ...]) -> bool:
        """Whether the fault changes what is done for any of the requests."""
        return self.deeds(requests, fault) != faultless


def _with(request: Received, fault: str | None) -> Received:
    if fault is None:
        return request
    return replace(request, headers=(*request.headers, (FAULT, fault)))


def _dated(data: bytes) -> bytes:
    """The bytes with every date that of the one moment; its zone stays."""
    return re.sub(rb"(?m)^Date: .* ", DATED, data)
