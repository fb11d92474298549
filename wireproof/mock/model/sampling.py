"""How tokens are chosen: by chance or not, with what bias, with what distaste for repeating."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireproof.mock.model.hash_random import Draw
from wireproof.mock.model.logprobs import ALTERNATIVES

# Of a nucleus this small only the likeliest token is left.
NUCLEUS = 0.1
# A bias of this much decides alone.
DECIDES = 100
# What is said over and over without an end, where no cap ends it.
ENDLESS = 256
# How often the same token comes under a penalty of one.
PATIENCE = 24


@dataclass(frozen=True, slots=True)
class Sampling:
    """What a request says of the choice of tokens.

    Attributes:
        chance: where what is left to chance is drawn from; None where the likeliest always wins.
        only: the tokens that a bias leaves; empty where it leaves all.
        banned: the tokens that a bias takes away.
        penalty: how much a token loses with each time it was said.
        length: how wordy an answer is: low, medium or high.
    """

    chance: Draw | None = None
    only: tuple[str, ...] = ()
    banned: frozenset[str] = frozenset()
    penalty: float = 0.0
    length: str = "medium"

    def shaped(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """The tokens of a text as the bias and the penalty let them be."""
        if self.only:
            return tuple(self.only[place % len(self.only)] for place in range(ENDLESS))
        kept = tuple(token for token in tokens if token not in self.banned)
        return kept if self.penalty <= 0 else kept[: tiring(kept, math.ceil(PATIENCE / self.penalty))]


LIKELIEST = Sampling()


def tiring(tokens: Sequence[str], most: int) -> int:
    """The place at which a token would come once more than it may."""
    said = Counter[str]()
    for place, token in enumerate(tokens):
        said[token] += 1
        if said[token] > most:
            return place
    return len(tokens)


def sampling_of(body: Mapping[str, Any], otherwise: Draw) -> Sampling:
    """How the tokens of a request are chosen; without a seed, chance draws from elsewhere each time."""
    bias = body.get("logit_bias", {})
    text = body.get("text")
    return Sampling(
        chance=chance_of(body, otherwise),
        only=tuple(word(token) for token, value in bias.items() if value >= DECIDES),
        banned=frozenset(word(token) for token, value in bias.items() if value <= -DECIDES),
        penalty=body.get("frequency_penalty", 0.0),
        length=body.get("verbosity") or (text.get("verbosity") if isinstance(text, dict) else None) or "medium",
    )


def chance_of(body: Mapping[str, Any], otherwise: Draw) -> Draw | None:
    if body.get("temperature", 1) == 0 or body.get("top_p", 1) < NUCLEUS:
        return None
    return Draw.of("seed", body["seed"]) if "seed" in body else otherwise


def word(token: str) -> str:
    """The token of a number."""
    return ALTERNATIVES[int(token) % len(ALTERNATIVES)]
