"""The four places where a server can do otherwise than it promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wireproof.mock.message import Frame, Received
from wireproof.mock.profile import Profile
from wireproof.mock.said import Answer


def as_received(received: Received, profile: Profile) -> Received:
    return received


def as_promised(profile: Profile) -> Profile:
    return profile


def as_said(answer: Answer, received: Received) -> Answer:
    return answer


@dataclass(frozen=True, slots=True)
class Lapse:
    """What is heard, by which rules, what is said, and how it is put on the wire."""

    hear: Callable[[Received, Profile], Received] = as_received
    rule: Callable[[Profile], Profile] = as_promised
    say: Callable[[Answer, Received], Answer] = as_said
    frame: Frame | None = None


NO_LAPSE = Lapse()
