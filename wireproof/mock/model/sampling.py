"""How tokens are chosen: by chance or not, with what bias, with what distaste for repeating."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.mock.model.hash_random import HashRandom
from wireproof.mock.model.logprobs import ALTERNATIVE_TOKENS

# Of a nucleus this small only the likeliest token is left.
GREEDY_TOP_P = 0.1
# A bias of this much decides alone.
DECIDING_BIAS = 100
# What is said over and over without an end, where no cap ends it.
MAX_BIASED_TOKENS = 256
# How often the same token comes under a penalty of one.
REPEATS_AT_PENALTY_ONE = 24


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """What a request says of the choice of tokens.

    Attributes:
        chance: where what is left to chance is drawn from; None where the likeliest always wins.
        only: the tokens that a bias leaves; empty where it leaves all.
        banned: the tokens that a bias takes away.
        penalty: how much a token loses with each time it was said.
        length: how wordy an answer is: low, medium or high.
    """

    chance: HashRandom | None = None
    only: tuple[str, ...] = ()
    banned: frozenset[str] = frozenset()
    penalty: float = 0.0
    length: str = "medium"

    def apply_to(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """The tokens of a text as the bias and the penalty let them be."""
        if self.only:
            return tuple(self.only[place % len(self.only)] for place in range(MAX_BIASED_TOKENS))
        kept = tuple(token for token in tokens if token not in self.banned)
        return (
            kept
            if self.penalty <= 0
            else kept[: place_of_repetition(kept, math.ceil(REPEATS_AT_PENALTY_ONE / self.penalty))]
        )


GREEDY_SAMPLING = SamplingOptions()


def place_of_repetition(tokens: Sequence[str], most: int) -> int:
    """The place at which a token would come once more than it may."""
    said = Counter[str]()
    for place, token in enumerate(tokens):
        said[token] += 1
        if said[token] > most:
            return place
    return len(tokens)


def sampling_from_body(body: Mapping[str, Any], otherwise: HashRandom) -> SamplingOptions:
    """How the tokens of a request are chosen; without a seed, chance draws from elsewhere each time."""
    bias = body.get("logit_bias", {})
    text = body.get("text")
    return SamplingOptions(
        chance=source_of_chance(body, otherwise),
        only=tuple(token_from_number(token) for token, value in bias.items() if value >= DECIDING_BIAS),
        banned=frozenset(token_from_number(token) for token, value in bias.items() if value <= -DECIDING_BIAS),
        penalty=body.get("frequency_penalty", 0.0),
        length=body.get("verbosity") or (text.get("verbosity") if isinstance(text, dict) else None) or "medium",
    )


def source_of_chance(body: Mapping[str, Any], otherwise: HashRandom) -> HashRandom | None:
    if body.get("temperature", 1) == 0 or body.get("top_p", 1) < GREEDY_TOP_P:
        return None
    return HashRandom.from_values("seed", body["seed"]) if "seed" in body else otherwise


def token_from_number(token: str) -> str:
    """The token of a number."""
    return ALTERNATIVE_TOKENS[int(token) % len(ALTERNATIVE_TOKENS)]
