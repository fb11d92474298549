"""How many tokens of a prompt came from a cell's cache of prefixes, told in the usage of its answer."""

from __future__ import annotations

import re
from dataclasses import replace

from wireproof.mock.protocol.messages import Ops, WireOp

CACHED_TOKENS = re.compile(rb'"cached_tokens":\d+')
PROMPT_TOKENS = re.compile(rb'"(?:prompt|input)_tokens":(\d+)')
CONTENT_LENGTH = re.compile(rb"(?i)(\r\ncontent-length: )(\d+)")


def with_cached_tokens(ops: Ops, prompt: bytes, fresh: int) -> Ops:
    """The operations with the share of the prompt that was known, where they tell one at all."""
    if fresh >= len(prompt) or not any(CACHED_TOKENS.search(op.data) for op in ops):
        return ops
    made = tuple(_with_cached_share(op, (len(prompt) - fresh) / len(prompt)) for op in ops)
    longer = sum(len(new.data) - len(old.data) for new, old in zip(made, ops, strict=True))
    return tuple(_with_longer_length(op, longer) if op.kind in ("head", "raw") else op for op in made)


def _with_cached_share(op: WireOp, share: float) -> WireOp:
    prompt = PROMPT_TOKENS.search(op.data)
    if prompt is None:
        return op
    return replace(op, data=CACHED_TOKENS.sub(b'"cached_tokens":%d' % int(int(prompt[1]) * share), op.data))


def _with_longer_length(op: WireOp, by: int) -> WireOp:
    """The head with the length that its body has now; a body in chunks tells none."""
    data = CONTENT_LENGTH.sub(lambda told: told[1] + b"%d" % (int(told[2]) + by), op.data, count=1)
    return replace(op, data=data)
