"""The state machines of stateful cases, as a table."""

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

# Short answers are enough; a tool call with its arguments takes about thirty tokens.
MAX_TURN_TOKENS = 64
MAX_TURN_LETTERS = 40
# The most steps of one conversation, and of one sequence about a limit.
CONVERSATION_STEPS, LIMIT_STEPS = 6, 8


@dataclass(frozen=True, slots=True)
class SequenceKind:
    """One kind of request sequence.

    Attributes:
        says: the description of the case.
        make: makes the state machine for a target.
        means: the means that the sequence needs of a target.
        steps: the largest number of steps in one sequence.
        longest: makes the requests of the longest possible sequence, with the longest texts.
        refused: the cause for which its requests may be refused.
        fits: True if the contract describes the endpoints and features of the sequence.
    """

    says: str
    make: Callable[[RequestSequence, Target], type[RuleBasedStateMachine]]
    means: Callable[[Target], frozenset[str]]
    steps: int
    longest: Callable[[Target], tuple[RequestSpec, ...]]
    refused: str | None = None
    fits: Callable[[Provider], bool] = lambda provider: "chat" in provider.endpoints


def smallest_tier(target: Target) -> tuple[str, int]:
    """The (name, limit) of the tier with the fewest requests a minute."""
    tiers = target.provider.rate.tiers.values()
    return min(((tier.name, tier.per_minute) for tier in tiers if tier.per_minute), key=lambda tier: tier[1])


def _make_conversation(sequence: RequestSequence, *, tools: bool) -> type[RuleBasedStateMachine]:
    texts = st.text(min_size=1, max_size=MAX_TURN_LETTERS).filter(str.strip)
    return make_conversation_machine(sequence, _chat_request([]), texts, tools=tools)


def _chat_request(messages: list[Any], **members: Any) -> RequestSpec:
    return RequestSpec("chat", "chat", body={"model": "$model", "messages": messages, **members}, cap=MAX_TURN_TOKENS)


def _longest_conversation(**members: Any) -> tuple[RequestSpec, ...]:
    """The longest conversation, with the longest texts; a letter or token has at most four bytes."""
    question = {"role": "user", "content": "0" * 4 * MAX_TURN_LETTERS}
    answer = {"role": "assistant", "content": "0" * 4 * MAX_TURN_TOKENS}
    return tuple(_chat_request([question, *[answer, question] * turn], **members) for turn in range(CONVERSATION_STEPS))


def _longest_limit_sequence(target: Target) -> tuple[RequestSpec, ...]:
    tier, limit = smallest_tier(target)
    return (_list_request(tier),) * (LIMIT_STEPS * (limit + 1))


def _list_request(tier: str) -> RequestSpec:
    return RequestSpec("models", "chat", key=tier, content_type=None)


def _make_limit_sequence(sequence: RequestSequence, target: Target) -> type[RuleBasedStateMachine]:
    tier, limit = smallest_tier(target)
    return make_rate_limit_machine(sequence, _list_request(tier), limit)


SEQUENCE_KINDS: Mapping[str, SequenceKind] = {
    "generated:chat:stateful:conversation": SequenceKind(
        "a conversation that grows by arbitrary texts",
        lambda sequence, target: _make_conversation(sequence, tools=False),
        lambda target: frozenset(),
        CONVERSATION_STEPS,
        lambda target: _longest_conversation(),
    ),
    "generated:chat:stateful:tools": SequenceKind(
        "a conversation that grows by arbitrary texts, tool calls and results",
        lambda sequence, target: _make_conversation(sequence, tools=True),
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
        _longest_limit_sequence,
        "rate-limited",
        fits=lambda provider: (
            bool(provider.rate.remaining) and any(tier.per_minute for tier in provider.rate.tiers.values())
        ),
    ),
}


def stateful_cases(provider: Provider) -> tuple[str, ...]:
    """The stateful cases of a provider."""
    return tuple(case for case, kind in SEQUENCE_KINDS.items() if kind.fits(provider))


def is_stateful(case: str) -> bool:
    """True if a generated case is a sequence of requests that depend on each other."""
    return case in SEQUENCE_KINDS
