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
from wireproof.generation.conversation_machine import WEATHER_TOOL, make_conversation_machine
from wireproof.generation.rate_limit_machine import make_rate_limit_machine
from wireproof.generation.request_sequence import RequestSequence

# What a turn shows, it shows in few tokens; a call with its arguments takes about thirty.
MAX_TURN_TOKENS = 64
MAX_TURN_LETTERS = 40
# How many things happen in one conversation at most, and between the requests to a limiter.
CONVERSATION_STEPS, LIMIT_STEPS = 6, 8


@dataclass(frozen=True, slots=True)
class SequenceKind:
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
    make: Callable[[RequestSequence, Target], type[RuleBasedStateMachine]]
    means: Callable[[Target], frozenset[str]]
    steps: int
    longest: Callable[[Target], tuple[RequestSpec, ...]]
    refused: str | None = None
    fits: Callable[[Provider], bool] = lambda provider: "chat" in provider.endpoints


def smallest_tier(target: Target) -> tuple[str, int]:
    """The tier with the fewest requests a minute, and how many these are."""
    tiers = target.provider.rate.tiers.values()
    return min(((tier.name, tier.per_minute) for tier in tiers if tier.per_minute), key=lambda tier: tier[1])


def _make_conversation(talk: RequestSequence, *, tools: bool) -> type[RuleBasedStateMachine]:
    texts = st.text(min_size=1, max_size=MAX_TURN_LETTERS).filter(str.strip)
    return make_conversation_machine(talk, _chat_request([]), texts, tools=tools)


def _chat_request(messages: list[Any], **members: Any) -> RequestSpec:
    return RequestSpec("chat", "chat", body={"model": "$model", "messages": messages, **members}, cap=MAX_TURN_TOKENS)


def _longest_conversation(**members: Any) -> tuple[RequestSpec, ...]:
    """A conversation in which everybody says as much as may be; no letter or token has more than four bytes."""
    said = {"role": "user", "content": "0" * 4 * MAX_TURN_LETTERS}
    answered = {"role": "assistant", "content": "0" * 4 * MAX_TURN_TOKENS}
    return tuple(_chat_request([said, *[answered, said] * turn], **members) for turn in range(CONVERSATION_STEPS))


def _longest_rush(target: Target) -> tuple[RequestSpec, ...]:
    tier, limit = smallest_tier(target)
    return (_list_request(tier),) * (LIMIT_STEPS * (limit + 1))


def _list_request(tier: str) -> RequestSpec:
    return RequestSpec("models", "chat", key=tier, content_type=None)


def _make_limit_sequence(talk: RequestSequence, target: Target) -> type[RuleBasedStateMachine]:
    tier, limit = smallest_tier(target)
    return make_rate_limit_machine(talk, _list_request(tier), limit)


SEQUENCE_KINDS: Mapping[str, SequenceKind] = {
    "generated:chat:stateful:conversation": SequenceKind(
        "a conversation that grows by whatever is said in it",
        lambda talk, target: _make_conversation(talk, tools=False),
        lambda target: frozenset(),
        CONVERSATION_STEPS,
        lambda target: _longest_conversation(),
    ),
    "generated:chat:stateful:tools": SequenceKind(
        "a conversation that grows by whatever is said in it, and by what tools are called with and answer",
        lambda talk, target: _make_conversation(talk, tools=True),
        lambda target: frozenset(),
        CONVERSATION_STEPS,
        lambda target: _longest_conversation(tools=[WEATHER_TOOL]),
        fits=lambda provider: "chat" in provider.endpoints and provider.offers("tools"),
    ),
    "generated:models:stateful:limit": SequenceKind(
        "the list of models in any order of requests and waits, by the smallest tier",
        _make_limit_sequence,
        lambda target: frozenset({"clock", f"{smallest_tier(target)[0]}-tier-key"}),
        LIMIT_STEPS,
        _longest_rush,
        "rate-limited",
        fits=lambda provider: (
            bool(provider.rate.remaining) and any(tier.per_minute for tier in provider.rate.tiers.values())
        ),
    ),
}


def stateful_cases(provider: Provider) -> tuple[str, ...]:
    """The cases of a provider whose requests follow each other."""
    return tuple(case for case, machine in SEQUENCE_KINDS.items() if machine.fits(provider))


def is_stateful(case: str) -> bool:
    """Whether a generated case is a talk, whose requests follow each other."""
    return case in SEQUENCE_KINDS
