"""Log probabilities: one entry a token, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

COMMON = "the a is of and to in it that was for on as with by at or an be no its"
ALTERNATIVES = tuple(f" {word}" for word in re.findall(r"\w+", COMMON))


def ladder(token: str, count: int) -> list[tuple[str, float]]:
    """The token and its alternatives, each half as likely as the one before."""
    others = [other for other in ALTERNATIVES if other != token]
    return [(word, round(-0.05 - 0.7 * rank, 4)) for rank, word in enumerate([token, *others][:count])]


def entry(word: str, logprob: float) -> dict[str, Any]:
    return {"token": word, "logprob": logprob, "bytes": list(word.encode("utf-8", "replace"))}


def chat_entry(token: str, top: int) -> dict[str, Any]:
    """One token's entry in a chat answer."""
    alternatives = [entry(word, logprob) for word, logprob in ladder(token, top)]
    return {**entry(token, -0.05), "top_logprobs": alternatives}


def chat_entries(tokens: Sequence[str], top: int) -> dict[str, Any]:
    return {"content": [chat_entry(token, top) for token in tokens], "refusal": None}


def legacy(tokens: Sequence[str], top: int, offset: int) -> dict[str, Any]:
    """The four parallel lists of a legacy completion; offsets count characters from the text's start."""
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token)
    return {
        "tokens": list(tokens),
        "token_logprobs": [-0.05] * len(tokens),
        "top_logprobs": [dict(ladder(token, max(1, top))) for token in tokens],
        "text_offset": offsets,
    }
