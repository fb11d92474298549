"""Answers that a cell has given within this second, given again: the same but for their ids.

The generator draws an answer from its request, so a second one differs in its ids and its time alone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

from wireproof.mock.draw import digest
from wireproof.mock.message import Op, Ops, Received

ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])")
MOST, LARGEST = 256, 65536

Place = tuple[str, str, str, bytes, str | None, bool, bool]
Kept = tuple[tuple[tuple[str, tuple[bytes, ...]], ...], int]


class KeptAnswers:
    """Operations by request, for one second at a time."""

    def __init__(self) -> None:
        self._second = 0
        self._known: dict[Place, Kept] = {}
        self._ordinals = itertools.count()

    def ops(self, received: Received, form: tuple[bool, bool], make: Callable[[], Ops]) -> Ops:
        """The operations of an answer; `make` is asked where none is kept."""
        if int(received.at) != self._second or len(self._known) > MOST:
            self._second, self._known = int(received.at), {}
        auth = received.header("authorization")
        place = (received.method, received.path, received.query, received.body, auth, *form)
        kept = self._known.get(place)
        if kept is None:
            ops = make()
            if sum(len(op.data) for op in ops) < LARGEST:
                self._known[place] = _parted(ops)
            return ops
        return self._again(kept)

    def _again(self, kept: Kept) -> Ops:
        parted, number = kept
        ids = tuple(digest(b"%d" % next(self._ordinals)).hex()[:24].encode() for _ in range(number))
        return tuple(Op(kind, _joined(parts, ids)) for kind, parts in parted)


def _parted(ops: Ops) -> Kept:
    """Each operation cut at its ids: text, number of the id, text, …"""
    numbers: dict[bytes, int] = {}
    parted = []
    for op in ops:
        parts, done = [], 0
        for found in ID.finditer(op.data):
            number = numbers.setdefault(found[0], len(numbers))
            parts += [op.data[done : found.start()], b"%d" % number]
            done = found.end()
        parted.append((op.kind, (*parts, op.data[done:])))
    return tuple(parted), len(numbers)


def _joined(parts: tuple[bytes, ...], ids: tuple[bytes, ...]) -> bytes:
    if len(parts) == 1:
        return parts[0]
    return b"".join([ids[int(part)] if place % 2 else part for place, part in enumerate(parts)])
