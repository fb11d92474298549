"""Repeats the answers that a cell has given within the same second, with fresh ids.

The generator draws an answer from its request, so a second answer differs only in its ids and its time.
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
    """The operations of an answer, and the number of tokens that each of them shows."""

    ops: Ops
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer split at its ids."""

    split_ops: tuple[tuple[str, TextsAndIds], ...]
    id_count: int
    weights: tuple[int, ...]


class AnswerCache:
    """Answers by request, for one second at a time; `whole` joins each answer into one write."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._second = 0
        self._cache: dict[CacheKey, CachedAnswer] = {}
        self._ordinals = itertools.count()

    def answer(self, request: HttpRequest, framing: tuple[bool, bool], make: Callable[[], Ops]) -> PreparedAnswer:
        """Returns an answer to the request; calls `make` if none is cached."""
        if int(request.at) != self._second or len(self._cache) > MAX_CACHED_ANSWERS:
            self._second, self._cache = int(request.at), {}
        auth = request.header("authorization")
        key = (request.method, request.path, request.query, request.body, auth, *framing)
        cached = self._cache.get(key)
        if cached is not None:
            return self._repeat(cached)
        prepared = prepare_answer(make())
        if self._whole and not any(op.kind in BREAKING_OPS for op in prepared.ops):
            data = b"".join(map(wire_bytes, prepared.ops))
            prepared = PreparedAnswer((WireOp("raw", data),), (sum(prepared.weights),))
        if sum(len(op.data) for op in prepared.ops) < MAX_CACHED_BYTES:
            split_ops, id_count = _split_at_ids(prepared.ops)
            self._cache[key] = CachedAnswer(split_ops, id_count, prepared.weights)
        return prepared

    def clear(self) -> None:
        """Drops all answers, so that the next request reaches the application."""
        self._cache.clear()

    def _repeat(self, cached: CachedAnswer) -> PreparedAnswer:
        start = next(self._ordinals)
        ids = tuple([digest(b"%d %d" % (start, number)).hex()[:24].encode() for number in range(cached.id_count)])
        return PreparedAnswer(
            tuple([WireOp(kind, _join_with_ids(parts, ids)) for kind, parts in cached.split_ops]), cached.weights
        )


def prepare_answer(ops: Ops) -> PreparedAnswer:
    """Returns operations with the number of tokens that each of them shows."""
    return PreparedAnswer(ops, tuple([int(shows_token(op.data)) for op in ops]))


def _split_at_ids(ops: Ops) -> tuple[tuple[tuple[str, TextsAndIds], ...], int]:
    numbers: dict[bytes, int] = {}
    split_ops = []
    for op in ops:
        parts, end = list[bytes | int](), 0
        for match in DRAWN_ID.finditer(op.data):
            number = numbers.setdefault(match[0], len(numbers))
            parts += [op.data[end : match.start()], number]
            end = match.end()
        split_ops.append((op.kind, (*parts, op.data[end:])))
    return tuple(split_ops), len(numbers)


def _join_with_ids(parts: TextsAndIds, ids: tuple[bytes, ...]) -> bytes:
    return b"".join([ids[part] if isinstance(part, int) else part for part in parts])
