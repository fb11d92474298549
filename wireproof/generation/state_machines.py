"""The machines of stateful cases, as a table: what each talks about, what it needs, and how far it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from wireproof.contract.case import RequestSpec
from wireproof.contract.provider import Provider
from wireproof.contract.target import Target
from wireproof.generation.conversation_machine import TOOL, dialogue
from wireproof.generation.rate_limit_machine import limiter
from wireproof.generation.request_sequence import Talk

# What a turn shows, it shows in few tokens; a call with its arguments takes about thirty.
MOST_TOKENS = 64
MOST_LETTERS = 40
# How many things happen in one conversation at most, and between the requests to a limiter.
TURNS, MOMENTS = 6, 8


@dataclass(frozen=True, slots=True)
class Machine:
    """One kind of talk.

    Attributes:
        make: the machine of a talk with a target.
        means: what the talk needs of a target that a plain one has not.
        steps: how many things happen in one talk at most.
        longest: the requests of the longest talk that there may be, with the longest texts.
        refused: the cause for which its requests may be refused.
        fits: whether a contract has what is talked about.
    """

    says: str
    make: Callable[[Talk, Target], type[RuleBasedStateMachine]]
    means: Callable[[Target], frozenset[str]]
    steps: int
    longest: Callable[[Target], tuple[RequestSpec, ...]]
    refused: str | None = None
    fits: Callable[[Provider], bool] = lambda provider: "chat" in provider.endpoints


def smallest_tier(target: Target) -> tuple[str, int]:
    """The tier with the fewest requests a minute, and how many these are."""
    tiers = target.provider.rate.tiers.values()
    return min(((tier.name, tier.per_minute) for tier in tiers if tier.per_minute), key=lambda tier: tier[1])


def _dialogue(talk: Talk, *, tools: bool) -> type[RuleBasedStateMachine]:
    texts = st.text(min_size=1, max_size=MOST_LETTERS).filter(str.strip)
    return dialogue(talk, _turn([]), texts, tools=tools)


def _turn(messages: list[Any], **members: Any) -> RequestSpec:
    return RequestSpec("chat", "chat", body={"model": "$model", "messages": messages, **members}, cap=MOST_TOKENS)


def _turns(**members: Any) -> tuple[RequestSpec, ...]:
    """A conversation in which everybody says as much as may be; no letter or token has more than four bytes."""
    said = {"role": "user", "content": "0" * 4 * MOST_LETTERS}
    answered = {"role": "assistant", "content": "0" * 4 * MOST_TOKENS}
    return tuple(_turn([said, *[answered, said] * turn], **members) for turn in range(TURNS))


def _rush(target: Target) -> tuple[RequestSpec, ...]:
    tier, limit = smallest_tier(target)
    return (_listing(tier),) * (MOMENTS * (limit + 1))


def _listing(tier: str) -> RequestSpec:
    return RequestSpec("models", "chat", key=tier, content_type=None)


def _limiter(talk: Talk, target: Target) -> type[RuleBasedStateMachine]:
    tier, limit = smallest_tier(target)
    return limiter(talk, _listing(tier), limit)


MACHINES: Mapping[str, Machine] = {
    "generated:chat:stateful:conversation": Machine(
        "a conversation that grows by whatever is said in it",
        lambda talk, target: _dialogue(talk, tools=False),
        lambda target: frozenset(),
        TURNS,
        lambda target: _turns(),
    ),
    "generated:chat:stateful:tools": Machine(
        "a conversation that grows by whatever is said in it, and by what tools are called with and answer",
        lambda talk, target: _dialogue(talk, tools=True),
        lambda target: frozenset(),
        TURNS,
        lambda target: _turns(tools=[TOOL]),
        fits=lambda provider: "chat" in provider.endpoints and provider.offers("tools"),
    ),
    "generated:models:stateful:limit": Machine(
        "the list of models in any order of requests and waits, by the smallest tier",
        _limiter,
        lambda target: frozenset({"clock", f"{smallest_tier(target)[0]}-tier-key"}),
        MOMENTS,
        _rush,
        "rate-limited",
        fits=lambda provider: (
            bool(provider.rate.remaining) and any(tier.per_minute for tier in provider.rate.tiers.values())
        ),
    ),
}


def stateful(provider: Provider) -> tuple[str, ...]:
    """The cases of a provider whose requests follow each other."""
    return tuple(case for case, machine in MACHINES.items() if machine.fits(provider))


def is_stateful(case: str) -> bool:
    """Whether a generated case is a talk, whose requests follow each other."""
    return case in MACHINES
