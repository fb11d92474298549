"""Answers that a cell has given within this second, given again: the same but for their ids.

The generator draws an answer from its request, so a second one differs in its ids and its time alone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from wireproof.mock.cells.latency import shows_token
from wireproof.mock.model.hash_random import digest
from wireproof.mock.protocol.messages import HttpRequest, Ops, WireOp
from wireproof.mock.protocol.response_head import wire_bytes

DRAWN_ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])")
MAX_CACHED_ANSWERS, MAX_CACHED_BYTES = 256, 65536
BREAKING_OPS = ("close", "reset", "hang")

# Text, number of an id, text, …
TextsAndIds = tuple[bytes | int, ...]
CacheKey = tuple[str, str, str, bytes, str | None, bool, bool]


@dataclass(frozen=True, slots=True)
class PreparedAnswer:
    """The operations of an answer, and how many tokens each of them shows."""

    ops: Ops
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer cut at its ids."""

    split_ops: tuple[tuple[str, TextsAndIds], ...]
    id_count: int
    weights: tuple[int, ...]


class AnswerCache:
    """Answers by request, for one second at a time; `whole` makes one write of each."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._second = 0
        self._cache: dict[CacheKey, CachedAnswer] = {}
        self._ordinals = itertools.count()

    def answer(self, received: HttpRequest, form: tuple[bool, bool], make: Callable[[], Ops]) -> PreparedAnswer:
        """An answer to the request; `make` is asked where none is kept."""
        if int(received.at) != self._second or len(self._cache) > MAX_CACHED_ANSWERS:
            self._second, self._cache = int(received.at), {}
        auth = received.header("authorization")
        place = (received.method, received.path, received.query, received.body, auth, *form)
        kept = self._cache.get(place)
        if kept is not None:
            return self._repeat(kept)
        prepared = prepare_answer(make())
        if self._whole and not any(op.kind in BREAKING_OPS for op in prepared.ops):
            data = b"".join(map(wire_bytes, prepared.ops))
            prepared = PreparedAnswer((WireOp("raw", data),), (sum(prepared.weights),))
        if sum(len(op.data) for op in prepared.ops) < MAX_CACHED_BYTES:
            parted, ids = _split_at_ids(prepared.ops)
            self._cache[place] = CachedAnswer(parted, ids, prepared.weights)
        return prepared

    def clear(self) -> None:
        """Whatever is asked next is asked of the core."""
        self._cache.clear()

    def _repeat(self, kept: CachedAnswer) -> PreparedAnswer:
        start = next(self._ordinals)
        ids = tuple([digest(b"%d %d" % (start, number)).hex()[:24].encode() for number in range(kept.id_count)])
        return PreparedAnswer(
            tuple([WireOp(kind, _join_with_ids(parts, ids)) for kind, parts in kept.split_ops]), kept.weights
        )


def prepare_answer(ops: Ops) -> PreparedAnswer:
    """Operations with what they show."""
    return PreparedAnswer(ops, tuple([int(shows_token(op.data)) for op in ops]))


def _split_at_ids(ops: Ops) -> tuple[tuple[tuple[str, TextsAndIds], ...], int]:
    numbers: dict[bytes, int] = {}
    parted = []
    for op in ops:
        parts, done = list[bytes | int](), 0
        for found in DRAWN_ID.finditer(op.data):
            number = numbers.setdefault(found[0], len(numbers))
            parts += [op.data[done : found.start()], number]
            done = found.end()
        parted.append((op.kind, (*parts, op.data[done:])))
    return tuple(parted), len(numbers)


def _join_with_ids(parts: TextsAndIds, ids: tuple[bytes, ...]) -> bytes:
    return b"".join([ids[part] if isinstance(part, int) else part for part in parts])
