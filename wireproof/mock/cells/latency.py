"""When a cell sends what: its latency as data, drawn once for each answer, as deadlines from the answer's start."""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from random import Random
from typing import Any

from wireproof.mock.protocol.messages import Ops, WireOp

COMPLETION_TOKENS = re.compile(rb'"(?:completion|output)_tokens":(\d+)')
# What a cache of prefixes tells apart, in bytes of the request: about sixteen tokens.
PREFIX_BLOCK_BYTES = 64
# A token of a prompt, in bytes, where a request says nothing better.
BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Seconds: a lognormal by its mean and its coefficient of variation."""

    mean_s: float = 0.0
    cv: float = 0.0

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> Lognormal:
        return cls(row.get("mean", 0) / 1000, row.get("cv", 0.0))

    def draw(self, chance: Random) -> float:
        if not self.cv or not self.mean_s:
            return self.mean_s
        variance = math.log1p(self.cv**2)
        return chance.lognormvariate(math.log(self.mean_s) - variance / 2, math.sqrt(variance))


@dataclass(frozen=True, slots=True)
class CellLimit:
    """Requests a second that a cell lets in, and how many at once after a pause."""

    per_second: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Overload:
    """From how many answers at a time on each further one goes wrong, and how (`strain.py`)."""

    above: int
    fault: str


@dataclass(frozen=True, slots=True)
class Latency:
    """How fast a cell is.

    Attributes:
        prefill_s: for each token of the prompt that the cache of prefixes does not hold.
        slots: answers at a time; None for any number.
        queue: requests that may wait for a slot.
        slowdown: how much longer everything takes when all slots are taken, as a share.
        cached_blocks: the blocks that the cache of prefixes holds.
        apart: each event is a write of its own, even where several are due.
        overload: what goes wrong under pressure.
    """

    ttft: Lognormal = Lognormal()
    gap: Lognormal = Lognormal()
    prefill_s: float = 0.0
    slots: int | None = None
    queue: int = 0
    slowdown: float = 0.0
    cached_blocks: int = 0
    limit: CellLimit | None = None
    apart: bool = False
    overload: Overload | None = None

    @property
    def is_none(self) -> bool:
        """Whatever is asked is answered at once."""
        return not (self.ttft.mean_s or self.gap.mean_s or self.prefill_s)

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> Latency:
        return cls(
            ttft=Lognormal.from_mapping(row.get("ttft", {})),
            gap=Lognormal.from_mapping(row.get("gap", {})),
            prefill_s=row.get("prefill_per_token", 0) / 1000,
            slots=row.get("slots"),
            queue=row.get("queue", 0),
            slowdown=row.get("slowdown", 0.0),
            cached_blocks=row.get("prefix_cache", 0),
            limit=CellLimit(**row["limit"]) if "limit" in row else None,
            apart=row.get("apart", False),
            overload=Overload(**row["strain"]) if "strain" in row else None,
        )


class PrefixCache:
    """The prompts a cell has seen, as a chain of blocks; the oldest are forgotten first."""

    def __init__(self, most: int) -> None:
        self._max_blocks = most
        self._blocks: OrderedDict[bytes, None] = OrderedDict()

    def count_fresh_bytes(self, prompt: bytes) -> int:
        """The bytes of a prompt behind the longest prefix that is known; all of it is known afterwards."""
        chain, known = blake2b(digest_size=8), 0
        for start in range(0, len(prompt) - PREFIX_BLOCK_BYTES + 1, PREFIX_BLOCK_BYTES):
            chain.update(prompt[start : start + PREFIX_BLOCK_BYTES])
            name = chain.digest()
            if name in self._blocks:
                known = start + PREFIX_BLOCK_BYTES
                self._blocks.move_to_end(name)
            elif self._max_blocks:
                self._blocks[name] = None
        while len(self._blocks) > self._max_blocks:
            self._blocks.popitem(last=False)
        return len(prompt) - known


def shows_token(data: bytes) -> bool:
    """An event of a stream shows something that was generated: no role, no end, no usage."""
    if data.startswith(b"event: "):
        return data.partition(b"\n")[0].endswith(b".delta")
    if b'"delta":{' in data:
        return b'"delta":{}' not in data and b'"role":' not in data
    return b'"text":"' in data and b'"text":""' not in data


def with_deadlines(
    ops: Ops, weights: tuple[int, ...], latency: Latency, chance: Random, factor: float, prompt_bytes: int
) -> Ops:
    """The operations with the deadlines of a cell; what shows nothing goes with what stands before it."""
    if latency.is_none:
        return ops
    prefill_s = latency.prefill_s * prompt_bytes / BYTES_PER_TOKEN
    first_s = (latency.ttft.draw(chance) + prefill_s) * factor
    if not any(weights) and any(op.kind == "body" for op in ops):
        body = next(op.data for op in ops if op.kind == "body")
        told = COMPLETION_TOKENS.search(body)
        rest = max(0, int(told[1]) - 1) if told else 0
        due_s = first_s + sum(latency.gap.draw(chance) for _ in range(rest)) * factor
        return tuple(replace(op, due_s=due_s) for op in ops)
    made, due_s, begun = [], 0.0, False
    for op, weight in zip(ops, weights, strict=True):
        if weight:
            due_s = due_s + latency.gap.draw(chance) * factor if begun else first_s
            begun = True
        # `replace` takes five times as long, and a cell does it for each token.
        made.append(WireOp(op.kind, op.data, due_s))
    return tuple(made)
