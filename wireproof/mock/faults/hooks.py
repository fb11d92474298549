"""The six places where a server can do otherwise than it promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wireproof.mock.protocol.answers import Answer
from wireproof.mock.protocol.messages import HttpRequest, OpsRewrite
from wireproof.mock.provider.profile import Profile


def request_unchanged(received: HttpRequest, profile: Profile) -> HttpRequest:
    return received


def contract_unchanged(profile: Profile) -> Profile:
    return profile


def answer_unchanged(answer: Answer, received: HttpRequest) -> Answer:
    return answer


@dataclass(frozen=True, slots=True)
class FaultHooks:
    """What is heard, by which rules, what is said, how it is put on the wire, and what is not seen or not survived.

    Attributes:
        blind_to: `expectation` (a client waits to be told to go on), `leaving` and `leaving-plain` (a client is gone
            from a stream, from a plain answer).
        dies_of: whether a request is the last that is served to its account.
    """

    on_request: Callable[[HttpRequest, Profile], HttpRequest] = request_unchanged
    on_contract: Callable[[Profile], Profile] = contract_unchanged
    on_answer: Callable[[Answer, HttpRequest], Answer] = answer_unchanged
    on_wire: OpsRewrite | None = None
    ignores: frozenset[str] = frozenset()
    kills_account: Callable[[HttpRequest], bool] | None = None


NO_HOOKS = FaultHooks()
