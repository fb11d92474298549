"""Log probabilities: one entry a token, the most likely first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

COMMON_WORDS = "the a is of and to in it that was for on as with by at or an be no its"
ALTERNATIVE_TOKENS = tuple(f" {word}" for word in re.findall(r"\w+", COMMON_WORDS))


def ranked_tokens(token: str, count: int) -> list[tuple[str, float]]:
    """The token and its alternatives, each half as likely as the one before."""
    others = [other for other in ALTERNATIVE_TOKENS if other != token]
    return [(word, round(-0.05 - 0.7 * rank, 4)) for rank, word in enumerate([token, *others][:count])]


def token_entry(word: str, logprob: float) -> dict[str, Any]:
    return {"token": word, "logprob": logprob, "bytes": list(word.encode("utf-8", "replace"))}


def chat_entry(token: str, top: int) -> dict[str, Any]:
    """The entry of one token in a chat answer."""
    alternatives = [token_entry(word, logprob) for word, logprob in ranked_tokens(token, top)]
    return {**token_entry(token, -0.05), "top_logprobs": alternatives}


def chat_entries(tokens: Sequence[str], top: int) -> dict[str, Any]:
    return {"content": [chat_entry(token, top) for token in tokens], "refusal": None}


def legacy_lists(tokens: Sequence[str], top: int, offset: int) -> dict[str, Any]:
    """The four parallel lists of a legacy completion; offsets count characters from the start of the text."""
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token)
    return {
        "tokens": list(tokens),
        "token_logprobs": [-0.05] * len(tokens),
        "top_logprobs": [dict(ranked_tokens(token, max(1, top))) for token in tokens],
        "text_offset": offsets,
    }
