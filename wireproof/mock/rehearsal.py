"""What the server would do to a connection, without one: for telling whether a fault touches a request at all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wireproof.mock.control import FAULT
from wireproof.mock.core import Core
from wireproof.mock.head import ops_of
from wireproof.mock.message import Received

Deed = tuple[str, bytes, float]


class Rehearsal:
    """A core of its own that answers the same requests again and again, each time as if for the first time."""

    def __init__(self, providers: Mapping[str, Mapping[str, Any]]) -> None:
        self._core = Core(providers, controlled=True)

    def deeds(self, requests: Iterable[Received], fault: str | None = None) -> tuple[tuple[Deed, ...], ...]:
        """What is done for each request, in order, with the fault or without."""
        self._core.state.accounts.clear()
        self._core.ordinals = itertools.count()
        asked = [_with(request, fault) for request in requests]
        return tuple(self._deeds(request) for request in asked)

    def touches(self, fault: str, requests: Sequence[Received], faultless: tuple[tuple[Deed, ...], ...]) -> bool:
        """Whether the fault changes what is done for any of the requests."""
        return self.deeds(requests, fault) != faultless

    def _deeds(self, request: Received) -> tuple[Deed, ...]:
        ops = ops_of(self._core.handle(request), method=request.method, chunked=True, keep=True)
        return tuple((op.kind, _undated(op.data), op.due_s) for op in ops)


def _with(request: Received, fault: str | None) -> Received:
    if fault is None:
        return request
    return replace(request, headers=(*request.headers, (FAULT, fault)))


def _undated(data: bytes) -> bytes:
    """The bytes with every date the same; its zone stays."""
    return re.sub(rb"(?m)^Date: .* ", b"Date: ", data)
