"""The hooks at which a fault changes the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

from wireproof.mock.protocol.answers import Answer
from wireproof.mock.protocol.messages import HttpRequest, Ops, OpsRewrite
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


def join_hooks(hooks: Sequence[FaultHooks]) -> FaultHooks:
    """Returns the hooks of several faults as those of one, in their order."""
    return reduce(_join_two, hooks) if hooks else NO_HOOKS


def _join_two(first: FaultHooks, second: FaultHooks) -> FaultHooks:
    kills = [hooks.kills_account for hooks in (first, second) if hooks.kills_account is not None]
    rewrites = [hooks.on_wire for hooks in (first, second) if hooks.on_wire is not None]

    def rewrite_in_turn(ops: Ops) -> Ops:
        return reduce(lambda done, rewrite: rewrite(done), rewrites, ops)

    return FaultHooks(
        on_request=lambda received, profile: second.on_request(first.on_request(received, profile), profile),
        on_contract=lambda profile: second.on_contract(first.on_contract(profile)),
        on_answer=lambda answer, received: second.on_answer(first.on_answer(answer, received), received),
        on_wire=rewrite_in_turn if rewrites else None,
        ignores=first.ignores | second.ignores,
        kills_account=(lambda request: any(kill(request) for kill in kills)) if kills else None,
    )
