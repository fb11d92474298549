"""The choice of tokens: chance, bias and penalty for repetition."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.logprobs import ALTERNATIVE_TOKENS

# A smaller nucleus contains only the most likely token.
GREEDY_TOP_P = 0.1
# At this temperature ordinary texts vary too.
WARM_TEMPERATURE = 1.2
# A bias of this size decides alone.
DECIDING_BIAS = 100
# The tokens of an answer that repeats the biased ones, if no cap ends it.
MAX_BIASED_TOKENS = 256
# The times that the same token occurs under a penalty of 1.
REPEATS_AT_PENALTY_ONE = 24


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """The options of a request for the choice of tokens.

    Attributes:
        chance: the source of what varies; None if the most likely token always wins.
        warm: true if the temperature is high, so that ordinary texts vary too.
        only: the tokens that a bias allows; empty if it allows all.
        banned: the tokens that a bias excludes.
        penalty: the loss of a token with each repetition.
        length: the length of an answer: low, medium or high.
    """

    chance: HashRandom | None = None
    warm: bool = False
    only: tuple[str, ...] = ()
    banned: frozenset[str] = frozenset()
    penalty: float = 0.0
    length: str = "medium"

    def apply_to(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """Returns the tokens of a text that bias and penalty allow."""
        if self.only:
            return tuple(self.only[place % len(self.only)] for place in range(MAX_BIASED_TOKENS))
        allowed = tuple(token for token in tokens if token not in self.banned)
        return (
            allowed
            if self.penalty <= 0
            else allowed[: index_of_repetition(allowed, math.ceil(REPEATS_AT_PENALTY_ONE / self.penalty))]
        )


GREEDY_SAMPLING = SamplingOptions()


def index_of_repetition(tokens: Sequence[str], max_count: int) -> int:
    """The index at which a token occurs more often than `max_count`; the number of tokens if none does."""
    counts = Counter[str]()
    for index, token in enumerate(tokens):
        counts[token] += 1
        if counts[token] > max_count:
            return index
    return len(tokens)


def sampling_from_body(body: Mapping[str, Any], unseeded: HashRandom) -> SamplingOptions:
    """The sampling options of a request; `unseeded` is the source of chance if it has no seed."""
    bias = body.get("logit_bias", {})
    text = body.get("text")
    return SamplingOptions(
        chance=source_of_chance(body, unseeded),
        warm=body.get("temperature", 1) >= WARM_TEMPERATURE,
        only=tuple(token_from_number(token) for token, value in bias.items() if value >= DECIDING_BIAS),
        banned=frozenset(token_from_number(token) for token, value in bias.items() if value <= -DECIDING_BIAS),
        penalty=body.get("frequency_penalty", 0.0),
        length=body.get("verbosity") or (text.get("verbosity") if isinstance(text, dict) else None) or "medium",
    )


def source_of_chance(body: Mapping[str, Any], unseeded: HashRandom) -> HashRandom | None:
    if body.get("temperature", 1) == 0 or body.get("top_p", 1) < GREEDY_TOP_P:
        return None
    return HashRandom.from_values("seed", body["seed"]) if "seed" in body else unseeded


def token_from_number(token: str) -> str:
    """The token with this number."""
    return ALTERNATIVE_TOKENS[int(token) % len(ALTERNATIVE_TOKENS)]
