"""Answers that a cell has given within this second, given again: the same but for their ids.

The generator draws an answer from its request, so a second one differs in its ids and its time alone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from wireproof.mock.cells.latency import bears_token
from wireproof.mock.model.hash_random import digest
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.protocol.response_head import wire_bytes

ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])")
MOST, LARGEST = 256, 65536
BREAKS = ("close", "reset", "hang")

# Text, number of an id, text, …
Parts = tuple[bytes | int, ...]
Place = tuple[str, str, str, bytes, str | None, bool, bool]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The operations of an answer, and how many tokens each of them shows."""

    ops: Ops
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer cut at its ids."""

    parted: tuple[tuple[str, Parts], ...]
    ids: int
    weights: tuple[int, ...]


class KeptAnswers:
    """Answers by request, for one second at a time; `whole` makes one write of each."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._second = 0
        self._known: dict[Place, Kept] = {}
        self._ordinals = itertools.count()

    def answer(self, received: HttpRequest, form: tuple[bool, bool], make: Callable[[], Ops]) -> Prepared:
        """An answer to the request; `make` is asked where none is kept."""
        if int(received.at) != self._second or len(self._known) > MOST:
            self._second, self._known = int(received.at), {}
        auth = received.header("authorization")
        place = (received.method, received.path, received.query, received.body, auth, *form)
        kept = self._known.get(place)
        if kept is not None:
            return self._again(kept)
        prepared = prepare(make())
        if self._whole and not any(op.kind in BREAKS for op in prepared.ops):
            data = b"".join(map(wire_bytes, prepared.ops))
            prepared = Prepared((WireOp("raw", data),), (sum(prepared.weights),))
        if sum(len(op.data) for op in prepared.ops) < LARGEST:
            parted, ids = _parted(prepared.ops)
            self._known[place] = Kept(parted, ids, prepared.weights)
        return prepared

    def forget(self) -> None:
        """Whatever is asked next is asked of the core."""
        self._known.clear()

    def _again(self, kept: Kept) -> Prepared:
        start = next(self._ordinals)
        ids = tuple([digest(b"%d %d" % (start, number)).hex()[:24].encode() for number in range(kept.ids)])
        return Prepared(tuple([WireOp(kind, _joined(parts, ids)) for kind, parts in kept.parted]), kept.weights)


def prepare(ops: Ops) -> Prepared:
    """Operations with what they show."""
    return Prepared(ops, tuple([int(bears_token(op.data)) for op in ops]))


def _parted(ops: Ops) -> tuple[tuple[tuple[str, Parts], ...], int]:
    numbers: dict[bytes, int] = {}
    parted = []
    for op in ops:
        parts, done = list[bytes | int](), 0
        for found in ID.finditer(op.data):
            number = numbers.setdefault(found[0], len(numbers))
            parts += [op.data[done : found.start()], number]
            done = found.end()
        parted.append((op.kind, (*parts, op.data[done:])))
    return tuple(parted), len(numbers)


def _joined(parts: Parts, ids: tuple[bytes, ...]) -> bytes:
    return b"".join([ids[part] if isinstance(part, int) else part for part in parts])
