"""The hooks at which a fault changes the server."""

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
    """The hooks of one fault.

    Attributes:
        on_request: changes the received request.
        on_contract: changes the contract by which the server answers.
        on_answer: changes the answer.
        on_wire: rewrites the operations that put the answer on the wire; None if framing is unchanged.
        ignores: events that the server ignores: `expectation` (a client waits for 100 Continue), `leaving` and
            `leaving-plain` (a client has disconnected from a stream, from a plain answer).
        kills_account: True if a request is the last one that is served to its account; None if there is none.
    """

    on_request: Callable[[HttpRequest, Profile], HttpRequest] = request_unchanged
    on_contract: Callable[[Profile], Profile] = contract_unchanged
    on_answer: Callable[[Answer, HttpRequest], Answer] = answer_unchanged
    on_wire: OpsRewrite | None = None
    ignores: frozenset[str] = frozenset()
    kills_account: Callable[[HttpRequest], bool] | None = None


NO_HOOKS = FaultHooks()
