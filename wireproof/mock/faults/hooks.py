"""The six places where a server can do otherwise than it promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wireproof.mock.protocol.answers import Answer
from wireproof.mock.protocol.messages import HttpRequest, OpsRewrite
from wireproof.mock.provider.profile import Profile


def as_received(received: HttpRequest, profile: Profile) -> HttpRequest:
    return received


def as_promised(profile: Profile) -> Profile:
    return profile


def as_said(answer: Answer, received: HttpRequest) -> Answer:
    return answer


@dataclass(frozen=True, slots=True)
class Lapse:
    """What is heard, by which rules, what is said, how it is put on the wire, and what is not seen or not survived.

    Attributes:
        blind_to: `expectation` (a client waits to be told to go on), `leaving` and `leaving-plain` (a client is gone
            from a stream, from a plain answer).
        dies_of: whether a request is the last that is served to its account.
    """

    hear: Callable[[HttpRequest, Profile], HttpRequest] = as_received
    rule: Callable[[Profile], Profile] = as_promised
    say: Callable[[Answer, HttpRequest], Answer] = as_said
    frame: OpsRewrite | None = None
    blind_to: frozenset[str] = frozenset()
    dies_of: Callable[[HttpRequest], bool] | None = None


NO_LAPSE = Lapse()
