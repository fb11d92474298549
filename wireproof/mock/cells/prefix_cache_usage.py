"""How many tokens of a prompt came from a cell's cache of prefixes, told in the usage of its answer."""

from __future__ import annotations

import re
from dataclasses import replace

from wireproof.mock.protocol.messages import Ops, WireOp

CACHED = re.compile(rb'"cached_tokens":\d+')
PROMPT = re.compile(rb'"(?:prompt|input)_tokens":(\d+)')
LENGTH = re.compile(rb"(?i)(\r\ncontent-length: )(\d+)")


def with_cached(ops: Ops, prompt: bytes, fresh: int) -> Ops:
    """The operations with the share of the prompt that was known, where they tell one at all."""
    if fresh >= len(prompt) or not any(CACHED.search(op.data) for op in ops):
        return ops
    made = tuple(_told(op, (len(prompt) - fresh) / len(prompt)) for op in ops)
    longer = sum(len(new.data) - len(old.data) for new, old in zip(made, ops, strict=True))
    return tuple(_longer(op, longer) if op.kind in ("head", "raw") else op for op in made)


def _told(op: WireOp, share: float) -> WireOp:
    prompt = PROMPT.search(op.data)
    if prompt is None:
        return op
    return replace(op, data=CACHED.sub(b'"cached_tokens":%d' % int(int(prompt[1]) * share), op.data))


def _longer(op: WireOp, by: int) -> WireOp:
    """The head with the length that its body has now; a body in chunks tells none."""
    data = LENGTH.sub(lambda told: told[1] + b"%d" % (int(told[2]) + by), op.data, count=1)
    return replace(op, data=data)
