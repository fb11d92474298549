"""The latency of a cell as data, drawn once for each answer, and deadlines from the start of the answer."""

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
# The block of the prefix cache, in bytes of the request: about sixteen tokens.
PREFIX_BLOCK_BYTES = 64
# The length of a token of a prompt, as an estimate.
BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A lognormal distribution of seconds by its mean and its coefficient of variation."""

    mean_s: float = 0.0
    cv: float = 0.0

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> Lognormal:
        return cls(row.get("mean", 0) / 1000, row.get("cv", 0.0))

    def draw(self, random: Random) -> float:
        if not self.cv or not self.mean_s:
            return self.mean_s
        variance = math.log1p(self.cv**2)
        return random.lognormvariate(math.log(self.mean_s) - variance / 2, math.sqrt(variance))


@dataclass(frozen=True, slots=True)
class CellLimit:
    """The requests a second that a cell admits, and the number of them at once after a pause."""

    per_second: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Overload:
    """The number of running answers at which each further answer goes wrong, and its fault (`overload.py`)."""

    above: int
    fault: str


@dataclass(frozen=True, slots=True)
class Latency:
    """The speed and the limits of a cell.

    Attributes:
        ttft: the time to the first token.
        gap: the time between two tokens.
        prefill_s: the seconds for each token of the prompt that the prefix cache lacks.
        slots: the answers at a time; None for no limit.
        queue: the requests that may wait for a slot.
        slowdown: the additional time when all slots are taken, as a share.
        cached_blocks: the blocks of the prefix cache.
        separate_writes: true if each event is written on its own, even if several are due.
        overload: the fault of an overloaded cell.
    """

    ttft: Lognormal = Lognormal()
    gap: Lognormal = Lognormal()
    prefill_s: float = 0.0
    slots: int | None = None
    queue: int = 0
    slowdown: float = 0.0
    cached_blocks: int = 0
    limit: CellLimit | None = None
    separate_writes: bool = False
    overload: Overload | None = None

    @property
    def is_none(self) -> bool:
        """True if every answer is sent at once."""
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
            separate_writes=row.get("apart", False),
            overload=Overload(**row["strain"]) if "strain" in row else None,
        )


class PrefixCache:
    """The prompts that a cell has processed, as chains of blocks; drops the oldest blocks first."""

    def __init__(self, max_blocks: int) -> None:
        self._max_blocks = max_blocks
        self._blocks: OrderedDict[bytes, None] = OrderedDict()

    def count_fresh_bytes(self, prompt: bytes) -> int:
        """Returns the bytes of a prompt behind its longest cached prefix, and caches the whole prompt."""
        chain, cached_bytes = blake2b(digest_size=8), 0
        for start in range(0, len(prompt) - PREFIX_BLOCK_BYTES + 1, PREFIX_BLOCK_BYTES):
            chain.update(prompt[start : start + PREFIX_BLOCK_BYTES])
            block = chain.digest()
            if block in self._blocks:
                cached_bytes = start + PREFIX_BLOCK_BYTES
                self._blocks.move_to_end(block)
            elif self._max_blocks:
                self._blocks[block] = None
        while len(self._blocks) > self._max_blocks:
            self._blocks.popitem(last=False)
        return len(prompt) - cached_bytes


def shows_token(data: bytes) -> bool:
    """True if an event of a stream shows generated output, in contrast to a role, an end or a usage."""
    if data.startswith(b"event: "):
        return data.partition(b"\n")[0].endswith(b".delta")
    if b'"delta":{' in data:
        return b'"delta":{}' not in data and b'"role":' not in data
    return b'"text":"' in data and b'"text":""' not in data


def with_deadlines(
    ops: Ops, weights: tuple[int, ...], latency: Latency, random: Random, factor: float, prompt_bytes: int
) -> Ops:
    """Returns the operations with the deadlines of a cell; one without tokens is due with the one before it."""
    if latency.is_none:
        return ops
    prefill_s = latency.prefill_s * prompt_bytes / BYTES_PER_TOKEN
    first_s = (latency.ttft.draw(random) + prefill_s) * factor
    if not any(weights) and any(op.kind == "body" for op in ops):
        body = next(op.data for op in ops if op.kind == "body")
        usage = COMPLETION_TOKENS.search(body)
        later_tokens = max(0, int(usage[1]) - 1) if usage else 0
        due_s = first_s + sum(latency.gap.draw(random) for _ in range(later_tokens)) * factor
        return tuple(replace(op, due_s=due_s) for op in ops)
    timed_ops, due_s, has_begun = [], 0.0, False
    for op, weight in zip(ops, weights, strict=True):
        if weight:
            due_s = due_s + latency.gap.draw(random) * factor if has_begun else first_s
            has_begun = True
        # `replace` takes five times as long, for each token.
        timed_ops.append(WireOp(op.kind, op.data, due_s))
    return tuple(timed_ops)
