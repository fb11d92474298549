"""The prompt tokens that a cell took from its prefix cache, in the usage of its answer."""

from __future__ import annotations

import re
from dataclasses import replace

from wireproof.mock.protocol.messages import Ops, WireOp

CACHED_TOKENS = re.compile(rb'"cached_tokens":\d+')
PROMPT_TOKENS = re.compile(rb'"(?:prompt|input)_tokens":(\d+)')
CONTENT_LENGTH = re.compile(rb"(?i)(\r\ncontent-length: )(\d+)")


def with_cached_tokens(ops: Ops, prompt: bytes, fresh: int) -> Ops:
    """Returns the operations with the cached share of the prompt in their usage, if that has the member.

    It replaces the count of the application, whose cache is that of the account.
    """
    if not any(CACHED_TOKENS.search(op.data) for op in ops):
        return ops
    changed = tuple(_with_cached_share(op, max(0, len(prompt) - fresh) / max(1, len(prompt))) for op in ops)
    growth = sum(len(new.data) - len(old.data) for new, old in zip(changed, ops, strict=True))
    return tuple(_with_longer_length(op, growth) if op.kind in ("head", "raw") else op for op in changed)


def _with_cached_share(op: WireOp, share: float) -> WireOp:
    prompt_tokens = PROMPT_TOKENS.search(op.data)
    if prompt_tokens is None:
        return op
    return replace(op, data=CACHED_TOKENS.sub(b'"cached_tokens":%d' % int(int(prompt_tokens[1]) * share), op.data))


def _with_longer_length(op: WireOp, growth: int) -> WireOp:
    """Returns the head with the new length of its body; a chunked body has no length."""
    data = CONTENT_LENGTH.sub(lambda match: match[1] + b"%d" % (int(match[2]) + growth), op.data, count=1)
    return replace(op, data=data)
